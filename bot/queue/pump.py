"""Releases the fairest next jobs, settles outcomes, tells positions: what moves the ledger on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from bot.errors import NoSuchJob, StorageTrouble
from bot.languages import unpacked
from bot.queue.blobs import Blobs
from bot.queue.dispatch import Dispatch
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger
from bot.queue.orders import Order, Outcome, load_outcome, preview_key
from bot.queue.outage import Outage
from bot.queue.places import Places
from bot.queue.reach import QueueAwayError
from bot.requests import Finished, Job, Running
from bot.speed import Pace

TICK: Final = 1.0
"""Seconds between two looks at the ledger when nothing woke the pump."""

log = structlog.get_logger(__name__)


class Pump:
    """One task that moves jobs on whenever it is woken, and every `TICK` seconds in case an event was lost.

    `measured` gives the pace of the machine that paints, where it was measured.
    """

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        dispatch: Dispatch,
        hub: Hub,
        measured: Callable[[], Pace | None],
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._dispatch = dispatch
        self._hub = hub
        self._woken = asyncio.Event()
        self.measured = measured
        self._places = Places(ledger, hub, measured)
        self._active: dict[str, Job] = {}
        self._heard: dict[str, float] = {}
        """When each running job was heard of last."""
        self._outage = Outage()
        self._is_closed = False

    def wake(self) -> None:
        """Have the ledger looked at now."""
        self._woken.set()

    async def close(self) -> None:
        """Release no more. A run in this very process ends with it, and is taken up again at the next start."""
        self._is_closed = True
        if self._dispatch.is_local:
            await self._ledger.call(self._ledger.excuse_attempts)

    async def run(self) -> None:
        """Pump until cancelled."""
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(ready))
            await ready.wait()
            while True:
                self._woken.clear()
                try:
                    await self._turn()
                except StorageTrouble:
                    pass  # told in the log where it arose; the next turn tries again
                except Exception:
                    log.exception("the queue stands still for a moment")
                with suppress(TimeoutError):
                    # Not wait_for: in Python 3.11 it may swallow a cancel that comes together with the event.
                    async with asyncio.timeout(TICK):
                        await self._woken.wait()

    async def _turn(self) -> None:
        for job in await self._ledger.call(self._ledger.recalled):
            await self._take_back(job)
        released = await self._ledger.call(self._ledger.released)
        self._active = {job.id: job for job in released}
        slots = await self._slots()
        for job in released:
            try:
                await self._settle_or_resubmit(job)
            except QueueAwayError as error:
                self._outage.begin(str(error))
            except StorageTrouble:
                continue
            except Exception:
                log.exception("a job stands still for a moment", job=job.id)
        if not self._outage:
            await self._release(slots)
        await self._places.tell(max(slots, 1), held=self._outage.is_long)

    async def _take_back(self, job: Job) -> None:
        """Tell of a job that the operator cancelled, perhaps from another process, and stop it where it runs."""
        self.finish(Finished(job.id, job.state, job.sentence))
        try:
            await self._dispatch.cancel(job.id)
        except QueueAwayError as error:
            # Its next sign of life has it cancelled again.
            log.warning("cancel did not reach the queue", job=job.id, reason=str(error))
        await self._ledger.call(self._ledger.mark_told, job.id)

    async def _slots(self) -> int:
        """How many jobs are painted at once, asked anew in each turn: that tells whether the queue can be reached."""
        try:
            slots = await self._dispatch.slots()
        except QueueAwayError as error:
            self._outage.begin(str(error))
            return 1
        self._outage.end()
        return slots

    async def _settle_or_resubmit(self, job: Job) -> None:
        """Results come through the blob store, so that jobs are settled also while the queue is away."""
        outcome = await load_outcome(self._blobs, job.id)
        if outcome is None and not self._outage:
            standing = await self._dispatch.standing(job.id)
            if standing == "live" or (standing == "unknown" and self._may_be_painted(job.id)):
                return
            # It may have ended between the two questions.
            outcome = await load_outcome(self._blobs, job.id)
            if outcome is None:
                await self._submit(job)
        if outcome is not None:
            await self.settle(job.id, outcome)

    def _may_be_painted(self, job_id: str) -> bool:
        """Whether a worker may still be at a job that a queue restarted empty knows nothing of."""
        heard = self._heard.get(job_id)
        return heard is not None and time.monotonic() < max(heard, self._outage.ended) + self._dispatch.lease

    async def _release(self, slots: int) -> None:
        if self._is_closed:
            return
        room = slots - len(await self._ledger.call(self._ledger.released))
        for job in await self._ledger.call(self._ledger.release, max(room, 0)):
            self._active[job.id] = job
            try:
                await self._submit(job)
            except QueueAwayError as error:
                # The next turns submit it: it is released and nobody knows it.
                self._outage.begin(str(error))

    async def _submit(self, job: Job) -> None:
        if self._is_closed:
            return
        attempts = await self._ledger.call(self._ledger.count_attempt, job.id)
        if attempts is None:
            return
        log.info("released", job=job.id, attempt=attempts)
        await self._dispatch.submit(job.id, Order.of(job).to_json())
        if (await self._ledger.call(self._ledger.job, job.id)).is_over:
            await self._dispatch.cancel(job.id)

    async def settle(self, job_id: str, outcome: Outcome) -> bool:
        """Give a job its end, once; the first one holds. False when it had one already."""
        end = (outcome.state, outcome.sentence)
        changed = await self._ledger.call(self._ledger.settle, job_id, *end, outcome.seconds)
        if changed:
            self.finish(Finished(job_id, *end), outcome.seconds)
        return changed

    def finish(self, event: Finished, seconds: float | None = None) -> None:
        """Tell that a job is over, and look for the next one. `seconds` is how long it was painted."""
        self._active.pop(event.job_id, None)
        self._places.leave(event.job_id)
        self._heard.pop(event.job_id, None)
        self._hub.emit(event)
        times: dict[str, float | None] = {}
        if seconds is not None:
            expected = self._places.expected.get(event.job_id)
            error = None if expected is None or not seconds else round(expected / seconds - 1, 2)
            times = {"seconds": round(seconds, 1), "estimated": expected and round(expected, 1), "error": error}
        log.info("over", job=event.job_id, state=event.state, sentence=unpacked(event.sentence), **times)
        self.wake()

    async def _listen(self, ready: asyncio.Event) -> None:
        while True:
            try:
                async for event in self._dispatch.events():
                    if event["type"] == "listening":
                        ready.set()
                        await self._catch_up()
                    else:
                        await self._hear(event)
            except QueueAwayError as error:
                log.debug("events interrupted", reason=str(error))
            except Exception:
                log.exception("events interrupted")
            ready.set()
            await asyncio.sleep(TICK)

    async def _catch_up(self) -> None:
        """Learn how the running jobs go at present, after a restart or an outage."""
        for job in await self._ledger.call(self._ledger.released):
            event = await self._dispatch.last(job.id)
            if event is not None and event["type"] == "progress":
                self._active.setdefault(job.id, job)
                await self._hear({**event, "preview": True})

    async def _hear(self, event: dict[str, Any]) -> None:
        job = self._active.get(event["job"])
        if job is None:
            await self._cancel_if_over(event["job"])
            return
        if event["type"] == "over":
            self._heard.pop(job.id, None)
            self.wake()
            return
        self._heard[job.id] = time.monotonic()
        preview = await self._blobs.get(preview_key(job.id)) if event["preview"] else None
        if job.id in self._active:
            facts = {name: event[name] for name in ("step", "steps", "seconds_left", "losses", "share")}
            if not event["step"]:
                facts["seconds_left"] = self._places.expected.get(job.id)
            self._hub.emit(Running(job.id, preview=preview, **facts))

    async def _cancel_if_over(self, job_id: str) -> None:
        """Cancel again what still runs: a cancel that comes while a worker takes its order is lost."""
        with suppress(NoSuchJob):
            if (await self._ledger.call(self._ledger.job, job_id)).is_over:
                await self._dispatch.cancel(job_id)
