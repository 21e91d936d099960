"""What places choose for themselves, and that the studio keeps to it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.app import Atelier
from bot.errors import BadOption, BadPicture, BadSetting, DamagedSettings, NotAllowed, NotHere, StorageTrouble, TooMany
from bot.languages import NAMES
from bot.limits import Limits
from bot.place_settings import PlaceSettings
from bot.places import Places, name_of
from bot.requests import Options, StylizeRequest
from bot.reruns import Rerun
from nst_engine.settings import style_weight_for
from tests.conftest import OpenAtelier

EVERYTHING: dict[str, Any] = {
    "channels": ("11", "12"),
    "who": "roles",
    "roles": ("7",),
    "adders": "everyone",
    "per_person": 2,
    "per_place": 10,
    "per_person_per_day": 20,
    "cooldown": 30,
    "largest_size": 1024,
    "style": "starry_night",
    "strength": 60,
    "size": 512,
    "colours": "content",
    "language": "de",
}
HERE = ("test", "here")


async def test_what_a_place_chose_outlives_the_bot(tmp_path: Path) -> None:
    places = Places(tmp_path / "places")
    assert await places.of(*HERE) == PlaceSettings()
    chosen = await places.change(*HERE, **EVERYTHING)
    assert chosen == PlaceSettings(**EVERYTHING) == await places.of(*HERE)
    assert await Places(tmp_path / "places").of(*HERE) == chosen
    assert await places.of("test", "there") == await places.of("other", "here") == PlaceSettings()


async def test_one_change_leaves_the_rest(tmp_path: Path) -> None:
    places = Places(tmp_path)
    await places.change(*HERE, who="moderators")
    await asyncio.gather(places.change(*HERE, size=300), places.change(*HERE, strength=10))
    expected = PlaceSettings(who="moderators", size=300, strength=10)
    assert await places.of(*HERE) == expected == await Places(tmp_path).of(*HERE)


async def test_a_place_is_set_back(tmp_path: Path) -> None:
    places = Places(tmp_path)
    await places.change(*HERE, **EVERYTHING)
    assert places.path_of(*HERE).exists()
    assert await places.reset(*HERE) == PlaceSettings() == await places.of(*HERE)
    assert not places.path_of(*HERE).exists()
    assert await Places(tmp_path).of(*HERE) == PlaceSettings()


async def test_what_a_place_chose_moves_with_it(tmp_path: Path) -> None:
    places = Places(tmp_path)
    await places.change(*HERE, size=300)
    await places.move("test", "here", "there")
    await places.move("test", "nowhere", "there")
    for known in (places, Places(tmp_path)):
        assert (await known.of("test", "there")).size == 300
        assert await known.of(*HERE) == PlaceSettings()
        assert await known.has_chosen("test", "there") and not await known.has_chosen(*HERE)


async def test_the_operator_sees_what_was_chosen_and_no_more(tmp_path: Path) -> None:
    await Places(tmp_path).change("discord", "1234", who="moderators", channels=("5",))
    held = json.loads((tmp_path / "discord_1234.json").read_text())
    expected = {"channels": ["5"], "who": "moderators"}
    assert held == {"platform": "discord", "place": "1234", "settings": expected}


@pytest.mark.parametrize("place", ["../../etc", "a/b", "", "x" * 300, "1.2"])
async def test_no_place_leaves_the_folder(tmp_path: Path, place: str) -> None:
    await Places(tmp_path / "places").change("web", place, size=64)
    (file,) = (tmp_path / "places").iterdir()
    assert file.stem == name_of("web", place)
    assert (await Places(tmp_path / "places").of("web", place)).size == 64


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b"{}",
        b'{"settings": 3}',
        b'{"settings": []}',
        b'{"settings": ""}',
        b'{"settings": {"who": "nobody I know"}}',
        b'{"settings": {"channels": "12"}}',
        b'{"settings": {"channels": [12]}}',
        b'{"settings": {"of a later version": 1}}',
        b'{"settings": {"who": "moderators"',
    ],
)
async def test_a_damaged_file_opens_nothing_and_is_kept(tmp_path: Path, data: bytes) -> None:
    places = Places(tmp_path)
    path = places.path_of(*HERE)
    path.write_bytes(data)
    with capture_logs() as logs:
        for work in (places.of(*HERE), places.change(*HERE, size=64), places.reset(*HERE)):
            with pytest.raises(DamagedSettings, match="tell the bot's operator"):
                await work
    assert len(logs) == 1, "it is looked at again for whatever is said there"
    assert str(path) in logs[0]["reason"]
    assert path.read_bytes() == data
    path.write_text('{"settings": {"size": 64}}')
    assert (await places.of(*HERE)).size == 64


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "places").write_text("in the way")
    with pytest.raises(StorageTrouble):
        await Places(tmp_path / "places").change(*HERE, size=64)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"per_person": 0}, "Pictures of one person at once must be a whole number from 1 to 1,000"),
        ({"per_place": True}, "whole number"),
        ({"per_person_per_day": 2.5}, "whole number"),
        ({"cooldown": 90_000}, "from 0 to 86,400"),
        ({"largest_size": 5}, "from 32"),
        ({"strength": 101}, "from 0 to 100"),
        ({"size": 10_000, "largest_size": 512}, "choose a smaller usual size"),
        ({"who": "nobody"}, "everyone, roles and moderators"),
        ({"adders": ""}, "everyone, roles and moderators"),
        ({"colours": "grey"}, "must be one of"),
        ({"language": "tlh"}, "must be one of"),
        ({"channels": tuple(map(str, range(26)))}, "at most 25"),
        ({"roles": ("",)}, "list of ids"),
        ({"style": "x" * 200}, "name of a style"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    places = Places(tmp_path)
    before = await places.change(*HERE, strength=5)
    with pytest.raises(BadSetting, match=words):
        await places.change(*HERE, **wrong)
    assert await places.of(*HERE) == before == await Places(tmp_path).of(*HERE)


def test_every_language_there_is_may_be_chosen() -> None:
    for code in NAMES:
        assert PlaceSettings(language=code).checked().language == code


def test_where_the_bot_works() -> None:
    PlaceSettings().check_channel(["1"])
    only = PlaceSettings(channels=("1", "2"))
    only.check_channel(["1"])
    only.check_channel(["99", "2"])
    with pytest.raises(NotHere, match=r"I work in <#1> or <#2> only; .*ask a moderator"):
        only.check_channel(["99", "98"], "<#{}>".format)


def test_who_may_ask() -> None:
    PlaceSettings().check_person()
    for settings, words in (
        (PlaceSettings(who="moderators", roles=("7",)), "only moderators"),
        (PlaceSettings(who="roles"), "only moderators"),
        (PlaceSettings(who="roles", roles=("7", "8")), "with the role <@&7> or <@&8>"),
    ):
        settings.check_person(is_moderator=True)
        with pytest.raises(NotAllowed, match=words):
            settings.check_person(["9"], called="<@&{}>".format)
    PlaceSettings(who="roles", roles=("7",)).check_person(["9", "7"])


def test_who_may_add_to_the_gallery() -> None:
    assert not PlaceSettings().may_add(["7"])
    assert PlaceSettings().may_add(is_moderator=True)
    assert PlaceSettings(adders="everyone").may_add()
    assert PlaceSettings(adders="roles", roles=("7",)).may_add(["7"])
    assert not PlaceSettings(adders="roles", roles=("7",)).may_add(["8"])


def test_limits_become_tighter_only() -> None:
    operator = Limits(5, 50, 500, 0, 9, 10.0)
    assert PlaceSettings().tightened(operator) == operator
    tight = PlaceSettings(per_person=2, per_place=4, per_person_per_day=3, cooldown=60)
    assert tight.tightened(operator) == Limits(2, 4, 500, 3, 9, 60.0)
    wide = PlaceSettings(per_person=9, per_place=900, per_person_per_day=30, cooldown=1)
    assert wide.tightened(Limits(5, 50, 500, 20, 0, 10.0)) == Limits(5, 50, 500, 20, 0, 10.0)


@pytest.fixture
def ask(photo: bytes) -> Any:
    count = iter(range(99))

    def make(**changes: Any) -> StylizeRequest:
        values: dict[str, Any] = {"person": "ann", "styles": ("waves",), "options": Options(steps=5000), **changes}
        return StylizeRequest("test", "here", origin=f"message {next(count)}", photo=photo, **values)

    return make


async def test_what_is_usual_fills_what_was_not_chosen(atelier: Atelier, ask: Any) -> None:
    studio = atelier.studio
    await studio.places.change(*HERE, style="starry_night", strength=30, size=48, colours="content")
    usual = await studio.submit(ask(styles=()))
    assert usual.style_title == "The Starry Night"
    expected = {"style_weight": style_weight_for(30), "size": 48, "colours": "content"}
    assert expected.items() <= usual.settings.items()
    chosen = await studio.submit(ask(options=Options(strength=90, size=40, colours="style", steps=5000)))
    assert chosen.style_title != "The Starry Night"
    expected = {"style_weight": style_weight_for(90), "size": 40, "colours": "style"}
    assert expected.items() <= chosen.settings.items()
    await studio.places.change(*HERE, strength=None)
    suited = await studio.submit(ask(styles=()))
    own = studio.gallery.styles["starry_night"].defaults.strength
    assert own not in (None, studio.default_strength)
    assert suited.settings["style_weight"] == style_weight_for(own), "the style's own, before the configuration's"
    weighed = await studio.submit(ask(options=Options(style_weight=0.5, preset="draft")))
    assert weighed.settings["style_weight"] == 0.5 and weighed.settings["size"] != 48
    await studio.places.change(*HERE, strength=1, colours="luminance")
    again = await studio.rerun(chosen.id, Rerun("here", "bob", "again"))
    assert expected.items() <= again.settings.items()
    for job in (usual, chosen, suited, weighed, again):
        await studio.cancel(job.id, "", moderator=True)


async def test_a_usual_style_that_is_gone_is_none(atelier: Atelier, ask: Any) -> None:
    await atelier.studio.places.change(*HERE, style="taken_away")
    assert await atelier.studio.usual_style(*HERE) is None
    with pytest.raises(BadPicture, match="There is no style"):
        await atelier.studio.submit(ask(styles=()))


async def test_the_largest_size_of_a_place(atelier: Atelier, ask: Any) -> None:
    studio = atelier.studio
    before = await studio.submit(ask(options=Options(size=64, steps=5000)))
    await studio.places.change(*HERE, largest_size=48)
    with pytest.raises(BadOption, match="at most 48 pixels on the longer side, not 50; ask for a smaller size"):
        await studio.submit(ask(options=Options(size=50)))
    jobs = [await studio.submit(ask()), await studio.submit(ask(options=Options(preset="draft")))]
    jobs.append(await studio.rerun(before.id, Rerun("here", "bob", "again")))
    assert [job.settings["size"] for job in jobs] == [48, 48, 48]
    with pytest.raises(BadOption, match="at most 48"):
        await studio.rerun(before.id, Rerun("here", "bob", "larger", options=Options(size=96)))
    for job in (before, *jobs):
        await studio.cancel(job.id, "", moderator=True)


async def test_the_limits_of_a_place_hold_there_alone(open_bot: OpenAtelier, ask: Any) -> None:
    async with open_bot(queue={"max_per_person": 2}) as atelier:
        studio = atelier.studio
        await studio.places.change(*HERE, per_person=1, per_place=2)
        jobs = [await studio.submit(ask())]
        with pytest.raises(TooMany, match="You already have 1 picture"):
            await studio.submit(ask())
        jobs.append(await studio.submit(ask(person="bob")))
        with pytest.raises(TooMany, match="There are already 2 pictures"):
            await studio.rerun(jobs[0].id, Rerun("here", "cid", "again"))
        jobs.append(await studio.rerun(jobs[0].id, Rerun("there", "ann", "elsewhere")))
        await studio.places.change(*HERE, per_person=9, per_place=None, cooldown=600)
        with pytest.raises(TooMany, match="You already have 2 pictures"):
            await studio.submit(ask())
        await studio.cancel(jobs[2].id, "ann")
        with pytest.raises(TooMany, match="You asked for a picture just now"):
            await studio.submit(ask())
        for job in jobs:
            await studio.cancel(job.id, "", moderator=True)


async def test_nothing_is_taken_where_the_settings_are_damaged(atelier: Atelier, ask: Any) -> None:
    path = atelier.studio.places.path_of(*HERE)
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(DamagedSettings):
        await atelier.studio.submit(ask())
