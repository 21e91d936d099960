"""Redis away for a while, or back with nothing: people are told, nothing is lost, nothing is answered twice."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import text
from bot.app import Atelier, open_atelier
from bot.config import Config
from bot.requests import Answer, Finished, Job, Options, Queued, Running, StylizeRequest
from tests.bot.test_studio import answer_of, png, until_running
from tests.standins.redis_proxy import RedisProxy, redis_proxy
from tests.standins.redis_server import RedisServer
from tests.standins.workers import WorkerProcess, fast_worker

pytestmark = pytest.mark.slow
numbers = itertools.count()
LONG = 10_000


class CountingFront:
    platform = "test"

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def show(self, job: Job, event: Queued | Running) -> None: ...

    async def answer(self, job: Job, answer: Answer) -> None:
        self.answers[job.id] += 1


@dataclass
class House:
    """A front-end in this process and a worker of its own process, each on its own line to one Redis."""

    atelier: Atelier
    front: CountingFront
    worker: WorkerProcess
    server: RedisServer
    line: RedisProxy
    workers_line: RedisProxy
    folder: Path

    async def ask(self, steps: int = 3) -> Job:
        who = ("test", "here", f"person {next(numbers)}", f"message {next(numbers)}")
        request = StylizeRequest(*who, png((8, 8)), ("waves",), options=Options(steps=steps))
        return await self.atelier.studio.submit(request)

    async def is_held(self, job: Job, held: bool = True) -> Queued | Running:
        async with asyncio.timeout(60):
            async for event in self.atelier.studio.watch(job.id):
                assert not isinstance(event, Finished)
                if event.held is held:
                    return event
        raise AssertionError

    async def goes_on(self, job: Job, steps: int) -> None:
        """Wait until so many more steps of a job are told, without a word of an outage."""
        async with asyncio.timeout(60):
            first = None
            async for event in self.atelier.studio.watch(job.id):
                assert isinstance(event, Running) and not event.held
                first = event.step if first is None else first
                if event.step >= first + steps:
                    return

    async def all_done(self, *jobs: Job) -> None:
        for job in jobs:
            assert (await answer_of(self.atelier, job.id)).state == "done"
        async with asyncio.timeout(20):
            while not all([(await self.atelier.studio.job(job.id)).replied for job in jobs]):
                await asyncio.sleep(0.02)
        assert [self.front.answers[job.id] for job in jobs] == [1] * len(jobs)

    def paintings(self, job: Job) -> int:
        return (self.folder / "engines").read_text().splitlines().count(f"begin {job.id}")


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr("bot.queue.outage.TOLD_AFTER", 0.5)
    async with AsyncExitStack() as stack:
        server = RedisServer(tmp_path)
        server.start()
        stack.callback(server.kill)
        line, workers_line = [await stack.enter_async_context(redis_proxy(server.url)) for _ in range(2)]
        environ = {
            "ATELIER_QUEUE__URL": workers_line.url,
            "ATELIER_STORAGE__PATH": str(tmp_path / "worker"),
            "ATELIER_STORAGE__BLOBS": str(tmp_path / "blobs"),
            "FAST_ENGINE_LOG": str(tmp_path / "engines"),
        }
        worker = await stack.enter_async_context(fast_worker(environ))
        storage = {"path": tmp_path / "front", "blobs": str(tmp_path / "blobs")}
        config = Config.model_validate({"queue": {"url": line.url}, "storage": storage})
        atelier = await stack.enter_async_context(open_atelier(config))
        front = CountingFront()
        serving = asyncio.create_task(atelier.serve(front))
        yield House(atelier, front, worker, server, line, workers_line, tmp_path)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_a_front_end_cut_off_keeps_its_jobs_and_answers_what_is_done_meanwhile(house: House) -> None:
    running = await house.ask(steps=300)
    await until_running(house.atelier, running.id)
    await house.line.stop()
    waiting = [await house.ask() for _ in range(2)]
    event = await house.is_held(waiting[0])
    assert isinstance(event, Queued) and text.queued(event) == text.HELD
    # The worker goes on, and its result comes through the store of pictures.
    await house.all_done(running)
    await house.is_held(waiting[0])
    await house.line.start()
    await house.all_done(*waiting)
    assert [house.paintings(job) for job in (running, *waiting)] == [1, 1, 1]


async def test_a_line_that_swallows_everything_is_an_outage_and_a_slow_one_is_none(house: House) -> None:
    running = await house.ask(steps=LONG)
    await until_running(house.atelier, running.id)
    waiting = await house.ask()
    house.line.delay = 0.2
    await house.goes_on(running, 300)
    house.line.delay = 0.0
    await house.line.close()
    event = await house.is_held(running)
    assert isinstance(event, Running) and text.running(event).endswith(text.HELD)
    assert isinstance(await house.is_held(waiting), Queued)
    await house.line.reopen()
    assert isinstance(await house.is_held(running, False), Running)
    assert await house.atelier.studio.cancel(running.id, running.person)
    await house.all_done(waiting)


async def test_a_worker_cut_off_paints_on_and_is_found_again(house: House) -> None:
    job = await house.ask(steps=300)
    await until_running(house.atelier, job.id)
    await house.workers_line.stop()
    await house.all_done(job)
    await house.workers_line.start()
    await house.all_done(await house.ask())
    assert house.worker.is_alive and house.paintings(job) == 1


async def test_a_redis_that_comes_back_empty_costs_nothing(house: House) -> None:
    running = await house.ask(steps=500)
    await until_running(house.atelier, running.id)
    waiting = await house.ask()
    house.server.kill()
    house.server.forget()
    refused = await house.ask()
    await house.is_held(refused)
    house.server.start()
    await house.all_done(running, waiting, refused)
    assert [house.paintings(job) for job in (running, waiting, refused)] == [1, 1, 1]


async def test_a_cancel_during_an_outage_reaches_the_worker_afterwards(house: House) -> None:
    job = await house.ask(steps=LONG)
    await until_running(house.atelier, job.id)
    await house.line.stop()
    assert await house.atelier.studio.cancel(job.id, job.person)
    assert (await answer_of(house.atelier, job.id)).state == "cancelled"
    await house.line.start()
    await house.all_done(await house.ask())
