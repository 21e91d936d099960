"""What the ledger knows of one person, and how it forgets whose a job was.

A job is erased in three steps: it is marked, and cancelled if it is under way; once its answer has arrived it is
stripped of all that is personal, and a code stands for its person; after a day the code goes, too. Until then the
limits of a day hold for who comes back, and what is delivered twice by a platform is known.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.complaints import Complaints
from bot.limits import DAY
from bot.privacy import Erased, Kept
from bot.queue.history import COUNTS, NOT_OVER
from bot.queue.ledger_file import HOUSE

COLUMNS: Final = {"erased": "REAL", "stripped": "REAL"}
"""When a job's person had it erased, and when it was stripped of what is personal."""
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS erasures (
    platform TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (platform, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_by_person ON jobs (person, platform);
CREATE INDEX IF NOT EXISTS erased_jobs ON jobs (stripped) WHERE erased IS NOT NULL AND person <> '';
"""
"""`erasures` are persons who had all deleted, and whose kept style may still be there.

`jobs_by_person` begins with the person, so that SQLite never takes it for a question about a whole platform.
"""
CODE: Final = "~"
"""How the code begins that stands for somebody; no platform's id does."""
SCRUB_PATIENCE: Final = 100
"""Milliseconds for which others may hold up the scrubbing of the file, which then waits for the next turn."""
REWRITE_EVERY: Final = 600.0
"""Seconds, at least, between two writings of the whole file, during which nothing else can use it."""
LEAST_ROOM: Final = 2**20
ERASED: Final = "erased IS NOT NULL AND person <> ''"
FINAL: Final = "(replied IS NOT NULL OR overdue IS NOT NULL OR erased < :now - :day)"
"""Whether no answer needs the job's address any more. A front-end that was turned off is not waited for."""
ALONE: Final = """
    NOT EXISTS (
        SELECT 1 FROM shares AS other WHERE other.level = 2 AND other.platform = :platform AND other.place = {place}
        AND other.person NOT IN (:person, code(:platform, :person))
    )
"""
"""Whether nobody else has used a place: it may be a talk with this person alone, and its id theirs."""


@dataclass(frozen=True, slots=True)
class Due:
    """An erased job whose pictures may go, by its id; `whose` is its platform and person."""

    job_id: str
    whose: tuple[str, str]


def prepare(db: sqlite3.Connection) -> None:
    """Give the connection the function `code(platform, id)`: what stands for a person, a place or an origin."""
    db.execute("PRAGMA secure_delete = ON")
    db.execute(HOUSE)
    db.execute("INSERT OR IGNORE INTO house VALUES ('code', ?)", [secrets.token_hex(32)])
    (secret,) = db.execute("SELECT value FROM house WHERE name = 'code'").fetchone()
    key = bytes.fromhex(secret)

    def code(platform: str, name: str) -> str:
        if name.startswith(CODE) or not name:
            return name
        return CODE + hmac.new(key, f"{platform}:{name}".encode(), hashlib.sha256).hexdigest()[:32]

    db.create_function("code", 2, code, deterministic=True)


class Persons:
    """The ledger's side of it; its methods block, as the ledger's do, and go through its `call`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._complaints = Complaints()
        self._rewritten = -REWRITE_EVERY
        self._soiled: float | None = time.monotonic()
        """Since when there is something forgotten in the file, as far as it is known."""
        if db.execute("SELECT 1 FROM jobs LIMIT 1").fetchone() is None:
            self._mark_clean()

    def kept(self, platform: str, person: str, keep_seconds: float, now: float) -> Kept:
        """What is written of a person, and when their pictures go."""
        own = "FROM jobs WHERE platform = :platform AND person IN (:person, code(:platform, :person))"
        is_over = f"erased IS NULL AND NOT {NOT_OVER}"
        values = {"platform": platform, "person": person, "day": now - DAY}
        counts = self._db.execute(
            f"SELECT COUNT(*) FILTER (WHERE erased IS NULL AND {NOT_OVER}), "
            f"COUNT(*) FILTER (WHERE {is_over} AND replied IS NULL), "
            f"COUNT(*) FILTER (WHERE {is_over} AND replied IS NOT NULL AND forgotten IS NULL), "
            f"MAX(COALESCE(replied, overdue)) FILTER (WHERE {is_over} AND forgotten IS NULL), "
            "COUNT(*) FILTER (WHERE erased IS NULL), MIN(created) FILTER (WHERE erased IS NULL), "
            "COUNT(*) FILTER (WHERE counts = 1 AND created > :day AND stripped IS NOT NULL), "
            f"COUNT(*) FILTER (WHERE erased IS NOT NULL AND stripped IS NULL) {own}",
            values,
        ).fetchone()
        under_way, undelivered, finished, last, records, since, coded, leaving = counts
        until = None if last is None else last + keep_seconds
        return Kept(under_way, undelivered, finished, until, records, since, coded, leaving)

    def erase(self, platform: str, person: str, sentence: str, now: float) -> Erased:
        """Write down that all goes, and cancel what is under way; the bot tells of it from `Ledger.recalled`."""
        values = {"platform": platform, "person": person, "sentence": sentence, "now": now, "state": "cancelled"}
        own = "platform = :platform AND person = :person"
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            before = self.kept(platform, person, 0, now)
            self._db.execute("INSERT OR IGNORE INTO erasures VALUES (:platform, :person)", values)
            cancelled = self._db.execute(
                f"UPDATE jobs SET state = :state, sentence = :sentence, ended = :now, counts = {COUNTS} "
                f"WHERE {own} AND {NOT_OVER} RETURNING id",
                values,
            ).fetchall()
            self._db.executemany("INSERT OR IGNORE INTO recalls VALUES (?)", cancelled)
            self._db.execute(f"UPDATE jobs SET erased = :now WHERE {own} AND erased IS NULL", values)
            self._hide_shares(values)
            self._db.execute(f"DELETE FROM turns WHERE {own}", values)
            if before.records:
                self._mark_unclean()
        return Erased(before.records, len(cancelled), before.finished)

    def _hide_shares(self, values: dict[str, object]) -> None:
        """Turns are neither forgiven nor saved by an erasure: who comes back is known by the code."""
        alone = ALONE.format(place="shares.place")
        self._db.execute(
            "UPDATE OR REPLACE shares SET place = code(platform, place) WHERE level = 1 AND waiting = 0 "
            "AND platform = :platform AND place IN (SELECT place FROM shares WHERE level = 2 AND platform = :platform "
            f"AND person = :person) AND {alone}",
            values,
        )
        self._db.execute(
            "UPDATE OR REPLACE shares SET person = code(platform, person), "
            f"place = CASE WHEN {alone} THEN code(platform, place) ELSE place END "
            "WHERE level = 2 AND waiting = 0 AND platform = :platform AND person = :person",
            values,
        )

    def erasures(self) -> list[tuple[str, str]]:
        """The persons whose kept style may still be there."""
        return [(platform, person) for platform, person in self._db.execute("SELECT * FROM erasures")]

    def close_erasure(self, platform: str, person: str) -> None:
        """Record that it is not; secure_delete is enough for so short a row, which is never moved."""
        with self._db:
            self._db.execute("DELETE FROM erasures WHERE platform = ? AND person = ?", (platform, person))

    def due(self, now: float) -> list[Due]:
        """The erased jobs whose pictures nobody waits for: these are to be deleted, then the jobs to be stripped."""
        rows = self._db.execute(
            f"SELECT id, platform, person FROM jobs WHERE {ERASED} AND stripped IS NULL "
            f"AND (forgotten IS NULL AND state IN ('cancelled', 'failed') OR {FINAL}) ORDER BY id",
            {"now": now, "day": DAY},
        )
        return [Due(job_id, (platform, person)) for job_id, platform, person in rows]

    def own_keys(self, job_ids: Sequence[str]) -> dict[str, list[str]]:
        """For each of these jobs the pictures it is painted from, without those that another job needs."""
        ids = json.dumps(list(job_ids))
        chosen = "id IN (SELECT value FROM json_each(?))"
        others = self._db.execute(
            f"SELECT photo, styles, masks FROM jobs WHERE forgotten IS NULL AND NOT {chosen}", [ids]
        )
        needed = {key for row in others for key in _keys(*row)}
        rows = self._db.execute(f"SELECT id, photo, styles, masks FROM jobs WHERE {chosen}", [ids])
        return {job_id: sorted(_keys(*row) - needed) for job_id, *row in rows}

    def strip(self, job_ids: Sequence[str], now: float) -> None:
        """The pictures of these jobs are deleted: forget which they were, and whose, where no answer is under way."""
        values = {"ids": json.dumps(list(job_ids)), "now": now, "day": DAY}
        chosen = f"id IN (SELECT value FROM json_each(:ids)) AND {ERASED}"
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE jobs SET forgotten = COALESCE(forgotten, :now), photo = '', styles = '[]', masks = '[]' "
                f"WHERE {chosen}",
                values,
            )
            final = self._db.execute(
                f"SELECT id, platform, place, person FROM jobs WHERE {chosen} AND stripped IS NULL AND {FINAL}", values
            ).fetchall()
            self._mark_unclean()
            for job_id, platform, place, person in final:
                who = {"platform": platform, "place": place, "person": person, "id": job_id, "now": now}
                self._db.execute(
                    "UPDATE jobs SET person = code(platform, person), origin = code(platform, origin), "
                    f"place = CASE WHEN {ALONE.format(place=':place')} THEN code(platform, place) ELSE place END, "
                    "address = '{}', style_title = '', sentence = '', gone = NULL, "
                    "replied = COALESCE(replied, :now), stripped = :now WHERE id = :id",
                    who,
                )

    def leaving(self, platform: str = "", person: str = "") -> int:
        """How many erased jobs are not stripped yet: those of one person, or all."""
        return int(
            self._db.execute(
                f"SELECT COUNT(*) FROM jobs WHERE {ERASED} AND stripped IS NULL AND ? IN (platform, '') "
                "AND ? IN (person, '')",
                (platform, person),
            ).fetchone()[0]
        )

    def coded(self) -> list[str]:
        """The erased jobs that a code still stands in."""
        return [row[0] for row in self._db.execute(f"SELECT id FROM jobs WHERE {ERASED} AND stripped > 0")]

    def blank(self, now: float) -> int:
        """Forget the codes that have stood for a day; returns in how many jobs."""
        codes = f"{CODE}*"
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            changed = self._db.execute(
                "UPDATE jobs SET person = '', origin = id, place = CASE WHEN place GLOB :codes THEN '' ELSE place END "
                f"WHERE {ERASED} AND stripped < :before",
                {"codes": codes, "before": now - DAY},
            ).rowcount
            if changed:
                self._mark_unclean()
            self._db.execute(
                "DELETE FROM shares WHERE waiting = 0 AND (person GLOB :codes OR place GLOB :codes) AND NOT EXISTS ("
                f"SELECT 1 FROM jobs WHERE {ERASED} AND jobs.platform = shares.platform "
                "AND shares.place IN (jobs.place, code(jobs.platform, jobs.place)) "
                "AND shares.person IN (code(jobs.platform, jobs.person), ''))",
                {"codes": codes},
            )
        return changed

    def scrub(self) -> bool:
        """Leave nothing of what was forgotten in the file; False when that has to wait.

        It waits for who is just reading the file, `REWRITE_EVERY` seconds from one rewriting to the next, and at most
        as long for answers to arrive, after which there is more to forget. Raises `StorageTrouble` where there is no
        room for it.
        """
        if self._db.execute("SELECT 1 FROM house WHERE name = 'clean'").fetchone() is None:
            now = time.monotonic()
            is_early = self._soiled is not None and now < self._soiled + REWRITE_EVERY
            if now < self._rewritten + REWRITE_EVERY or (is_early and self._awaits_answers()):
                return False
            self._rewritten = now
            self._rewrite()
            self._soiled = None
            self._mark_clean()
        (patience,) = self._db.execute("PRAGMA busy_timeout").fetchone()
        self._db.execute(f"PRAGMA busy_timeout = {SCRUB_PATIENCE}")
        try:
            (is_busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {patience}")
        return not is_busy

    def _awaits_answers(self) -> bool:
        found = self._db.execute(
            f"SELECT 1 FROM jobs WHERE {ERASED} AND stripped IS NULL AND NOT {FINAL} LIMIT 1",
            {"now": time.time(), "day": DAY},
        )
        return found.fetchone() is not None

    def _rewrite(self) -> None:
        """Free space in the middle of a page may hold what was moved to another, in spite of secure_delete."""
        (_, _, path) = self._db.execute("PRAGMA database_list").fetchone()
        folder = Path(path).parent
        needed = 2 * Path(path).stat().st_size + LEAST_ROOM
        if shutil.disk_usage(folder).free < needed:
            raise self._complaints.trouble(
                f"There is no room in {folder} to write the ledger anew after an erasure; make {needed // 10**6} MB "
                "of it there."
            )
        # The draft is written beside the ledger: elsewhere there may be less room. SQLite would rather be told by the
        # environment, which it reads before this folder is known.
        self._db.execute("PRAGMA temp_store_directory = '{}'".format(str(folder).replace("'", "''")))
        self._db.execute("VACUUM")

    def _mark_unclean(self) -> None:
        """To be called with each change that forgets something, in its transaction."""
        self._soiled = self._soiled or time.monotonic()
        self._db.execute("DELETE FROM house WHERE name = 'clean'")

    def _mark_clean(self) -> None:
        self._db.execute("INSERT OR IGNORE INTO house VALUES ('clean', '1')")


def _keys(photo: str, *lists: str) -> set[str]:
    return {key for key in (photo, *(key for text in lists for key in json.loads(text))) if key}


def adopt(db: sqlite3.Connection, platform: str, place: str, person: str) -> None:
    """Give who comes back after an erasure their turns again, by the code."""
    who = {"platform": platform, "place": place, "person": person}
    db.execute(
        "UPDATE OR IGNORE shares SET place = :place WHERE level = 1 AND platform = :platform "
        "AND place = code(:platform, :place)",
        who,
    )
    db.execute(
        "UPDATE OR IGNORE shares SET place = :place, person = :person WHERE level = 2 AND platform = :platform "
        "AND place IN (:place, code(:platform, :place)) AND person = code(:platform, :person)",
        who,
    )
