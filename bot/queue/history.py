"""What the ledger remembers of those who ask: how much of them waits, and when they asked before."""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.limits import DAY, Limits, Load

COLUMNS: Final = {"counts": "INTEGER NOT NULL DEFAULT 1", "expected": "REAL"}
"""Whether a job counts for the day, and how many seconds it was expected to take when it was released."""
SCHEMA: Final = """
CREATE INDEX IF NOT EXISTS open_by_person ON jobs (platform, person) WHERE state IN ('accepted', 'released');
CREATE INDEX IF NOT EXISTS counted_by_person ON jobs (platform, person, created) WHERE counts = 1;
CREATE INDEX IF NOT EXISTS counted_by_place ON jobs (platform, place, created) WHERE counts = 1;
"""
FILL: Final = "UPDATE jobs SET counts = 0 WHERE state IN ('failed', 'cancelled');"
"""For a ledger whose jobs ended before it was asked which of them count."""
NOT_OVER: Final = "state IN ('accepted', 'released')"
IN_PLACE: Final = """
    SELECT COALESCE((SELECT waiting FROM shares WHERE level = 1 AND platform = :platform AND place = :place), 0)
        + (SELECT COUNT(*) FROM jobs WHERE state = 'released' AND platform = :platform AND place = :place)
"""
TOTAL: Final = """
    SELECT COALESCE((SELECT waiting FROM shares WHERE level = 0), 0)
        + (SELECT COUNT(*) FROM jobs WHERE state = 'released')
"""
"""What waits and runs; what waits, which may be much, is counted already."""
COUNTS: Final = "counts AND NOT (:state = 'failed' OR :state = 'cancelled' AND state = 'accepted')"
"""Whether a job still counts for the day once it has that end."""


def load(db: sqlite3.Connection, platform: str, place: str, person: str, limits: Limits, now: float) -> Load:
    """All that the limits ask about."""

    def asked(column: str, value: str, times: int, within: float) -> float | None:
        """When they asked for the last but `times` - 1 picture that counts, erased ones among them."""
        if not times:
            return None
        found = db.execute(
            f"SELECT created FROM jobs WHERE counts = 1 AND platform = ? AND {column} IN (?, code(?, ?)) "
            "AND created > ? ORDER BY created DESC LIMIT 1 OFFSET ?",
            (platform, value, platform, value, now - within, times - 1),
        ).fetchone()
        return None if found is None else float(found[0])

    return Load(
        person=len(open_jobs(db, platform, person)),
        place=int(db.execute(IN_PLACE, {"platform": platform, "place": place}).fetchone()[0]),
        total=int(db.execute(TOTAL).fetchone()[0]),
        asked_last=asked("person", person, 1 if limits.cooldown else 0, limits.cooldown),
        person_day=asked("person", person, limits.per_person_per_day, DAY),
        place_day=asked("place", place, limits.per_place_per_day, DAY),
    )


def open_jobs(db: sqlite3.Connection, platform: str, person: str) -> list[str]:
    """The ids of a person's jobs that are not over."""
    rows = db.execute(f"SELECT id FROM jobs WHERE {NOT_OVER} AND platform = ? AND person = ?", (platform, person))
    return [row[0] for row in rows]


def errors(db: sqlite3.Connection, last: int) -> list[float]:
    """By what share of their time the last finished jobs were estimated wrongly."""
    rows = db.execute(
        "SELECT ABS(expected - seconds) / seconds FROM (SELECT expected, seconds FROM jobs WHERE state = 'done' "
        "AND seconds > 0 ORDER BY ended DESC LIMIT ?) WHERE expected IS NOT NULL",
        [last],
    )
    return [row[0] for row in rows]
