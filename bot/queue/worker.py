"""A worker: takes released jobs, drives engine processes, stores the results, tells how it goes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

import structlog

from bot.languages import N_
from bot.queue.blobs import BlobError, Blobs, is_intact
from bot.queue.dispatch import Dispatch
from bot.queue.engine_driver import EngineDiedError, EngineDriver, EngineUnfitError, Painted
from bot.queue.frames import Header
from bot.queue.herald import Herald
from bot.queue.orders import Order, Outcome, load_outcome, part_key, store_outcome, store_part
from bot.queue.pictures import Pictures
from bot.queue.takes import MOST_TAKES, begin_take, excuse_take
from nst_engine.settings import Settings
from nst_engine.summary import LossSummary

SET_ASIDE: Final = N_("The engine failed 3 times at this picture; try a smaller size or another picture.")
"""After `MOST_TAKES`."""
PATIENCE: Final = 300.0
"""Seconds after which a job fails whose pictures cannot be read."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Worker:
    """Owns a device through its engine processes, one for each slot; holds nothing else that matters."""

    def __init__(self, dispatch: Dispatch, blobs: Blobs, engines: Sequence[EngineDriver]) -> None:
        self._blobs = blobs
        self._engines = engines
        self._free: asyncio.Queue[EngineDriver] = asyncio.Queue()
        for engine in engines:
            self._free.put_nowait(engine)
        self._herald = Herald(dispatch, blobs)
        self._shift = dispatch.shift(self.handle)

    @property
    def running(self) -> int:
        """How many jobs are painted."""
        return self._shift.running

    async def run(self) -> None:
        """Work until cancelled; the engine is loaded beforehand, so that the first job finds it warm."""
        await asyncio.gather(*(self._warm_up(engine) for engine in self._engines))
        try:
            await self._shift.run()
        finally:
            await self._herald.close()

    async def drain(self) -> None:
        """Take no more jobs; returns when those that run have ended."""
        await self._shift.drain()

    async def _warm_up(self, engine: EngineDriver) -> None:
        """Without an engine the bot goes on, so that it can tell people why their job failed."""
        try:
            await engine.start()
        except (EngineDiedError, EngineUnfitError, OSError) as error:
            log.error("the engine does not start", reason=str(error))

    async def handle(self, text: str) -> None:
        """Paint one order. An order that comes twice is painted once, and one that ends three workers no more."""
        order = Order.from_json(text)
        engine = await self._free.get()
        try:
            if await _patiently(partial(load_outcome, self._blobs, order.job)) is None:
                await self._take(order, engine)
        finally:
            self._free.put_nowait(engine)
            await self._herald.over(order.job)

    async def _take(self, order: Order, engine: EngineDriver) -> None:
        take = await _patiently(partial(begin_take, self._blobs, order.job))
        if take is None:
            log.error("set aside", job=order.job, takes=MOST_TAKES)
            await self._conclude(order, Outcome(sentence=SET_ASIDE))
            engine.forget(order.job)
            return
        log.info("painting", job=order.job, take=take)
        began = time.monotonic()
        try:
            painted = await self._paint(order, engine)
            await _patiently(partial(self._finish, order, take, painted, time.monotonic() - began))
        except EngineDiedError as error:
            log.warning("engine lost", job=order.job, reason=str(error), take=take)
            if take < MOST_TAKES:
                return
            await self._conclude(order, Outcome(sentence=SET_ASIDE))
        except asyncio.CancelledError:
            if self._shift.is_leaving:
                await self._hand_back(order, take)
            else:
                log.info("cancelled", job=order.job, take=take)
                engine.forget(order.job)
            raise
        engine.forget(order.job)

    async def _hand_back(self, order: Order, take: int) -> None:
        try:
            await excuse_take(self._blobs, order.job, take)
        except BlobError as error:
            log.warning("this take of the job counts", job=order.job, reason=str(error))
        log.info("handed back", job=order.job)

    async def _paint(self, order: Order, engine: EngineDriver) -> Painted:
        try:
            pictures = await _patiently(partial(self._pictures, order), PATIENCE)
        except BlobError:
            return Painted(N_("The pictures of this job cannot be read at present; ask for it again later."))
        if isinstance(pictures, str):
            return Painted(pictures)
        steps = order.settings.get("steps", Settings().steps)
        self._herald.tell(order.job, {"step": 0, "steps": steps, "share": 0.0, "seconds_left": None, "losses": {}}, b"")

        async def on_progress(header: Header, preview: bytes) -> None:
            self._herald.tell(order.job, header, preview)

        try:
            return await engine.paint(order.job, order.settings, pictures, on_progress)
        except EngineUnfitError as error:
            return Painted(error.sentence)

    async def _pictures(self, order: Order) -> Pictures | str:
        """What the order is painted from; a sentence when some of it is no longer kept, or damaged."""
        found = {key: await self._blobs.get(key) for key in {order.photo, *order.styles, *order.masks} if key}
        kept = {key: data for key, data in found.items() if data is not None}
        if len(kept) < len(found):
            return N_("The pictures of this job are no longer kept; ask for it again.")
        damaged = await asyncio.to_thread(lambda: [key for key, data in kept.items() if not is_intact(key, data)])
        if damaged:
            log.error("a picture is damaged", job=order.job, keys=damaged)
            return N_("A picture of this job was damaged on the bot's disk; ask for it again.")
        masks = tuple(None if key is None else kept[key] for key in order.masks)
        return Pictures(kept[order.photo], tuple(kept[key] for key in order.styles), masks)

    async def _finish(self, order: Order, take: int, painted: Painted, seconds: float) -> None:
        if painted.summary:
            parts = {}
            for part, data in painted.parts.items():
                parts[part] = await store_part(self._blobs, part_key(order.job, part, take), data)
            summary = LossSummary.from_dict(painted.summary)
            # Where an earlier attempt was gone on from, only the engine knows how long that took.
            outcome = Outcome(summary, seconds=max(seconds, summary.seconds), take=take, parts=parts)
        else:
            outcome = Outcome(sentence=painted.sentence or N_("The engine could not paint this picture."))
        await self._conclude(order, outcome)

    async def _conclude(self, order: Order, outcome: Outcome) -> None:
        if not await _patiently(partial(store_outcome, self._blobs, order.job, outcome)):
            log.warning("another worker was first", job=order.job)


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
