"""Several workers of one queue, each a process of its own: deaths, hangs, drains and jobs that kill."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app import Atelier, open_atelier
from bot.config import Config
from bot.queue.takes import take_key
from bot.requests import Job, Options, Running, StylizeRequest
from tests.bot.test_studio import answer_of, png, until_running
from tests.standins.fast_engine import DEADLY, FRAIL
from tests.standins.fast_worker import fast_engines
from tests.standins.redis_server import redis_server
from tests.standins.workers import WorkerProcess, fast_worker

pytestmark = pytest.mark.slow
numbers = itertools.count()
LEASE = 2.0
LONG = 10_000


@dataclass
class House:
    """A front-end in this process, and as many workers as the test hires."""

    config: Config
    folder: Path
    environ: dict[str, str]
    stack: AsyncExitStack
    front: AsyncExitStack = field(default_factory=AsyncExitStack)
    atelier: Atelier = field(init=False)

    async def open(self, lease: float = LEASE) -> None:
        """Start the front-end, anew where it runs."""
        await self.front.aclose()
        self.config = self.config.model_copy(
            update={"queue": self.config.queue.model_copy(update={"lease_seconds": lease})}
        )
        self.environ["ATELIER_QUEUE__LEASE_SECONDS"] = str(lease)
        self.atelier = await self.front.enter_async_context(open_atelier(self.config))

    async def hire(self, **more: str) -> WorkerProcess:
        return await self.stack.enter_async_context(fast_worker({**self.environ, **more}))

    async def ask(self, steps: int = 3, **options: int) -> Job:
        who = ("test", "here", f"person {next(numbers)}", f"message {next(numbers)}")
        request = StylizeRequest(*who, png((8, 8)), ("waves",), options=Options(steps=steps, **options))
        return await self.atelier.studio.submit(request)

    async def sentence(self, job: Job) -> str:
        answer = await answer_of(self.atelier, job.id)
        return answer.sentence or answer.state

    async def painter(self, job: Job, *workers: WorkerProcess) -> tuple[WorkerProcess, WorkerProcess]:
        """Which of two workers paints a job, and the other one."""
        await until_running(self.atelier, job.id)
        one, other = sorted(workers, key=lambda worker: not worker.has_said("painting", job.id))
        return one, other

    def paintings(self, job: Job) -> int:
        """How often an engine began with it."""
        return (self.folder / "engines").read_text().splitlines().count(f"begin {job.id}")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        url = stack.enter_context(redis_server(tmp_path))
        storage = {"path": tmp_path / "front", "blobs": str(tmp_path / "blobs")}
        environ = {
            "ATELIER_QUEUE__URL": url,
            "ATELIER_STORAGE__PATH": str(tmp_path / "worker"),
            "ATELIER_STORAGE__BLOBS": str(tmp_path / "blobs"),
            "FAST_ENGINE_LOG": str(tmp_path / "engines"),
        }
        config = Config.model_validate({"queue": {"url": url}, "storage": storage})
        house = House(config, tmp_path, environ, stack)
        async with house.front:
            await house.open()
            yield house


async def test_the_job_of_a_worker_that_dies_goes_to_another_within_the_lease(house: House) -> None:
    workers = await house.hire(), await house.hire()
    job = await house.ask(steps=200)
    first, second = await house.painter(job, *workers)
    first.send(signal.SIGKILL)
    died = time.monotonic()
    await second.says("painting", job.id, "take=2")
    assert time.monotonic() - died < 5 * LEASE
    assert await house.sentence(job) == "done"
    assert house.paintings(job) == 2


async def test_a_worker_that_hangs_beyond_its_lease_and_comes_back_loses(house: House) -> None:
    workers = await house.hire(), await house.hire()
    job = await house.ask(steps=100)
    late, second = await house.painter(job, *workers)
    late.send(signal.SIGSTOP)
    await second.says("painting", job.id, "take=2")
    assert await house.sentence(job) == "done"
    late.send(signal.SIGCONT)
    # Its engine was through meanwhile: it stores a whole result, or is told before that the job is over.
    await late.says_one_of(("another worker was first", job.id), ("cancelled", job.id))
    assert '"take": 2' in (house.folder / f"blobs/result/{job.id}/outcome").read_text()
    late.send(signal.SIGTERM)
    assert await late.ends() == 0
    assert await house.sentence(await house.ask()) == "done"


async def test_a_job_that_kills_three_workers_is_set_aside_and_kills_no_fourth(house: House) -> None:
    await house.open(lease=1)
    workers = [await house.hire() for _ in range(4)]
    job = await house.ask(seed=DEADLY)
    assert "failed 3 times at this picture" in await house.sentence(job)
    assert [worker.is_alive for worker in workers].count(True) == 1
    assert house.paintings(job) == 3
    assert await house.sentence(await house.ask()) == "done"


async def test_a_job_that_ends_three_engines_is_set_aside(house: House) -> None:
    worker = await house.hire()
    job = await house.ask(seed=FRAIL)
    assert "failed 3 times at this picture" in await house.sentence(job)
    assert house.paintings(job) == 3 and worker.is_alive
    assert await house.sentence(await house.ask()) == "done"


async def test_a_worker_that_is_drained_ends_its_job_and_takes_no_other(house: House) -> None:
    first = await house.hire()
    # Longer than the lease: nobody takes it away meanwhile.
    job = await house.ask(steps=400)
    await until_running(house.atelier, job.id)
    first.send(signal.SIGTERM)
    await first.says("no more jobs are taken", "running=1")
    other = await house.ask()
    second = await house.hire()
    assert await house.sentence(other) == "done"
    assert second.has_said("painting", other.id)
    assert first.is_alive and not first.has_said("painting", other.id)
    assert await house.sentence(job) == "done"
    assert await first.ends() == 0
    assert first.has_said("stopped")
    assert (house.paintings(job), house.paintings(other)) == (1, 1)


@pytest.mark.parametrize("how", ["a second signal", "the time is over"])
async def test_a_drain_that_is_cut_short_hands_the_job_back_at_once(house: House, how: str) -> None:
    """The lease is far longer than the test: it is not what brings the job to the other worker."""
    await house.open(lease=300)
    first = await house.hire(ATELIER_QUEUE__DRAIN_SECONDS="0.2" if how == "the time is over" else "600")
    job = await house.ask(steps=LONG)
    await until_running(house.atelier, job.id)
    second = await house.hire()
    first.send(signal.SIGTERM)
    await first.says("no more jobs are taken")
    if how == "a second signal":
        first.send(signal.SIGTERM)
    await second.says("painting", job.id, "take=1")
    assert await first.ends() == 0
    assert first.has_said("handed back", job.id)
    assert (house.folder / "blobs" / take_key(job.id, 1)).exists()
    assert not (house.folder / "blobs" / take_key(job.id, 2)).exists(), "an end that was asked for does not count"
    await house.atelier.studio.cancel(job.id, job.person)


async def test_workers_that_are_replaced_one_by_one_lose_nothing(house: House) -> None:
    await house.open(lease=20)
    old = [await house.hire(), await house.hire()]
    jobs = [await house.ask(steps=10) for _ in range(40)]
    answers = asyncio.gather(*(house.sentence(job) for job in jobs))
    for worker in old:
        await house.hire()
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0
    assert set(await answers) == {"done"}
    assert [house.paintings(job) for job in jobs] == [1] * len(jobs)


async def test_jobs_run_side_by_side_on_one_worker(house: House) -> None:
    await house.hire(ATELIER_ENGINE__SIDE_BY_SIDE="2")
    jobs = [await house.ask(steps=LONG) for _ in range(3)]
    await asyncio.gather(*(until_running(house.atelier, job.id) for job in jobs[:2]))
    assert (await house.atelier.studio.job(jobs[2].id)).state == "accepted", "two slots, and no more"
    for job in jobs:
        await house.atelier.studio.cancel(job.id, job.person)


async def test_a_front_end_that_comes_back_knows_at_once_how_its_jobs_go(house: House) -> None:
    """Also while the worker says nothing."""
    await house.open(lease=300)
    worker = await house.hire()
    job = await house.ask(steps=LONG)
    await until_running(house.atelier, job.id)
    worker.send(signal.SIGSTOP)
    await house.open(lease=300)
    async with asyncio.timeout(20):
        async for event in house.atelier.studio.watch(job.id):
            if isinstance(event, Running):
                assert event.step >= 1 and event.preview == b"preview"
                break
    worker.send(signal.SIGCONT)
    assert await house.atelier.studio.cancel(job.id, job.person)


async def test_jobs_run_side_by_side_in_the_bot_itself(tmp_path: Path) -> None:
    config = Config.model_validate({"engine": {"side_by_side": 2}, "storage": {"path": tmp_path}})
    engines = fast_engines(config)
    async with AsyncExitStack() as stack:
        for engine in engines:
            stack.push_async_callback(engine.stop)
        atelier = await stack.enter_async_context(open_atelier(config, *engines))
        house = House(config, tmp_path, {}, stack)
        house.atelier = atelier
        jobs = [await house.ask(steps=LONG) for _ in range(3)]
        await asyncio.gather(*(until_running(atelier, job.id) for job in jobs[:2]))
        assert (await atelier.studio.job(jobs[2].id)).state == "accepted", "two slots, and no more"
        for job in jobs:
            await atelier.studio.cancel(job.id, job.person)
