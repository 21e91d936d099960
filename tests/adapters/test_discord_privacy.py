"""`/privacy` on Discord: what is kept is told, and everything of who confirms it is deleted, and of nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.adapters.test_discord_buttons import painted
from tests.adapters.test_discord_looking import ask
from tests.adapters.test_discord_menus import choose, panel_of
from tests.adapters.test_discord_wishes import told
from tests.bot.test_privacy import traces
from tests.standins.discord import DiscordStandIn, Message, Person, Place
from tests.standins.discord.house import House, a_style, jpeg
from tests.standins.discord.platform import PATIENCE
from tests.standins.discord.world import MANAGE_MESSAGES, MEMBER_PERMISSIONS

pytest_plugins = ["tests.standins.discord.fixtures"]


async def told_of(discord: DiscordStandIn, person: Person | None = None, place: Place | None = None) -> Message:
    """What `/privacy` says, to the person alone."""
    invocation = await discord.invoke("privacy", person=person, place=place)
    await discord.until(lambda: invocation.original and invocation.original.embeds)
    assert invocation.original is not None and invocation.original.is_ephemeral
    return invocation.original


def words(message: Message) -> str:
    return str(message.embeds[0]["description"])


async def delete_all(discord: DiscordStandIn, place: Place | None = None) -> Message:
    """Go the whole way; the message that says what was done."""
    message = await told_of(discord, place=place)
    await discord.press(message, "Delete my data")
    await discord.until(lambda: "Yes, delete it" in message.buttons)
    await discord.press(message, "Yes, delete it")
    await discord.until(lambda: not message.buttons)
    return message


async def forgotten(folder: Path, person: Person) -> None:
    """Wait until the person stands in no file."""
    async with asyncio.timeout(PATIENCE):
        while traces(folder, str(person.id)):
            await asyncio.sleep(0.05)


async def test_who_is_not_known(swift_house: House, discord: DiscordStandIn) -> None:
    await painted(swift_house)
    message = await told_of(discord, discord.add_person("eve"))
    assert words(message) == "- Nothing."
    assert message.buttons == {}


async def test_what_is_kept_is_told(swift_house: House, discord: DiscordStandIn) -> None:
    await painted(swift_house)
    await painted(swift_house)
    picture = discord.say(discord.upload(jpeg(colour="red")))
    kept = await discord.use_menu("Use as style", picture)
    await discord.until(lambda: kept.original and "I keep this picture" in kept.original.content)
    async with swift_house.busy_engine():
        await ask(swift_house)
        message = await told_of(discord)
    assert "One picture that is waiting" in words(message)
    assert "2 finished pictures" in words(message)
    assert "3 records of pictures" in words(message)
    assert words(message).count(":R>") == 3
    assert [field["name"] for field in message.embeds[0]["fields"]] == ["What I see", "What I posted"]
    assert list(message.buttons) == ["Delete my data"]


@pytest.mark.parametrize("where", ["server", "direct message", "user install"])
async def test_all_is_deleted_of_who_says_so(
    swift_house: House, discord: DiscordStandIn, tmp_path: Path, where: str
) -> None:
    place = discord.place
    if where != "server":
        place = discord.add_direct_channel(bot_is_member=where == "direct message")
    eve = discord.add_person("eve")
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place)
    posted, job = await swift_house.result_of(invocation), await swift_house.job_of(invocation)
    await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style(), person=eve))
    assert traces(tmp_path, str(discord.person.id))
    message = await delete_all(discord, place)
    assert "Your data is deleted." in message.content
    assert "One picture is deleted here" in message.content
    assert message.embeds == []
    await forgotten(tmp_path, discord.person)
    assert traces(tmp_path, str(eve.id))
    assert posted.id in discord.messages, "what was posted stays"
    said = words(await told_of(discord, place=place))
    assert said.startswith("- One deleted picture counts"), "nothing else is kept"
    assert not (tmp_path / "data/blobs/result" / job.id / "outcome").exists()


async def test_what_waits_is_cancelled_and_says_so(swift_house: House, discord: DiscordStandIn, tmp_path: Path) -> None:
    async with swift_house.busy_engine():
        invocation = await ask(swift_house)
        message = await told_of(discord)
        await discord.press(message, "Delete my data")
        await discord.until(lambda: "The picture that is under way is cancelled" in message.content)
        await discord.press(message, "Yes, delete it")
        await discord.until(lambda: "One picture is cancelled." in message.content)
        await discord.until(
            lambda: invocation.original and "you had your data deleted" in "".join(invocation.original.words)
        )
        await forgotten(tmp_path, discord.person)


async def test_who_says_no_keeps_all_also_after_a_restart(swift_house: House, discord: DiscordStandIn) -> None:
    _, job = await painted(swift_house)
    message = await told_of(discord)
    await discord.press(message, "Delete my data")
    await discord.until(lambda: "No, keep my data" in message.buttons)
    await swift_house.restart()
    await discord.press(message, "No, keep my data")
    await discord.until(lambda: message.content == "Nothing was deleted.")
    assert message.buttons == {}
    assert (await swift_house.studio.job(job.id)).person == str(discord.person.id)
    again = await told_of(discord)
    await swift_house.restart()
    await discord.press(again, "Delete my data")
    await discord.until(lambda: "Yes, delete it" in again.buttons)
    await swift_house.restart()
    await discord.press(again, "Yes, delete it")
    await discord.until(lambda: "Your data is deleted." in again.content)


async def test_buttons_of_an_erased_picture_answer_kindly(swift_house: House, discord: DiscordStandIn) -> None:
    posted, _ = await painted(swift_house)
    panel = await panel_of(discord, await discord.press(posted, "Other style"))
    await choose(discord, panel, "style", a_style())
    await delete_all(discord)
    for label in ("Again", "Stronger", "As file", "Losses"):
        assert "had it deleted" in await told(discord, await discord.press(posted, label))
    assert "had it deleted" in await told(discord, await discord.press(panel, "Paint"))


async def test_a_posted_picture_is_still_deleted_for_who_asked_for_it(
    swift_house: House, discord: DiscordStandIn
) -> None:
    moderator = discord.add_person("grace", permissions=MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    posted, other = (await painted(swift_house))[0], (await painted(swift_house))[0]
    await delete_all(discord)
    eve = discord.add_person("eve")
    assert "had it deleted" in await told(discord, await discord.press(posted, "Delete", person=eve))
    assert posted in discord.visible()
    await discord.press(posted, "Delete")
    await discord.press(other, "Delete", person=moderator)
    await discord.until(lambda: discord.visible() == [])


async def test_a_storage_that_does_not_work_is_told(
    swift_house: House, discord: DiscordStandIn, tmp_path: Path
) -> None:
    await painted(swift_house)
    message = await told_of(discord)
    await discord.press(message, "Delete my data")
    await discord.until(lambda: "Yes, delete it" in message.buttons)
    kept = tmp_path / "data/kept_styles"
    kept.write_bytes(b"a file where a folder should be")
    await discord.press(message, "Yes, delete it")
    await discord.until(lambda: "What is left is deleted by itself" in message.content)
    assert traces(tmp_path, str(discord.person.id))
    kept.unlink()
    await forgotten(tmp_path, discord.person)


@pytest.mark.parametrize("how", ["/stylize", "Use as style"])
async def test_what_is_being_fetched_is_not_kept_after_the_erasure(
    swift_house: House, discord: DiscordStandIn, how: str
) -> None:
    upload = discord.upload(jpeg(), held=True)
    if how == "/stylize":
        invocation = await discord.stylize(upload, style=a_style())
    else:
        invocation = await discord.use_menu(how, discord.say(upload))
    await discord.until(lambda: upload.downloads)
    await swift_house.studio.privacy.erase("discord", str(discord.person.id))
    upload.gate.set()
    assert "You had your data deleted while" in await told(discord, invocation)
    kept = await swift_house.studio.privacy.what_is_kept("discord", str(discord.person.id))
    assert not kept.can_be_erased
