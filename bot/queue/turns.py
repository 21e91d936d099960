"""Whose turn is next: places take turns, and in each place its persons, by the work that they were given.

Start-time fair queueing, once over the places and once over the persons of each place. Everyone has a pass, the work
they were given over their weight; the smallest pass is next. Who comes while others wait starts at the clock, the pass
at which somebody was served last, or at their own pass where that is larger: turns are neither saved nor forgiven.
Where nobody waits, all start level again. Among equals goes first who weighs more, then who was served longest ago.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace
from typing import Final

from bot.limits import Weights
from bot.requests import Job
from bot.speed import Cost

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS shares (
    level INTEGER NOT NULL, platform TEXT NOT NULL, place TEXT NOT NULL, person TEXT NOT NULL,
    waiting INTEGER NOT NULL DEFAULT 0, pass REAL NOT NULL DEFAULT 0, weight REAL NOT NULL DEFAULT 1,
    served INTEGER NOT NULL DEFAULT 0, joined TEXT NOT NULL DEFAULT '',
    clock REAL NOT NULL DEFAULT 0, ceiling REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (level, platform, place, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS next_place ON shares (pass, weight DESC, served, joined) WHERE level = 1 AND waiting > 0;
CREATE INDEX IF NOT EXISTS next_person ON shares (platform, place, pass, weight DESC, served, joined)
    WHERE level = 2 AND waiting > 0;
CREATE INDEX IF NOT EXISTS next_job ON jobs (platform, place, person, id) WHERE state = 'accepted';
CREATE TABLE IF NOT EXISTS turns (
    platform TEXT NOT NULL, person TEXT NOT NULL, pass REAL NOT NULL, released REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (platform, person)
) STRICT;
CREATE TRIGGER IF NOT EXISTS job_waits AFTER INSERT ON jobs WHEN NEW.state = 'accepted' BEGIN
    INSERT INTO shares (level, platform, place, person, waiting)
    VALUES (0, '', '', '', 1), (1, NEW.platform, NEW.place, '', 1), (2, NEW.platform, NEW.place, NEW.person, 1)
    ON CONFLICT DO UPDATE SET waiting = waiting + 1;
    INSERT OR IGNORE INTO turns (platform, person, pass) VALUES (NEW.platform, NEW.person, 0);
END;
CREATE TRIGGER IF NOT EXISTS job_moves AFTER UPDATE OF state ON jobs
WHEN (OLD.state = 'accepted') <> (NEW.state = 'accepted') BEGIN
    UPDATE shares SET waiting = waiting + (NEW.state = 'accepted') - (OLD.state = 'accepted')
    WHERE (level, platform, place, person) IN (
        VALUES (0, '', '', ''), (1, NEW.platform, NEW.place, ''), (2, NEW.platform, NEW.place, NEW.person));
END;
"""
"""Of a row: level 0 is all, 1 a place, 2 a person in it. `clock` and `ceiling`, the largest pass, are of those within.

How many wait is counted by triggers, so that it holds whoever changes a job.
`turns` is what the version before went by: it finds there all who wait, should the operator go back to it.
"""
FILL: Final = """
INSERT OR REPLACE INTO shares (level, platform, place, person, waiting)
    SELECT 0, '', '', '', COUNT(*) FROM jobs WHERE state = 'accepted';
INSERT OR REPLACE INTO shares (level, platform, place, person, waiting, joined)
    SELECT 1, platform, place, '', COUNT(*), MIN(id) FROM jobs WHERE state = 'accepted' GROUP BY platform, place;
INSERT OR REPLACE INTO shares (level, platform, place, person, waiting, joined)
    SELECT 2, platform, place, person, COUNT(*), MIN(id) FROM jobs WHERE state = 'accepted'
    GROUP BY platform, place, person;
"""
"""For a ledger whose jobs were accepted before it knew shares."""
STEPS: Final = "COALESCE(steps, json_extract(settings, '$.steps'), 0)"
"""The steps of a job, also of one that was accepted when they were not written down."""
ORDER: Final = "pass, weight DESC, served, joined"
LANE: Final = "level = ? AND platform = ? AND place = ? AND person = ?"

Lane = tuple[int, str, str, str]
ALL: Final[Lane] = (0, "", "", "")


def join(db: sqlite3.Connection, job: Job, weights: Weights, *, moderator: bool) -> None:
    """Let a job's place and person take part from where they may; to be called before the job is written."""
    place: Lane = (1, job.platform, job.place, "")
    _join(db, ALL, place, weights.of_place(job.platform, job.place), job.id)
    _join(db, place, (2, *place[1:3], job.person), weights.of_person(job.platform, job.person, moderator), job.id)


def _join(db: sqlite3.Connection, within: Lane, lane: Lane, weight: float, job_id: str) -> None:
    found = db.execute(f"SELECT waiting, clock, ceiling FROM shares WHERE {LANE}", within).fetchone()
    waiting, clock, ceiling = found or (0, 0.0, 0.0)
    if not waiting:
        clock = ceiling
        db.execute(f"UPDATE shares SET clock = ceiling WHERE {LANE}", within)
    db.execute(
        "INSERT INTO shares (level, platform, place, person, pass, weight, joined) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET weight = excluded.weight, "
        "pass = CASE waiting WHEN 0 THEN MAX(pass, excluded.pass) ELSE pass END, "
        "joined = CASE waiting WHEN 0 THEN excluded.joined ELSE joined END",
        (*lane, clock, weight, job_id),
    )


def take(db: sqlite3.Connection) -> str | None:
    """The id of the fairest next job, whose place and person are charged for it; None when none waits.

    The caller marks it as released.
    """
    found = db.execute(
        f"SELECT platform, place, pass, weight FROM shares WHERE level = 1 AND waiting > 0 ORDER BY {ORDER} LIMIT 1"
    ).fetchone()
    if found is None:
        return None
    platform, place, place_pass, place_weight = found
    person, person_pass, person_weight = db.execute(
        "SELECT person, pass, weight FROM shares WHERE level = 2 AND platform = ? AND place = ? AND waiting > 0 "
        f"ORDER BY {ORDER} LIMIT 1",
        (platform, place),
    ).fetchone()
    job_id, *cost = db.execute(
        f"SELECT id, {STEPS}, work FROM jobs WHERE state = 'accepted' AND platform = ? AND place = ? AND person = ? "
        "ORDER BY id LIMIT 1",
        (platform, place, person),
    ).fetchone()
    effort = Cost(*cost).effort
    (served,) = db.execute(f"UPDATE shares SET served = served + 1 WHERE {LANE} RETURNING served", ALL).fetchone()
    place_lane: Lane = (1, platform, place, "")
    _charge(db, ALL, place_lane, place_pass, effort / place_weight, served)
    _charge(db, place_lane, (2, platform, place, person), person_pass, effort / person_weight, served)
    return str(job_id)


def _charge(db: sqlite3.Connection, within: Lane, lane: Lane, start: float, amount: float, served: int) -> None:
    db.execute(f"UPDATE shares SET pass = ?, served = ? WHERE {LANE}", (start + amount, served, *lane))
    db.execute(
        f"UPDATE shares SET clock = MAX(clock, ?), ceiling = MAX(ceiling, ?) WHERE {LANE}",
        (start, start + amount, *within),
    )


def move(db: sqlite3.Connection, platform: str, old: str, new: str) -> None:
    """Let all of one place take their turns in another, whose own they join where it has some; its jobs go with them.

    Clocks differ from place to place: who comes is as far from the other's clock as they were from their own.
    """
    who = {"platform": platform, "old": old, "new": new}
    clocks: dict[str, float] = dict(
        db.execute(
            "SELECT place, clock FROM shares WHERE level = 1 AND platform = :platform AND place IN (:old, :new)", who
        ).fetchall()
    )
    shift = clocks[new] - clocks[old] if len(clocks) == 2 else 0.0
    db.execute(
        "INSERT INTO shares (level, platform, place, person, waiting, pass, weight, served, joined, clock, ceiling) "
        "SELECT level, platform, :new, person, waiting, pass + (level = 2) * :shift, weight, served, joined, clock, "
        "ceiling + (level = 1) * :shift FROM shares WHERE platform = :platform AND place = :old "
        "ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, pass = MAX(pass, excluded.pass), "
        "served = MAX(served, excluded.served), joined = MIN(joined, excluded.joined), "
        "ceiling = MAX(ceiling, excluded.ceiling)",
        {**who, "shift": shift},
    )
    db.execute("DELETE FROM shares WHERE platform = :platform AND place = :old", who)
    db.execute("UPDATE jobs SET place = :new WHERE platform = :platform AND place = :old", who)


_Turn = tuple[float, float, int, str, str]
"""A lane in the order of turns: pass, weight (negative), served, joined, and whose lane it is."""


def fair_order(db: sqlite3.Connection) -> Iterator[tuple[str, Cost]]:
    """The waiting jobs with their costs, in the order in which they will be released if nobody else comes."""
    jobs: dict[tuple[str, str], dict[str, deque[tuple[str, Cost]]]] = defaultdict(lambda: defaultdict(deque))
    waiting = f"SELECT platform, place, person, id, {STEPS}, work FROM jobs WHERE state = 'accepted' ORDER BY id"
    for platform, place, person, job_id, *cost in db.execute(waiting):
        jobs[platform, place][person].append((job_id, Cost(*cost)))
    shares = f"SELECT platform, place, person, {ORDER.replace('weight DESC', '-weight')} FROM shares WHERE waiting > 0"
    persons: dict[tuple[str, str], list[_Turn]] = defaultdict(list)
    for platform, place, person, *turn in db.execute(f"{shares} AND level = 2"):
        persons[platform, place].append((*turn, person))
    for turns in persons.values():
        heapify(turns)
    places = [((*turn, ""), (platform, place)) for platform, place, _, *turn in db.execute(f"{shares} AND level = 1")]
    heapify(places)
    (served,) = db.execute(f"SELECT COALESCE(MAX(served), 0) FROM shares WHERE {LANE}", ALL).fetchone()
    while places:
        served += 1
        turn, place_key = places[0]
        within = persons[place_key]
        own = within[0]
        lane = jobs[place_key][own[-1]]
        job = lane.popleft()
        yield job
        if lane:
            heapreplace(within, _later(own, job[1].effort, served))
        else:
            heappop(within)
        if within:
            heapreplace(places, (_later(turn, job[1].effort, served), place_key))
        else:
            heappop(places)


def _later(turn: _Turn, effort: float, served: int) -> _Turn:
    start, weight, _, joined, whose = turn
    return (start - effort / weight, weight, served, joined, whose)
