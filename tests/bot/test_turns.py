"""Whose turn is next: places and persons take turns by the work they ask for, and thousands who wait cost little."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from bot.limits import EVEN, Limits, Weights
from bot.queue.ledger import Ledger
from bot.requests import Job
from bot.speed import Cost
from tests.bot.test_ledger import make_job

WIDE = Limits(10**6, 10**6, 10**6)
SMALL = Cost(steps=10, work=1.0)
LARGE = Cost(steps=10, work=8.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


class Crowd:
    """People who ask, on one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.count = 0

    async def ask(
        self,
        person: str,
        times: int = 1,
        *,
        place: str = "here",
        cost: Cost = SMALL,
        weights: Weights = EVEN,
        moderator: bool = False,
    ) -> list[Job]:
        jobs = []
        for _ in range(times):
            self.count += 1
            job = make_job(self.count, person, place)
            accept = partial(self.ledger.accept, moderator=moderator)
            jobs.append(await self.ledger.call(accept, job, cost, WIDE, weights))
        return jobs

    async def served(self, times: int = 1) -> list[Job]:
        released = []
        for _ in range(times):
            (job,) = await self.ledger.call(self.ledger.release, 1)
            await self.ledger.call(self.ledger.settle, job.id, "done", "", 1.0)
            released.append(job)
        return released


@pytest.fixture
def crowd(ledger: Ledger) -> Crowd:
    return Crowd(ledger)


@pytest.mark.parametrize("served_before", [0, 1, 7])
@pytest.mark.parametrize("place", ["here", "there"])
@pytest.mark.parametrize("cost", [SMALL, LARGE])
async def test_a_first_job_waits_for_nobodys_fifty(crowd: Crowd, served_before: int, place: str, cost: Cost) -> None:
    """Whenever it comes, and also while the first of the fifty is the only one that was there to be released."""
    await crowd.ask("ann")
    await crowd.ledger.call(crowd.ledger.release, 1)
    await crowd.ask("ann", 49)
    await crowd.served(served_before)
    (first,) = await crowd.ask("bob", place=place, cost=cost)
    assert (await crowd.served())[0].id == first.id


async def test_a_place_of_two_hundred_does_not_starve_a_place_of_one(crowd: Crowd) -> None:
    for number in range(200):
        await crowd.ask(f"person{number}", place="city")
    await crowd.ask("hermit", 5, place="hut")
    order = [job.place for job in await crowd.served(10)]
    assert Counter(order) == {"city": 5, "hut": 5}


async def test_turns_go_by_the_work_and_not_by_the_number(crowd: Crowd) -> None:
    await crowd.ask("ann", 20, cost=LARGE)
    await crowd.ask("bob", 100, cost=SMALL)
    served = Counter(job.person for job in await crowd.served(40))
    assert served["bob"] / served["ann"] == pytest.approx(LARGE.effort / SMALL.effort, rel=0.2)


@pytest.mark.parametrize(("moderator", "weights"), [(False, Weights({"test:ann": 3.0})), (True, Weights({}, 3.0))])
async def test_who_weighs_three_gets_three_times_as_much(crowd: Crowd, moderator: bool, weights: Weights) -> None:
    await crowd.ask("bob", 60, weights=weights)
    await crowd.ask("ann", 60, weights=weights, moderator=moderator)
    served = Counter(job.person for job in await crowd.served(40))
    assert served["ann"] == pytest.approx(30, abs=1)


async def test_a_place_may_weigh_less(crowd: Crowd) -> None:
    weights = Weights({"test:there": 0.25})
    await crowd.ask("ann", 40, weights=weights)
    await crowd.ask("bob", 40, place="there", weights=weights)
    served = Counter(job.place for job in await crowd.served(40))
    assert served["there"] == pytest.approx(8, abs=1)


async def test_a_moderator_goes_first_among_those_who_come_together(crowd: Crowd) -> None:
    weights = Weights({}, 2.0)
    for number in range(10):
        await crowd.ask(f"person{number}", weights=weights)
    (job,) = await crowd.ask("mod", weights=weights, moderator=True)
    assert (await crowd.served())[0].id == job.id


async def test_turns_are_not_saved_up_while_one_is_away(crowd: Crowd) -> None:
    await crowd.ask("ann", 60)
    await crowd.ask("bob")
    await crowd.served(31)
    await crowd.ask("bob", 30)
    served = Counter(job.person for job in await crowd.served(20))
    assert served["bob"] == pytest.approx(10, abs=1)


async def test_who_was_given_much_waits_until_others_had_as_much(crowd: Crowd) -> None:
    await crowd.ask("bob", 2, cost=LARGE)
    await crowd.ask("ann", 20)
    await crowd.served(2)
    served = [job.person for job in await crowd.served(8)]
    assert served.count("bob") <= 1 and served[:6] == ["ann"] * 6


async def test_where_nobody_waits_old_debts_are_forgotten(crowd: Crowd) -> None:
    await crowd.ask("bob", cost=Cost(1000, 1000.0))
    await crowd.served()
    await crowd.ask("ann", 50)
    (job,) = await crowd.ask("bob")
    assert job.id in {served.id for served in await crowd.served(2)}


@pytest.mark.parametrize("place", ["old", "new"])
async def test_a_place_that_moves_keeps_its_turns(crowd: Crowd, place: str) -> None:
    await crowd.ask("ann", 5, place="old")
    await crowd.ask("bob", 9)
    await crowd.served(6)
    await crowd.ledger.call(crowd.ledger.move_place, "test", "old", place)
    own = await crowd.ledger.call(crowd.ledger.under_way, "test", "ann", "")
    assert own == await crowd.ledger.call(crowd.ledger.under_way, "test", "", place)
    assert {job.place for job in own} == {place}
    await crowd.ask("cid", place=place)
    assert [job.person for job in await crowd.served(5)] == ["cid", "bob", "ann", "bob", "ann"]


async def test_a_place_that_moves_to_where_others_wait_shares_their_turns(crowd: Crowd) -> None:
    await crowd.ask("ann", 20, place="old")
    await crowd.served(10)
    await crowd.ask("bob", 5, place="new")
    await crowd.ledger.call(crowd.ledger.move_place, "test", "old", "new")
    served = await crowd.served(8)
    assert Counter(job.person for job in served) == {"ann": 4, "bob": 4}
    assert {job.place for job in served} == {"new"}
    await crowd.ask("ann", place="old")
    assert len(await crowd.served(8)) == 8
    assert await crowd.ledger.call(crowd.ledger.waiting) == []


async def test_a_cancelled_job_costs_no_turn(crowd: Crowd) -> None:
    first, second = await crowd.ask("ann", 2)
    await crowd.ask("bob", 2)
    await crowd.ledger.call(crowd.ledger.settle, first.id, "cancelled", "Cancelled.")
    assert [job.person for job in await crowd.served(3)] == ["ann", "bob", "bob"]
    assert (await crowd.ledger.call(crowd.ledger.job, second.id)).state == "done"
    assert await crowd.ledger.call(crowd.ledger.release, 5) == []


def bulk(ledger: Ledger, jobs: int, persons: int, places: int) -> None:
    """Accept many jobs quickly: nothing is synced while they are written."""

    def fill() -> None:
        ledger._db.execute("PRAGMA synchronous = OFF")
        for number in range(jobs):
            person = number % persons
            cost = Cost(50 + number % 7, 1.0 + number % 11)
            ledger.accept(make_job(10**5 + number, f"p{person}", f"place{person % places}"), cost, WIDE)
        ledger._db.execute("PRAGMA synchronous = FULL")

    ledger._thread.submit(fill).result()


def median_seconds(ledger: Ledger, work: Callable[[int], None], rounds: int = 40) -> float:
    times = []
    for number in range(rounds):
        began = time.perf_counter()
        ledger._thread.submit(work, number).result()
        times.append(time.perf_counter() - began)
    return median(times)


@pytest.mark.slow
def test_ten_thousand_waiting_jobs_slow_the_ledger_by_less_than_twice(tmp_path: Path) -> None:
    took = {}
    for waiting in (0, 10_000):
        ledger = Ledger(tmp_path / f"{waiting}.sqlite3")
        bulk(ledger, waiting, persons=500, places=50)

        def whole_way(number: int, ledger: Ledger = ledger) -> None:
            job = ledger.accept(make_job(number, f"new{number}", "new"), SMALL, WIDE)
            ledger.check_room("test", "new", "somebody", WIDE, 1.0)
            (released,) = ledger.release(1)
            ledger.released()
            ledger.count_attempt(released.id)
            ledger.settle(released.id, "done", "", 1.0)
            ledger.job(job.id)

        def look(number: int, ledger: Ledger = ledger) -> None:
            ledger.outlook()

        took[waiting] = median_seconds(ledger, whole_way)
        if waiting:
            assert median_seconds(ledger, look, 5) < 1.0
        ledger.close()
    assert took[10_000] < 2 * took[0] + 0.002, took


@pytest.mark.slow
def test_thousands_are_released_in_the_order_that_was_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    bulk(ledger, 1000, persons=70, places=9)
    told = ledger._thread.submit(ledger.waiting).result()
    released = [job.id for _ in range(10) for job in ledger._thread.submit(ledger.release, 100).result()]
    ledger.close()
    assert released == told


def test_a_job_of_one_who_waits_elsewhere_too_is_of_that_place(tmp_path: Path) -> None:
    """The same person in two places has a turn in each; the same id on two platforms is two persons."""
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    jobs = [make_job(1), make_job(2), make_job(3, place="there"), replace(make_job(4), platform="other")]
    for job in jobs:
        ledger._thread.submit(ledger.accept, job, SMALL, WIDE).result()
    order = ledger._thread.submit(ledger.waiting).result()
    ledger.close()
    assert order == [jobs[0].id, jobs[2].id, jobs[3].id, jobs[1].id]


async def test_the_version_before_finds_all_who_wait(crowd: Crowd) -> None:
    """It joins waiting jobs with the turns of their persons, and would never release those who have none."""
    await crowd.ask("ann", 2)
    await crowd.ask("bob", place="there")

    def known() -> int:
        joined = "SELECT COUNT(*) FROM jobs JOIN turns USING (platform, person) WHERE state = 'accepted'"
        return int(crowd.ledger._db.execute(joined).fetchone()[0])

    assert await crowd.ledger.call(known) == 3


async def test_who_waited_in_an_older_ledger_waits_in_the_same_order_of_turns(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    crowd = Crowd(ledger)
    anns, bobs = await crowd.ask("ann", 3), await crowd.ask("bob", 1)
    await ledger.call(ledger.settle, anns[0].id, "failed", "No.")

    def make_older() -> None:
        for trigger in ("job_waits", "job_moves"):
            ledger._db.execute(f"DROP TRIGGER {trigger}")
        ledger._db.execute("DROP TABLE shares")

    await ledger.call(make_older)
    ledger.close()
    newer = Ledger(tmp_path / "ledger.sqlite3")
    assert await newer.call(newer.waiting) == [anns[1].id, bobs[0].id, anns[2].id]
    await newer.call(newer.settle, anns[1].id, "cancelled", "Cancelled.")
    released = [job.id for job in await newer.call(newer.release, 5)]
    newer.close()
    assert sorted(released) == sorted([bobs[0].id, anns[2].id])
