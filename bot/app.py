"""The composition root: configuration in, running parts out, started and stopped in order."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from bot.config import Config
from bot.errors import SetupError
from bot.gallery import Gallery
from bot.queue.blobs import Blobs
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

CHECKPOINTS: Final = "checkpoints"
"""The folder in storage.path where runs under way keep their state."""
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
async def open_atelier(config: Config, engine: EngineDriver | None = None) -> AsyncIterator[Atelier]:
    """Start the parts behind the fronts: storage, queue, pump, and a worker where the queue is in this process.

    That worker drives `engine` when one is given, which then runs on afterwards. Raises `SetupError`.
    """
    driver = engine or _new_driver(config)
    async with _parts(config, driver) as (atelier, dispatch, blobs), AsyncExitStack() as stack:
        stack.enter_context(_sole_user(config.storage.path))
        if dispatch.is_local:
            if engine is None:
                stack.push_async_callback(driver.stop)
            atelier.background.append(await stack.enter_async_context(_working(dispatch, blobs, config, driver)))
        atelier.background.append(await stack.enter_async_context(_running(atelier.pump.run(), "pump")))
        atelier.background.append(await stack.enter_async_context(_running(atelier.sweeper.run(), "sweeper")))
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
        blobs = Blobs.open(storage.blobs, storage.path / "blobs", owner=ledger.owner)
        dispatch = await stack.enter_async_context(Dispatch(config.queue.url))
        hub = Hub()
        delivery = Delivery(ledger, blobs, hub)
        pump = Pump(ledger, blobs, dispatch, hub, partial(_measured_pace, storage.path, driver))
        studio = Studio(config, gallery, ledger, blobs, dispatch, hub, pump)
        sweeper = Sweeper(ledger, blobs, storage.keep_hours)
        yield Atelier(config, studio, pump, delivery, sweeper), dispatch, blobs


def _measured_pace(folder: Path, driver: EngineDriver | None) -> Pace | None:
    """What `atelier check --speed` measured of the machine that paints; None while that is not known."""
    return None if driver is None or driver.machine is None else find_pace(folder, driver.machine)


def _new_driver(config: Config) -> EngineDriver:
    return EngineDriver(config.engine, Checkpoints(config.storage.path / CHECKPOINTS))


@asynccontextmanager
async def _working(
    dispatch: Dispatch, blobs: Blobs, config: Config, engine: EngineDriver
) -> AsyncIterator[asyncio.Task[None]]:
    checkpoints = Checkpoints(config.storage.path / CHECKPOINTS)
    await asyncio.to_thread(checkpoints.sweep, config.storage.keep_hours)
    async with _running(Worker(dispatch, blobs, engine).run(), "worker") as task:
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
    stop = _stop_on_signals()
    async with open_atelier(config) as atelier, _running(_serve_fronts(atelier), "fronts") as serving:
        await _first_of(stop, serving, *atelier.background)
        await atelier.settle_down()


async def run_worker(config: Config) -> None:
    """Run one worker of a queue on Redis until a signal ends it. Raises `SetupError`, also when its engine is unfit."""
    stop = _stop_on_signals()
    blobs = Blobs.open(config.storage.blobs, config.storage.path / "blobs")
    engine = _new_driver(config)
    async with Dispatch(config.queue.url) as dispatch:
        if dispatch.is_local:
            raise SetupError("With queue.url memory:// the bot is its own worker; set queue.url to redis://... first.")
        try:
            await engine.start()
            async with _working(dispatch, blobs, config, engine) as working:
                await _first_of(stop, working)
        except EngineUnfitError as error:
            raise SetupError(str(error)) from None
        finally:
            await engine.stop()


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
    async with _parts(config) as (atelier, _, _):
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


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
