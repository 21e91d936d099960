"""Progress in status messages: few edits, the latest words only, and silence for as long as Telegram asks for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import BadRequest, TelegramError

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.pace import NoRoom
from adapters.telegram.spot import Spot, message_is_gone, place_is_gone

log = structlog.get_logger(__name__)
_LANES_KEPT: Final = 512


@dataclass(frozen=True, slots=True)
class Notice:
    """What a status message is to show: words, buttons and, where there is a new one, a preview (JPEG)."""

    spot: Spot
    words: str
    keyboard: InlineKeyboardMarkup | None = None
    preview: bytes | None = field(default=None, repr=False)


Edit = Callable[[Notice], Awaitable[None]]
Room = Callable[[int], Awaitable[None]]


@dataclass(slots=True)
class _Lane:
    """One chat: what waits to be shown for each job, and when the next edit may be."""

    waiting: dict[str, Notice] = field(default_factory=dict)
    free_at: float = 0.0
    hushed_until: float = 0.0
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None

    def is_idle(self, now: float) -> bool:
        """Whether nothing waits here and nothing has to be waited for."""
        asleep = self.task is None or self.task.done()
        return asleep and not self.editing.locked() and now > max(self.free_at, self.hushed_until)


@dataclass(slots=True)
class _Shown:
    """What a status message shows, and when it may get its next preview; infinity where it gets none."""

    words: str = ""
    preview_at: float = 0.0
    is_gone: bool = False


class StatusBoard:
    """Throttles progress edits per chat. `edit` does one, its failures are only logged; `room` waits until there is
    room for one in the chat.
    """

    def __init__(self, edit: Edit, room: Room, limits: TelegramLimits) -> None:
        self._edit = edit
        self._room = room
        self._limits = limits
        self._lanes: dict[int, _Lane] = {}
        self._shown: dict[str, _Shown] = {}

    def offer(self, job_id: str, notice: Notice) -> None:
        """Something for a status message: shown when the chat's turn comes, unless newer words come before."""
        lane = self._lane(notice.spot.chat_id)
        if time.monotonic() < lane.hushed_until:
            return
        before = lane.waiting.get(job_id)
        if notice.preview is None and before is not None:
            notice = replace(notice, preview=before.preview)
        lane.waiting[job_id] = notice
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._serve(notice.spot.chat_id, lane))

    def sent(self, spot: Spot) -> None:
        """A message went to this chat just now, so the next edit has to wait its time."""
        lane = self._lane(spot.chat_id)
        lane.free_at = time.monotonic() + self._limits.edit_seconds(spot.chat_id)

    def hush(self, chat_id: int, seconds: float) -> None:
        """Telegram asked for silence: what waits is dropped, and so is what comes in the meantime."""
        lane = self._lane(chat_id)
        lane.hushed_until = max(lane.hushed_until, time.monotonic() + seconds)
        lane.waiting.clear()

    async def retire(self, job_id: str, spot: Spot) -> None:
        """No more words for this job; returns when an edit under way is through, so that none follows the answer."""
        self._shown.pop(job_id, None)
        lane = self._lanes.get(spot.chat_id)
        if lane is None:
            return
        lane.waiting.pop(job_id, None)
        async with lane.editing:
            self._shown.pop(job_id, None)

    async def close(self) -> None:
        """Stops all edits."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        self._lanes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _lane(self, chat_id: int) -> _Lane:
        if len(self._lanes) > _LANES_KEPT:
            now = time.monotonic()
            self._lanes = {chat: lane for chat, lane in self._lanes.items() if not lane.is_idle(now)}
        return self._lanes.setdefault(chat_id, _Lane())

    async def _serve(self, chat_id: int, lane: _Lane) -> None:
        while lane.waiting:
            pause = lane.free_at - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            await self._room(chat_id)
            async with lane.editing:
                if not lane.waiting:
                    return
                job_id = next(iter(lane.waiting))
                if await self._show(job_id, lane.waiting.pop(job_id)):
                    lane.free_at = time.monotonic() + self._limits.edit_seconds(chat_id)

    async def _show(self, job_id: str, notice: Notice) -> bool:
        """Show it, if it is new; whether that was tried."""
        shown = self._shown.setdefault(job_id, _Shown())
        if shown.is_gone:
            return False
        now = time.monotonic()
        if now < shown.preview_at:
            notice = replace(notice, preview=None)
        if notice.preview is None and notice.words == shown.words:
            return False
        before, shown.words = shown.preview_at, notice.words
        if notice.preview is not None:
            shown.preview_at = now + self._limits.preview_seconds(notice.spot.chat_id)
        try:
            await self._edit(notice)
        except NoRoom:
            # An answer came between; what is newer by then is shown then.
            shown.words, shown.preview_at = "", before
            self._lanes[notice.spot.chat_id].waiting.setdefault(job_id, notice)
            return False
        except TelegramError as error:
            shown.words, shown.is_gone = "", message_is_gone(error) or place_is_gone(error)
            if notice.preview is not None and isinstance(error, BadRequest):
                # The chat forbids pictures, or Telegram does not want this one: words will do.
                shown.preview_at = float("inf")
            log.info("progress dropped", job=job_id, error=error.message)
        return True
