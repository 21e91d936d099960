"""The ledger's file: opened, checked and set to survive a power cut."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path
from typing import Final

from bot.queue.trouble import BUSY_SECONDS

CHECKED_BYTES: Final = 256 * 2**20
"""Files up to this size are looked through at every start."""
HOUSE: Final = "CREATE TABLE IF NOT EXISTS house (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"


def open_file(path: Path) -> sqlite3.Connection:
    """The file in WAL mode with synchronous FULL, made when there is none.

    Raises `sqlite3.DatabaseError` when it is damaged, held by another program or not to be written, and `OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Autocommit, so that each `with` block says itself where its transaction begins.
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if path.stat().st_size <= CHECKED_BYTES:
            _check(db)
        # A file that can only be read is told here, and not with the first person's request.
        db.execute("BEGIN IMMEDIATE")
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def owner_of(db: sqlite3.Connection) -> str:
    """The name that this ledger gave itself when it was made; it goes along with its copies."""
    db.execute(HOUSE)
    db.execute("INSERT OR IGNORE INTO house VALUES ('owner', ?)", [secrets.token_hex(4)])
    return str(db.execute("SELECT value FROM house WHERE name = 'owner'").fetchone()[0])


def _check(db: sqlite3.Connection) -> None:
    """Raise the error that SQLite itself would raise at the damaged page."""
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        error = sqlite3.DatabaseError(" ".join(found.split()))
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
