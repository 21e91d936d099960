"""The bot's own share of a job, with an engine that takes no time.

    python -m tests.benchmarks.bots_share                 from acceptance to engine, and from engine to answer
    python -m tests.benchmarks.bots_share --waiting 10000 what so many waiting jobs cost the next one

Each job is asked for when the last one is answered. Medians and 99th percentiles, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import io
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from bot.app import Atelier, open_atelier
from bot.config import Config, LogConfig
from bot.limits import Limits
from bot.queue.blobs import Blobs
from bot.queue.dispatch import Dispatch
from bot.queue.engine_driver import Painted
from bot.queue.ledger import Ledger
from bot.queue.worker import Worker
from bot.requests import Answer, Job, StylizeRequest
from bot.speed import Cost
from bot.telemetry import configure_logs
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.redis_server import redis_server

numbers = itertools.count()
MANY = {"max_per_person": 10**6, "max_per_place": 10**6, "max_total": 10**6}
PICTURE_BYTES = 400_000
PERSONS = 500


class TimedDriver(InstantEngineDriver):
    """Writes down when the engine is handed an order and when it has answered."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds=seconds, picture_bytes=PICTURE_BYTES)
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    async def paint(self, job_id: str, *rest: Any) -> Painted:
        self.began[job_id] = time.monotonic()
        try:
            return await super().paint(job_id, *rest)
        finally:
            self.ended[job_id] = time.monotonic()


class PrintingDriver(TimedDriver):
    """The same, told on standard output to another process: the clock is the machine's."""

    async def paint(self, job_id: str, *rest: Any) -> Painted:
        painted = await super().paint(job_id, *rest)
        print(job_id, self.began[job_id], self.ended[job_id], flush=True)
        return painted


class Answers:
    """A platform that takes no time."""

    platform = "test"

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[str, float]] = asyncio.Queue()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def check(self) -> str:
        return "here"

    async def show(self, job: Job, event: Any) -> None: ...

    async def answer(self, job: Job, answer: Answer) -> None:
        assert answer.picture is not None
        self.came.put_nowait((job.id, time.monotonic()))


def request() -> StylizeRequest:
    number = next(numbers)
    return StylizeRequest("test", "here", f"person {number % PERSONS}", f"message {number}", photo(), ("waves",))


def photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((256, 256), 90).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@contextlib.asynccontextmanager
async def bot(folder: Path, url: str, driver: TimedDriver) -> AsyncIterator[tuple[Atelier, Answers]]:
    storage = {"path": folder / "data", "blobs": str(folder / "blobs")}
    config = Config.model_validate({"storage": storage, "queue": {"url": url, **MANY}})
    front = Answers()
    async with open_atelier(config, driver) as atelier:
        serving = asyncio.create_task(atelier.serve(front))
        yield atelier, front
        serving.cancel()
    await driver.stop()


async def measure_share(folder: Path, url: str, jobs: int, driver: TimedDriver, worker: Any = None) -> None:
    """Print what goes by before and after the engine."""
    before, after = [], []
    async with bot(folder, url, driver) as (atelier, front):
        for _ in range(jobs + 5):
            job = await atelier.studio.submit(request())
            accepted = time.monotonic()
            answered, when = await asyncio.wait_for(front.came.get(), 60)
            assert answered == job.id
            if worker is not None:
                line = await asyncio.to_thread(worker.stdout.readline)
                job_id, began, ended = line.split()
                driver.began[job_id], driver.ended[job_id] = float(began), float(ended)
            before.append(driver.began[job.id] - accepted)
            after.append(when - driver.ended[job.id])
            while not (await atelier.studio.job(job.id)).replied:
                await asyncio.sleep(0.002)
    name = url.partition(":")[0]
    tell(f"{name}: accepted to engine", before[5:])
    tell(f"{name}: engine to answer", after[5:])


async def measure_accept(folder: Path, waiting: int, jobs: int) -> None:
    """Print how long a request takes to be accepted behind others, while the first of these is painted."""
    wide = Limits(*MANY.values())
    async with bot(folder, "memory://", TimedDriver(seconds=86400.0)) as (atelier, _):
        first = await atelier.studio.submit(request())

    def fill() -> None:
        for number in range(waiting):
            person = f"person {number % PERSONS}"
            job = dataclasses.replace(first, id=f"{first.id[:11]}{number:06}", person=person, origin=f"filled {number}")
            ledger.accept(job, Cost(100, 10.0 + number % 7), wide)

    ledger = Ledger(folder / "data/ledger.sqlite3")
    await asyncio.to_thread(ledger._thread.submit(fill).result)
    ledger.close()
    took = []
    async with bot(folder, "memory://", TimedDriver(seconds=86400.0)) as (atelier, _):
        # Behind a restart, all who wait are told their place once.
        await asyncio.sleep(5)
        while atelier.delivery._shows:
            await asyncio.sleep(0.1)
        for _ in range(jobs + 5):
            asked, began = request(), time.monotonic()
            await atelier.studio.submit(asked)
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    tell(f"accepting behind {waiting} waiting jobs", took[5:])


def tell(what: str, seconds: list[float]) -> None:
    times = sorted(1000 * value for value in seconds)
    worst = times[int(0.99 * (len(times) - 1))]
    print(f"{what:<44} median {statistics.median(times):6.1f} ms, 99 % {worst:6.1f} ms, {len(times)} jobs", flush=True)


@contextlib.contextmanager
def worker_process(folder: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.benchmarks.bots_share", "--work", url, str(folder / "blobs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


async def work(url: str, blobs: str) -> None:
    """Be the worker of a bot on Redis."""
    driver = PrintingDriver()
    async with Dispatch(url) as dispatch:
        await Worker(dispatch, Blobs.open(blobs, Path(blobs)), [driver]).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--waiting", type=int, default=0)
    parser.add_argument("--only", choices=["memory", "redis"])
    parser.add_argument("--work", nargs=2, metavar=("URL", "BLOBS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    configure_logs(LogConfig(level="warning"))
    if chosen.work:
        return asyncio.run(work(*chosen.work))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.waiting:
            for waiting in (0, chosen.waiting):
                asyncio.run(measure_accept(folder / f"{waiting}", waiting, chosen.jobs))
            return None
        if chosen.only != "redis":
            asyncio.run(measure_share(folder / "memory", "memory://", chosen.jobs, TimedDriver()))
        if chosen.only != "memory":
            (folder / "redis").mkdir()
            with redis_server(folder / "redis") as url, worker_process(folder / "redis", url) as worker:
                asyncio.run(measure_share(folder / "redis", url, chosen.jobs, TimedDriver(), worker))
    return None


if __name__ == "__main__":
    main()
