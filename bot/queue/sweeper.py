"""Deletes the pictures that are kept for nobody: those of old jobs, and those that a crash left behind."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from bot.errors import StorageTrouble
from bot.queue.blobs import DRAFT, INPUTS, Blobs
from bot.queue.ledger import Ledger
from bot.queue.orders import PREVIEWS, RESULTS, delete_results

EVERY: Final = 600.0
LEAST_HOURS: Final = 1.0
"""So long is kept what no job is known to need: it may be another process's that is just writing it."""

log = structlog.get_logger(__name__)


class Sweeper:
    """Sweeps at the start and every `EVERY` seconds, beside the queue and never in its way."""

    def __init__(self, ledger: Ledger, blobs: Blobs, keep_hours: float) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._keep_hours = keep_hours

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.forget()
                await self.sweep()
            except StorageTrouble:
                pass  # told where it arose; the next turn tries again
            except Exception:
                log.exception("old pictures are not swept for a moment")
            await asyncio.sleep(EVERY)

    async def forget(self) -> None:
        """Delete the pictures of jobs that were answered longer ago than they are kept."""
        async with self._blobs.inputs:
            before = time.time() - 3600 * self._keep_hours
            jobs, keys = await self._ledger.call(self._ledger.forget, before)
            for key in keys:
                await self._blobs.delete(key)
        for job_id in jobs:
            await delete_results(self._blobs, job_id)

    async def sweep(self, least_hours: float = LEAST_HOURS) -> None:
        """Delete what a crash left: pictures without a job, results of forgotten jobs, drafts."""
        hours = max(self._keep_hours, least_hours)
        swept = await self._sweep_drafts(least_hours) + await self._sweep_inputs(hours)
        swept += await self._sweep_results(hours)
        if swept:
            log.info("swept what was left behind", blobs=swept)

    async def _sweep_inputs(self, hours: float) -> int:
        old = await self._blobs.older(self._blobs.own_inputs, hours)
        if not old:
            return 0
        async with self._blobs.inputs:
            # Asked for under the lock: a job may have been accepted since, on a picture that lay there.
            needed = await self._ledger.call(self._ledger.needed)
            orphans = [key for key in old if key not in needed]
            for key in orphans:
                await self._blobs.delete(key)
        return len(orphans)

    async def _sweep_results(self, hours: float) -> int:
        """In a store with others, what is not known here may be theirs."""
        keys = [key for kind in (RESULTS, PREVIEWS) for key in await self._blobs.older(kind, hours)]
        kept = await self._ledger.call(self._ledger.kept, {_job_of(key) for key in keys})
        orphans = [key for key in keys if not kept.get(_job_of(key), self._blobs.is_shared)]
        for key in orphans:
            await self._blobs.delete(key)
        return len(orphans)

    async def _sweep_drafts(self, hours: float) -> int:
        found = [key for kind in (INPUTS, RESULTS, PREVIEWS) for key in await self._blobs.older(kind, hours)]
        drafts = [key for key in found if key.rpartition("/")[2].startswith(DRAFT)]
        for key in drafts:
            await self._blobs.delete(key)
        return len(drafts)


def _job_of(key: str) -> str:
    return key.split("/")[1]
