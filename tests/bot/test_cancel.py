"""Cancel: of a waiting job at once, of a running one within a step, whether it is painted here or elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.app import Atelier, open_atelier
from bot.config import Config
from bot.errors import NotYours
from bot.queue.blobs import Blobs
from bot.queue.dispatch import Dispatch
from bot.queue.engine_driver import Painted
from bot.queue.worker import Worker
from bot.requests import Finished
from tests.bot.test_operator import ask, heard, is_over, is_running
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.redis_server import redis_server

STEP = 0.1


class CountingDriver(InstantEngineDriver):
    """Knows which pictures it was asked for; each takes an hour, in steps of a tenth of a second."""

    def __init__(self) -> None:
        super().__init__(seconds=3600.0, steps=int(3600 / STEP))
        self.asked: list[str] = []

    async def paint(self, job_id: str, *rest: Any) -> Painted:
        self.asked.append(job_id)
        return await super().paint(job_id, *rest)


class House:
    """A bot, and what paints for it."""

    def __init__(self, atelier: Atelier, driver: CountingDriver) -> None:
        self.atelier = atelier
        self.studio = atelier.studio
        self.driver = driver


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.slow)])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    driver = CountingDriver()
    values: dict[str, Any] = {"storage": {"path": tmp_path / "data", "blobs": str(tmp_path / "blobs")}}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(driver.stop)
        if request.param == "redis":
            url = stack.enter_context(redis_server(tmp_path))
            values["queue"] = {"url": url}
            dispatch = await stack.enter_async_context(Dispatch(url))
            blobs = Blobs.open(str(tmp_path / "blobs"), tmp_path / "blobs")
            working = asyncio.create_task(Worker(dispatch, blobs, driver).run())
            stack.push_async_callback(lambda: asyncio.gather(working, return_exceptions=True))
            stack.callback(working.cancel)
        atelier = await stack.enter_async_context(open_atelier(Config.model_validate(values), driver))
        yield House(atelier, driver)


async def test_a_running_job_stops_within_a_step_and_makes_room(house: House) -> None:
    """The next one begins, which it could not do for an hour if the engine went on."""
    first, second = await ask(house.atelier, 1), await ask(house.atelier, 2)
    await heard(house.atelier, first, is_running)
    pid = house.driver.pid
    began = asyncio.get_running_loop().time()
    assert await house.studio.cancel(first.id, "ann") is True
    assert await heard(house.atelier, first, is_over) == Finished(first.id, "cancelled", "Cancelled.")
    await heard(house.atelier, second, is_running)
    assert asyncio.get_running_loop().time() - began < 15
    assert house.driver.pid == pid, "the engine stops at a step; it is not ended"
    assert await house.studio.cancel(first.id, "ann") is False


async def test_a_waiting_job_is_cancelled_at_once_and_never_painted(house: House) -> None:
    first, second, third = [await ask(house.atelier, number) for number in range(3)]
    await heard(house.atelier, first, is_running)
    assert await house.studio.cancel(second.id, "ann") is True
    assert (await house.studio.job(second.id)).state == "cancelled"
    assert await heard(house.atelier, second, is_over) == Finished(second.id, "cancelled", "Cancelled.")
    await house.studio.cancel(first.id, "ann")
    await heard(house.atelier, third, is_running)
    assert house.driver.asked == [first.id, third.id]


async def test_nobody_cancels_anothers_waiting_or_running(house: House) -> None:
    first, second = await ask(house.atelier, 1), await ask(house.atelier, 2)
    await heard(house.atelier, first, is_running)
    for job in (first, second):
        with pytest.raises(NotYours):
            await house.studio.cancel(job.id, "bob")
    assert (await house.studio.job(first.id)).state == "released"
    assert (await house.studio.job(second.id)).state == "accepted"
    for job in (first, second):
        assert await house.studio.cancel(job.id, "bob", moderator=True)
        assert await heard(house.atelier, job, is_over) == Finished(job.id, "cancelled", "Cancelled.")
