"""A job whose engine was killed goes on from where it stood, and what its run keeps is gone when the job is over."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.app import Atelier, open_atelier
from bot.config import Config, EngineConfig
from bot.queue.checkpoints import Checkpoints
from bot.queue.engine_driver import EngineDriver
from bot.requests import Answer, Job, Options, Running, StylizeRequest

pytestmark = pytest.mark.slow

LONG = Options(size=64, steps=50)
PATIENCE = 240


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the runs of this test's bot keep their state."""
    return tmp_path / "data/checkpoints"


@pytest.fixture
async def driver(kept: Path) -> AsyncIterator[EngineDriver]:
    own = EngineDriver(EngineConfig(device="cpu", deterministic=True), Checkpoints(kept))
    yield own
    await own.stop()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.model_validate({"storage": {"path": tmp_path / "data"}})


async def ask(atelier: Atelier, photo: bytes, origin: str, options: Options = LONG) -> Job:
    return await atelier.studio.submit(
        StylizeRequest("test", "here", "ann", origin, photo, ("waves",), options=options)
    )


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


async def steps_of(atelier: Atelier, job: Job) -> list[int]:
    """The steps that are told of a job, up to its end."""
    steps: list[int] = []
    async with asyncio.timeout(PATIENCE):
        async for event in atelier.studio.watch(job.id):
            if isinstance(event, Running):
                steps.append(event.step)
    return steps


async def picture_of(atelier: Atelier, job: Job) -> tuple[Answer, np.ndarray]:
    answer = await atelier.studio.answer(job.id)
    assert answer is not None and answer.state == "done" and answer.picture is not None
    return answer, np.asarray(Image.open(io.BytesIO(answer.picture)))


async def test_a_killed_run_goes_on_from_its_state_to_the_same_picture(
    config: Config, driver: EngineDriver, kept: Path, photo: bytes
) -> None:
    async with open_atelier(config, driver) as atelier:
        job = await ask(atelier, photo, "killed")
        watching = asyncio.create_task(steps_of(atelier, job))
        await until((kept / job.id / "run/state").exists)
        first = driver.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        steps = await watching
        again = steps[len(steps) - 1 - steps[::-1].index(0) :]
        assert steps[0] == 0 and again[0] == 0, "each attempt is told as it begins"
        assert len(again) < len(steps) and again[1] > 1, "the second attempt takes the first one up"
        assert (await atelier.studio.job(job.id)).attempts == 2
        disturbed, picture = await picture_of(atelier, job)

        other = await ask(atelier, photo, "undisturbed")
        await steps_of(atelier, other)
        undisturbed, expected = await picture_of(atelier, other)
        assert np.array_equal(picture, expected)
        assert disturbed.summary is not None and undisturbed.summary is not None
        assert disturbed.summary.losses == undisturbed.summary.losses
        assert disturbed.timelapse is not None
        await until(lambda: not list(kept.iterdir()))


async def test_a_cancelled_run_leaves_nothing_behind(
    config: Config, driver: EngineDriver, kept: Path, photo: bytes
) -> None:
    async with open_atelier(config, driver) as atelier:
        job = await ask(atelier, photo, "cancelled", Options(size=64, steps=10_000))
        await until((kept / job.id / "timelapse").exists)
        assert await atelier.studio.cancel(job.id, "ann")
        await until(lambda: not list(kept.iterdir()))


async def test_a_bot_that_stops_keeps_the_run_for_its_next_start(
    config: Config, driver: EngineDriver, kept: Path, photo: bytes
) -> None:
    async with open_atelier(config, driver) as atelier:
        job = await ask(atelier, photo, "stopped", Options(size=64, steps=10_000))
        await until((kept / job.id / "run/state").exists)
        await atelier.settle_down()
    assert (kept / job.id / "run/state").exists()
    async with open_atelier(config, driver) as atelier:
        async with asyncio.timeout(PATIENCE):
            async for event in atelier.studio.watch(job.id):
                if isinstance(event, Running) and event.step:
                    assert event.step > 1
                    break
        assert await atelier.studio.cancel(job.id, "ann")
        await until(lambda: not list(kept.iterdir()))


async def test_a_job_that_is_given_up_leaves_nothing_behind(
    config: Config, driver: EngineDriver, kept: Path, photo: bytes
) -> None:
    async with open_atelier(config, driver) as atelier:
        job = await ask(atelier, photo, "given up", Options(size=64, steps=10_000))
        killed: set[int | None] = {None}
        for _ in range(3):
            await until((kept / job.id / "timelapse").exists)
            await until(lambda: driver.pid not in killed)
            assert driver.pid is not None
            os.kill(driver.pid, signal.SIGKILL)
            killed.add(driver.pid)
        await steps_of(atelier, job)
        assert (await atelier.studio.job(job.id)).state == "failed"
        await until(lambda: not list(kept.iterdir()))
