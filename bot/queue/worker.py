"""A worker: takes one released job at a time, drives the engine process, stores the result, tells how it goes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from bot.queue.blobs import BlobError, Blobs, is_intact
from bot.queue.dispatch import Dispatch
from bot.queue.engine_driver import EngineDiedError, EngineDriver, EngineUnfitError, Painted
from bot.queue.frames import Header
from bot.queue.orders import Order, Outcome, load_outcome, preview_key, store_outcome, store_part
from bot.queue.pictures import Pictures
from nst_engine.settings import Settings
from nst_engine.summary import LossSummary

T = TypeVar("T")

PATIENCE: Final = 300.0
"""Seconds after which a job fails whose pictures cannot be read."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0

log = structlog.get_logger(__name__)


class Worker:
    """Owns one device through one engine process; holds nothing else that matters."""

    def __init__(self, dispatch: Dispatch, blobs: Blobs, engine: EngineDriver) -> None:
        self._dispatch = dispatch
        self._blobs = blobs
        self._engine = engine

    async def run(self) -> None:
        """Work until cancelled; the engine is loaded beforehand, so that the first job finds it warm."""
        await self._warm_up()
        await self._dispatch.work(self.handle)

    async def _warm_up(self) -> None:
        """Without an engine the bot goes on, so that it can tell people why their job failed."""
        try:
            await self._engine.start()
        except (EngineDiedError, EngineUnfitError, OSError) as error:
            log.error("the engine does not start", reason=str(error))

    async def handle(self, text: str) -> None:
        """Paint one order. An order that comes twice is painted once; a death of the engine is the pump's to judge."""
        order = Order.from_json(text)
        began = time.monotonic()
        try:
            if await _patiently(partial(load_outcome, self._blobs, order.job)) is None:
                painted = await self._paint(order)
                finish = partial(self._finish, order, painted, time.monotonic() - began)
                await _patiently(finish)
        except EngineDiedError as error:
            log.warning("engine lost", job=order.job, reason=str(error))
            if order.is_last:
                self._engine.forget(order.job)
            return
        except asyncio.CancelledError:
            if not self._dispatch.is_leaving:
                self._engine.forget(order.job)
            raise
        self._engine.forget(order.job)
        await self._dispatch.publish({"type": "over", "job": order.job})

    async def _paint(self, order: Order) -> Painted:
        try:
            pictures = await _patiently(partial(self._pictures, order), PATIENCE)
        except BlobError:
            return Painted("The pictures of this job cannot be read at present; ask for it again later.")
        if isinstance(pictures, str):
            return Painted(pictures)
        steps = order.settings.get("steps", Settings().steps)
        await self._tell(order.job, {"step": 0, "steps": steps, "share": 0.0, "seconds_left": None, "losses": {}}, b"")

        async def on_progress(header: Header, preview: bytes) -> None:
            await self._tell(order.job, header, preview)

        try:
            return await self._engine.paint(order.job, order.settings, pictures, on_progress)
        except EngineUnfitError as error:
            return Painted(str(error))

    async def _pictures(self, order: Order) -> Pictures | str:
        """What the order is painted from; a sentence when some of it is no longer kept, or damaged."""
        found = {key: await self._blobs.get(key) for key in {order.photo, *order.styles, *order.masks} if key}
        kept = {key: data for key, data in found.items() if data is not None}
        if len(kept) < len(found):
            return "The pictures of this job are no longer kept; ask for it again."
        damaged = await asyncio.to_thread(lambda: [key for key, data in kept.items() if not is_intact(key, data)])
        if damaged:
            log.error("a picture is damaged", job=order.job, keys=damaged)
            return "A picture of this job was damaged on the bot's disk; ask for it again."
        masks = tuple(None if key is None else kept[key] for key in order.masks)
        return Pictures(kept[order.photo], tuple(kept[key] for key in order.styles), masks)

    async def _tell(self, job_id: str, header: Header, preview: bytes) -> None:
        """Publish an event; events are hints, so that what goes wrong here must not end the job."""
        event: dict[str, Any] = {**header, "type": "progress", "job": job_id, "preview": bool(preview)}
        try:
            if preview:
                await self._blobs.replace(preview_key(job_id), preview)
            await self._dispatch.publish(event)
        except Exception as error:
            log.warning("progress lost", job=job_id, reason=repr(error))

    async def _finish(self, order: Order, painted: Painted, seconds: float) -> None:
        if painted.summary:
            parts = {part: await store_part(self._blobs, order.job, part, data) for part, data in painted.parts.items()}
            summary = LossSummary.from_dict(painted.summary)
            # Where an earlier attempt was gone on from, only the engine knows how long that took.
            outcome = Outcome(summary, seconds=max(seconds, summary.seconds), parts=parts)
        else:
            outcome = Outcome(sentence=painted.sentence or "The engine could not paint this picture.")
        await store_outcome(self._blobs, order.job, outcome)


async def _patiently(act: Callable[[], Awaitable[T]], seconds: float = math.inf) -> T:
    """Do something with the store until it works: what is painted is not painted again for a disk that was full.

    Raises `BlobError` when it has not worked for so many seconds.
    """
    end, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        try:
            return await act()
        except BlobError:
            if time.monotonic() + pause > end:
                raise
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
