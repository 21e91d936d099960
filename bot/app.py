"""The composition root: configuration in, running parts out, started and stopped in order."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from bot import languages
from bot.config import Config
from bot.errors import SetupError
from bot.gallery import Gallery
from bot.queue.blobs import Blobs
from bot.queue.checkpoints import FOLDER as CHECKPOINTS
from bot.queue.checkpoints import Checkpoints
from bot.queue.delivery import Delivery
from bot.queue.dispatch import Dispatch
from bot.queue.engine_driver import EngineDriver, EngineUnfitError
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger
from bot.queue.operator import Operator
from bot.queue.pump import Pump
from bot.queue.sweeper import Sweeper
from bot.queue.trouble import storage_trouble
from bot.queue.worker import Worker
from bot.requests import Front
from bot.speed import Pace, find_pace
from bot.studio import Studio

LEDGER: Final = "ledger.sqlite3"
RETRY_FRONT: Final = 15.0
"""Seconds before a front that broke down is started again."""
NO_FRONT: Final = "No front-end is left: give a working token, or set web.enabled to true and web.port to a free one."
FLUSH_SECONDS: Final = 10.0
"""Seconds that answers under way may take when the bot stops."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Atelier:
    """The parts of a running bot, all but its fronts."""

    config: Config
    studio: Studio
    pump: Pump
    delivery: Delivery
    sweeper: Sweeper
    background: list[asyncio.Task[None]] = field(default_factory=list)
    """What must run as long as the bot does."""

    async def serve(self, front: Front) -> None:
        """Run a front until cancelled, anew after a breakdown. Raises `SetupError` when it is misconfigured."""
        await asyncio.to_thread(languages.prepare)
        await self.delivery.serve(front)
        try:
            while True:
                try:
                    return await front.run()
                except SetupError:
                    raise
                except Exception:
                    log.exception("front broke down", platform=front.platform, again_in=RETRY_FRONT)
                    await asyncio.sleep(RETRY_FRONT)
        finally:
            self.delivery.leave(front)

    async def settle_down(self) -> None:
        """Take no more requests, let answers under way arrive. The running job is taken up again at the next start."""
        self.studio.is_closed = True
        await self.pump.close()
        await self.delivery.drain(FLUSH_SECONDS)


@asynccontextmanager
async def open_atelier(config: Config, *engines: EngineDriver) -> AsyncIterator[Atelier]:
    """Start the parts behind the fronts: storage, queue, pump, and a worker where the queue is in this process.

    That worker drives the `engines` where some are given, which then run on afterwards. Raises `SetupError`.
    """
    drivers = engines or _new_drivers(config)
    async with _parts(config, drivers[0]) as (atelier, dispatch, blobs), AsyncExitStack() as stack:
        stack.enter_context(_sole_user(config.storage.path))
        await blobs.probe()
        if dispatch.is_local:
            if not engines:
                stack.push_async_callback(_stop_all, drivers)
            worker = Worker(dispatch, blobs, drivers)
            atelier.background.append(await stack.enter_async_context(_working(worker, config)))
        atelier.background.append(await stack.enter_async_context(_running(atelier.pump.run(), "pump")))
        atelier.background.append(await stack.enter_async_context(_running(atelier.sweeper.run(), "sweeper")))
        atelier.background.append(await stack.enter_async_context(_running(atelier.studio.eraser.run(), "eraser")))
        stack.push_async_callback(atelier.delivery.close)
        yield atelier


@contextmanager
def _sole_user(folder: Path) -> Iterator[None]:
    """Hold the data folder: two bots on one ledger would answer twice. The lock ends with the process."""
    try:
        file = (folder / "lock").open("w")
    except OSError as error:
        raise SetupError(storage_trouble(folder / "lock", error)) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                f"Another bot already uses the folder {folder}; stop it, or set storage.path to another folder."
            ) from None
        yield


@asynccontextmanager
async def _parts(config: Config, driver: EngineDriver | None = None) -> AsyncIterator[tuple[Atelier, Dispatch, Blobs]]:
    """The parts, opened but at rest; `driver` is what will paint, where that is in this process."""
    gallery = Gallery.load(config.gallery.path)
    storage = config.storage
    async with AsyncExitStack() as stack:
        ledger = Ledger(storage.path / LEDGER)
        stack.callback(ledger.close)
        blobs = _open_blobs(config, ledger.owner)
        dispatch = await stack.enter_async_context(_new_dispatch(config))
        hub = Hub()
        delivery = Delivery(ledger, blobs, hub)
        pump = Pump(ledger, blobs, dispatch, hub, partial(_measured_pace, storage.path, driver))
        studio = Studio(config, gallery, ledger, blobs, dispatch, hub, pump)
        sweeper = Sweeper(ledger, blobs, storage.keep_hours)
        yield Atelier(config, studio, pump, delivery, sweeper), dispatch, blobs


def _measured_pace(folder: Path, driver: EngineDriver | None) -> Pace | None:
    """What `atelier check --speed` measured of the machine that paints; None while that is not known."""
    return None if driver is None or driver.machine is None else find_pace(folder, driver.machine)


def _open_blobs(config: Config, owner: str = "") -> Blobs:
    storage = config.storage
    return Blobs.open(storage.blobs, storage.path / "blobs", storage.s3_endpoint, owner=owner)


def _new_dispatch(config: Config) -> Dispatch:
    return Dispatch(config.queue.url, config.queue.lease_seconds, config.engine.side_by_side)


def _new_drivers(config: Config) -> tuple[EngineDriver, ...]:
    checkpoints = Checkpoints(config.storage.path / CHECKPOINTS)
    return tuple([EngineDriver(config.engine, checkpoints) for _ in range(config.engine.side_by_side)])


async def _stop_all(drivers: Sequence[EngineDriver]) -> None:
    await asyncio.gather(*(driver.stop() for driver in drivers))


@asynccontextmanager
async def _working(worker: Worker, config: Config) -> AsyncIterator[asyncio.Task[None]]:
    checkpoints = Checkpoints(config.storage.path / CHECKPOINTS)
    await asyncio.to_thread(checkpoints.sweep, config.storage.keep_hours)
    sweeping = checkpoints.keep_swept(config.storage.keep_hours)
    async with _running(worker.run(), "worker") as task, _running(sweeping, "checkpoints"):
        yield task


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    """Run something beside the block, cancelled when the block ends."""
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("stopped with an error", task=name)


async def run_bot(config: Config) -> None:
    """Run the bot with every front that the configuration names until a signal ends it.

    A front that is misconfigured is logged and left out; when none is left, the local page is served, unless
    `web.enabled` forbids it. Raises `SetupError` when there is nothing to serve.
    """
    stop, _ = _stops()
    async with open_atelier(config) as atelier, _running(_serve_fronts(atelier), "fronts") as serving:
        await _first_of(stop, serving, *atelier.background)
        await atelier.settle_down()


async def run_worker(config: Config, *engines: EngineDriver) -> None:
    """Run one worker of a queue on Redis until a signal ends it. Raises `SetupError`, also when its engine is unfit.

    It drives the `engines` where some are given. At the first signal it goes on with what it paints and takes no more;
    at the second, or after `queue.drain_seconds`, it hands that back.
    """
    stop, stop_now = _stops()
    blobs = _open_blobs(config)
    drivers = engines or _new_drivers(config)
    async with _new_dispatch(config) as dispatch:
        if dispatch.is_local:
            raise SetupError("With queue.url memory:// the bot is its own worker; set queue.url to redis://... first.")
        await blobs.probe()
        worker = Worker(dispatch, blobs, drivers)
        try:
            await asyncio.gather(*(driver.start() for driver in drivers))
            async with _working(worker, config) as working:
                log.info("at work", jobs_at_once=len(drivers))
                await _first_of(stop, working)
                await _drain(worker, config.queue.drain_seconds, stop_now, working)
        except EngineUnfitError as error:
            raise SetupError(str(error)) from None
        finally:
            await _stop_all(drivers)
    log.info("stopped")


async def _drain(worker: Worker, seconds: float, stop_now: asyncio.Event, working: asyncio.Task[None]) -> None:
    log.info("no more jobs are taken; those that run are ended", running=worker.running, at_most_seconds=seconds)
    async with _running(worker.drain(), "drain") as draining:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _first_of(stop_now, draining, working)
    if worker.running:
        log.info("running jobs are handed back for another worker", running=worker.running)


@contextmanager
def open_operator(config: Config) -> Iterator[Operator]:
    """The operator's hand on the queue of this configuration, whether its bot runs or not. Raises `SetupError`."""
    path = config.storage.path / LEDGER
    if not path.exists():
        raise SetupError(f"There is no ledger {path}; start the bot once, or check storage.path.")
    ledger = Ledger(path)
    try:
        yield Operator(ledger)
    except sqlite3.Error as error:
        raise SetupError(f"The ledger {path} cannot be used at present ({error}); try again in a moment.") from error
    finally:
        ledger.close()


async def check_fronts(config: Config) -> AsyncIterator[tuple[str, str, bool]]:
    """For each front in use: its platform, who the bot is there or what is wrong, and whether it works.

    Opens storage and queue on the way, without taking up any job. Raises `SetupError` when these cannot be used.
    """
    async with _parts(config) as (atelier, _, blobs):
        await blobs.probe()
        fronts = build_fronts(config, atelier.studio)
        if not fronts and config.web.enabled is False:
            yield "front-ends", NO_FRONT, False
        elif not fronts:
            fronts = [_web_front(config, atelier.studio)]
        for front in fronts:
            try:
                yield front.platform, await front.check(), True
            except SetupError as error:
                yield front.platform, str(error), False


async def _serve_fronts(atelier: Atelier) -> None:
    """Serve what is configured, and the local page when nothing else is left; raise `SetupError` when it is neither."""
    config, studio = atelier.config, atelier.studio
    fronts = build_fronts(config, studio)
    await asyncio.gather(*(_guarded(atelier, front) for front in fronts))
    if config.web.enabled is None:
        await atelier.serve(_web_front(config, studio))
    raise SetupError(NO_FRONT)


async def _guarded(atelier: Atelier, front: Front) -> None:
    """Serve a front; a misconfiguration ends this front alone, with its sentence in the log."""
    try:
        await atelier.serve(front)
    except SetupError as error:
        log.error(str(error), platform=front.platform)


async def _first_of(stop: asyncio.Event, *work: asyncio.Task[None]) -> None:
    """Wait for the stop, or for work that ends by itself; raises what it raised."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *work}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    for task in work:
        if task.done():
            task.result()


def build_fronts(config: Config, studio: Studio) -> list[Front]:
    """The fronts that the configuration names. Their libraries are imported only when they are used."""
    fronts: list[Front] = []
    if config.discord.token.get_secret_value():
        from adapters.discord import DiscordFront

        fronts.append(DiscordFront(config.discord, studio))
    if config.telegram.token.get_secret_value():
        from adapters.telegram import TelegramFront

        fronts.append(TelegramFront(config.telegram, studio))
    if config.web.enabled:
        fronts.append(_web_front(config, studio))
    return fronts


def _web_front(config: Config, studio: Studio) -> Front:
    from adapters.web import WebFront

    return WebFront(config.web, studio)


def _stops() -> tuple[asyncio.Event, asyncio.Event]:
    """What the first signal to end sets, and what a second one does."""
    first, second = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: (second if first.is_set() else first).set())
    return first, second
