"""Tells those who wait their place in the queue and the time that is left, however many they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.queue.estimates import Estimates, times_left
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger, Outlook
from bot.requests import JobEvent, Queued, Running
from bot.speed import Pace

NEWS: Final = 0.05
"""By what share a place in the queue, or the time left, changes before it is told again."""
MANY: Final = 100
"""Of so many jobs the places are told all the time."""
LOOK_SHARE: Final = 0.02
"""The share of the time that may be spent on the places of all who wait, where they are many."""
AT_ONCE: Final = 100
"""So many are told before others have a turn."""


class Places:
    """What was told of waiting jobs, and how long released ones were expected to take.

    `measured` gives the pace of the machine that paints, where it was measured.
    """

    def __init__(self, ledger: Ledger, hub: Hub, measured: Callable[[], Pace | None]) -> None:
        self._ledger = ledger
        self._hub = hub
        self._measured = measured
        self._due = 0.0
        """When places are told next."""
        self._held = False
        self._over: set[str] = set()
        """The jobs that ended since the last look at the ledger."""
        self.expected: dict[str, float | None] = {}
        """How many seconds the released jobs will take from beginning to end."""

    def leave(self, job_id: str) -> None:
        """A job is over: nothing more is told of its place."""
        self._over.add(job_id)

    async def tell(self, workers: int, *, held: bool) -> None:
        """Look at the ledger and tell what has changed; `held` as in the events."""
        measured = await asyncio.to_thread(self._measured)
        began = time.monotonic()
        is_due = began >= self._due or held != self._held
        self._held = held
        self._over.clear()
        outlook = await self._ledger.call(self._ledger.outlook, waiting=is_due)
        estimates = Estimates(outlook.done, measured)
        known = self.expected
        self.expected = {job_id: estimates.seconds(cost) for job_id, cost in outlook.released}
        for job_id in self.expected:
            event = self._hub.latest(job_id)
            if isinstance(event, Queued | Running) and event.held != held and job_id not in self._over:
                self._hub.emit(replace(event, held=held))
        if is_due:
            await self._tell_waiting(outlook, estimates, workers)
            if len(outlook.waiting) > MANY:
                self._due = began + (time.monotonic() - began) / LOOK_SHARE
        fresh = {job: seconds for job, seconds in self.expected.items() if seconds is not None and job not in known}
        if fresh:
            await self._ledger.call(self._ledger.expect, fresh)

    async def _tell_waiting(self, outlook: Outlook, estimates: Estimates, workers: int) -> None:
        running = [self._seconds_running(job_id) for job_id, _ in outlook.released]
        left = await asyncio.to_thread(_times_left, running, outlook, estimates, workers)
        for position, ((job_id, _), seconds) in enumerate(zip(outlook.waiting, left, strict=True), 1):
            if position % AT_ONCE == 0:
                await asyncio.sleep(0)
            rounded = None if seconds is None or outlook.paused is not None else round(seconds)
            event = Queued(job_id, position, rounded, outlook.paused, self._held)
            if job_id not in self._over and _is_news(self._hub.latest(job_id), event):
                self._hub.emit(event)

    def _seconds_running(self, job_id: str) -> float | None:
        """How long a released job needs yet, by its own word or else by what was expected of it."""
        event = self._hub.latest(job_id)
        told = event.seconds_left if isinstance(event, Running) else None
        return self.expected[job_id] if told is None else told


def _times_left(
    running: list[float | None], outlook: Outlook, estimates: Estimates, workers: int
) -> list[float | None]:
    return times_left(running, [estimates.seconds(cost) for _, cost in outlook.waiting], workers)


def _is_news(known: JobEvent | None, event: Queued) -> bool:
    """Whether it says more than what is known: far back in the queue, one place up or down is not worth a message."""
    if not isinstance(known, Queued) or (known.paused, known.held) != (event.paused, event.held):
        return True
    return _differs(known.position, event.position) or _differs(known.seconds_left, event.seconds_left)


def _differs(known: float | None, told: float | None) -> bool:
    if known is None or told is None:
        return known is not told
    return abs(told - known) > NEWS * known
