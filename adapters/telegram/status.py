"""Progress in status messages: few edits, the latest words only, and silence for as long as Telegram asks for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from telegram.error import TelegramError

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.spot import Spot

log = structlog.get_logger(__name__)
_LANES_KEPT: Final = 512
Edit = Callable[[str, Spot, str], Awaitable[None]]


@dataclass(slots=True)
class _Lane:
    """One chat: the words that wait for each job, and when the next edit may be."""

    waiting: dict[str, tuple[Spot, str]] = field(default_factory=dict)
    free_at: float = 0.0
    hushed_until: float = 0.0
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None

    def is_idle(self, now: float) -> bool:
        """Whether nothing waits here and nothing has to be waited for."""
        asleep = self.task is None or self.task.done()
        return asleep and not self.editing.locked() and now > max(self.free_at, self.hushed_until)


class StatusBoard:
    """Throttles progress edits per chat. `edit(job id, spot, text)` does one; its failures are only logged."""

    def __init__(self, edit: Edit, limits: TelegramLimits) -> None:
        self._edit = edit
        self._limits = limits
        self._lanes: dict[int, _Lane] = {}
        self._shown: dict[str, str] = {}

    def offer(self, job_id: str, spot: Spot, text: str) -> None:
        """Words for a status message: shown when the chat's turn comes, unless newer ones come before."""
        lane = self._lane(spot.chat_id)
        if time.monotonic() < lane.hushed_until:
            return
        if self._shown.get(job_id) == text:
            lane.waiting.pop(job_id, None)
            return
        lane.waiting[job_id] = (spot, text)
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._serve(spot.chat_id, lane))

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
            async with lane.editing:
                if not lane.waiting:
                    return
                job_id = next(iter(lane.waiting))
                spot, text = lane.waiting.pop(job_id)
                await self._show(job_id, spot, text)
                lane.free_at = time.monotonic() + self._limits.edit_seconds(chat_id)

    async def _show(self, job_id: str, spot: Spot, text: str) -> None:
        self._shown[job_id] = text
        try:
            await self._edit(job_id, spot, text)
        except TelegramError as error:
            self._shown.pop(job_id, None)
            log.info("progress dropped", job=job_id, error=error.message)
