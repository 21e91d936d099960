"""`/styles`, `/queue`, `/cancel` and `/about` on Discord."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from adapters.discord import limits, sentences
from tests.adapters.test_discord_menus import panel_of
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn, Invocation, Person
from tests.standins.discord.house import House, a_style, jpeg
from tests.standins.discord.world import MANAGE_GUILD, MANAGE_MESSAGES, MEMBER_PERMISSIONS

pytest_plugins = ["tests.standins.discord.fixtures"]


async def ask(house: House, style: str = "", person: Person | None = None) -> Invocation:
    """A picture that waits, its job known to the queue."""
    discord = house.discord
    invocation = await discord.stylize(discord.upload(jpeg()), style=style or a_style(), person=person)
    await discord.until(
        lambda: invocation.original and any("queue." in words or "left" in words for words in invocation.original.words)
    )
    await discord.until(lambda: invocation.original and invocation.original.buttons)
    return invocation


async def test_the_gallery_has_pages_with_pictures(swift_house: House, discord: DiscordStandIn) -> None:
    styles = list(swift_house.studio.gallery.styles.values())
    invocation = await discord.invoke("styles")
    page = await panel_of(discord, invocation)
    assert [embed["title"] for embed in page.embeds] == [style.title for style in styles[:6]]
    assert [embed["thumbnail"]["url"] for embed in page.embeds] == [f"attachment://{f.name}" for f in page.files]
    with Image.open(io.BytesIO(page.files[0].data)) as picture:
        assert max(picture.size) == 256
    assert list(page.buttons) == ["More ›"]
    await discord.press(page, "More ›")
    await discord.until(lambda: page.embeds[0]["title"] == styles[6].title)
    assert list(page.buttons) == ["‹ Back", "More ›"]
    assert len(page.files) == 6
    await swift_house.restart()
    await discord.press(page, "‹ Back")
    await discord.until(lambda: page.embeds[0]["title"] == styles[0].title)


async def test_who_has_nothing_under_way(swift_house: House, discord: DiscordStandIn) -> None:
    assert "None of your pictures" in await told(discord, await discord.invoke("queue"))
    assert "no such picture" in await told(discord, await discord.invoke("cancel"))
    assert await discord.autocomplete("", "cancel", "picture") == []


async def test_the_queue_tells_of_the_persons_own_pictures(swift_house: House, discord: DiscordStandIn) -> None:
    first, second, *_ = swift_house.studio.gallery.styles.values()
    async with swift_house.busy_engine():
        await ask(swift_house, first.id)
        await ask(swift_house, second.id, discord.add_person("eve"))
        words = await told(discord, await discord.invoke("queue"))
    assert f"**{first.title}**: Next in the queue" in words
    assert second.title not in words
    assert "2 pictures are waiting" in words


async def test_a_long_sentence_is_told_as_far_as_there_is_room(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentences, "NOTHING_WAITS", "[a](b)" * 333)
    words = await told(discord, await discord.invoke("queue"))
    assert words.startswith(r"[a]\(b)")
    assert len(words) == limits.CONTENT_CHARS


async def test_the_only_picture_is_cancelled(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        invocation = await ask(swift_house)
        job = await swift_house.job_of(invocation)
        assert "is cancelled" in await told(discord, await discord.invoke("cancel"))
        assert (await swift_house.studio.job(job.id)).state == "cancelled"


async def test_one_of_several_is_cancelled_by_its_button(swift_house: House, discord: DiscordStandIn) -> None:
    first, second, *_ = swift_house.studio.gallery.styles.values()
    async with swift_house.busy_engine():
        jobs = [await swift_house.job_of(await ask(swift_house, style.id)) for style in (first, second)]
        choice = await panel_of(discord, await discord.invoke("cancel"))
        assert list(choice.buttons) == [f"1. {first.title}", f"2. {second.title}"]
        pressed = await discord.press(choice, f"2. {second.title}")
        assert await told(discord, pressed) == "This picture is cancelled."
        assert [(await swift_house.studio.job(job.id)).state for job in jobs] == ["accepted", "cancelled"]


async def test_a_picture_is_cancelled_by_name(swift_house: House, discord: DiscordStandIn) -> None:
    first, second, *_ = swift_house.studio.gallery.styles.values()
    async with swift_house.busy_engine():
        jobs = [await swift_house.job_of(await ask(swift_house, style.id)) for style in (first, second)]
        (choice,) = await discord.autocomplete(second.title[:6].upper(), "cancel", "picture")
        assert choice["value"] == jobs[1].id
        assert choice["name"].startswith(f"• {second.title}: ")
        assert "is cancelled" in await told(discord, await discord.invoke("cancel", picture=choice["value"]))
        assert [(await swift_house.studio.job(job.id)).state for job in jobs] == ["accepted", "cancelled"]


async def test_nobody_cancels_what_is_not_theirs(swift_house: House, discord: DiscordStandIn) -> None:
    eve = discord.add_person("eve")
    elsewhere = discord.add_place()
    stranger = discord.add_person("mallory", permissions=MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    async with swift_house.busy_engine():
        job = await swift_house.job_of(await ask(swift_house))
        assert await discord.autocomplete("", "cancel", "picture", person=eve) == []
        assert "no such picture" in await told(discord, await discord.invoke("cancel", picture=job.id, person=eve))
        invocation = await discord.invoke("cancel", picture=job.id, person=stranger, place=elsewhere)
        assert "no such picture" in await told(discord, invocation)
        copy = discord.new_message(elsewhere, 0)
        button = {"type": 2, "style": 2, "label": "Cancel", "custom_id": f"atelier:cancel:{job.id}"}
        copy.components = [{"type": 1, "components": [button]}]
        assert "Only the person" in await told(discord, await discord.press(copy, "Cancel", person=stranger))
        assert not (await swift_house.studio.job(job.id)).is_over


async def test_who_moderates_one_channel_cancels_in_no_other(swift_house: House, discord: DiscordStandIn) -> None:
    moderator = discord.add_person("grace", permissions=MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    manager = discord.add_person("mona", permissions=MEMBER_PERMISSIONS | MANAGE_GUILD)
    here = discord.place
    there = discord.add_place(guild_id=here.guild_id)
    async with swift_house.busy_engine():
        job = await swift_house.job_of(await ask(swift_house))
        discord.place = there
        assert await discord.autocomplete("", "cancel", "picture", person=moderator) == []
        refused = await discord.invoke("cancel", picture=job.id, person=moderator)
        assert "no such picture" in await told(discord, refused)
        copy = discord.new_message(there, 0)
        button = {"type": 2, "style": 2, "label": "Cancel", "custom_id": f"atelier:cancel:{job.id}"}
        copy.components = [{"type": 1, "components": [button]}]
        assert "Only the person" in await told(discord, await discord.press(copy, "Cancel", person=moderator))
        (choice,) = await discord.autocomplete("", "cancel", "picture", person=manager)
        stopped = await discord.invoke("cancel", picture=choice["value"], person=manager)
        assert "is cancelled" in await told(discord, stopped)


async def test_a_moderator_cancels_in_their_channel(swift_house: House, discord: DiscordStandIn) -> None:
    moderator = discord.add_person("grace", permissions=MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    async with swift_house.busy_engine():
        job = await swift_house.job_of(await ask(swift_house))
        (choice,) = await discord.autocomplete("", "cancel", "picture", person=moderator)
        invocation = await discord.invoke("cancel", picture=choice["value"], person=moderator)
        assert "is cancelled" in await told(discord, invocation)
        assert (await swift_house.studio.job(job.id)).state == "cancelled"


@pytest.mark.parametrize("bot_is_member", [True, False], ids=["direct message", "user install"])
async def test_it_tells_what_it_is(swift_house: House, discord: DiscordStandIn, bot_is_member: bool) -> None:
    place = discord.add_direct_channel(bot_is_member=bot_is_member)
    invocation = await discord.invoke("about", place=place)
    await discord.until(lambda: invocation.original and invocation.original.embeds)
    assert invocation.original is not None
    (embed,) = invocation.original.embeds
    assert "/stylize" in embed["fields"][0]["value"]
    assert "64 pixels" in embed["fields"][1]["value"]
    assert "72 hours" in embed["fields"][2]["value"]
