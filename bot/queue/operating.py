"""The operator's hand in the ledger, also from another process than the bot's: pause, resume, cancel, look."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from bot.queue.history import NOT_OVER, errors

if TYPE_CHECKING:
    from bot.queue.ledger import Outlook

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS pauses (
    only INTEGER PRIMARY KEY CHECK (only = 1), reason TEXT NOT NULL, since REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS recalls (job TEXT PRIMARY KEY) STRICT;
"""
"""`recalls` are jobs that an operator cancelled and that the bot does not know of yet."""
LAST: Final = 20
"""From how many of the last finished jobs the error of the estimates is told."""

Which = Literal["waiting", "open"] | tuple[str]
"""Jobs: all that wait, all that wait or run, or the one of an id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A job in the queue, as an operator sees it. `expected` is what it was expected to take at its release."""

    id: str
    platform: str
    place: str
    person: str
    created: float
    expected: float | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The queue as it stands: its jobs by id, what is told of their order and times, and how wrong estimates were."""

    entries: dict[str, Entry]
    outlook: Outlook
    errors: list[float]


def pause(db: sqlite3.Connection, reason: str) -> None:
    """Have nothing released from now on."""
    with db:
        db.execute("INSERT OR REPLACE INTO pauses VALUES (1, ?, ?)", (reason, time.time()))


def resume(db: sqlite3.Connection) -> bool:
    """Have jobs released again; False when nothing was paused."""
    with db:
        return db.execute("DELETE FROM pauses").rowcount == 1


def paused(db: sqlite3.Connection) -> str | None:
    """The reason of the pause, which may be empty; None while nothing is paused."""
    found = db.execute("SELECT reason FROM pauses").fetchone()
    return None if found is None else str(found[0])


def recall(db: sqlite3.Connection, which: Which, sentence: str) -> list[str]:
    """Cancel jobs, which then do not count for the day, and leave word for the bot; returns their ids."""
    chosen = {"waiting": "state = 'accepted'", "open": NOT_OVER}.get(str(which), f"{NOT_OVER} AND id = :id")
    values = {"sentence": sentence, "now": time.time(), "id": which[0]}
    with db:
        db.execute("BEGIN IMMEDIATE")
        ended = db.execute(
            "UPDATE jobs SET state = 'cancelled', sentence = :sentence, ended = :now, counts = 0 "
            f"WHERE {chosen} RETURNING id",
            values,
        ).fetchall()
        db.executemany("INSERT OR IGNORE INTO recalls VALUES (?)", ended)
    return sorted(row[0] for row in ended)


def mark_told(db: sqlite3.Connection, job_id: str) -> None:
    """The bot knows of a recalled job."""
    with db:
        db.execute("DELETE FROM recalls WHERE job = ?", [job_id])


def overview(db: sqlite3.Connection, outlook: Outlook) -> Overview:
    """What operators want to see."""
    rows = db.execute(f"SELECT id, platform, place, person, created, expected FROM jobs WHERE {NOT_OVER}")
    return Overview({row[0]: Entry(*row) for row in rows}, outlook, errors(db, LAST))
