"""The ledger's tables, made where they are missing, also in a file of an older version."""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.queue import history, operating, persons, turns

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
CREATE INDEX IF NOT EXISTS unanswered ON jobs (state) WHERE replied IS NULL;
"""
ADDED: Final = {
    "masks": "TEXT NOT NULL DEFAULT '[]'",
    "steps": "INTEGER",
    "overdue": "REAL",
    "gone": "TEXT",
    **history.COLUMNS,
    **persons.COLUMNS,
}
"""Columns of the jobs that ledgers of older versions lack."""


def make_tables(db: sqlite3.Connection) -> None:
    """Add what is missing."""
    db.executescript(SCHEMA)
    present = {row[1] for row in db.execute("PRAGMA table_info(jobs)")}
    for name, kind in ADDED.items():
        if name not in present:
            db.execute(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
    is_older = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'shares'").fetchone() is None
    fill = f"{turns.FILL} {history.FILL}" if is_older else ""
    schema = " ".join(part.SCHEMA for part in (history, operating, turns, persons))
    db.executescript(f"BEGIN IMMEDIATE; {schema} {fill} COMMIT;")
