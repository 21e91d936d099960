"""Carries out to the end what people want forgotten, over crashes and restarts: the ledger says what is left to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from bot.belongings import Belongings
from bot.errors import StorageTrouble
from bot.privacy import Erased, Kept
from bot.queue.blobs import Blobs
from bot.queue.checkpoints import Checkpoints
from bot.queue.ledger import Ledger
from bot.queue.orders import delete_results
from bot.queue.persons import Due

SOON: Final = 1.0
"""Seconds between two looks for answers that have arrived, while some are waited for."""
LATER: Final = 60.0
"""Seconds, at most, until what the storage did not let go is tried again."""
EVERY: Final = 600.0
AT_ONCE: Final = 8
"""Of so many jobs the inputs are deleted while nothing is accepted; then others have a turn."""

log = structlog.get_logger(__name__)


class Eraser:
    """Deletes what is kept of a person. `wake` has those told whose jobs were cancelled.

    What cannot be deleted at present holds up its own person alone.
    """

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        belongings: Belongings,
        checkpoints: Checkpoints,
        keep_hours: float,
        wake: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._belongings = belongings
        self._checkpoints = checkpoints
        self._keep_seconds = 3600 * keep_hours
        self._wake = wake
        self._turning = asyncio.Lock()
        self._woken = asyncio.Event()
        self._held: set[tuple[str, str]] = set()
        """The persons of whom the storage did not let everything go in the last turn."""
        self._through: dict[tuple[str, str], set[str]] = {}
        """What is through of erasures that are under way: what a person leaves there since is not to go with them."""
        self._is_left = True
        """Whether that turn left anything to do soon."""
        self._is_clean = False
        """Whether the ledger's file holds nothing that was forgotten."""
        self._tidied = -EVERY

    async def what_is_kept(self, platform: str, person: str) -> Kept:
        """All that is kept of a person."""
        records = self._ledger.persons.kept
        kept = await self._ledger.call(records, platform, person, self._keep_seconds, time.time())
        return replace(kept, left=await self._belongings.left(platform, person))

    async def erase(self, platform: str, person: str, sentence: str) -> Erased:
        """Write the erasure down, cancel with that sentence what is under way, and delete what can go at once."""
        persons = self._ledger.persons
        async with self._blobs.inputs:
            # What of theirs is just being forgotten may have missed what they left since.
            self._through.pop((platform, person), None)
            # Under the lock: a request that is being accepted is accepted before, and erased, or refused after.
            erased = await self._ledger.call(persons.erase, platform, person, sentence, time.time())
        log.info("a person had their data deleted", jobs=erased.records, cancelled=erased.cancelled)
        self._is_clean = False
        self._wake()
        try:
            erased = replace(erased, left=await self._belongings.left(platform, person))
            await self.turn()
            leaving = await self._ledger.call(persons.leaving, platform, person)
            return replace(erased, leaving=leaving, is_held=(platform, person) in self._held)
        except StorageTrouble:
            return replace(erased, is_held=True)
        finally:
            self._woken.set()

    async def run(self) -> None:
        """Go on with what is left until cancelled."""
        pause = SOON
        while True:
            self._woken.clear()
            await self._tidy()
            is_well = await self._tried(self.turn) and not self._held
            pause = (SOON if self._is_left else EVERY) if is_well else min(2 * pause, LATER)
            with suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it may swallow a cancel that comes together with the event.
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            if self._woken.is_set():
                pause = SOON

    async def turn(self) -> bool:
        """Do what can be done now; True when something is left, as one that waits for its answer to arrive."""
        persons = self._ledger.persons
        async with self._turning:
            self._is_left = True
            self._held = await self._forget_persons() | await self._delete_pictures()
            if not self._is_clean:
                self._is_clean = await self._ledger.call(persons.scrub)
            is_waiting = await self._ledger.call(persons.leaving) > 0
            self._is_left = bool(self._held) or is_waiting or not self._is_clean
            return self._is_left

    async def _forget_persons(self) -> set[tuple[str, str]]:
        """What they left beside jobs; returns of whom it could not be deleted."""
        persons = self._ledger.persons
        held = set()
        for who in await self._ledger.call(persons.erasures):
            through = self._through.setdefault(who, set())
            if not await self._tried(partial(self._belongings.forget, *who, through)):
                held.add(who)
            elif self._through.get(who) is through:
                del self._through[who]
                await self._ledger.call(persons.close_erasure, *who)
                self._is_clean = False
        return held

    async def _delete_pictures(self) -> set[tuple[str, str]]:
        """Pictures first, then the record of them: whatever ends this in between, it is done again.

        Returns of whom one could not be deleted.
        """
        due = await self._ledger.call(self._ledger.persons.due, time.time())
        held = set(due)
        for begin in range(0, len(due), AT_ONCE):
            batch = due[begin : begin + AT_ONCE]
            gone = await self._delete_inputs(batch)
            gone &= {job for job in batch if await self._tried(partial(self._delete_painted, job.job_id))}
            if gone:
                await self._ledger.call(self._ledger.persons.strip, [job.job_id for job in gone], time.time())
                self._is_clean = False
            held -= gone
        return {job.whose for job in held}

    async def _delete_inputs(self, jobs: Sequence[Due]) -> set[Due]:
        """What these jobs alone are painted from; returns those of which all of it is gone."""
        async with self._blobs.inputs:
            # Asked for under the lock: another's job may have been accepted since, on a picture that lay there.
            keys = await self._ledger.call(self._ledger.persons.own_keys, [job.job_id for job in jobs])
            tries = [self._tried(partial(self._delete_all, keys[job.job_id])) for job in jobs]
            return {job for job, is_gone in zip(jobs, await asyncio.gather(*tries), strict=True) if is_gone}

    async def _delete_all(self, keys: Sequence[str]) -> None:
        for key in keys:
            await self._blobs.delete(key)

    async def _delete_painted(self, job_id: str) -> None:
        await delete_results(self._blobs, job_id)
        await asyncio.to_thread(self._checkpoints.remove, job_id)

    async def _tried(self, work: Callable[[], Awaitable[object]]) -> bool:
        """Whether it went well: trouble with one thing must not keep the others here."""
        try:
            await work()
        except StorageTrouble:
            pass  # told where it arose
        except Exception:
            log.exception("an erasure stands still for a moment")
        else:
            return True
        return False

    async def _tidy(self) -> None:
        """Now and then: codes and styles of before, and what a worker left that did not hear of the cancel in time."""
        if time.monotonic() < self._tidied + EVERY:
            return
        self._tidied = time.monotonic()
        for work in (self._blank, self._belongings.sweep, self._delete_late):
            await self._tried(work)

    async def _blank(self) -> None:
        if await self._ledger.call(self._ledger.persons.blank, time.time()):
            self._is_clean = False

    async def _delete_late(self) -> None:
        for job_id in await self._ledger.call(self._ledger.persons.coded):
            await self._tried(partial(self._delete_painted, job_id))
