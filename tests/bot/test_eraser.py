"""Erasures side by side: what one of them waits for holds up nobody else, and no longer than it must."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NoSuchJob
from bot.limits import DAY
from bot.privacy import Erased, Kept
from bot.queue import persons
from bot.queue.orders import preview_key
from bot.requests import Job
from bot.reruns import Rerun
from tests.bot.test_privacy import ANN, BOB, SERVER, Front, Vault, a_bot, ask, traces, until


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    made = Vault(tmp_path / "data")
    yield made
    made.ledger.close()


@contextlib.asynccontextmanager
async def at_work(vault: Vault) -> AsyncIterator[None]:
    """The eraser goes on by itself meanwhile."""
    running = asyncio.create_task(vault.eraser.run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def stands_still(task: asyncio.Task[Any]) -> None:
    """Give a task the time that it would need if nothing held it."""
    done, _ = await asyncio.wait({task}, timeout=0.3)
    assert not done


def bar(path: Path) -> None:
    """Put something in the place of a file that cannot be deleted as one."""
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)
    (path / "in the way").touch()


OBSTACLES: list[tuple[str, Callable[[Vault, Job], Path]]] = [
    ("a kept style", lambda vault, _job: vault.keepsakes._path("test", ANN)),
    ("settings", lambda vault, _job: vault.places.path_of("test", ANN)),
    ("a photo", lambda vault, job: vault.folder / "blobs" / job.photo),
    ("a preview", lambda vault, job: vault.folder / "blobs" / preview_key(job.id)),
]


@pytest.mark.parametrize("where", [where for _, where in OBSTACLES], ids=[name for name, _ in OBSTACLES])
async def test_what_cannot_be_deleted_holds_up_its_person_alone(
    vault: Vault, where: Callable[[Vault, Job], Path]
) -> None:
    stuck = await vault.paint()
    for person in (ANN, BOB):
        await vault.paint(person)
        await vault.leave_about(person)
    path = where(vault, stuck)
    bar(path)
    assert (await vault.erase()).is_held
    assert not (await vault.erase(BOB)).is_held
    assert await vault.turn_later() is True
    assert traces(vault.folder, BOB) == [], "others have theirs deleted"
    found = traces(vault.folder / "blobs", ANN)
    assert all(stuck.id in name for name in found), "and so is what else there is of the same person"
    assert traces(vault.folder / "galleries", ANN) == []
    shutil.rmtree(path)
    assert await vault.turn_later() is False
    assert traces(vault.folder, ANN) == []


async def test_what_is_left_while_an_erasure_is_held_up_stays(vault: Vault) -> None:
    await vault.leave_about()
    path = vault.galleries._folder_of("test", SERVER) / "styles.json"
    sound = path.read_bytes()
    path.write_bytes(b"damaged " + sound)
    assert (await vault.erase()).is_held
    await vault.keep_style()
    assert await vault.turn_later() is True
    assert await vault.keepsakes.find("test", ANN) is not None
    path.write_bytes(sound)
    assert await vault.turn_later() is False
    assert await vault.keepsakes.find("test", ANN) is not None
    assert not (await vault.erase()).is_held
    assert await vault.keepsakes.find("test", ANN) is None


async def test_what_is_left_between_two_erasures_goes_with_the_second(vault: Vault) -> None:
    await vault.leave_about()
    with vault.galleries._shelf._turn:
        first = asyncio.create_task(vault.erase())
        await until(lambda: not vault.places.path_of("test", ANN).exists())
        await vault.keep_style()
        second = asyncio.create_task(vault.erase())
        await stands_still(second)
    await asyncio.gather(first, second)
    assert await vault.kept() == Kept()
    assert vault.eraser._through == {}


@pytest.mark.parametrize("trouble", ["no room to write the ledger anew", "an unusable folder"])
async def test_trouble_with_one_thing_does_not_keep_codes_and_late_results(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    old, late = await vault.paint(), await vault.paint(BOB)
    await vault.erase()
    await vault.age(DAY + 60)
    await vault.erase(BOB)
    await vault.blobs.put_new(preview_key(late.id), b"late")
    if trouble == "an unusable folder":
        shutil.rmtree(vault.folder / "kept_styles", ignore_errors=True)
        (vault.folder / "kept_styles").write_text("in the way")
    else:
        vault.ledger.persons._rewritten = -persons.REWRITE_EVERY
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, 0))
    async with at_work(vault):
        await until(lambda: vault.row(old)["person"] == "")
        await until(lambda: traces(vault.folder / "blobs", late.id) == [])


async def test_without_room_the_ledger_is_left_as_it_is(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    await vault.paint()
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, 0))
        assert (await vault.erase()).is_held
    assert await vault.turn_later() is False
    assert traces(vault.folder, ANN) == []


async def test_the_ledger_is_written_anew_once_for_many(vault: Vault) -> None:
    said: list[str] = []
    await vault.ledger.call(vault.ledger._db.set_trace_callback, said.append)
    for person in (ANN, BOB):
        await vault.paint(person)
        assert not (await vault.erase(person)).is_held
    assert said.count("VACUUM") == 1
    assert await vault.turn_later() is False
    assert said.count("VACUUM") == 2
    assert traces(vault.folder, ANN, BOB) == []


async def test_the_ledger_is_written_anew_after_the_answers(vault: Vault) -> None:
    said: list[str] = []
    await vault.ledger.call(vault.ledger._db.set_trace_callback, said.append)
    job = await vault.paint(replied=False)
    await vault.erase()
    assert await vault.eraser.turn() is True
    assert "VACUUM" not in said
    await vault.ledger.call(vault.ledger.mark_replied, job.id)
    assert await vault.eraser.turn() is False
    assert said.count("VACUUM") == 1
    assert traces(vault.folder, ANN) == []


async def test_an_answer_that_does_not_arrive_does_not_hold_it_up_for_long(vault: Vault) -> None:
    await vault.paint(replied=False)
    await vault.paint(BOB)
    await vault.erase()
    await vault.erase(BOB)
    assert traces(vault.folder, BOB) == ["ledger.sqlite3-wal"]
    vault.ledger.persons._soiled -= persons.REWRITE_EVERY
    await vault.eraser.turn()
    assert traces(vault.folder, BOB) == []


async def test_who_has_no_records_has_the_ledger_left_alone(vault: Vault) -> None:
    await vault.paint(BOB)
    await vault.eraser.turn()
    said: list[str] = []
    await vault.ledger.call(vault.ledger._db.set_trace_callback, said.append)
    await vault.leave_about()
    await vault.erase()
    assert await vault.erase() == Erased()
    assert "VACUUM" not in said
    assert traces(vault.folder, ANN) == []


async def test_the_draft_of_the_ledger_lies_beside_it(vault: Vault) -> None:
    await vault.paint()
    await vault.erase()
    ask_where = "PRAGMA temp_store_directory"
    where = await vault.ledger.call(lambda: vault.ledger._db.execute(ask_where).fetchone())
    assert where == (str(vault.folder),)


async def test_an_erasure_wakes_who_waits_for_its_answers(vault: Vault) -> None:
    async with at_work(vault):
        await until(lambda: not vault.eraser._is_left)
        job = await vault.paint(replied=False)
        assert (await vault.erase()).leaving == 1
        await vault.ledger.call(vault.ledger.mark_replied, job.id)
        await until(lambda: vault.row(job)["address"] == "{}")


async def test_pictures_that_a_request_is_just_storing_stay(vault: Vault) -> None:
    """Bob's photo is the one that Ann had painted; it is stored, and his job is not written down yet."""
    hers = await vault.paint(photo="a photo of both")
    async with vault.blobs.inputs:
        await vault.blobs.put(b"a photo of both")
        await vault.ledger.call(vault.ledger.persons.erase, "test", ANN, "", 0.0)
        turning = asyncio.create_task(vault.eraser.turn())
        await stands_still(turning)
        theirs = await vault.accept(BOB, photo="a photo of both")
    await turning
    assert theirs.photo == hers.photo
    assert await vault.blobs.get(theirs.photo) is not None


async def test_others_may_ask_while_much_is_deleted(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [await vault.paint() for _ in range(20)]
    left: list[int] = []
    delete_below = vault.blobs.delete_below

    async def unlocked(folder: str) -> None:
        left.append(sum((vault.folder / "blobs" / job.photo).exists() for job in jobs))
        async with asyncio.timeout(10), vault.blobs.inputs:
            await delete_below(folder)

    monkeypatch.setattr(vault.blobs, "delete_below", unlocked)
    await vault.erase()
    assert left[0] == 12 and left[-1] == 0
    assert traces(vault.folder, ANN) == []


async def test_a_job_that_is_being_accepted_is_erased_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_bot(tmp_path, Front(), seconds=3600.0) as atelier:
        put, is_stored, may_go_on = atelier.studio._blobs.put, asyncio.Event(), asyncio.Event()

        async def slow(data: bytes) -> str:
            key = await put(data)
            is_stored.set()
            await may_go_on.wait()
            return key

        monkeypatch.setattr(atelier.studio._blobs, "put", slow)
        asking = asyncio.create_task(ask(atelier, 1))
        await is_stored.wait()
        erasing = asyncio.create_task(atelier.studio.privacy.erase("test", ANN))
        await stands_still(erasing)
        may_go_on.set()
        assert (await asking).is_new
        assert (await erasing).cancelled == 1


async def test_nobody_paints_on_with_what_is_about_to_be_deleted(tmp_path: Path) -> None:
    async with a_bot(tmp_path, Front()) as atelier:
        studio = atelier.studio
        done = await ask(atelier, 1)
        async for _ in studio.watch(done.id):
            pass
        assert (await studio.privacy.erase("test", ANN)).leaving == 1
        for work in (studio.job(done.id), studio.answer(done.id), studio.rerun(done.id, Rerun(BOB, BOB, "again"))):
            with pytest.raises(NoSuchJob, match="deleted"):
                await work
        assert (await studio.job_to_tell(done.id)).address == {"user_id": ANN}


async def test_that_a_place_is_gone_is_noted_too_late(vault: Vault) -> None:
    job = await vault.paint()
    await vault.erase()
    await vault.ledger.call(vault.ledger.mark_gone, job.id, f"the talk with {ANN} is no more")
    assert vault.row(job)["gone"] is None
