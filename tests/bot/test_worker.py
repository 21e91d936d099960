"""What a worker does with an order, with fast engines and a queue in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import EngineConfig
from bot.queue.blobs import BlobError, Blobs
from bot.queue.dispatch import Dispatch
from bot.queue.engine_driver import EngineDriver
from bot.queue.orders import Order, Outcome, delete_results, load_answer, load_outcome, outcome_key, store_outcome
from bot.queue.takes import MOST_TAKES, begin_take, excuse_take
from bot.queue.worker import Worker
from tests.bot.test_ledger import make_job
from tests.standins.fast_engine import PICTURE
from tests.standins.fast_worker import ENGINE


class FullDisk(Blobs):
    """Has no room for what ends in `kept_out` until it was asked `times` times."""

    kept_out = "never"
    times = 2

    async def put_new(self, key: str, data: bytes) -> bool:
        if key.endswith(self.kept_out) and self.times:
            self.times -= 1
            raise BlobError("The disk is full; make room there.")
        return await super().put_new(key, data)


@pytest.fixture
def blobs(tmp_path: Path) -> FullDisk:
    opened = FullDisk.open("", tmp_path / "blobs")
    assert isinstance(opened, FullDisk)
    return opened


@asynccontextmanager
async def working(blobs: Blobs) -> AsyncIterator[Dispatch]:
    engine = EngineDriver(EngineConfig(), None, ENGINE)
    async with Dispatch("memory://") as dispatch:
        task = asyncio.create_task(Worker(dispatch, blobs, [engine]).run())
        yield dispatch
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await engine.stop()


async def outcome_of(dispatch: Dispatch, blobs: Blobs, order: Order) -> Outcome:
    await dispatch.submit(order.job, order.to_json())
    async with asyncio.timeout(60):
        while (outcome := await load_outcome(blobs, order.job)) is None:
            await asyncio.sleep(0.02)
    return outcome


async def an_order(blobs: Blobs) -> Order:
    return Order("job", await blobs.put(b"photo"), (await blobs.put(b"style"),), {"steps": 3})


@pytest.mark.parametrize("what", ["take-1", "picture", "outcome"])
async def test_a_disk_that_is_full_for_a_while_costs_no_picture(
    blobs: FullDisk, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.queue.worker.FIRST_PAUSE", 0.05)
    monkeypatch.setenv("FAST_ENGINE_LOG", str(tmp_path / "engines"))
    order = await an_order(blobs)
    blobs.kept_out = what
    async with working(blobs) as dispatch:
        assert (await outcome_of(dispatch, blobs, order)).state == "done"
    assert blobs.times == 0
    assert (tmp_path / "engines").read_text().count("begin") == 1
    answer = await load_answer(blobs, replace(make_job(1), id="job", state="done"))
    assert answer.picture == PICTURE


async def test_a_job_whose_takes_are_used_up_is_not_painted(
    blobs: FullDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAST_ENGINE_LOG", str(tmp_path / "engines"))
    order = await an_order(blobs)
    for number in range(1, MOST_TAKES + 1):
        assert await begin_take(blobs, order.job) == number
    assert await begin_take(blobs, order.job) is None
    async with working(blobs) as dispatch:
        assert "failed 3 times" in (await outcome_of(dispatch, blobs, order)).sentence
    assert not (tmp_path / "engines").exists()


async def test_a_take_that_is_excused_is_free_and_all_go_with_the_results(blobs: FullDisk, tmp_path: Path) -> None:
    assert [await begin_take(blobs, "job") for _ in range(2)] == [1, 2]
    await excuse_take(blobs, "job", 1)
    assert [await begin_take(blobs, "job") for _ in range(3)] == [1, 3, None]
    await store_outcome(blobs, "job", Outcome(sentence="over"))
    await delete_results(blobs, "job")
    assert await asyncio.to_thread(lambda: [path for path in tmp_path.rglob("*") if path.is_file()]) == []


async def test_an_answer_of_an_older_version_is_read(blobs: FullDisk) -> None:
    async with working(blobs) as dispatch:
        await outcome_of(dispatch, blobs, await an_order(blobs))
    values = json.loads(await blobs.get(outcome_key("job")) or b"")
    del values["take"], values["parts"]
    await blobs.delete(outcome_key("job"))
    await blobs.put_new(outcome_key("job"), json.dumps(values).encode())
    for part in ("picture", "curve"):
        await blobs.put_new(f"result/job/{part}", f"the old {part}".encode())
    answer = await load_answer(blobs, replace(make_job(1), id="job", state="done"))
    assert answer.picture == b"the old picture"


def test_an_order_of_another_version_is_read() -> None:
    text = json.dumps({"job": "a", "photo": "p", "styles": ["s"], "settings": {}, "is_last": True, "new": 1})
    assert Order.from_json(text) == Order("a", "p", ("s",), {})


async def test_a_worker_that_comes_second_changes_nothing(blobs: FullDisk) -> None:
    """Another worker, which took the job later, ends it while this one stores its picture."""
    order = await an_order(blobs)
    first = Outcome(sentence="the first end", take=2)

    class Overtaken(FullDisk):
        async def put_new(self, key: str, data: bytes) -> bool:
            if key.endswith("1-picture"):
                await store_outcome(blobs, order.job, first)
            return await super().put_new(key, data)

    blobs.__class__ = Overtaken
    async with working(blobs) as dispatch:
        await dispatch.submit(order.job, order.to_json())
        async with asyncio.timeout(60):
            while await dispatch.standing(order.job) != "ended":
                await asyncio.sleep(0.02)
    assert await blobs.get("result/job/1-picture") == PICTURE
    assert await load_outcome(blobs, order.job) == first
