"""Exactly one answer to each job: over refusals of the platform, a place that is gone, and a restart."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Gone
from bot.queue import delivery as delivery_module
from bot.queue.blobs import Blobs
from bot.queue.delivery import Delivery
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger
from bot.requests import Answer, Finished, Job, Queued, Running
from tests.bot.test_ledger import COST, WIDE, make_job


class Front:
    """A front that fails as it is told and notes, in order, what it was brought."""

    platform = "test"

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.seen: list[str] = []
        self.news = asyncio.Condition()
        self.hold = asyncio.Event()
        self.hold.set()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def show(self, job: Job, event: Queued | Running) -> None:
        assert isinstance(event, Queued)
        await self._note(f"show {event.position}")
        await self.hold.wait()
        await self._note(f"shown {event.position}")

    async def answer(self, job: Job, answer: Answer) -> None:
        await self._note(f"answer {job.id} {answer.state}")
        if self.failures:
            raise self.failures.pop(0)

    async def _note(self, text: str) -> None:
        async with self.news:
            self.seen.append(text)
            self.news.notify_all()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: len(self.seen) >= count)


class Stage:
    """A ledger with one job, a hub and a delivery."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite3"
        self.ledger = Ledger(self.path)
        self.blobs = Blobs.open("", folder / "blobs")
        self.hub = Hub()
        self.delivery = Delivery(self.ledger, self.blobs, self.hub)

    async def finish(self, job_id: str, sentence: str = "No.") -> None:
        await self.ledger.call(self.ledger.settle, job_id, "failed", sentence)
        self.hub.emit(Finished(job_id, "failed", sentence))

    def column(self, job_id: str, name: str) -> object:
        return self.ledger._db.execute(f"SELECT {name} FROM jobs WHERE id = ?", [job_id]).fetchone()[0]

    async def until_replied(self, job_id: str) -> None:
        async with asyncio.timeout(20):
            while not (await self.ledger.call(self.ledger.job, job_id)).replied:
                await asyncio.sleep(0.01)


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(delivery_module, "FIRST_RETRY", 0.01)
    made = Stage(tmp_path)
    await made.ledger.call(made.ledger.accept, make_job(1), COST, WIDE)
    yield made
    await made.delivery.close()
    made.ledger.close()


async def test_an_answer_that_fails_is_tried_again_until_it_arrives(stage: Stage) -> None:
    front = Front(ConnectionError("down"), RuntimeError("still down"))
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    await stage.until_replied("job000001")
    assert front.seen == ["answer job000001 failed"] * 3


async def test_an_answer_to_a_place_that_is_gone_is_dropped(stage: Stage) -> None:
    front = Front(Gone("the channel was deleted"))
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    await stage.until_replied("job000001")
    assert front.seen == ["answer job000001 failed"]
    assert await stage.ledger.call(stage.column, "job000001", "gone") == "the channel was deleted"


async def test_an_answer_that_is_sent_while_the_ledger_is_held_is_sent_once(stage: Stage) -> None:
    front = Front()
    await stage.finish("job000001")
    await stage.ledger.call(stage.ledger._db.execute, "PRAGMA busy_timeout = 50")
    other = sqlite3.connect(stage.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await stage.delivery.serve(front)
    await front.until(1)
    assert not (await stage.ledger.call(stage.ledger.job, "job000001")).replied
    other.close()
    await stage.until_replied("job000001")
    assert front.seen == ["answer job000001 failed"]


async def test_what_was_not_answered_is_brought_to_the_next_front(stage: Stage) -> None:
    await stage.finish("job000001")
    front = Front()
    await stage.delivery.serve(front)
    await stage.until_replied("job000001")
    again = Front()
    await stage.delivery.serve(again)
    await stage.delivery.drain(5)
    assert (front.seen, again.seen) == (["answer job000001 failed"], [])


async def test_of_what_waits_only_the_latest_status_is_shown(stage: Stage) -> None:
    front = Front()
    await stage.delivery.serve(front)
    front.hold.clear()
    stage.hub.emit(Queued("job000001", 3, None))
    await front.until(1)
    for position in (2, 1):
        stage.hub.emit(Queued("job000001", position, None))
    front.hold.set()
    await front.until(4)
    assert front.seen == ["show 3", "shown 3", "show 1", "shown 1"]


async def test_the_answer_waits_for_the_status_under_way_and_drops_what_waits(stage: Stage) -> None:
    front = Front()
    await stage.delivery.serve(front)
    front.hold.clear()
    stage.hub.emit(Queued("job000001", 2, None))
    await front.until(1)
    stage.hub.emit(Queued("job000001", 1, None))
    await stage.finish("job000001")
    asyncio.get_running_loop().call_later(0.2, front.hold.set)
    await stage.until_replied("job000001")
    assert front.seen == ["show 2", "shown 2", "answer job000001 failed"]


async def test_a_platform_that_hangs_does_not_hold_up_another(stage: Stage) -> None:
    stuck, front = Front(), Front()
    stuck.platform = "stuck"
    stuck.answer = lambda job, answer: asyncio.Event().wait()  # type: ignore[assignment,method-assign]
    numbers = range(100, 100 + delivery_module.ANSWERS_AT_ONCE)
    for number in numbers:
        job = dataclasses.replace(make_job(number), platform="stuck")
        await stage.ledger.call(stage.ledger.accept, job, COST, WIDE)
        await stage.ledger.call(stage.ledger.settle, job.id, "failed")
    await stage.delivery.serve(stuck)
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    await stage.until_replied("job000001")


async def test_a_place_that_takes_its_time_does_not_hold_up_another_of_its_platform(stage: Stage) -> None:
    front, slow = Front(), asyncio.Event()
    brought = front.answer

    async def answer(job: Job, answer: Answer) -> None:
        if job.place == "slow":
            await slow.wait()
        await brought(job, answer)

    front.answer = answer  # type: ignore[method-assign]
    for number in range(100, 100 + 2 * delivery_module.ANSWERS_AT_ONCE):
        job = dataclasses.replace(make_job(number), place="slow")
        await stage.ledger.call(stage.ledger.accept, job, COST, WIDE)
        await stage.ledger.call(stage.ledger.settle, job.id, "failed")
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    await stage.until_replied("job000001")
    slow.set()
    await stage.until_replied("job000100")


async def test_an_answer_that_waited_while_the_front_changed_goes_through_the_new_one(stage: Stage) -> None:
    old, new, gate = Front(), Front(), asyncio.Event()

    async def stay(job: Job, answer: Answer) -> None:
        await old._note("stays")
        await gate.wait()

    old.answer = stay  # type: ignore[method-assign]
    numbers = range(100, 100 + 2 * delivery_module.ANSWERS_AT_ONCE_TO_A_PLACE)
    for number in numbers:
        await stage.ledger.call(stage.ledger.accept, make_job(number), COST, WIDE)
        await stage.ledger.call(stage.ledger.settle, f"job{number:06}", "failed")
    await stage.delivery.serve(old)
    await old.until(delivery_module.ANSWERS_AT_ONCE_TO_A_PLACE)
    stage.delivery.leave(old)
    await stage.delivery.serve(new)
    gate.set()
    for number in numbers:
        await stage.until_replied(f"job{number:06}")
    assert len(new.seen) == delivery_module.ANSWERS_AT_ONCE_TO_A_PLACE


async def test_an_answer_that_fails_for_a_day_is_brought_when_the_platform_works_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "OVERDUE_AFTER", 0.0)
    monkeypatch.setattr(delivery_module, "LONGEST_RETRY", 0.01)
    await stage.ledger.call(stage.ledger.accept, make_job(2), COST, WIDE)
    front = Front(RuntimeError("down for days"))
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    async with asyncio.timeout(20):
        while not await stage.ledger.call(stage.column, "job000001", "overdue"):
            await asyncio.sleep(0.01)
    assert front.seen == ["answer job000001 failed"], "it is no longer tried by itself"
    await stage.finish("job000002")
    await stage.until_replied("job000001")
    assert front.seen == [f"answer job00000{number} failed" for number in (1, 2, 1)]


async def test_an_overdue_answer_is_brought_after_a_restart(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "OVERDUE_AFTER", 0.0)
    front = Front(RuntimeError("down for days"))
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    async with asyncio.timeout(20):
        while not await stage.ledger.call(stage.column, "job000001", "overdue"):
            await asyncio.sleep(0.01)
    await stage.delivery.close()
    stage.delivery = Delivery(stage.ledger, stage.blobs, stage.hub)
    await stage.delivery.serve(front)
    await stage.until_replied("job000001")
    assert front.seen == ["answer job000001 failed"] * 2


async def test_within_a_day_nothing_is_overdue(stage: Stage) -> None:
    await stage.finish("job000001")
    assert await stage.ledger.call(stage.ledger.mark_overdue, "job000001", time.time() - 3600) is None
    assert await stage.ledger.call(stage.ledger.mark_overdue, "job000001", time.time() + 1) == "test"


async def test_a_job_of_another_platform_waits_for_its_own_front(stage: Stage) -> None:
    front = Front()
    front.platform = "elsewhere"
    await stage.delivery.serve(front)
    await stage.finish("job000001")
    await stage.delivery.drain(5)
    assert front.seen == []
    assert not (await stage.ledger.call(stage.ledger.job, "job000001")).replied
