"""Disks that are full, folders that are read-only, ledgers and pictures that are locked or damaged: all of it real."""

from __future__ import annotations

import asyncio
import io
import itertools
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot.app import Atelier, open_atelier
from bot.config import Config
from bot.errors import SetupError, StorageTrouble
from bot.queue.blobs import Blobs
from bot.queue.ledger import Ledger
from bot.requests import Answer, Job, StylizeRequest
from tests.bot.test_ledger import COST, WIDE, make_job
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.small_disk import read_only, small_disk

PATIENCE = 60
PERSON_READS = "The bot's storage does not work at present; tell its operator, and try again later."
numbers = itertools.count()


def png(colour: str = "olive", side: int = 32) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_noise((side, side), 90) if side > 32 else Image.new("RGB", (side, 24), colour)
    picture.save(out, "PNG")
    return out.getvalue()


def request(photo: bytes = png(), style: bytes = png("teal")) -> StylizeRequest:
    return StylizeRequest("test", "here", "ann", f"message {next(numbers)}", photo, (style,))


class Collector:
    """A front that keeps what it is brought."""

    platform = "test"

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Answer] = asyncio.Queue()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def check(self) -> str:
        return "here"

    async def show(self, job: Any, event: Any) -> None: ...

    async def answer(self, job: Job, answer: Answer) -> None:
        self.answers.put_nowait(answer)

    async def next(self) -> Answer:
        return await asyncio.wait_for(self.answers.get(), PATIENCE)


@asynccontextmanager
async def bot(folder: Path, platform: str = "test", **engine: Any) -> AsyncIterator[tuple[Atelier, Collector]]:
    """A bot on a folder with an engine that paints nothing, and its front."""
    config = Config.model_validate({"storage": {"path": folder}, "engine": {"default_size": 32}})
    driver, front = InstantEngineDriver(**engine), Collector()
    front.platform = platform
    try:
        async with open_atelier(config, driver) as atelier:
            serving = asyncio.create_task(atelier.serve(front))
            yield atelier, front
            serving.cancel()
    finally:
        await driver.stop()


def ledger_of(folder: Path, jobs: int = 0) -> Path:
    """A ledger's file, with jobs in it and nothing in its log."""
    path = folder / "ledger.sqlite3"
    ledger = Ledger(path)

    def accept_all() -> None:
        for number in range(jobs):
            ledger.accept(make_job(number, person=f"p{number}"), COST, WIDE)

    ledger._thread.submit(accept_all).result()
    ledger.close()
    return path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program in the middle of a transaction."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def overwrite(path: Path, start: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * count)


def refused_at_start(path: Path) -> str:
    with pytest.raises(SetupError) as caught:
        Ledger(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


# At the start.


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_text("this is no database" * 100)
    assert "is damaged (file is not a database); stop the bot, then restore the backup" in refused_at_start(path)


def test_a_ledger_overwritten_in_the_middle_is_told(tmp_path: Path) -> None:
    path = ledger_of(tmp_path, jobs=60)
    overwrite(path, path.stat().st_size // 2, 3000)
    assert "is damaged" in refused_at_start(path)


def test_a_ledger_cut_short_is_told(tmp_path: Path) -> None:
    path = ledger_of(tmp_path, jobs=60)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert "is damaged" in refused_at_start(path)


def test_a_ledger_that_another_program_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.queue.ledger_file.BUSY_SECONDS", 0.1)
    path = ledger_of(tmp_path)
    with held(path):
        assert "Another program has held the ledger" in refused_at_start(path)
    Ledger(path).close()


def test_a_ledger_on_a_read_only_disk_is_told(tmp_path: Path) -> None:
    path = ledger_of(tmp_path, jobs=1)
    with read_only(tmp_path):
        assert "cannot be written" in refused_at_start(path)
        with pytest.raises(SetupError, match=r"blobs cannot be used .*; let the bot's user read and write there"):
            Blobs.open("", tmp_path / "blobs")


def test_a_new_ledger_on_a_full_disk_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        disk.fill()
        assert "is full; make room there" in refused_at_start(disk.folder / "data/ledger.sqlite3")


def test_a_blob_store_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file")
    with pytest.raises(SetupError, match=r"The blob store: .*blobs does not work .*; check that it is there"):
        Blobs.open("", tmp_path / "blobs")


# While it runs.


async def test_a_full_disk_refuses_people_and_keeps_what_was_accepted(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        async with bot(disk.folder / "data", seconds=0.5, picture_bytes=100_000) as (atelier, front):
            running = await atelier.studio.submit(request())
            async with asyncio.timeout(PATIENCE):
                while (await atelier.studio.job(running.id)).state != "released":
                    await asyncio.sleep(0.01)
            disk.fill()
            with capture_logs() as logs:
                before = sorted((disk.folder / "data/blobs").rglob("*"))
                for _ in range(2):
                    with pytest.raises(StorageTrouble) as caught:
                        await atelier.studio.submit(request(png(side=300)))
                    assert str(caught.value) == PERSON_READS
                    assert "is full" in caught.value.reason
                assert sorted((disk.folder / "data/blobs/sha256").rglob("*")) == [
                    path for path in before if path.parent.name == "sha256"
                ]
                async with asyncio.timeout(PATIENCE):
                    while not any("result" in str(path) for path in (disk.folder / "data/blobs").rglob("*")):
                        await asyncio.sleep(0.05)
            told = [line for line in logs if line["event"] == "storage trouble"]
            assert len(told) == len({line["reason"] for line in told}), "each trouble is told once"
            disk.free()
            assert (await front.next()).state == "done"
            job = await atelier.studio.job(running.id)
            assert (job.state, job.attempts) == ("done", 1), "what was painted waits for room, and is not painted again"
            again = await atelier.studio.submit(request(png(side=300)))
            assert (await front.next()).job_id == again.id


@pytest.mark.slow
async def test_what_is_done_is_delivered_while_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        async with bot(disk.folder / "data", platform="nowhere") as (atelier, _):
            job = await atelier.studio.submit(request())
            async with asyncio.timeout(PATIENCE):
                while not (await atelier.studio.job(job.id)).is_over:
                    await asyncio.sleep(0.01)
            disk.fill()
            front = Collector()
            await atelier.delivery.serve(front)
            answer = await front.next()
            assert (answer.job_id, answer.state) == (job.id, "done")
            disk.free()
            async with asyncio.timeout(PATIENCE):
                while not (await atelier.studio.job(job.id)).replied:
                    await asyncio.sleep(0.05)
            assert front.answers.empty()


async def test_a_start_on_a_full_disk_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        path = ledger_of(disk.folder, jobs=1)
        disk.fill()
        assert f"The disk with the ledger {path} is full; make room there." == refused_at_start(path)


async def test_a_ledger_held_by_another_program_refuses_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.queue.ledger_file.BUSY_SECONDS", 0.1)
    async with bot(tmp_path) as (atelier, front):
        with held(tmp_path / "ledger.sqlite3"), capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(StorageTrouble, match=PERSON_READS):
                    await atelier.studio.submit(request())
        told = [line for line in logs if line["event"] == "storage trouble"]
        assert len(told) == 1 and "Another program has held the ledger" in told[0]["reason"]
        job = await atelier.studio.submit(request())
        assert (await front.next()).job_id == job.id


async def test_a_ledger_that_is_damaged_while_it_is_open_refuses(tmp_path: Path) -> None:
    path = ledger_of(tmp_path, jobs=60)
    ledger = Ledger(path)
    ledger._thread.submit(ledger._db.execute, "PRAGMA shrink_memory").result()
    overwrite(path, 4096, path.stat().st_size - 4096)
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(StorageTrouble) as caught:
                await ledger.call(ledger.accept, make_job(1000), COST, WIDE)
    assert "is damaged" in caught.value.reason
    assert [line["log_level"] for line in logs] == ["error"]
    ledger.close()


# Pictures.


async def test_a_job_whose_photo_is_damaged_fails_alone(tmp_path: Path) -> None:
    async with bot(tmp_path, seconds=0.3) as (atelier, front):
        first = await atelier.studio.submit(request(png("red")))
        second = await atelier.studio.submit(request(png("navy")))
        overwrite(tmp_path / "blobs" / second.photo, 20, 10)
        third = await atelier.studio.submit(request(png("gold")))
        answers = {answer.job_id: answer for answer in [await front.next() for _ in range(3)]}
        assert [answers[job.id].state for job in (first, second, third)] == ["done", "failed", "done"]
        assert answers[second.id].sentence == "A picture of this job was damaged on the bot's disk; ask for it again."


async def test_a_picture_that_is_sent_again_mends_the_damaged_one(tmp_path: Path) -> None:
    blobs = Blobs.open("", tmp_path)
    key = await blobs.put(b"a photo")
    (tmp_path / key).write_bytes(b"a ph")
    assert await blobs.put(b"a photo") == key
    assert await blobs.get(key) == b"a photo"
    assert [path.name for path in (tmp_path / "sha256").iterdir()] == [key.removeprefix("sha256/")]


async def test_a_job_whose_photo_is_gone_fails_with_a_sentence(tmp_path: Path) -> None:
    async with bot(tmp_path, seconds=0.3) as (atelier, front):
        await atelier.studio.submit(request())
        gone = await atelier.studio.submit(request(png("navy")))
        (tmp_path / "blobs" / gone.photo).unlink()
        answers = {answer.job_id: answer for answer in [await front.next() for _ in range(2)]}
        assert answers[gone.id].sentence == "The pictures of this job are no longer kept; ask for it again."


@pytest.mark.parametrize("part", ["outcome", "picture"])
async def test_a_result_that_is_damaged_is_told_and_not_sent(tmp_path: Path, part: str) -> None:
    async with bot(tmp_path, platform="nowhere") as (atelier, _):
        job = await atelier.studio.submit(request())
        async with asyncio.timeout(PATIENCE):
            while not (await atelier.studio.job(job.id)).is_over:
                await asyncio.sleep(0.01)
    (result,) = [path for path in (tmp_path / "blobs/result" / job.id).iterdir() if path.name.endswith(part)]
    overwrite(result, 10, 20)
    async with bot(tmp_path) as (atelier, front):
        answer = await front.next()
        assert (answer.state, answer.picture) == ("failed", None)
        assert answer.sentence == "This picture was damaged on the bot's disk; ask for it again."


async def test_an_outcome_that_cannot_be_read_ends_its_job_alone(tmp_path: Path) -> None:
    async with bot(tmp_path, seconds=0.5) as (atelier, front):
        job = await atelier.studio.submit(request())
        outcome = tmp_path / f"blobs/result/{job.id}/outcome"
        outcome.parent.mkdir(parents=True)
        outcome.write_text("not what a worker writes")
        answer = await front.next()
        assert (answer.job_id, answer.state) == (job.id, "failed")
        other = await atelier.studio.submit(request())
        assert (await front.next()).job_id == other.id
