"""Jobs painted once more, through a bot whose engine paints nothing."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_atelier
from bot.config import Config
from bot.errors import BadOption, NoSuchJob
from bot.gallery.defaults import suited
from bot.requests import Job, Options, StylizeRequest
from bot.reruns import Rerun, settings_again, strength_of
from bot.studio import Studio
from nst_engine.settings import MAX_STEPS, Settings, style_weight_for
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.pictures import half

numbers = itertools.count()
ENDLESS = Options(steps=MAX_STEPS)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    engine = InstantEngineDriver()
    config = Config.model_validate({"storage": {"path": tmp_path}, "engine": {"default_size": 64}})
    try:
        async with open_atelier(config, engine) as atelier:
            yield atelier.studio
    finally:
        await engine.stop()


def own_strength(studio: Studio, *names: str) -> int:
    """The strength that suits these styles of the gallery."""
    strength = suited([studio.gallery.styles[name] for name in names], studio.default_strength).strength
    assert strength is not None
    return strength


async def ask(studio: Studio, photo: bytes, **changes: Any) -> Job:
    values: dict[str, Any] = {"platform": "test", "place": "here", "person": "ann", "origin": str(next(numbers))}
    return await studio.submit(StylizeRequest(**{**values, "photo": photo, "styles": ("starry night",), **changes}))


def again(**changes: Any) -> Rerun:
    values = {"place": "there", "person": "bob", "origin": str(next(numbers)), "address": {"way": 1}}
    return Rerun(**{**values, **changes})


async def over(studio: Studio, job: Job) -> Job:
    async for _ in studio.watch(job.id):
        pass
    return await studio.job(job.id)


async def test_it_keeps_what_is_not_changed_and_answers_who_asked(
    studio: Studio, photo: bytes, painting: bytes
) -> None:
    options = Options(size=96, style_weights=(2.0, 1.0), seed=4)
    job = await ask(studio, photo, styles=("starry night", painting), options=options)
    rerun = await studio.rerun(job.id, again(options=Options(strength=20)))
    assert (rerun.place, rerun.person, rerun.address) == ("there", "bob", {"way": 1})
    assert (rerun.photo, rerun.styles, rerun.style_title) == (job.photo, job.styles, job.style_title)
    assert rerun.settings == {**job.settings, "style_weight": style_weight_for(20)}
    assert (await over(studio, rerun)).state == "done"


async def test_it_keeps_the_masks_with_the_styles(studio: Studio, photo: bytes) -> None:
    styles = ("starry night", "lilac")
    job = await ask(studio, photo, styles=styles, masks=(half(), None))
    assert (await studio.rerun(job.id, again())).masks == job.masks
    assert (await studio.rerun(job.id, again(styles=styles))).masks == ()


async def test_another_style(studio: Studio, photo: bytes) -> None:
    job = await ask(studio, photo, styles=("starry night", "lilac"), options=Options(style_weights=(2.0, 1.0)))
    rerun = await studio.rerun(job.id, again(styles=("mosaic",)))
    assert (rerun.style_title, len(rerun.styles)) == (studio.gallery.find("mosaic").title, 1)
    assert rerun.settings["style_weights"] == []


async def test_another_style_is_painted_as_suits_it(studio: Studio, photo: bytes) -> None:
    scream, ink_strength = own_strength(studio, "the_scream"), own_strength(studio, "ink_landscape")
    both = own_strength(studio, "the_scream", "stained_glass")
    assert len({scream, ink_strength, both, studio.default_strength, 20}) == 5
    job = await ask(studio, photo, styles=("the scream",))
    assert strength_of(job.settings) == scream
    assert await studio.has_usual_strength(job)
    ink = await studio.rerun(job.id, again(styles=("ink landscape",)))
    assert (strength_of(ink.settings), ink.settings["start"]) == (ink_strength, {"matched": 1.0})
    back = await studio.rerun(ink.id, again(styles=("the scream", "stained glass")))
    assert (strength_of(back.settings), back.settings["start"]) == (both, {"content": 1.0})
    own = await studio.rerun(back.id, again(styles=(await studio._input(job.photo),)))
    assert strength_of(own.settings) == studio.default_strength
    softer = await studio.rerun(own.id, again(styles=("the scream",), options=Options(strength=20)))
    assert strength_of(softer.settings) == 20


async def test_what_was_chosen_stays_with_another_style(studio: Studio, photo: bytes) -> None:
    chosen = Options(strength=20, start={"noise": 1.0}, scales=2)
    job = await ask(studio, photo, styles=("the scream",), options=chosen)
    assert not await studio.has_usual_strength(job)
    ink = await studio.rerun(job.id, again(styles=("ink landscape",)))
    assert (strength_of(ink.settings), ink.settings["start"], ink.settings["scales"]) == (20, {"noise": 1.0}, 2)


async def test_the_strength_of_a_place_goes_before_that_of_another_style(studio: Studio, photo: bytes) -> None:
    job = await ask(studio, photo, styles=("the scream",))
    await studio.places.change("test", "there", strength=33)
    assert strength_of((await studio.rerun(job.id, again(styles=("lilac",)))).settings) == 33
    assert strength_of((await studio.rerun(job.id, again())).settings) == own_strength(studio, "the_scream")
    assert await studio.usual_strength("test", "there", ("lilac",)) == 33
    assert await studio.usual_strength("test", "here", ("lilac",)) == own_strength(studio, "lilac")
    assert await studio.usual_strength("test", "here") == studio.default_strength


async def test_the_same_origin_is_one_job(studio: Studio, photo: bytes) -> None:
    job, rerun = await ask(studio, photo), again()
    first = await studio.rerun(job.id, rerun)
    second = await studio.rerun(job.id, rerun)
    assert (second.id, second.is_new) == (first.id, False)


async def test_what_is_kept_no_more_cannot_be_painted_once_more(studio: Studio, photo: bytes) -> None:
    job = await over(studio, await ask(studio, photo))
    await studio._blobs.delete(job.photo)
    with pytest.raises(NoSuchJob, match="send the photo again"):
        await studio.rerun(job.id, again())
    with pytest.raises(NoSuchJob):
        await studio.rerun("0nothing", again())


def test_what_is_out_of_range_is_told() -> None:
    with pytest.raises(BadOption, match="Size"):
        settings_again(Settings().to_dict(), again(options=Options(size=20_000)))


@pytest.mark.parametrize("strength", [0, 1, 33, 75, 99, 100])
def test_a_strength_is_read_back(strength: int) -> None:
    assert strength_of(Settings(style_weight=style_weight_for(strength)).to_dict()) == strength


async def test_who_has_what_under_way(studio: Studio, photo: bytes) -> None:
    jobs = [
        await ask(studio, photo, person=person, place=place, options=ENDLESS)
        for person, place in (("ann", "here"), ("bob", "here"), ("ann", "there"))
    ]
    await ask(studio, photo, platform="other", person="ann", place="here")

    async def found(**where: str) -> list[str]:
        return [job.id for job in await studio.under_way("test", **where)]

    ids = [job.id for job in jobs]
    assert await found(person="ann") == [ids[0], ids[2]]
    assert await found(place="here") == ids[:2]
    assert await found() == ids
    await studio.cancel(ids[0], "ann", sentence="Too long for this place.")
    assert await found(person="ann") == [ids[2]]
    assert (await studio.job(ids[0])).sentence == "Too long for this place."
    for job_id, person in ((ids[1], "bob"), (ids[2], "ann")):
        await studio.cancel(job_id, person)
