"""From a checked request to a job that is written down, with its pictures."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from functools import partial

from bot import text
from bot.config import QueueConfig
from bot.errors import StorageTrouble, TooMany
from bot.languages import _
from bot.limits import Limits, Weights
from bot.places import Places
from bot.queue.blobs import Blobs
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger
from bot.requests import Job, StylizeRequest
from bot.speed import Cost
from bot.takings import Taking
from nst_engine.settings import Settings


class Acceptance:
    """Accepts requests as far as there is room; what `accept` returned from is on disk."""

    def __init__(self, queue: QueueConfig, ledger: Ledger, blobs: Blobs, hub: Hub, places: Places) -> None:
        self._limits = Limits.of(queue)
        self._weights = Weights.of(queue)
        self._ledger = ledger
        self._blobs = blobs
        self._hub = hub
        self._places = places

    async def accept(
        self, request: StylizeRequest, settings: Settings, cost: Cost, styles: list[bytes], title: str, taking: Taking
    ) -> Job:
        """Store the pictures, `styles` those of its styles by now, then the job, which calls these `title`.

        The same origin seen again gives the job that it already made. Raises `TooMany`, `DamagedSettings`,
        `StorageTrouble`, and a `Refusal` for what its person had deleted meanwhile.
        """
        known = await self._ledger.call(self._ledger.find, request.platform, request.origin)
        if known is not None:
            return known
        limits = (await self._places.of(request.platform, request.place)).tightened(self._limits)
        await self._check_room(request, limits)
        async with self._blobs.inputs:
            taking.check()
            keys: list[str] = []
            job = None
            try:
                job = await self._write_down(request, settings, cost, styles, title, limits, keys)
                return job
            finally:
                if job is None or not job.is_new:
                    await self._delete_unneeded(keys)

    async def _write_down(
        self,
        request: StylizeRequest,
        settings: Settings,
        cost: Cost,
        styles: list[bytes],
        title: str,
        limits: Limits,
        keys: list[str],
    ) -> Job:
        """The job, or the one that its origin made before; `keys` gets those of the pictures that are stored for it."""

        async def put(data: bytes) -> str:
            keys.append(await self._blobs.put(data))
            return keys[-1]

        job = Job(
            id=new_job_id(),
            platform=request.platform,
            place=request.place,
            person=request.person,
            origin=request.origin,
            address=dict(request.address),
            photo=await put(request.photo),
            styles=tuple([await put(data) for data in styles]),
            style_titles=title,
            settings=settings.to_dict(),
            created=time.time(),
            masks=tuple([None if mask is None else await put(mask) for mask in request.masks]),
        )
        accept = partial(self._ledger.accept, moderator=request.moderator)
        return await self._ledger.call(accept, job, cost, limits, self._weights)

    async def _delete_unneeded(self, keys: list[str]) -> None:
        """Delete pictures that no job is painted from; what the storage does not let go now is swept later."""
        with suppress(StorageTrouble):
            for key in set(keys) - await self._ledger.call(self._ledger.needed):
                await self._blobs.delete(key)

    async def _check_room(self, request: StylizeRequest, limits: Limits) -> None:
        """Raise `TooMany`, with a word on when to come back, before anything is stored."""
        who = (request.platform, request.place, request.person)
        try:
            await self._ledger.call(self._ledger.check_room, *who, limits, time.time())
        except TooMany as refusal:
            own = await self._ledger.call(self._ledger.open_jobs, request.platform, request.person)
            soonest = self._hub.soonest(own)
            if refusal.seconds is not None or soonest is None:
                raise
            raise TooMany(
                _("{refusal} Your next one is ready {when}.", refusal=refusal, when=text.later(soonest)), soonest
            ) from None


def new_job_id() -> str:
    """An id that sorts by time: 11 hexadecimal digits of milliseconds, 12 random ones."""
    return f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(6)}"
