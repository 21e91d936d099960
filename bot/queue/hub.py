"""What happens to jobs, told to those who watch: the latest event of each, and a queue for every watcher."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable

from bot.requests import Finished, JobEvent, Queued, Running


class Hub:
    """Keeps each living job's latest event. A watcher that is slow skips to the latest; `Finished` is never skipped."""

    def __init__(self) -> None:
        self._latest: dict[str, JobEvent] = {}
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.listeners: list[Callable[[JobEvent], None]] = []

    def emit(self, event: JobEvent) -> None:
        """Tell an event, unless it is the one that everybody knows."""
        known = self._latest.get(event.job_id)
        if known == event or isinstance(known, Finished):
            return
        self._latest[event.job_id] = event
        for watcher in self._watchers.get(event.job_id, ()):
            watcher.set()
        for listener in self.listeners:
            listener(event)
        if isinstance(event, Finished) and event.job_id not in self._watchers:
            del self._latest[event.job_id]

    def latest(self, job_id: str) -> JobEvent | None:
        """The last event of a job that is not over, or None before the first."""
        return self._latest.get(job_id)

    def soonest(self, job_ids: Iterable[str]) -> float | None:
        """In how many seconds the first of these jobs will be over, by what was told of them; None when unknown."""
        events = [self._latest.get(job_id) for job_id in job_ids]
        times = [event.seconds_left for event in events if isinstance(event, Queued | Running)]
        return min((seconds for seconds in times if seconds is not None), default=None)

    async def watch(self, job_id: str) -> AsyncIterator[JobEvent]:
        """The present state, when there is one, then what follows, up to `Finished`."""
        news = asyncio.Event()
        self._watchers[job_id].add(news)
        try:
            told: JobEvent | None = None
            while not isinstance(told, Finished):
                event = self._latest.get(job_id)
                if event is None or event == told:
                    news.clear()
                    await news.wait()
                    continue
                told = event
                yield event
        finally:
            self._leave(job_id, news)

    def _leave(self, job_id: str, news: asyncio.Event) -> None:
        watchers = self._watchers[job_id]
        watchers.discard(news)
        if not watchers:
            del self._watchers[job_id]
            if isinstance(self._latest.get(job_id), Finished):
                del self._latest[job_id]
