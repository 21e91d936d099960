"""Carries out to the end what people want forgotten, over crashes and restarts: the ledger says what is left to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

import structlog

from bot.belongings import Belongings
from bot.errors import StorageTrouble
from bot.privacy import Erased, Kept
from bot.queue.blobs import Blobs
from bot.queue.checkpoints import Checkpoints
from bot.queue.ledger import Ledger
from bot.queue.orders import delete_results

SOON: Final = 1.0
"""Seconds between two looks for answers that have arrived, while some are waited for."""
EVERY: Final = 600.0

log = structlog.get_logger(__name__)


class Eraser:
    """Deletes what is kept of a person. `wake` has those told whose jobs were cancelled."""

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
            # Under the lock: a request that is being accepted is accepted before, and erased, or refused after.
            erased = await self._ledger.call(persons.erase, platform, person, sentence, time.time())
        log.info("a person had their data deleted", jobs=erased.records, cancelled=erased.cancelled)
        self._is_clean = False
        self._wake()
        try:
            erased = replace(erased, left=await self._belongings.left(platform, person))
            await self.turn()
            return replace(erased, leaving=await self._ledger.call(persons.leaving, platform, person))
        except StorageTrouble:
            return replace(erased, is_held=True)
        finally:
            self._woken.set()

    async def run(self) -> None:
        """Go on with what is left until cancelled."""
        pause = SOON
        while True:
            self._woken.clear()
            try:
                pause = SOON if await self.turn() else EVERY
                await self._tidy()
            except StorageTrouble:  # told where it arose
                pause = min(2 * pause, EVERY)
            except Exception:
                log.exception("an erasure stands still for a moment")
                pause = min(2 * pause, EVERY)
            with suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it may swallow a cancel that comes together with the event.
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            if self._woken.is_set():
                pause = SOON

    async def turn(self) -> bool:
        """Do what can be done now; True when something is left that waits for its answer to arrive."""
        persons = self._ledger.persons
        async with self._turning:
            for platform, person in await self._ledger.call(persons.erasures):
                await self._belongings.forget(platform, person)
                await self._ledger.call(persons.close_erasure, platform, person)
                self._is_clean = False
            await self._delete_pictures()
            if not self._is_clean:
                self._is_clean = await self._ledger.call(persons.scrub)
            return not self._is_clean or await self._ledger.call(persons.leaving) > 0

    async def _delete_pictures(self) -> None:
        """Pictures first, then the record of them: whatever ends this in between, it is done again."""
        persons = self._ledger.persons
        async with self._blobs.inputs:
            due = await self._ledger.call(persons.due, time.time())
            for key in {key for job in due for key in job.keys}:
                await self._blobs.delete(key)
            for job in due:
                await self._delete_painted(job.job_id)
            if due:
                await self._ledger.call(persons.strip, [job.job_id for job in due], time.time())
                self._is_clean = False

    async def _delete_painted(self, job_id: str) -> None:
        await delete_results(self._blobs, job_id)
        await asyncio.to_thread(self._checkpoints.remove, job_id)

    async def _tidy(self) -> None:
        """Now and then: what a worker left that did not hear of the cancel in time, and codes and styles of before."""
        if time.monotonic() < self._tidied + EVERY:
            return
        await self._belongings.sweep()
        for job_id in await self._ledger.call(self._ledger.persons.coded):
            await self._delete_painted(job_id)
        if await self._ledger.call(self._ledger.persons.blank, time.time()):
            self._is_clean = await self._ledger.call(self._ledger.persons.scrub)
        self._tidied = time.monotonic()
