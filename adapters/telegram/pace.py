"""How fast the bot may speak: every call to a chat waits for its turn, answers first and progress last."""

from __future__ import annotations

import asyncio
import bisect
import datetime
import itertools
import json
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import structlog
from telegram.error import RetryAfter, TelegramError
from telegram.ext import AIORateLimiter

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.window import Window
from nst_engine.files import write_synced

_LANES_KEPT: Final = 512
_SLACK_SECONDS: Final = 0.1
_NOTE_SECONDS: Final = 0.2
log = structlog.get_logger(__name__)


class Rank(IntEnum):
    """Who goes first when a chat takes no more for the moment. The bot's methods take it as `rate_limit_args`."""

    ANSWER = 1
    WORD = 2
    PROGRESS = 3


def seconds_of(flood: RetryAfter) -> float:
    """How long Telegram wants to hear nothing; the library gives a number or a timedelta, as it is configured."""
    wait = flood.retry_after
    return wait.total_seconds() if isinstance(wait, datetime.timedelta) else float(wait)


def patience(limits: TelegramLimits, rank: Rank) -> float:
    """How many seconds of silence a call waits out: an answer is brought again later, words have only this time."""
    return limits.word_patience_seconds if rank == Rank.WORD else limits.flood_patience_seconds


class NoRoom(TelegramError):
    """Progress cannot be shown at once, and is not worth waiting for."""


class Stopping(TelegramError):
    """The bot is being stopped before the turn of this came."""

    def __init__(self) -> None:
        super().__init__("The bot is being stopped.")


@dataclass(slots=True)
class _Lane:
    """One chat: its windows, who waits for a turn, and until when Telegram asked for silence."""

    own: Window
    group: Window | None
    waiting: list[tuple[int, int]] = field(default_factory=list)
    closed_until: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def windows(self) -> tuple[Window, ...]:
        return (self.own,) if self.group is None else (self.own, self.group)

    def stir(self) -> None:
        """Have all that wait look again."""
        self.changed.set()
        self.changed = asyncio.Event()

    def is_idle(self, now: float) -> bool:
        return not self.waiting and now > self.closed_until and all(window.is_idle(now) for window in self.windows)


class Pace(AIORateLimiter):
    """The library's limiter for all chats together, with the limits of each chat in front of it.

    `notes` is a file that remembers over restarts and crashes what was called in groups. `on_flood` hears of each
    silence that Telegram asks for: chat and seconds.
    """

    def __init__(self, limits: TelegramLimits, notes: Path | None = None) -> None:
        super().__init__(limits.all_calls, limits.all_seconds, group_max_rate=0)
        self.on_flood: Callable[[int, float], None] = lambda _chat_id, _seconds: None
        self._limits = limits
        self._notes = notes
        self._lanes: dict[int, _Lane] = {}
        self._numbers = itertools.count()
        self._is_closed = False
        self._is_noted = True
        self._noting: asyncio.Task[None] | None = None

    async def process_request(
        self,
        callback: Any,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """One call in its turn. Raises `RetryAfter` at once where the silence that is left is too long to wait for."""

        async def call() -> Any:
            return await super(Pace, self).process_request(callback, args, kwargs, endpoint, data, None)

        chat_id = _chat_of(data)
        if chat_id is None or endpoint.startswith("get"):
            return await call()
        async with self._turn(chat_id, Rank(rate_limit_args or Rank.WORD), _weight_of(data)) as lane:
            try:
                return await call()
            except RetryAfter as flood:
                seconds = seconds_of(flood)
                lane.closed_until = time.monotonic() + seconds + _SLACK_SECONDS
                log.info("telegram asks for silence", chat=chat_id, seconds=seconds, method=endpoint)
                self.on_flood(chat_id, seconds)
                raise

    def pause(self, chat_id: int) -> float:
        """Seconds until progress could be shown in this chat; infinite while others wait there."""
        lane = self._lane(chat_id)
        if lane.waiting:
            return math.inf
        return self._pause(lane, Rank.PROGRESS, 1)

    async def room(self, chat_id: int) -> None:
        """Return when progress could be shown in this chat."""
        while (pause := self.pause(chat_id)) > 0:
            await _changed(self._lane(chat_id), pause)

    def open(self) -> None:
        """Take calls; those of shortly before count."""
        self._is_closed = False
        if self._notes is None:
            return
        with suppress(OSError, ValueError, TypeError):
            past = time.time() - time.monotonic()
            for chat, times in json.loads(self._notes.read_text()).items():
                group = self._lane(int(chat)).group
                if group is not None and not group.ends:
                    group.ends.extend(float(at) - past for at in times)

    def close(self) -> None:
        """Let nothing wait any longer: what has no turn yet fails."""
        self._is_closed = True
        for lane in self._lanes.values():
            lane.stir()

    async def note(self) -> None:
        """Write down what was called in groups within their time, and what is just being called."""
        if self._noting is not None:
            await self._noting
        if self._notes is not None:
            await self._write_to(self._notes)

    async def _write_to(self, notes: Path) -> None:
        now, past = time.monotonic(), time.time() - time.monotonic()
        busy = {chat: lane.group for chat, lane in self._lanes.items() if lane.group and not lane.group.is_idle(now)}
        times = {str(chat): [at + past for at in group.times(now)] for chat, group in busy.items()}
        try:
            await asyncio.to_thread(write_synced, notes, json.dumps(times).encode())
        except OSError as error:
            log.warning("the calls of the last minute are not noted", reason=error.strerror)

    def _note_soon(self) -> None:
        """Note it beside the calls, so that it is known even after a crash; what comes meanwhile is noted next."""
        self._is_noted = False
        if self._notes is not None and (self._noting is None or self._noting.done()):
            self._noting = asyncio.create_task(self._note_all(self._notes))

    async def _note_all(self, notes: Path) -> None:
        while not self._is_noted:
            self._is_noted = True
            await self._write_to(notes)
            await asyncio.sleep(_NOTE_SECONDS)

    @asynccontextmanager
    async def _turn(self, chat_id: int, rank: Rank, weight: int) -> AsyncIterator[_Lane]:
        lane = self._lane(chat_id)
        if lane.closed_until - time.monotonic() > patience(self._limits, rank):
            raise RetryAfter(math.ceil(lane.closed_until - time.monotonic()))
        ticket = (int(rank), next(self._numbers))
        bisect.insort(lane.waiting, ticket)
        try:
            while (pause := self._pause(lane, rank, weight, ticket)) > 0:
                if rank == Rank.PROGRESS:
                    raise NoRoom("The chat takes no more at present.")
                if self._is_closed:
                    raise Stopping
                await _changed(lane, pause)
            for window in lane.windows:
                window.begin(weight)
        finally:
            lane.waiting.remove(ticket)
            lane.stir()
        try:
            if lane.group is not None:
                self._note_soon()
            yield lane
        finally:
            for window in lane.windows:
                window.end(time.monotonic(), weight)
            lane.stir()

    def _pause(self, lane: _Lane, rank: Rank, weight: int, ticket: tuple[int, int] | None = None) -> float:
        if ticket is not None and lane.waiting[0] != ticket:
            return math.inf
        now = time.monotonic()
        spared = self._limits.group_reserve if rank == Rank.PROGRESS else 0
        pauses = [lane.closed_until - now, lane.own.pause(now, weight)]
        if lane.group is not None:
            pauses.append(lane.group.pause(now, weight, spared))
        return max(pauses)

    def _lane(self, chat_id: int) -> _Lane:
        if chat_id not in self._lanes:
            limits = self._limits
            if len(self._lanes) >= _LANES_KEPT:
                now = time.monotonic()
                self._lanes = {chat: lane for chat, lane in self._lanes.items() if not lane.is_idle(now)}
            group = Window(limits.group_calls, limits.group_seconds) if chat_id < 0 else None
            self._lanes[chat_id] = _Lane(Window(limits.chat_calls, limits.chat_seconds), group)
        return self._lanes[chat_id]


async def _changed(lane: _Lane, seconds: float) -> None:
    """Return when something changed in that chat, or after so many seconds."""
    changed = lane.changed
    with suppress(TimeoutError):
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            await changed.wait()


def _chat_of(data: dict[str, Any]) -> int | None:
    try:
        return int(data["chat_id"])
    except (KeyError, TypeError, ValueError):
        return None


def _weight_of(data: dict[str, Any]) -> int:
    """How many messages a call sends: an album counts for each of its pictures."""
    media = data.get("media")
    return len(media) if isinstance(media, list | tuple) else 1
