"""The ledger: durable over kill -9, one job for one origin, persons take turns, one end for each job."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import NoSuchJob, TooMany
from bot.limits import Limits
from bot.queue.estimates import Done
from bot.queue.ledger import TEACHERS, Ledger, Outlook
from bot.requests import Job
from bot.speed import Cost

WIDE = Limits(per_person=1000, per_place=1000, total=1000)
COST = Cost(steps=10, work=1.0)


def make_job(number: int, person: str = "ann", place: str = "here", origin: str | None = None) -> Job:
    return Job(
        id=f"job{number:06}",
        platform="test",
        place=place,
        person=person,
        origin=origin or f"origin{number}",
        address={"message": number},
        photo="sha256/photo",
        styles=("sha256/style",),
        style_titles="Waves",
        settings={"size": 64},
        created=float(number),
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


async def accept(ledger: Ledger, *jobs: Job, limits: Limits = WIDE) -> list[Job]:
    return [await ledger.call(ledger.accept, job, COST, limits) for job in jobs]


async def test_a_job_comes_back_as_it_was_written(ledger: Ledger) -> None:
    job = make_job(1)
    await accept(ledger, job)
    assert await ledger.call(ledger.job, job.id) == job
    with pytest.raises(NoSuchJob):
        await ledger.call(ledger.job, "unknown")


async def test_what_is_written_is_synced_before_it_counts(ledger: Ledger) -> None:
    """A kill does not show the difference; a power cut would."""

    def pragma(name: str) -> object:
        return ledger._db.execute(f"PRAGMA {name}").fetchone()[0]

    assert await ledger.call(pragma, "journal_mode") == "wal"
    assert await ledger.call(pragma, "synchronous") == 2


async def test_the_same_origin_is_one_job(ledger: Ledger) -> None:
    first, again = await accept(ledger, make_job(1, origin="update 7"), make_job(2, origin="update 7"))
    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    assert len(await ledger.call(ledger.waiting)) == 1


async def test_persons_take_turns(ledger: Ledger) -> None:
    anns = [make_job(number) for number in range(5)]
    await accept(ledger, *anns)
    (running,) = await ledger.call(ledger.release, 1)
    assert running.id == anns[0].id
    bobs = [make_job(10, "bob"), make_job(11, "bob")]
    await accept(ledger, *bobs)
    order = await ledger.call(ledger.waiting)
    assert order == [job.id for job in (bobs[0], anns[1], bobs[1], anns[2], anns[3], anns[4])]


async def test_who_comes_late_does_not_get_the_turns_that_they_missed(ledger: Ledger) -> None:
    await accept(ledger, *(make_job(number) for number in range(10)))
    await ledger.call(ledger.release, 6)
    await accept(ledger, *(make_job(number, "bob") for number in range(20, 26)))
    order = [("bob" if job >= "job000020" else "ann") for job in await ledger.call(ledger.waiting)]
    assert order[:8].count("bob") == 4


@given(persons=st.lists(st.sampled_from(["ann", "bob", "cid"]), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_releases_follow_the_order_that_was_told(tmp_path_factory: pytest.TempPathFactory, persons: list[str]) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.sqlite3")

    def call(method, *args):  # type: ignore[no-untyped-def]
        return ledger._thread.submit(method, *args).result()

    for number, person in enumerate(persons):
        call(ledger.accept, make_job(number, person), COST, WIDE)
    told = call(ledger.waiting)
    released = [job.id for _ in persons for job in call(ledger.release, 1)]
    counts = {person: persons.count(person) for person in set(persons)}
    turns = [person_of(job, persons) for job in released]
    ledger.close()
    assert released == told
    assert turns[: len(counts)] == sorted(set(turns), key=persons.index), "each person's first job goes before a second"


def person_of(job_id: str, persons: list[str]) -> str:
    return persons[int(job_id.removeprefix("job"))]


async def test_limits_refuse_with_the_reason(ledger: Ledger) -> None:
    limits = Limits(per_person=2, per_place=3, total=4)
    await accept(ledger, make_job(1), make_job(2), limits=limits)
    with pytest.raises(TooMany, match="You already have 2 pictures"):
        await accept(ledger, make_job(3), limits=limits)
    await accept(ledger, make_job(4, "bob"), limits=limits)
    with pytest.raises(TooMany, match="There are already 3"):
        await accept(ledger, make_job(5, "cid"), limits=limits)
    await accept(ledger, make_job(6, "cid", "there"), limits=limits)
    with pytest.raises(TooMany, match="full with 4"):
        await accept(ledger, make_job(7, "dan", "elsewhere"), limits=limits)
    await ledger.call(ledger.settle, "job000001", "done")
    assert (await accept(ledger, make_job(8), limits=limits))[0].is_new


async def test_the_first_end_of_a_job_holds(ledger: Ledger) -> None:
    await accept(ledger, make_job(1))
    assert await ledger.call(ledger.settle, "job000001", "cancelled", "Cancelled.")
    assert not await ledger.call(ledger.settle, "job000001", "done")
    job = await ledger.call(ledger.job, "job000001")
    assert (job.state, job.sentence, job.is_over) == ("cancelled", "Cancelled.", True)


async def test_what_is_over_stays_unanswered_until_it_is_marked(ledger: Ledger) -> None:
    await accept(ledger, make_job(1), make_job(2))
    await ledger.call(ledger.settle, "job000001", "failed", "No.")
    assert [job.id for job in await ledger.call(ledger.unanswered)] == ["job000001"]
    await ledger.call(ledger.mark_replied, "job000001")
    assert await ledger.call(ledger.unanswered) == []


async def test_an_address_grows(ledger: Ledger) -> None:
    await accept(ledger, make_job(1))
    await ledger.call(ledger.merge_address, "job000001", {"status": "é5"})
    assert (await ledger.call(ledger.job, "job000001")).address == {"message": 1, "status": "é5"}


async def test_the_outlook_tells_what_jobs_cost_and_what_the_last_ones_took(ledger: Ledger) -> None:
    assert await ledger.call(ledger.outlook) == Outlook([], [], [])
    count = TEACHERS + 5
    costs = [Cost(number, 0.5 * number) for number in range(1, count + 3)]
    for number, cost in enumerate(costs):
        await ledger.call(ledger.accept, make_job(number), cost, WIDE)
    for number in range(count):
        await ledger.call(ledger.settle, f"job{number:06}", "done", "", float(number))
    await ledger.call(ledger.settle, "job000000", "cancelled")
    (released,) = await ledger.call(ledger.release, 1)
    outlook = await ledger.call(ledger.outlook)
    assert outlook.released == [(released.id, costs[count])]
    assert outlook.waiting == [(f"job{count + 1:06}", costs[count + 1])]
    assert outlook.done == [Done(costs[number], float(number)) for number in range(count - 1, 4, -1)]


async def test_a_failed_job_teaches_nothing(ledger: Ledger) -> None:
    await accept(ledger, make_job(1), make_job(2))
    await ledger.call(ledger.settle, "job000001", "failed", "No.", 3.0)
    await ledger.call(ledger.settle, "job000002", "done")
    assert (await ledger.call(ledger.outlook)).done == []


async def test_old_pictures_are_forgotten_unless_another_job_needs_them(ledger: Ledger) -> None:
    await accept(ledger, make_job(1), make_job(2))
    for job_id in ("job000001", "job000002"):
        await ledger.call(ledger.settle, job_id, "done")
    await ledger.call(ledger.mark_replied, "job000001")
    assert await ledger.call(ledger.forget, 1e12) == (["job000001"], [])
    await ledger.call(ledger.mark_replied, "job000002")
    assert await ledger.call(ledger.forget, 1e12) == (["job000002"], ["sha256/photo", "sha256/style"])
    assert await ledger.call(ledger.forget, 1e12) == ([], [])


WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from bot.queue.ledger import Ledger
from bot.limits import Limits
from tests.bot.test_ledger import COST, make_job

LIMITS = Limits(10**6, 10**6, 10**6)

async def main():
    ledger = Ledger(Path(sys.argv[1]))
    for number in range(100_000):
        job = await ledger.call(ledger.accept, make_job(number, person=f"p{number % 3}"), COST, LIMITS)
        print(job.id, flush=True)
        if number % 3 == 2:
            (released,) = await ledger.call(ledger.release, 1)
            await ledger.call(ledger.settle, released.id, "done")

asyncio.run(main())
"""


def test_what_was_accepted_survives_a_kill(tmp_path: Path) -> None:
    """A writer is killed in the middle, three times over; every job that it said it had accepted is there."""
    path = tmp_path / "ledger.sqlite3"
    for _ in range(3):
        path.unlink(missing_ok=True)
        for extra in ("-wal", "-shm"):
            path.with_name(path.name + extra).unlink(missing_ok=True)
        command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline().strip() for _ in range(40)]
            os.kill(writer.pid, signal.SIGKILL)
            told += [line.strip() for line in writer.stdout if line.endswith("\n")]
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            stored = {row[0] for row in db.execute("SELECT id FROM jobs")}
        db.close()
        assert set(told) <= stored
        assert len(stored) - len(told) <= 1


OLDER = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    platform TEXT NOT NULL, place TEXT NOT NULL, person TEXT NOT NULL, origin TEXT NOT NULL,
    address TEXT NOT NULL, photo TEXT NOT NULL, styles TEXT NOT NULL, style_title TEXT NOT NULL,
    settings TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    sentence TEXT NOT NULL DEFAULT '', work REAL NOT NULL, seconds REAL, ended REAL, replied REAL, forgotten REAL,
    UNIQUE (platform, origin)
) STRICT;
CREATE TABLE turns (
    platform TEXT NOT NULL, person TEXT NOT NULL, pass REAL NOT NULL, released REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (platform, person)
) STRICT;
INSERT INTO turns VALUES ('test', 'ann', 0, 0);
INSERT INTO jobs VALUES ('job000001', 'test', 'here', 'ann', 'origin1', '{"message": 1}', 'sha256/photo',
    '["sha256/style"]', 'Waves', '{"size": 64, "steps": 60}', 1.0, 'accepted', 0, '', 1.0, NULL, NULL, NULL, NULL);
"""


async def test_a_ledger_of_an_older_version_opens_with_its_jobs(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(OLDER)
    db.close()
    for _ in range(2):
        ledger = Ledger(path)
        assert await ledger.call(ledger.job, "job000001") == replace(make_job(1), settings={"size": 64, "steps": 60})
        ledger.close()
    ledger = Ledger(path)
    assert (await ledger.call(ledger.outlook)).waiting == [("job000001", Cost(60, 1.0))]
    masked = replace(make_job(2), masks=(None, "sha256/mask"))
    await accept(ledger, masked)
    assert await ledger.call(ledger.job, masked.id) == masked
    ledger.close()
