"""The durable record of every accepted job and of its answer: the truth about the queue."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from bot.complaints import Complaints
from bot.errors import NoSuchJob, SetupError, StorageTrouble
from bot.languages import _
from bot.limits import EVEN, Limits, Weights
from bot.queue import history, operating, persons, turns
from bot.queue.estimates import Done
from bot.queue.history import NOT_OVER
from bot.queue.ledger_file import open_file, owner_of
from bot.queue.persons import Persons
from bot.queue.tables import make_tables
from bot.queue.trouble import ledger_trouble
from bot.queue.turns import STEPS
from bot.requests import Job, JobState
from bot.speed import Cost

P = ParamSpec("P")
T = TypeVar("T")

COLUMNS: Final = (
    "id, platform, place, person, origin, address, photo, styles, style_title, settings, created, state, attempts, "
    "sentence, replied, masks"
)
TEACHERS: Final = 20
"""From how many of the last finished jobs is learned how long others will take."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of the time that jobs take: released and waiting ones, these in fair order, and the last done.

    `paused` is why nothing is released at present, None while it is.
    """

    released: list[tuple[str, Cost]]
    waiting: list[tuple[str, Cost]]
    done: list[Done]
    paused: str | None = None


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
            self.persons: Persons = self._thread.submit(Persons, self._db).result()
            """What is written of one person, and how it is forgotten."""
        except (OSError, sqlite3.Error) as error:
            self._thread.shutdown()
            reason = ledger_trouble(path, error) or f"The ledger {path} cannot be opened ({error}); check storage.path."
            raise SetupError(reason) from error

    async def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the ledger's methods on its thread. Raises `StorageTrouble`, told in the log, for its file's."""
        try:
            return await asyncio.wrap_future(self._thread.submit(copy_context().run, partial(method, *args, **kwargs)))
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

    def accept(self, job: Job, cost: Cost, limits: Limits, weights: Weights = EVEN, *, moderator: bool = False) -> Job:
        """Write a new job, or return the one of the same origin with `is_new` False. Raises `TooMany`."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            known = self.find(job.platform, job.origin)
            if known is not None:
                return known
            self.check_room(job.platform, job.place, job.person, limits, job.created)
            persons.adopt(self._db, job.platform, job.place, job.person)
            turns.join(self._db, job, weights, moderator=moderator)
            self._db.execute(
                f"INSERT INTO jobs ({COLUMNS}, steps, work) VALUES ({', '.join('?' * 18)})",
                (*_to_row(job), cost.steps, cost.work),
            )
        return job

    def job(self, job_id: str) -> Job:
        """The job of that id; raises `NoSuchJob`."""
        found = self._row("id = ?", job_id)
        if found is None:
            raise NoSuchJob(_("This picture is not known here any more."))
        return found

    def find(self, platform: str, origin: str) -> Job | None:
        """The job that a message or interaction made before, with `is_new` False."""
        known = self._row("platform = ? AND origin IN (?, code(?, ?))", platform, origin, platform, origin)
        return None if known is None else replace(known, is_new=False)

    def check_room(self, platform: str, place: str, person: str, limits: Limits, now: float) -> None:
        """Raise `TooMany` when one more job would be over a limit."""
        limits.check(history.load(self._db, platform, place, person, limits, now), now)

    def open_jobs(self, platform: str, person: str) -> list[str]:
        """The ids of a person's jobs that are not over."""
        return history.open_jobs(self._db, platform, person)

    def waiting(self) -> list[str]:
        """The ids of the accepted jobs, the fairest next one first: places take turns, and persons in each."""
        return [job_id for job_id, _ in turns.fair_order(self._db)]

    def outlook(self, *, waiting: bool = True) -> Outlook:
        """What can be told of the time that is left; without `waiting` it costs little, however many wait."""
        released = f"SELECT id, {STEPS}, work FROM jobs WHERE state = 'released' ORDER BY id"
        done = (
            f"SELECT {STEPS}, work, seconds FROM jobs WHERE state = 'done' AND seconds > 0 "
            f"ORDER BY ended DESC LIMIT {TEACHERS}"
        )
        return Outlook(
            [(job_id, Cost(*cost)) for job_id, *cost in self._db.execute(released)],
            list(turns.fair_order(self._db)) if waiting else [],
            [Done(Cost(*cost), seconds) for *cost, seconds in self._db.execute(done)],
            self.paused(),
        )

    def release(self, room: int) -> list[Job]:
        """Mark the fairest next jobs as released, at most `room` of them, and move their persons' turns on.

        While the queue is paused, none.
        """
        released: list[Job] = []
        if not room:
            return released
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            while len(released) < room and self.paused() is None:
                job_id = turns.take(self._db)
                if job_id is None:
                    break
                self._db.execute("UPDATE jobs SET state = 'released' WHERE id = ?", [job_id])
                released.append(self.job(job_id))
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
                "UPDATE jobs SET state = :state, sentence = :sentence, seconds = :seconds, ended = :now, "
                f"counts = {history.COUNTS} WHERE id = :id AND {NOT_OVER}",
                {"state": state, "sentence": sentence, "seconds": seconds, "now": time.time(), "id": job_id},
            )
        return changed.rowcount == 1

    def merge_address(self, job_id: str, more: Mapping[str, Any]) -> None:
        """Add to what a platform remembers of where to answer."""
        with self._db:
            self._db.execute(
                "UPDATE jobs SET address = json_patch(address, ?) WHERE id = ? AND stripped IS NULL",
                (json.dumps(more), job_id),
            )

    def move_place(self, platform: str, old: str, new: str) -> None:
        """Have the jobs of a place be of another, those that are over too, and their persons' turns with them."""
        if old == new:
            return
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            turns.move(self._db, platform, old, new)

    def mark_replied(self, job_id: str) -> None:
        """Record that the answer is there for the person to see."""
        with self._db:
            self._db.execute("UPDATE jobs SET replied = ? WHERE id = ?", (time.time(), job_id))

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Write down how long jobs are expected to take, by their ids; the first word on each holds."""
        with self._db:
            self._db.executemany(
                "UPDATE jobs SET expected = ? WHERE id = ? AND expected IS NULL",
                [(value, job_id) for job_id, value in seconds.items()],
            )

    def pause(self, reason: str) -> None:
        """Release nothing from now on."""
        operating.pause(self._db, reason)

    def resume(self) -> bool:
        """Release jobs again; False when nothing was paused."""
        return operating.resume(self._db)

    def paused(self) -> str | None:
        """Why nothing is released, or None while jobs are."""
        return operating.paused(self._db)

    def recall(self, which: operating.Which, sentence: str) -> list[str]:
        """Cancel jobs in the operator's name and return their ids; the bot tells their persons from `recalled`."""
        return operating.recall(self._db, which, sentence)

    def recalled(self) -> list[Job]:
        """The jobs that an operator cancelled and that nobody was told of yet."""
        return self._rows("id IN (SELECT job FROM recalls)")

    def mark_told(self, job_id: str) -> None:
        """Record that the bot knows of an operator's cancel."""
        operating.mark_told(self._db, job_id)

    def overview(self) -> operating.Overview:
        """What operators want to see of the queue."""
        return operating.overview(self._db, self.outlook())

    def mark_gone(self, job_id: str, reason: str) -> None:
        """Record that the place to answer is no more, and why; its answer is dropped."""
        with self._db:
            self._db.execute(
                "UPDATE jobs SET replied = ?, gone = ? WHERE id = ? AND stripped IS NULL", (time.time(), reason, job_id)
            )

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

    def _row(self, where: str, *values: Any) -> Job | None:
        rows = self._rows(where, *values)
        return rows[0] if rows else None

    def _rows(self, where: str, *values: Any) -> list[Job]:
        return [
            _from_row(row)
            for row in self._db.execute(f"SELECT {COLUMNS}, erased FROM jobs WHERE {where} ORDER BY id", values)
        ]


def _open(path: Path) -> sqlite3.Connection:
    db = open_file(path)
    persons.prepare(db)
    make_tables(db)
    return db


def _inputs(job: Job) -> list[str]:
    """The keys of the pictures that a job is painted from."""
    return [job.photo, *job.styles, *(key for key in job.masks if key is not None)]


def _to_row(job: Job) -> tuple[Any, ...]:
    return (
        *(job.id, job.platform, job.place, job.person, job.origin, json.dumps(dict(job.address)), job.photo),
        *(json.dumps(job.styles), job.style_titles, json.dumps(dict(job.settings)), job.created, job.state),
        *(job.attempts, job.sentence, None, json.dumps(job.masks)),
    )


def _from_row(row: tuple[Any, ...]) -> Job:
    (job_id, platform, place, person, origin, address, photo, styles, title, settings, created, *rest) = row
    state, attempts, sentence, replied, masks, erased = rest
    return Job(
        *(job_id, platform, place, person, origin, json.loads(address), photo, tuple(json.loads(styles)), title),
        *(json.loads(settings), created, state, attempts, sentence, replied is not None, tuple(json.loads(masks))),
        is_erased=erased is not None,
    )
