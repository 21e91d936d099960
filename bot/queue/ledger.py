"""The durable record of every accepted job and of its answer: the truth about the queue."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from bot.errors import NoSuchJob, SetupError, StorageTrouble
from bot.limits import Limits, Load
from bot.queue.estimates import Done
from bot.queue.ledger_file import open_file, owner_of
from bot.queue.trouble import Complaints, ledger_trouble
from bot.requests import Job, JobState
from bot.speed import Cost

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    platform TEXT NOT NULL, place TEXT NOT NULL, person TEXT NOT NULL, origin TEXT NOT NULL,
    address TEXT NOT NULL, photo TEXT NOT NULL, styles TEXT NOT NULL, style_title TEXT NOT NULL,
    settings TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    sentence TEXT NOT NULL DEFAULT '', work REAL NOT NULL, seconds REAL, ended REAL, replied REAL, forgotten REAL,
    masks TEXT NOT NULL DEFAULT '[]', steps INTEGER, overdue REAL, gone TEXT,
    UNIQUE (platform, origin)
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (ended) WHERE state = 'done';
CREATE INDEX IF NOT EXISTS jobs_by_keeping ON jobs (id) WHERE forgotten IS NULL;
CREATE TABLE IF NOT EXISTS turns (
    platform TEXT NOT NULL, person TEXT NOT NULL, pass REAL NOT NULL, released REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (platform, person)
) STRICT;
"""
COLUMNS: Final = (
    "id, platform, place, person, origin, address, photo, styles, style_title, settings, created, state, attempts, "
    "sentence, replied, masks"
)
ADDED: Final = {"masks": "TEXT NOT NULL DEFAULT '[]'", "steps": "INTEGER", "overdue": "REAL", "gone": "TEXT"}
"""Columns of the jobs that ledgers of older versions lack."""
STEPS: Final = "COALESCE(steps, json_extract(settings, '$.steps'), 0)"
"""The steps of a job, also of one that was accepted when they were not written down."""
FAIR_ORDER: Final = f"""
    SELECT id, pass + ROW_NUMBER() OVER (own ORDER BY id) AS turn, {STEPS}, work
    FROM jobs JOIN turns USING (platform, person) WHERE state = 'accepted'
    WINDOW own AS (PARTITION BY platform, person) ORDER BY turn, released, MIN(id) OVER own
"""
NOT_OVER: Final = "state IN ('accepted', 'released')"
TEACHERS: Final = 20
"""From how many of the last finished jobs is learned how long others will take."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of the time that jobs take: released and waiting ones, these in fair order, and the last done."""

    released: list[tuple[str, Cost]]
    waiting: list[tuple[str, Cost]]
    done: list[Done]


class Ledger:
    """SQLite in WAL mode with synchronous FULL: what a method returned from survives a power cut.

    Its methods block; on an event loop go through `call`, which runs them one after the other on a thread of the
    ledger's own. Raises `SetupError` when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._complaints = Complaints()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        try:
            self._db = self._thread.submit(_open, path).result()
            self.owner: str = self._thread.submit(owner_of, self._db).result()
            """The name of this ledger among others that share a blob store."""
        except (OSError, sqlite3.Error) as error:
            self._thread.shutdown()
            reason = ledger_trouble(path, error) or f"The ledger {path} cannot be opened ({error}); check storage.path."
            raise SetupError(reason) from error

    async def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the ledger's methods on its thread. Raises `StorageTrouble`, told in the log, for its file's."""
        try:
            return await asyncio.wrap_future(self._thread.submit(method, *args, **kwargs))
        except sqlite3.Error as error:
            reason = ledger_trouble(self._path, error)
            if reason is None:
                raise
            self._complaints.tell(reason)
            raise StorageTrouble(reason) from error

    def close(self) -> None:
        """Close the file; call it from any thread, once, when nothing else is under way."""
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()

    def accept(self, job: Job, cost: Cost, limits: Limits) -> Job:
        """Write a new job, or return the one of the same origin with `is_new` False. Raises `TooMany`."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            known = self.find(job.platform, job.origin)
            if known is not None:
                return known
            self.check_room(job.platform, job.place, job.person, limits)
            self._take_turn(job)
            self._db.execute(
                f"INSERT INTO jobs ({COLUMNS}, steps, work) VALUES ({', '.join('?' * 18)})",
                (*_to_row(job), cost.steps, cost.work),
            )
        return job

    def job(self, job_id: str) -> Job:
        """The job of that id; raises `NoSuchJob`."""
        found = self._row("id = ?", job_id)
        if found is None:
            raise NoSuchJob("This picture is not known here any more.")
        return found

    def find(self, platform: str, origin: str) -> Job | None:
        """The job that a message or interaction made before, with `is_new` False."""
        known = self._row("platform = ? AND origin = ?", platform, origin)
        return None if known is None else replace(known, is_new=False)

    def check_room(self, platform: str, place: str, person: str, limits: Limits) -> None:
        """Raise `TooMany` when one more job would be over a limit."""
        limits.check(self._load(platform, place, person))

    def waiting(self) -> list[str]:
        """The ids of the accepted jobs, the fairest next one first: persons take turns."""
        return [row[0] for row in self._db.execute(FAIR_ORDER)]

    def outlook(self) -> Outlook:
        """What can be told of the time that is left."""
        released = f"SELECT id, {STEPS}, work FROM jobs WHERE state = 'released' ORDER BY id"
        done = (
            f"SELECT {STEPS}, work, seconds FROM jobs WHERE state = 'done' AND seconds > 0 "
            f"ORDER BY ended DESC LIMIT {TEACHERS}"
        )
        return Outlook(
            [(job_id, Cost(*cost)) for job_id, *cost in self._db.execute(released)],
            [(job_id, Cost(*cost)) for job_id, _, *cost in self._db.execute(FAIR_ORDER)],
            [Done(Cost(*cost), seconds) for *cost, seconds in self._db.execute(done)],
        )

    def release(self, room: int) -> list[Job]:
        """Mark the fairest next jobs as released, at most `room` of them, and move their persons' turns on."""
        released = []
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for _ in range(room):
                first = self._db.execute(FAIR_ORDER + " LIMIT 1").fetchone()
                if first is None:
                    break
                job = self.job(first[0])
                self._db.execute(
                    "UPDATE turns SET pass = ?, released = ? WHERE platform = ? AND person = ?",
                    (first[1], time.time(), job.platform, job.person),
                )
                self._db.execute("UPDATE jobs SET state = 'released' WHERE id = ?", [job.id])
                released.append(replace(job, state="released"))
        return released

    def count_attempt(self, job_id: str) -> int | None:
        """Add one to a released job's attempts and return them; None when the job is over by now."""
        with self._db:
            row = self._db.execute(
                "UPDATE jobs SET attempts = attempts + 1 WHERE id = ? AND state = 'released' RETURNING attempts",
                [job_id],
            ).fetchone()
        return None if row is None else int(row[0])

    def excuse_attempts(self) -> None:
        """Take one attempt back from every released job: what ends the run under way is not the job's fault."""
        with self._db:
            self._db.execute("UPDATE jobs SET attempts = attempts - 1 WHERE state = 'released' AND attempts > 0")

    def settle(self, job_id: str, state: JobState, sentence: str = "", seconds: float | None = None) -> bool:
        """Give a job its end; False when it had one already. `seconds` is how long it was painted."""
        with self._db:
            changed = self._db.execute(
                f"UPDATE jobs SET state = ?, sentence = ?, seconds = ?, ended = ? WHERE id = ? AND {NOT_OVER}",
                (state, sentence, seconds, time.time(), job_id),
            )
        return changed.rowcount == 1

    def merge_address(self, job_id: str, more: Mapping[str, Any]) -> None:
        """Add to what a platform remembers of where to answer."""
        with self._db:
            self._db.execute(
                "UPDATE jobs SET address = json_patch(address, ?) WHERE id = ?", (json.dumps(more), job_id)
            )

    def mark_replied(self, job_id: str) -> None:
        """Record that the answer is there for the person to see."""
        with self._db:
            self._db.execute("UPDATE jobs SET replied = ? WHERE id = ?", (time.time(), job_id))

    def mark_gone(self, job_id: str, reason: str) -> None:
        """Record that the place to answer is no more, and why; its answer is dropped."""
        with self._db:
            self._db.execute("UPDATE jobs SET replied = ?, gone = ? WHERE id = ?", (time.time(), reason, job_id))

    def mark_overdue(self, job_id: str, before: float) -> str | None:
        """Record that a job, if it ended before a time, cannot be answered for now; its platform, or None."""
        with self._db:
            found = self._db.execute(
                "UPDATE jobs SET overdue = COALESCE(overdue, ?) WHERE id = ? AND ended < ? AND replied IS NULL "
                "RETURNING platform",
                (time.time(), job_id, before),
            ).fetchone()
        return None if found is None else str(found[0])

    def released(self) -> list[Job]:
        """The jobs that were handed to the dispatcher and are not over."""
        return self._rows("state = 'released'")

    def under_way(self, platform: str, person: str, place: str) -> list[Job]:
        """The jobs that are not over; those of one person and of one place, where these are named."""
        return self._rows(
            f"platform = ? AND ? IN (person, '') AND ? IN (place, '') AND {NOT_OVER}", platform, person, place
        )

    def unanswered(self) -> list[Job]:
        """The jobs that are over and whose answer is not known to have arrived."""
        return self._rows("state IN ('done', 'failed', 'cancelled') AND replied IS NULL")

    def forget(self, before: float) -> tuple[list[str], list[str]]:
        """Forget the pictures of jobs answered, or overdue, before a time (seconds since the epoch).

        Returns the ids of these jobs and the blob keys of their inputs that no other job needs.
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            old = self._rows("(replied < ? OR overdue < ?) AND forgotten IS NULL", before, before)
            self._db.executemany("UPDATE jobs SET forgotten = ? WHERE id = ?", [(time.time(), job.id) for job in old])
            needed = self.needed()
        keys = {key for job in old for key in _inputs(job)} - needed
        return [job.id for job in old], sorted(keys)

    def needed(self) -> set[str]:
        """The keys of all pictures that jobs are or were painted from, as long as these are kept."""
        found = self._db.execute("SELECT photo, styles, masks FROM jobs WHERE forgotten IS NULL")
        return {key for photo, *lists in found for key in (photo, *(key for text in lists for key in json.loads(text)))}

    def kept(self, job_ids: Iterable[str]) -> dict[str, bool]:
        """Of those ids that are known here, whether the job's pictures are still kept."""
        asked = "SELECT id, forgotten IS NULL FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
        return {job_id: bool(kept) for job_id, kept in self._db.execute(asked, [json.dumps(list(job_ids))])}

    def _load(self, platform: str, place: str, person: str) -> Load:
        row = self._db.execute(
            "SELECT COALESCE(SUM(platform = :platform AND person = :person), 0), "
            f"COALESCE(SUM(platform = :platform AND place = :place), 0), COUNT(*) FROM jobs WHERE {NOT_OVER}",
            {"platform": platform, "person": person, "place": place},
        ).fetchone()
        return Load(*row)

    def _take_turn(self, job: Job) -> None:
        """Who had nothing waiting starts level with those who wait, whatever turns they did not use before."""
        own = (job.platform, job.person)
        waits = self._db.execute("SELECT 1 FROM jobs WHERE platform = ? AND person = ? AND state = 'accepted'", own)
        if waits.fetchone() is not None:
            return
        level = self._db.execute(
            "SELECT COALESCE(MIN(pass), 0) FROM turns JOIN jobs USING (platform, person) WHERE state = 'accepted'"
        ).fetchone()[0]
        self._db.execute(
            "INSERT INTO turns (platform, person, pass) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET pass = MAX(pass, excluded.pass)",
            (*own, level),
        )

    def _row(self, where: str, *values: Any) -> Job | None:
        rows = self._rows(where, *values)
        return rows[0] if rows else None

    def _rows(self, where: str, *values: Any) -> list[Job]:
        return [
            _from_row(row) for row in self._db.execute(f"SELECT {COLUMNS} FROM jobs WHERE {where} ORDER BY id", values)
        ]


def _open(path: Path) -> sqlite3.Connection:
    db = open_file(path)
    db.executescript(SCHEMA)
    present = {row[1] for row in db.execute("PRAGMA table_info(jobs)")}
    for name, kind in ADDED.items():
        if name not in present:
            db.execute(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
    return db


def _inputs(job: Job) -> list[str]:
    """The keys of the pictures that a job is painted from."""
    return [job.photo, *job.styles, *(key for key in job.masks if key is not None)]


def _to_row(job: Job) -> tuple[Any, ...]:
    return (
        *(job.id, job.platform, job.place, job.person, job.origin, json.dumps(dict(job.address)), job.photo),
        *(json.dumps(job.styles), job.style_title, json.dumps(dict(job.settings)), job.created, job.state),
        *(job.attempts, job.sentence, None, json.dumps(job.masks)),
    )


def _from_row(row: tuple[Any, ...]) -> Job:
    (job_id, platform, place, person, origin, address, photo, styles, title, settings, created, *rest) = row
    state, attempts, sentence, replied, masks = rest
    return Job(
        *(job_id, platform, place, person, origin, json.loads(address), photo, tuple(json.loads(styles)), title),
        *(json.loads(settings), created, state, attempts, sentence, replied is not None, tuple(json.loads(masks))),
    )
