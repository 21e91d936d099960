"""The buttons under a finished picture on Discord: for whom they are and what they do, also after a restart."""

from __future__ import annotations

import dataclasses
import io

import pytest
from PIL import Image

from adapters.discord import limits
from adapters.discord.presses import changed
from bot.acts import ACTS
from bot.errors import BadOption
from bot.requests import Job, Options
from nst_engine.settings import Settings, style_weight_for
from tests.adapters.test_discord_menus import choose, panel_of
from tests.adapters.test_discord_parts import a_job
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn, Invocation, Message, rules
from tests.standins.discord.house import House, a_style, jpeg, noise, picture_of
from tests.standins.discord.world import MANAGE_MESSAGES, MEMBER_PERMISSIONS, MIB
from tests.standins.instant_engine_process import FILM

pytest_plugins = ["tests.standins.discord.fixtures"]


async def painted(house: House, name: str = "photo.jpg", **options: object) -> tuple[Message, Job]:
    """A finished picture and its job."""
    discord = house.discord
    photo = discord.upload(jpeg(), name)
    invocation = await discord.stylize(photo, style=a_style(), **options)  # type: ignore[arg-type]
    return await house.result_of(invocation), await house.job_of(invocation)


async def result(house: House, pressed: Invocation) -> Job:
    """The job that a press made, once its picture is there."""
    await picture_of(house.discord, pressed)
    return await house.job_of(pressed)


async def test_all_ten_are_there_in_two_rows(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house)
    assert [len(row["components"]) for row in message.components] == [5, 5]
    names = ["Again", "Other style", "Stronger", "Softer", "Keep colours", "Larger", "As file", "Time-lapse", "Losses"]
    assert list(message.buttons) == [*names, "Delete"]


async def test_again_is_the_same_with_another_seed(swift_house: House, discord: DiscordStandIn) -> None:
    message, job = await painted(swift_house, strength=30, size=96)
    again = await result(swift_house, await discord.press(message, "Again"))
    assert (again.photo, again.styles, again.style_title) == (job.photo, job.styles, job.style_title)
    assert {**again.settings, "seed": 0} == job.settings
    assert again.settings["seed"] > 0
    assert message in discord.visible()


@pytest.mark.parametrize(
    ("label", "setting", "value"),
    [
        ("Stronger", "style_weight", style_weight_for(65)),
        ("Softer", "style_weight", style_weight_for(35)),
        ("Keep colours", "colours", "content"),
        ("Larger", "size", 96),
    ],
)
async def test_one_thing_is_changed(
    swift_house: House, discord: DiscordStandIn, label: str, setting: str, value: object
) -> None:
    message, job = await painted(swift_house, strength=50, seed=3)
    again = await result(swift_house, await discord.press(message, label))
    assert again.settings == {**job.settings, setting: value}
    assert again.photo == job.photo


async def test_colours_that_are_kept_can_be_given_back(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house, colours="luminance")
    again = await result(swift_house, await discord.press(message, "Painting's colours"))
    assert again.settings["colours"] == "style"


async def test_all_ten_work_after_a_restart(swift_house: House, discord: DiscordStandIn) -> None:
    message, job = await painted(swift_house)
    await swift_house.restart()
    *labels, last = message.buttons
    for label in labels:
        pressed = await discord.press(message, label)
        await discord.until(lambda pressed=pressed: shows_something(pressed))
        if label in ("Again", "Stronger", "Softer", "Keep colours", "Larger"):
            again = await result(swift_house, pressed)
            assert again.photo == job.photo
            assert again.id != job.id
    await discord.press(message, last)
    await discord.until(lambda: message.id not in discord.messages)


def shows_something(pressed: Invocation) -> bool:
    return pressed.original is not None and bool(pressed.original.files or pressed.original.buttons)


async def test_another_style_is_chosen_in_a_panel(swift_house: House, discord: DiscordStandIn) -> None:
    message, job = await painted(swift_house, strength=60)
    panel = await panel_of(discord, await discord.press(message, "Other style"))
    assert panel.chosen("strength") == ["60"]
    other = list(swift_house.studio.gallery.styles.values())[3]
    await choose(discord, panel, "style", other.id)
    await swift_house.restart()
    again = await result(swift_house, await discord.press(panel, "Paint"))
    assert (again.photo, again.style_title) == (job.photo, other.title)
    assert again.settings["style_weight"] == style_weight_for(60)


async def test_others_get_a_run_of_their_own_from_again_and_nothing_else(
    swift_house: House, discord: DiscordStandIn
) -> None:
    eve = discord.add_person("eve")
    message, job = await painted(swift_house)
    for label in [label for label in message.buttons if label != "Again"]:
        assert "press **Again**" in await told(discord, await discord.press(message, label, person=eve))
    pressed = await discord.press(message, "Again", person=eve)
    again = await result(swift_house, pressed)
    assert (again.person, again.photo) == (str(eve.id), job.photo)
    assert message in discord.visible()
    own = await swift_house.result_of(pressed)
    assert (await result(swift_house, await discord.press(own, "Softer", person=eve))).person == str(eve.id)


async def test_a_moderator_may_press_all(swift_house: House, discord: DiscordStandIn) -> None:
    moderator = discord.add_person("grace", permissions=MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    message, _ = await painted(swift_house)
    await result(swift_house, await discord.press(message, "Softer", person=moderator))
    await discord.press(message, "Delete", person=moderator)
    await discord.until(lambda: message.id not in discord.messages)


async def test_the_owner_deletes_the_picture(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house)
    await discord.press(message, "Delete")
    await discord.until(lambda: message.id not in discord.messages)
    assert discord.visible() == []


async def test_a_picture_that_is_deleted_twice(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house)
    pressed = [await discord.press(message, "Delete") for _ in range(2)]
    await discord.until(lambda: sum(method == "DELETE" for method, _ in discord.requests) == 2)
    await told(discord, await discord.invoke("queue"))
    assert [each.private_words for each in pressed] == [[], []]


async def test_losses_come_for_who_asked(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house)
    pressed = await discord.press(message, "Losses")
    await discord.until(lambda: pressed.original and pressed.original.files)
    assert pressed.original is not None
    assert pressed.original.is_ephemeral
    assert [file.name for file in pressed.original.files] == ["losses.png"]
    assert "total variation: " in pressed.original.content
    olga = discord.add_person("Olga", MEMBER_PERMISSIONS | MANAGE_MESSAGES, locale="ru")
    russian = await discord.press(message, "Losses", person=olga)
    await discord.until(lambda: russian.original and russian.original.files)
    assert russian.original is not None
    assert "полная вариация: " in russian.original.content


async def test_the_film_comes_for_all(swift_house: House, discord: DiscordStandIn) -> None:
    message, job = await painted(swift_house, name="SPOILER_photo.jpg")
    pressed = await discord.press(message, "Time-lapse")
    await discord.until(lambda: pressed.original and pressed.original.files)
    assert pressed.original is not None
    (film,) = pressed.original.files
    assert (film.name, film.data) == (f"SPOILER_atelier-{job.id}-timelapse.mp4", FILM)
    assert not pressed.original.is_ephemeral


@pytest.mark.parametrize(("missing", "ending"), [(0, ".png"), (1, ".webp")])
async def test_the_file_comes_without_loss(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch, missing: int, ending: str
) -> None:
    message, job = await painted(swift_house)
    picture = noise(512)
    await give_instead(swift_house, monkeypatch, job, picture)
    message.place.token_file_limit = len(picture) - missing
    pressed = await discord.press(message, "As file")
    await discord.until(lambda: pressed.original and pressed.original.files)
    assert pressed.original is not None
    (file,) = pressed.original.files
    assert file.name.endswith(ending)
    with Image.open(io.BytesIO(file.data)) as got, Image.open(io.BytesIO(picture)) as wanted:
        assert got.convert("RGB").tobytes() == wanted.convert("RGB").tobytes()


@pytest.mark.parametrize("hidden", ["", "SPOILER_"], ids=["shown", "spoiler"])
async def test_a_file_that_is_too_large_comes_in_parts(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    message, job = await painted(swift_house, f"{hidden}photo.jpg")
    picture = noise(512)
    await give_instead(swift_house, monkeypatch, job, picture)
    message.place.token_file_limit = 60_000
    pressed = await discord.press(message, "As file")
    count = -(-len(picture) // 60_000)
    assert count > 10
    await discord.until(lambda: len(parts(pressed)) == count)
    assert b"".join(parts(pressed)) == picture
    assert pressed.original is not None
    assert f"{count} parts" in pressed.original.content
    whole = f"{hidden}atelier-{job.id}.png"
    assert f"`cat {whole}.* > {whole}`" in pressed.original.content
    assert pressed.original.files[0].name == f"{whole}.001"


async def test_a_file_above_what_a_request_may_have_comes_in_parts(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, job = await painted(swift_house)
    picture = noise(512)
    await give_instead(swift_house, monkeypatch, job, picture)
    monkeypatch.setattr(rules, "REQUEST_LIMIT", 110_000)
    monkeypatch.setattr(limits, "FILES_LIMIT", 100_000)
    message.place.token_file_limit = 50 * MIB
    pressed = await discord.press(message, "As file")
    count = -(-len(picture) // 100_000)
    assert count > 1
    await discord.until(lambda: len(parts(pressed)) == count)
    assert b"".join(parts(pressed)) == picture


async def test_a_file_that_discord_calls_too_large_comes_in_smaller_parts(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, job = await painted(swift_house)
    picture = noise(512)
    await give_instead(swift_house, monkeypatch, job, picture)
    pressed = await discord.press(message, "As file")
    message.place.token_file_limit = 120_000
    await discord.until(lambda: sum(map(len, parts(pressed))) >= len(picture))
    assert b"".join(parts(pressed)) == picture
    assert pressed.private_words == []


async def give_instead(house: House, monkeypatch: pytest.MonkeyPatch, job: Job, picture: bytes) -> None:
    """Have the bot find another picture in its store."""
    answer = await house.studio.answer(job.id)
    assert answer is not None

    async def found(_job_id: str) -> object:
        return dataclasses.replace(answer, picture=picture)

    monkeypatch.setattr(house.studio, "answer", found)


def parts(pressed: Invocation) -> list[bytes]:
    messages = [] if pressed.original is None else [pressed.original, *pressed.followups]
    return [file.data for message in messages for file in message.files]


async def test_pictures_that_are_no_longer_kept(swift_house: House, discord: DiscordStandIn) -> None:
    message, job = await painted(swift_house)
    for key in (job.photo, *job.styles):
        await swift_house.studio._blobs.delete(key)
    assert "no longer kept" in await told(discord, await discord.press(message, "Again"))
    assert discord.visible() == [message]


async def test_a_button_of_another_channel_does_nothing(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house)
    elsewhere = discord.add_place(guild_id=discord.place.guild_id)
    copy = discord.new_message(elsewhere, 0)
    copy.components = message.components
    assert "another channel" in await told(discord, await discord.press(copy, "Again"))


async def test_a_picture_of_a_channel_that_is_age_restricted_no_more(
    swift_house: House, discord: DiscordStandIn
) -> None:
    place = discord.add_place(is_nsfw=True)
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place)
    message = await swift_house.result_of(invocation)
    place.is_nsfw = False
    await discord.gateway.dispatch("CHANNEL_UPDATE", place.channel())
    for label in ("Again", "As file", "Time-lapse"):
        assert "age-restricted" in await told(discord, await discord.press(message, label))
    assert discord.visible(place) == [message]


async def test_a_spoiler_stays_one_again(swift_house: House, discord: DiscordStandIn) -> None:
    message, _ = await painted(swift_house, name="SPOILER_photo.jpg")
    again = await picture_of(discord, await discord.press(message, "Again"))
    assert again.files[0].name.startswith("SPOILER_")


def job_of(**settings: object) -> Job:
    return dataclasses.replace(a_job(), settings=Settings(**settings).to_dict())  # type: ignore[arg-type]


def test_what_cannot_be_stronger_or_softer_is_told() -> None:
    with pytest.raises(BadOption, match="as strong"):
        changed("stronger", job_of(style_weight=style_weight_for(100)))
    with pytest.raises(BadOption, match="as soft"):
        changed("softer", job_of(style_weight=0.0))
    assert changed("stronger", job_of(style_weight=style_weight_for(92))) == Options(strength=100)


def test_every_id_fits() -> None:
    assert max(len(f"atelier:{act}:{'z' * 25}") for act in ACTS) <= 100
