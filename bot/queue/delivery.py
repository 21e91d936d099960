"""Brings status and answers to the fronts: exactly one answer to each job, over restarts and outages."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from typing import Final
from weakref import WeakValueDictionary

import structlog

from bot.errors import Gone, StorageTrouble
from bot.languages import N_
from bot.queue.blobs import Blobs
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger
from bot.queue.orders import load_answer
from bot.requests import Answer, Finished, Front, Job, JobEvent, Queued, Running

FIRST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 600.0
READ_AT_ONCE: Final = 4
"""So many jobs are looked up to be shown before the ledger has a turn for others."""
ANSWERS_AT_ONCE: Final = 8
"""For each platform, so that one that is down does not hold up the others."""
ANSWERS_AT_ONCE_TO_A_PLACE: Final = 2
"""So that a place that takes only so much does not hold up the other places of its platform."""
OVERDUE_AFTER: Final = 24 * 3600.0
"""Seconds after a job's end at which an answer that still fails waits until its platform works again."""
OVERDUE_RETRY: Final = 6 * 3600.0
UNREADABLE_AFTER: Final = 3600.0
"""Seconds after which a picture that cannot be read from the store is given up, and its person told."""
SHOW_GRACE: Final = 3.0
"""Seconds that a status edit under way may take before the answer is sent over it."""

log = structlog.get_logger(__name__)


class Delivery:
    """Shows the latest event of each job through its front, one call at a time, and delivers what is over."""

    def __init__(self, ledger: Ledger, blobs: Blobs, hub: Hub) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._fronts: dict[str, Front] = {}
        self._mail: dict[str, Queued | Running] = {}
        self._shows: dict[str, asyncio.Task[None]] = {}
        self._reading = asyncio.Semaphore(READ_AT_ONCE)
        self._answers: dict[str, asyncio.Task[None]] = {}
        self._rooms: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(ANSWERS_AT_ONCE))
        self._doors: WeakValueDictionary[tuple[str, str], asyncio.Semaphore] = WeakValueDictionary()
        self._works: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        """For each platform, set with the next answer that arrives there."""
        self._brought: set[str] = set()
        """Jobs whose answer is there, though the ledger does not know it yet."""
        hub.listeners.append(self._take)

    async def serve(self, front: Front) -> None:
        """Use a front from now on, and bring what waited for it."""
        self._fronts[front.platform] = front
        for job in await self._ledger.call(self._ledger.unanswered):
            if job.platform == front.platform:
                self._begin(job.id)

    def leave(self, front: Front) -> None:
        """Use a front no more; its answers stay in the ledger."""
        self._fronts.pop(front.platform, None)

    async def close(self) -> None:
        """Stop; what was not delivered is delivered after the next start."""
        tasks = [*self._shows.values(), *self._answers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self, seconds: float) -> None:
        """Wait for the answers under way, at most so many seconds."""
        if self._answers:
            await asyncio.wait(list(self._answers.values()), timeout=seconds)

    def _take(self, event: JobEvent) -> None:
        if isinstance(event, Finished):
            self._begin(event.job_id)
            return
        self._mail[event.job_id] = event
        if event.job_id not in self._shows:
            self._shows[event.job_id] = asyncio.create_task(self._show(event.job_id))

    async def _show(self, job_id: str) -> None:
        try:
            while (event := self._mail.pop(job_id, None)) is not None:
                async with self._reading:
                    job = await self._ledger.call(self._ledger.job, job_id)
                front = self._fronts.get(job.platform)
                if front is not None and not job.is_over:
                    await front.show(job, event)
        except Exception as error:
            log.warning("status not shown", job=job_id, reason=repr(error))
        finally:
            del self._shows[job_id]

    def _begin(self, job_id: str) -> None:
        if job_id not in self._answers:
            task = self._answers[job_id] = asyncio.create_task(self._deliver(job_id))
            task.add_done_callback(lambda _: self._answers.pop(job_id))

    async def _deliver(self, job_id: str) -> None:
        await self._silence(job_id)
        began, delay = time.monotonic(), FIRST_RETRY
        while True:
            try:
                await self._try(job_id, is_patient=time.monotonic() < began + UNREADABLE_AFTER)
                return
            except StorageTrouble as error:
                log.warning("answer not delivered yet", job=job_id, reason=error.reason)
            except Exception:
                log.warning("answer not delivered yet", job=job_id, exc_info=True)
            platform = await self._overdue_at(job_id)
            if platform is None:
                await asyncio.sleep(delay)
                delay = min(2 * delay, LONGEST_RETRY)
            else:
                await self._until_better(platform)

    async def _overdue_at(self, job_id: str) -> str | None:
        """The platform of an answer that has failed for too long to be tried as often as before."""
        try:
            platform = await self._ledger.call(self._ledger.mark_overdue, job_id, time.time() - OVERDUE_AFTER)
        except StorageTrouble:
            return None
        if platform is not None:
            log.error("answer overdue", job=job_id, platform=platform, again="with the next answer that arrives there")
        return platform

    async def _until_better(self, platform: str) -> None:
        """Wait until another answer has arrived there; without any, for some hours."""
        works = self._works[platform]
        await asyncio.sleep(LONGEST_RETRY)
        with suppress(TimeoutError):
            async with asyncio.timeout(OVERDUE_RETRY):
                await works.wait()

    async def _silence(self, job_id: str) -> None:
        """No status may overwrite the answer: drop what waits, let the edit under way end."""
        self._mail.pop(job_id, None)
        if job_id in self._shows:
            show = self._shows[job_id]
            await asyncio.wait({show}, timeout=SHOW_GRACE)
            show.cancel()

    async def _try(self, job_id: str, *, is_patient: bool) -> None:
        """One attempt at the answer; raises whatever went wrong with it."""
        job = await self._ledger.call(self._ledger.job, job_id)
        if job.platform not in self._fronts or job.replied:
            return
        if job_id not in self._brought:
            try:
                async with self._door(job), self._rooms[job.platform]:
                    answer = await self._load(job, is_patient=is_patient)
                    # Not before: the front may have left while others had their turn.
                    front = self._fronts.get(job.platform)
                    if front is None:
                        return
                    await front.answer(job, answer)
            except Gone as error:
                await self._ledger.call(self._ledger.mark_gone, job_id, str(error))
                log.info("answer dropped, its place is gone", job=job_id, platform=job.platform, reason=str(error))
                return
            self._brought.add(job_id)
        await self._ledger.call(self._ledger.mark_replied, job_id)
        self._brought.discard(job_id)
        log.info("answered", job=job_id, platform=job.platform, state=job.state)
        self._works.pop(job.platform, asyncio.Event()).set()

    def _door(self, job: Job) -> asyncio.Semaphore:
        """The way to the place of a job, as long as somebody needs it."""
        return self._doors.setdefault((job.platform, job.place), asyncio.Semaphore(ANSWERS_AT_ONCE_TO_A_PLACE))

    async def _load(self, job: Job, *, is_patient: bool) -> Answer:
        try:
            return await load_answer(self._blobs, job)
        except StorageTrouble:
            if is_patient:
                raise
        return Answer(job.id, "failed", N_("This picture cannot be read from the bot's disk; ask for it again."))
