"""What is being taken: nothing is kept of it where it is refused, or where its person has all deleted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Atelier
from bot.errors import Refusal, StorageTrouble, TooMany
from bot.queue.ledger import Ledger
from bot.requests import Job, StylizeRequest
from bot.reruns import Rerun
from bot.studio import Studio
from tests.bot.test_privacy import ANN, BOB, Front, a_bot, a_picture, ask, until


@pytest.fixture
async def atelier(tmp_path: Path) -> AsyncIterator[Atelier]:
    front = Front()
    front.is_open.set()
    async with a_bot(tmp_path, front) as running:
        yield running


@pytest.fixture
def studio(atelier: Atelier) -> Studio:
    return atelier.studio


def inputs(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "blobs" / "sha256").rglob("*") if path.is_file()}


async def done(atelier: Atelier, number: int, person: str = ANN) -> Job:
    job = await ask(atelier, number, person)
    async for _ in atelier.studio.watch(job.id):
        pass
    return job


@pytest.mark.parametrize("how", ["asked", "asked once more"])
async def test_what_was_asked_for_before_an_erasure_is_not_accepted_after_it(
    atelier: Atelier, studio: Studio, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The erasure comes as early as it can: when the settings of the place are being read."""
    theirs = await done(atelier, 1, BOB)
    of, is_reading, may_go_on = studio.places.of, asyncio.Event(), asyncio.Event()

    async def slow(platform: str, place: str) -> Any:
        is_reading.set()
        await may_go_on.wait()
        return await of(platform, place)

    monkeypatch.setattr(studio.places, "of", slow)
    wish = ask(atelier, 2) if how == "asked" else studio.rerun(theirs.id, Rerun(ANN, ANN, "again"))
    asking = asyncio.create_task(wish)
    await is_reading.wait()
    await studio.privacy.erase("test", ANN)
    may_go_on.set()
    with pytest.raises(Refusal, match="ask again"):
        await asking
    assert not (await studio.privacy.what_is_kept("test", ANN)).can_be_erased


async def test_who_fetches_a_picture_first_says_so(atelier: Atelier, studio: Studio) -> None:
    with studio.privacy.taking("test", ANN):
        await studio.privacy.erase("test", ANN)
        with pytest.raises(Refusal, match="ask again"):
            await ask(atelier, 1)
        assert (await ask(atelier, 1, BOB)).is_new
    assert (await ask(atelier, 2)).is_new


@pytest.mark.parametrize("trouble", [TooMany("too many"), StorageTrouble("the disk is full")])
async def test_nothing_is_kept_of_what_is_refused_at_the_last_moment(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    shared, own = a_picture("gold"), a_picture("navy")
    await studio.submit(StylizeRequest("test", BOB, BOB, "1", shared, (a_picture("pink"),)))
    before = inputs(tmp_path)

    def refused(*_arguments: Any, **_options: Any) -> Job:
        raise trouble

    with monkeypatch.context() as moment:
        moment.setattr(Ledger, "accept", refused)
        with pytest.raises(type(trouble)):
            await studio.submit(StylizeRequest("test", ANN, ANN, "2", shared, (own,)))
    assert inputs(tmp_path) == before, "the photo is another's, too"


async def test_nothing_is_kept_of_a_message_that_comes_twice(studio: Studio, tmp_path: Path) -> None:
    """Both look for the other's job before either is written down."""
    requests = [StylizeRequest("test", ANN, ANN, "1", a_picture(colour), ("waves",)) for colour in ("red", "navy")]
    async with studio._blobs.inputs:
        asking = [asyncio.create_task(studio.submit(request)) for request in requests]
        await until(lambda: len(studio._blobs.inputs._waiters or ()) == 2)
    first, second = await asyncio.gather(*asking)
    assert first.id == second.id
    assert len(inputs(tmp_path)) == 2
