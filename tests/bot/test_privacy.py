"""What is kept of a person is told truly, and when they have it deleted, nothing of it is found in any file."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import privacy_text
from bot.app import Atelier, open_atelier
from bot.belongings import Belongings, Left
from bot.config import Config
from bot.errors import NoSuchJob, Refusal, TooMany
from bot.gallery import Gallery
from bot.gallery.own import PlaceGalleries
from bot.keepsakes import Keepsake, Keepsakes
from bot.limits import DAY, Limits
from bot.notes import Notes
from bot.places import Places
from bot.privacy import Erased, Kept
from bot.queue.blobs import Blobs
from bot.queue.checkpoints import Checkpoints
from bot.queue.eraser import EVERY, Eraser
from bot.queue.ledger import Ledger
from bot.queue.orders import part_key, preview_key
from bot.queue.persons import REWRITE_EVERY
from bot.requests import Answer, Finished, Job, Queued, Running, StylizeRequest
from tests.bot.test_ledger import COST, WIDE, make_job
from tests.standins.instant_engine import InstantEngineDriver

ANN = "881234567890123456"
BOB = "772345678901234567"
SERVER = "663456789012345678"
KEEP_HOURS = 72.0
SENTENCE = "Cancelled, as you had your data deleted."


def a_picture(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


def traces(folder: Path, *names: str) -> list[str]:
    """The files in which one of these names stands, or whose own name has it."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [
        str(path.relative_to(folder))
        for path in sorted(found)
        if any(name.encode() in path.read_bytes() or name in str(path.relative_to(folder)) for name in names)
    ]


class Vault:
    """All that a bot keeps, in a folder: opened, closed, opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        self.open()

    def open(self) -> None:
        self.ledger = Ledger(self.folder / "ledger.sqlite3")
        self.blobs = Blobs.open("", self.folder / "blobs")
        self.keepsakes = Keepsakes(self.folder / "kept_styles", KEEP_HOURS)
        self.checkpoints = Checkpoints(self.folder / "checkpoints")
        self.woken = 0
        self.notes = Notes(self.folder / "notes")
        self.places = Places(self.folder / "places")
        self.galleries = PlaceGalleries(self.folder / "galleries", Gallery({}, {}), 5)
        belongings = Belongings(self.keepsakes, self.notes, self.places, self.galleries)
        self.eraser = Eraser(self.ledger, self.blobs, belongings, self.checkpoints, KEEP_HOURS, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def reopen(self) -> None:
        self.ledger.close()
        self.open()

    async def accept(self, person: str = ANN, place: str = SERVER, photo: str = "", age: float = 0.0) -> Job:
        """A job that waits."""
        self.number += 1
        photo = photo or f"photo {self.number} of {person}"
        job = dataclasses.replace(
            make_job(self.number, person, place, origin=f"{person}:{self.number}"),
            address={"user_id": person, "message_id": self.number, "channel_id": place},
            photo=await self.blobs.put(photo.encode()),
            styles=(await self.blobs.put(f"style of {person}".encode()),),
            masks=(None, await self.blobs.put(f"mask of {person}".encode())),
            created=time.time() - age,
        )
        await self.ledger.call(self.ledger.accept, job, COST, WIDE)
        return job

    async def paint(self, person: str = ANN, place: str = SERVER, photo: str = "", *, replied: bool = True) -> Job:
        """A job that is done, with all that comes of it."""
        job = await self.accept(person, place, photo)
        await self.ledger.call(self.ledger.release, 1)
        for key in (part_key(job.id, "picture", 1), part_key(job.id, "curve", 1), preview_key(job.id)):
            await self.blobs.put_new(key, b"painted for %s" % person.encode())
        self.checkpoints.folder(job.id).mkdir(parents=True)
        (self.checkpoints.folder(job.id) / "state").write_text(f"of {person}")
        await self.ledger.call(self.ledger.settle, job.id, "done", "", 1.0)
        if replied:
            await self.ledger.call(self.ledger.mark_replied, job.id)
        return job

    async def keep_style(self, person: str = ANN) -> None:
        await self.keepsakes.keep("test", person, Keepsake(a_picture(), {"of": person}))

    async def leave_about(self, person: str = ANN) -> None:
        """A kept style, a note, settings and a style where the person is alone with the bot, and one elsewhere."""
        await self.keep_style(person)
        await self.notes.write("test", person, "waiting", {"of": person})
        await self.places.change("test", person, size=256)
        await self.galleries.add("test", person, person, f"mine {person}", a_picture())
        await self.galleries.add(
            "test", SERVER, person, f"ours {person[:2]}", a_picture("red" if person == ANN else "blue")
        )

    async def kept(self, person: str = ANN) -> Kept:
        return await self.eraser.what_is_kept("test", person)

    async def erase(self, person: str = ANN) -> Erased:
        return await self.eraser.erase("test", person, SENTENCE)

    async def age(self, seconds: float) -> None:
        """Let all erasures be so much older."""
        sql = "UPDATE jobs SET erased = erased - ?, stripped = stripped - ?"
        await self.ledger.call(self.ledger._db.execute, sql, (seconds, seconds))

    async def tidy(self) -> None:
        self.eraser._tidied = -EVERY
        await self.eraser._tidy()
        await self.turn_later()

    async def turn_later(self) -> bool:
        """A turn of the eraser when the ledger's file may be written anew once more."""
        self.ledger.persons._rewritten = -REWRITE_EVERY
        return await self.eraser.turn()

    def row(self, job: Job) -> dict[str, Any]:
        with contextlib.closing(sqlite3.connect(self.folder / "ledger.sqlite3")) as db:
            db.row_factory = sqlite3.Row
            return dict(db.execute("SELECT * FROM jobs WHERE id = ?", [job.id]).fetchone())


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    made = Vault(tmp_path / "data")
    yield made
    made.ledger.close()


async def test_what_is_kept_is_counted(vault: Vault) -> None:
    assert await vault.kept() == Kept()
    began = time.time()
    await vault.paint()
    await vault.paint(replied=False)
    await vault.accept(age=2 * DAY)
    await vault.paint(BOB)
    await vault.keep_style()
    kept = await vault.kept()
    assert (kept.under_way, kept.undelivered, kept.finished, kept.records) == (1, 1, 1, 3)
    assert kept.finished_until == pytest.approx(began + 3600 * KEEP_HOURS, abs=60)
    assert kept.left.style_until == pytest.approx(began + 3600 * KEEP_HOURS, abs=60)
    assert kept.since == pytest.approx(began - 2 * DAY, abs=60)
    assert kept.can_be_erased
    assert (kept.coded, kept.leaving) == (0, 0)


async def test_at_once_nothing_is_found_of_who_has_all_deleted(vault: Vault) -> None:
    for number in range(30):
        await vault.paint(place=SERVER if number % 2 else ANN)
        await vault.paint(BOB)
    await vault.leave_about()
    await vault.leave_about(BOB)
    left = (await vault.kept()).left
    assert dataclasses.replace(left, style_until=None) == Left(None, 1, 1, has_settings=True, is_noted=True)
    assert len(traces(vault.folder, ANN)) > 60
    erased = await vault.erase()
    assert erased == Erased(records=30, cancelled=0, finished=30, leaving=0, left=left)
    assert traces(vault.folder, ANN) == []
    assert not (await vault.kept()).left.is_anything
    assert set((await vault.galleries.of("test", SERVER)).own.values()) == {"", BOB}, "styles of a place are its own"
    assert (await vault.galleries.of("test", ANN)).own == {}
    assert (await vault.places.of("test", ANN)).size is None
    assert dataclasses.replace((await vault.kept(BOB)).left, style_until=None) == dataclasses.replace(
        left, style_until=None
    )
    assert len(traces(vault.folder, BOB)) > 60, "others lose nothing"
    kept = await vault.kept()
    assert (kept.records, kept.coded, kept.can_be_erased) == (0, 30, False)


async def test_the_code_goes_after_a_day(vault: Vault) -> None:
    job = await vault.paint(place=ANN)
    await vault.erase()
    row = vault.row(job)
    codes = [row["person"], row["place"], row["origin"]]
    assert all(code.startswith("~") and len(code) == 33 for code in codes)
    await vault.age(DAY - 60)
    await vault.tidy()
    assert "ledger.sqlite3" in traces(vault.folder, codes[0])
    await vault.age(120)
    await vault.tidy()
    assert traces(vault.folder, *codes) == []
    row = vault.row(job)
    assert (row["person"], row["place"], row["origin"], row["address"]) == ("", "", job.id, "{}")
    assert await vault.kept() == Kept()


async def test_what_a_worker_leaves_that_hears_of_it_late_goes_too(vault: Vault) -> None:
    job, theirs = await vault.paint(), await vault.paint(BOB)
    await vault.erase()
    late = [part_key(job.id, "picture", 2), preview_key(job.id)]
    for key in late:
        await vault.blobs.put_new(key, b"late")
    await vault.tidy()
    assert [await vault.blobs.get(key) for key in late] == [None, None]
    assert await vault.blobs.get(preview_key(theirs.id)) is not None


async def test_a_style_is_kept_no_longer_than_is_told(vault: Vault) -> None:
    for person in (ANN, BOB):
        await vault.keep_style(person)
    for person, age in ((ANN, 3600 * KEEP_HOURS + 60), (BOB, 60.0)):
        path = vault.keepsakes._path("test", person)
        os.utime(path, (time.time() - age,) * 2)
    await vault.tidy()
    assert len(list((vault.folder / "kept_styles").iterdir())) == 1
    assert (await vault.kept(BOB)).left.style_until is not None


async def test_two_ledgers_have_codes_of_their_own(vault: Vault, tmp_path: Path) -> None:
    other = Vault(tmp_path / "other")
    codes = []
    for each in (vault, other):
        job = await each.paint()
        await each.erase()
        codes.append(each.row(job)["person"])
    other.ledger.close()
    assert codes[0] != codes[1]


async def test_a_picture_that_anothers_job_was_painted_from_stays_theirs(vault: Vault) -> None:
    own, shared = await vault.paint(), await vault.paint(photo="a photo of both")
    theirs = await vault.paint(BOB, photo="a photo of both")
    await vault.erase()
    assert await vault.blobs.get(own.photo) is None
    assert await vault.blobs.get(shared.photo) is not None
    assert await vault.blobs.get(part_key(theirs.id, "picture", 1)) is not None
    await vault.erase(BOB)
    assert await vault.blobs.get(theirs.photo) is None
    assert not [path for path in (vault.folder / "blobs").rglob("*") if path.is_file()]


async def test_what_is_under_way_is_cancelled_and_keeps_its_address_until_that_is_told(vault: Vault) -> None:
    running, waiting = await vault.accept(), await vault.accept()
    await vault.ledger.call(vault.ledger.release, 1)
    erased = await vault.erase()
    assert (erased.cancelled, erased.leaving) == (2, 2)
    assert vault.woken == 1
    recalled = await vault.ledger.call(vault.ledger.recalled)
    assert {(job.id, job.state, job.sentence) for job in recalled} == {
        (running.id, "cancelled", SENTENCE),
        (waiting.id, "cancelled", SENTENCE),
    }
    assert [job.address for job in recalled] == [running.address, waiting.address]
    assert await vault.blobs.get(running.photo) is None, "the pictures go at once"
    assert (await vault.kept()).leaving == 2
    vault.reopen()
    for job in (running, waiting):
        assert await vault.eraser.turn() is True
        await vault.ledger.call(vault.ledger.mark_replied, job.id)
        await vault.ledger.call(vault.ledger.mark_told, job.id)
    assert await vault.turn_later() is False
    assert traces(vault.folder, ANN) == []
    assert await vault.ledger.call(vault.ledger.waiting) == []


async def test_a_finished_picture_is_brought_before_it_goes(vault: Vault) -> None:
    job = await vault.paint(replied=False)
    assert (await vault.erase()).leaving == 1
    assert await vault.blobs.get(part_key(job.id, "picture", 1)) is not None
    (unanswered,) = await vault.ledger.call(vault.ledger.unanswered)
    assert unanswered.address == job.address
    await vault.ledger.call(vault.ledger.mark_replied, job.id)
    await vault.turn_later()
    assert traces(vault.folder, ANN) == []


@pytest.mark.parametrize("how", ["gone", "overdue", "nobody serves it"])
async def test_an_answer_that_does_not_arrive_is_not_waited_for(vault: Vault, how: str) -> None:
    job = await vault.paint(replied=False)
    await vault.erase()
    if how == "gone":
        await vault.ledger.call(vault.ledger.mark_gone, job.id, f"the talk with {ANN} is no more")
    elif how == "overdue":
        await vault.ledger.call(vault.ledger.mark_overdue, job.id, time.time() + 60)
    else:
        await vault.age(DAY + 60)
    await vault.turn_later()
    assert traces(vault.folder, ANN) == []
    assert await vault.ledger.call(vault.ledger.unanswered) == [], "nobody tries to answer it without its address"


async def test_an_address_that_is_noted_too_late_is_not_kept(vault: Vault) -> None:
    job = await vault.paint()
    await vault.erase()
    await vault.ledger.call(vault.ledger.merge_address, job.id, {"user_id": ANN})
    assert vault.row(job)["address"] == "{}"
    assert (await vault.ledger.call(vault.ledger.job, job.id)).is_erased


async def test_limits_hold_for_who_comes_back(vault: Vault) -> None:
    for _ in range(2):
        await vault.paint(place=ANN)
    await vault.erase()
    now = time.time()

    async def asks(limits: Limits, person: str = ANN, place: str = ANN) -> None:
        await vault.ledger.call(vault.ledger.check_room, "test", place, person, limits, now)

    for limits in (
        Limits(9, 9, 9, per_person_per_day=2),
        Limits(9, 9, 9, per_place_per_day=2),
        Limits(9, 9, 9, cooldown=600),
    ):
        with pytest.raises(TooMany):
            await asks(limits)
        await asks(limits, BOB, SERVER)
    await asks(Limits(9, 9, 9, per_person_per_day=3, per_place_per_day=3))


async def test_what_was_cancelled_before_it_began_counts_no_more_than_without(vault: Vault) -> None:
    jobs = [await vault.accept(), await vault.accept()]
    await vault.ledger.call(vault.ledger.release, 1)
    await vault.erase()
    assert sorted(vault.row(job)["counts"] for job in jobs) == [0, 1]


async def test_a_message_that_comes_twice_makes_no_new_job_of_an_erased_one(vault: Vault) -> None:
    job = await vault.paint()
    await vault.erase()
    again = await vault.ledger.call(vault.ledger.accept, dataclasses.replace(job, id="job999999"), COST, WIDE)
    assert (again.id, again.is_new, again.is_erased) == (job.id, False, True)


@pytest.mark.parametrize("place", [SERVER, ANN], ids=["a server", "alone"])
async def test_turns_are_not_forgiven(vault: Vault, tmp_path: Path, place: str) -> None:
    """Who comes back after an erasure waits as long as who cancelled the same jobs."""
    other = Vault(tmp_path / "other")
    for each in (vault, other):
        for _ in range(20):
            await each.accept(BOB)
        for _ in range(4):
            await each.accept(place=place)
        await each.ledger.call(each.ledger.release, 6)
    await vault.erase()
    assert ANN not in str(await vault.ledger.call(_passes, vault.ledger))
    for job in await other.ledger.call(other.ledger.under_way, "test", ANN, ""):
        await other.ledger.call(other.ledger.settle, job.id, "cancelled", "")
    for each in (vault, other):
        await each.accept(place=place)
    passes, wanted = [await each.ledger.call(_passes, each.ledger) for each in (vault, other)]
    assert passes == wanted
    orders = [await each.ledger.call(each.ledger.waiting) for each in (vault, other)]
    assert orders[0] == orders[1]
    other.ledger.close()


async def test_turns_go_with_the_code(vault: Vault) -> None:
    await vault.paint()
    await vault.paint(place=ANN)
    await vault.paint(BOB)
    await vault.erase()
    await vault.tidy()
    assert len(await vault.ledger.call(_passes, vault.ledger)) == 6
    await vault.age(DAY + 60)
    await vault.tidy()
    assert set(await vault.ledger.call(_passes, vault.ledger)) == {
        ("", "", ""),
        ("test", SERVER, ""),
        ("test", SERVER, BOB),
    }


def _passes(ledger: Ledger) -> dict[tuple[str, str, str], float]:
    rows = ledger._db.execute("SELECT platform, place, person, pass FROM shares ORDER BY level, person")
    return {(platform, place, person): value for platform, place, person, value in rows}


async def test_a_place_is_forgotten_where_nobody_else_was(vault: Vault) -> None:
    alone, together = await vault.paint(place=ANN), await vault.paint(place=SERVER)
    await vault.paint(BOB, place=SERVER)
    await vault.erase()
    assert (vault.row(alone)["place"][0], vault.row(together)["place"]) == ("~", SERVER)


async def test_erasing_again_and_erasing_nothing(vault: Vault) -> None:
    assert await vault.erase() == Erased()
    await vault.accept()
    first, second = await vault.erase(), await vault.erase()
    assert (first.records, first.cancelled, first.leaving) == (1, 1, 1)
    assert second == Erased(leaving=1)
    await vault.paint()
    assert (await vault.erase()).records == 1
    await vault.keep_style()
    erased = await vault.erase()
    assert erased.left.style_until is not None
    assert dataclasses.replace(erased, left=Left()) == Erased(leaving=1)
    assert (await vault.kept()).leaving == 1


class Killed(BaseException):
    """The process ends here."""


KILLS: list[tuple[str, Callable[[Vault], Any], str]] = [
    ("the record", lambda vault: vault.ledger.persons, "erase"),
    ("the kept style", lambda vault: vault.keepsakes, "forget"),
    ("the notes", lambda vault: vault.notes, "forget"),
    ("the settings", lambda vault: vault.places, "forget"),
    ("the styles", lambda vault: vault.galleries, "forget"),
    ("the person's record", lambda vault: vault.ledger.persons, "close_erasure"),
    ("a picture", lambda vault: vault.blobs, "delete"),
    ("what was painted", lambda vault: vault.blobs, "delete_below"),
    ("a checkpoint", lambda vault: vault.checkpoints, "remove"),
    ("whose they were", lambda vault: vault.ledger.persons, "strip"),
    ("the file's free space", lambda vault: vault.ledger.persons, "scrub"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("owner", "method"), [kill[1:] for kill in KILLS], ids=[kill[0] for kill in KILLS])
async def test_an_erasure_is_carried_out_though_the_bot_ends_in_the_middle(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, owner: Callable[[Vault], Any], method: str, when: str
) -> None:
    waiting = await vault.accept()
    for _ in range(2):
        await vault.paint()
    await vault.paint(BOB)
    await vault.leave_about()
    act = getattr(owner(vault), method)

    def killed(*arguments: Any) -> Any:
        if when == "before":
            raise Killed
        outcome = act(*arguments)
        if not asyncio.iscoroutine(outcome):
            raise Killed

        async def then() -> None:
            await outcome
            raise Killed

        return then()

    with monkeypatch.context() as life, pytest.raises(Killed):
        life.setattr(owner(vault), method, killed)
        await vault.erase()
    vault.reopen()
    if (method, when) == ("erase", "before"):
        assert (await vault.kept()).records == 3, "nothing was promised yet"
        return
    assert (await vault.kept()).records == 0
    await vault.eraser.turn()
    await vault.ledger.call(vault.ledger.mark_replied, waiting.id)
    assert await vault.turn_later() is False
    assert traces(vault.folder, ANN) == []
    assert not (await vault.kept()).left.is_anything
    assert len(traces(vault.folder, BOB)) > 5


@pytest.mark.parametrize("is_older", [True, False], ids=["an older version", "moved records"])
async def test_what_was_left_in_the_free_space_of_the_file_goes_too(tmp_path: Path, is_older: bool) -> None:
    """SQLite leaves copies of records there that it moved to other pages, in spite of secure_delete."""
    folder = tmp_path / "data"
    vault = Vault(folder)
    jobs = [await vault.paint() for _ in range(20)]
    vault.ledger.close()
    with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        if is_older:
            db.execute("DELETE FROM house WHERE name = 'clean'")
        for job in jobs[1:]:
            db.execute("UPDATE jobs SET address = '{}', origin = id, person = 'x' WHERE id = ?", [job.id])
    vault.open()
    assert "ledger.sqlite3" in traces(folder, ANN)
    await vault.erase()
    assert "ledger.sqlite3" not in traces(folder, ANN)
    vault.ledger.close()


async def test_a_file_that_somebody_reads_is_scrubbed_later(vault: Vault) -> None:
    await vault.paint()
    with contextlib.closing(sqlite3.connect(vault.folder / "ledger.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM jobs").fetchone()
        await vault.erase()
        assert await vault.eraser.turn() is True
        assert traces(vault.folder, ANN)
        reader.execute("COMMIT")
    assert await vault.turn_later() is False
    assert traces(vault.folder, ANN) == []


class Front:
    """A platform that takes answers once it is open."""

    platform = "test"

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.answers: dict[str, Answer] = {}
        self.addresses: dict[str, Any] = {}

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def check(self) -> str:
        return "a test"

    async def show(self, job: Job, event: Queued | Running) -> None:
        return

    async def answer(self, job: Job, answer: Answer) -> None:
        await self.is_open.wait()
        self.answers[job.id], self.addresses[job.id] = answer, job.address


@contextlib.asynccontextmanager
async def a_bot(folder: Path, front: Front, seconds: float = 0.0) -> AsyncIterator[Atelier]:
    """A whole bot, whose engine takes so long for a picture."""
    driver = InstantEngineDriver(seconds=seconds, steps=max(int(10 * seconds), 1))
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(driver.stop)
        config = Config.model_validate({"storage": {"path": folder}})
        atelier = await stack.enter_async_context(open_atelier(config, driver))
        serving = asyncio.create_task(atelier.serve(front))
        stack.callback(serving.cancel)
        yield atelier


async def ask(atelier: Atelier, number: int, person: str = ANN) -> Job:
    who = ("test", person, person, f"{person}:{number}")
    return await atelier.studio.submit(StylizeRequest(*who, a_picture(), ("waves",), {"user_id": person}))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def test_the_whole_bot_forgets_a_person_while_it_paints_for_them(tmp_path: Path) -> None:
    front = Front()
    front.is_open.set()
    async with a_bot(tmp_path, front, seconds=3600.0) as atelier:
        running, waiting = await ask(atelier, 1), await ask(atelier, 2)
        theirs = await ask(atelier, 1, BOB)
        async with asyncio.timeout(60):
            async for event in atelier.studio.watch(running.id):
                if isinstance(event, Running) and event.step:
                    break
        erased = await atelier.studio.privacy.erase("test", ANN)
        assert (erased.records, erased.cancelled) == (2, 2)
        await until(lambda: {running.id, waiting.id} <= front.answers.keys())
        for job in (running, waiting):
            assert front.answers[job.id].sentence == SENTENCE
            assert front.addresses[job.id] == {"user_id": ANN}
        await until(lambda: traces(tmp_path, ANN) == [])
        with pytest.raises(NoSuchJob, match="deleted"):
            await atelier.studio.job(running.id)
        async for event in atelier.studio.watch(theirs.id):
            assert not isinstance(event, Finished)
            if isinstance(event, Running):
                break


async def test_an_erasure_goes_on_after_a_restart_of_the_bot(tmp_path: Path) -> None:
    closed, front = Front(), Front()
    async with a_bot(tmp_path, closed) as atelier:
        done = await ask(atelier, 1)
        async for _ in atelier.studio.watch(done.id):
            pass
        assert (await atelier.studio.privacy.erase("test", ANN)).leaving == 1
    assert traces(tmp_path, ANN)
    front.is_open.set()
    async with a_bot(tmp_path, front):
        await until(lambda: traces(tmp_path, ANN) == [])
    assert front.answers[done.id].picture is not None, "what was ready is brought first"


async def test_what_is_just_being_taken_is_not_accepted_after_the_erasure(tmp_path: Path) -> None:
    async with a_bot(tmp_path, Front(), seconds=3600.0) as atelier:
        studio = atelier.studio
        async with studio._blobs.inputs:
            taking, others = asyncio.create_task(ask(atelier, 1)), asyncio.create_task(ask(atelier, 1, BOB))
            await until(lambda: studio.privacy._takings.count() == 2)
            erasing = asyncio.create_task(studio.privacy.erase("test", ANN))
            await asyncio.sleep(0)
        with pytest.raises(Refusal, match="ask again"):
            await taking
        assert await erasing == Erased()
        assert not (await others).is_over
        assert await studio.privacy.what_is_kept("test", ANN) == Kept()
        assert (await ask(atelier, 2)).is_new
        assert studio.privacy._takings.count() == 0


def test_every_sentence_is_said_of_one_and_of_many() -> None:
    for count, word in ((1, "one"), (3, "3")):
        left = Left(2.0, count, count, has_settings=True, is_noted=True)
        kept = Kept(count, count, count, 1.0, count, 3.0, count, count, left)
        lines = privacy_text.kept_lines(kept, lambda moment: f"<{moment:g}>")
        assert len(lines) == 11
        assert "<1>" in lines[2] and "<2>" in lines[3] and "<3>" in lines[8]
        erased = privacy_text.erased_lines(Erased(count, count, count, count, left))
        assert len(erased) == 9
        assert sum(word in line.casefold() for line in [*lines, *erased]) == 12
        assert "cancelled" in privacy_text.question(kept)
    assert privacy_text.kept_lines(Kept(), str) == ["Nothing."]
    assert privacy_text.erased_lines(Erased()) == ["I keep nothing of you, so there was nothing to delete."]
    assert "by itself" in privacy_text.erased_lines(Erased(records=1, is_held=True))[0]
