"""What a crash leaves in the blob store is swept, and nothing that a job or a neighbour needs."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.queue.blobs import Blobs
from bot.queue.ledger import Ledger
from bot.queue.orders import Outcome, part_key, preview_key, store_outcome
from bot.queue.sweeper import Sweeper
from tests.bot.test_ledger import COST, WIDE, make_job

KEEP_HOURS = 72
OLD, YOUNG = 73 * 3600.0, 60.0


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


def age(folder: Path, seconds: float) -> None:
    """Let everything in a folder have been written so long ago."""
    when = time.time() - seconds
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (when, when))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def accept(ledger: Ledger, blobs: Blobs, number: int) -> str:
    job = dataclasses.replace(make_job(number), photo=await blobs.put(b"photo %d" % number), styles=())
    await ledger.call(ledger.accept, job, COST, WIDE)
    return job.photo


async def test_pictures_without_a_job_are_swept_when_they_are_old(ledger: Ledger, tmp_path: Path) -> None:
    blobs = Blobs.open("", tmp_path / "blobs")
    needed = await accept(ledger, blobs, 1)
    orphan = await blobs.put(b"its job was never accepted")
    sweeper = Sweeper(ledger, blobs, KEEP_HOURS)
    age(tmp_path / "blobs", YOUNG)
    await sweeper.sweep()
    assert files(tmp_path / "blobs") == {needed, orphan}
    age(tmp_path / "blobs", OLD)
    await sweeper.sweep()
    assert files(tmp_path / "blobs") == {needed}


async def test_drafts_of_a_kill_in_the_middle_of_a_write_are_swept(ledger: Ledger, tmp_path: Path) -> None:
    blobs = Blobs.open("", tmp_path / "blobs")
    needed = await accept(ledger, blobs, 1)
    (tmp_path / "blobs/sha256/.0123456789abcdef").write_bytes(b"half a pic")
    (tmp_path / "blobs/result/job000001").mkdir(parents=True)
    (tmp_path / "blobs/result/job000001/.0123456789abcdef").write_bytes(b"half a pic")
    sweeper = Sweeper(ledger, blobs, KEEP_HOURS)
    await sweeper.sweep()
    assert len(files(tmp_path / "blobs")) == 3, "another process may be writing them"
    age(tmp_path / "blobs", 2 * 3600)
    await sweeper.sweep()
    assert files(tmp_path / "blobs") == {needed}


async def test_what_a_late_worker_left_of_a_forgotten_job_is_swept(ledger: Ledger, tmp_path: Path) -> None:
    blobs = Blobs.open("", tmp_path / "blobs")
    for number in (1, 2):
        await accept(ledger, blobs, number)
        await ledger.call(ledger.settle, f"job00000{number}", "cancelled", "Cancelled.")
    await ledger.call(ledger.mark_replied, "job000001")
    await ledger.call(ledger.forget, time.time() + 1)
    for job in ("job000001", "job000002"):
        await blobs.put_new(part_key(job, "picture"), b"late")
        await store_outcome(blobs, job, Outcome(sentence="late"))
        await blobs.replace(preview_key(job), b"late")
    age(tmp_path / "blobs", OLD)
    await Sweeper(ledger, blobs, KEEP_HOURS).sweep()
    assert {name for name in files(tmp_path / "blobs") if "job" in name} == {
        "result/job000002/picture",
        "result/job000002/outcome",
        "preview/job000002",
    }


async def test_a_neighbour_in_the_same_store_loses_nothing(tmp_path: Path) -> None:
    """Two bots, each with its own ledger, on one shared folder: neither knows the other's jobs."""
    shared = tmp_path / "shared"
    ledgers = [Ledger(tmp_path / name / "ledger.sqlite3") for name in ("one", "two")]
    stores = [Blobs.open(str(shared), tmp_path / "unused", owner=ledger.owner) for ledger in ledgers]
    keys = [await accept(ledger, blobs, 1) for ledger, blobs in zip(ledgers, stores, strict=True)]
    assert keys[0] != keys[1], "the same photo is kept for each"
    await stores[1].put_new(part_key("job of two", "picture"), b"theirs")
    await ledgers[0].call(ledgers[0].settle, "job000001", "failed", "No.")
    await ledgers[0].call(ledgers[0].mark_replied, "job000001")
    age(shared, OLD)
    sweeper = Sweeper(ledgers[0], stores[0], 0)
    await sweeper.forget()
    await sweeper.sweep()
    assert files(shared) == {keys[1], "result/job of two/picture"}
    for ledger in ledgers:
        ledger.close()


async def test_a_picture_that_is_accepted_again_while_it_is_old_stays(ledger: Ledger, tmp_path: Path) -> None:
    blobs = Blobs.open("", tmp_path / "blobs")
    orphan = await blobs.put(b"photo 1")
    age(tmp_path / "blobs", OLD)
    assert await accept(ledger, blobs, 1) == orphan
    await Sweeper(ledger, blobs, KEEP_HOURS).sweep()
    assert files(tmp_path / "blobs") == {orphan}
