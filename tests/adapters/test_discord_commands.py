"""`/stylize` on Discord: what is taken, what is refused and how the person hears of it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.standins.discord import DiscordStandIn, Invocation
from tests.standins.discord.house import House, a_style, jpeg, picture_of
from tests.standins.discord.world import (
    ATTACH_FILES,
    BOT_PERMISSIONS,
    EMBED_LINKS,
    MIB,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    ApiError,
)

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow


async def refusal_of(discord: DiscordStandIn, invocation: Invocation) -> str:
    """The one sentence that the person alone got; nothing of it stays in public."""
    await discord.until(lambda: invocation.private_words)
    assert discord.visible() == []
    assert len(invocation.private_words) == 1
    return invocation.private_words[0]


async def test_two_attachments_become_a_picture(discord_house: House, discord: DiscordStandIn) -> None:
    invocation = await discord.stylize(discord.upload(jpeg()), discord.upload(jpeg(colour="navy"), "style.png"))
    message = await picture_of(discord, invocation)
    picture = message.file(".png")
    assert picture is not None
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert opened.format == "PNG"
        assert max(opened.size) >= 32
    assert discord.visible() == [message]


async def test_a_gallery_style_is_named_in_the_answer(discord_house: House, discord: DiscordStandIn) -> None:
    style = a_style()
    invocation = await discord.stylize(discord.upload(jpeg()), style=style, strength=80)
    message = await picture_of(discord, invocation)
    assert discord_house.studio.gallery.find(style).title in message.embeds[0]["title"]


async def test_a_style_image_and_a_gallery_style_are_blended(discord_house: House, discord: DiscordStandIn) -> None:
    own = discord.upload(jpeg(colour="navy"), "style.png")
    invocation = await discord.stylize(discord.upload(jpeg()), own, a_style())
    await picture_of(discord, invocation)
    assert own.downloads == 1
    job = await discord_house.job_of(invocation)
    assert len(job.styles) == 2


async def test_the_strength_is_checked_by_the_definition(discord_house: House, discord: DiscordStandIn) -> None:
    with pytest.raises(ApiError, match="strength is out of range"):
        await discord.stylize(discord.upload(jpeg()), style=a_style(), strength=101)
    with pytest.raises(ApiError, match="colours is none of the choices"):
        await discord.stylize(discord.upload(jpeg()), style=a_style(), colours="pink")


async def test_no_style_at_all(discord_house: House, discord: DiscordStandIn) -> None:
    photo = discord.upload(jpeg())
    sentence = await refusal_of(discord, await discord.stylize(photo))
    assert "style_image" in sentence
    assert "gallery" in sentence
    assert photo.downloads == 0


async def test_a_text_file_called_photo(discord_house: House, discord: DiscordStandIn) -> None:
    photo = discord.upload(b"I am not a picture.\n" * 40, "photo.jpg")
    sentence = await refusal_of(discord, await discord.stylize(photo, style=a_style()))
    assert "picture" in sentence.lower() or "photo" in sentence.lower()


async def test_a_picture_of_one_pixel(discord_house: House, discord: DiscordStandIn) -> None:
    message = await picture_of(discord, await discord.stylize(discord.upload(jpeg(1, 1)), style=a_style()))
    with Image.open(io.BytesIO(message.files[0].data)) as picture:
        assert picture.size == (64, 64)


async def test_an_oversized_attachment_is_not_downloaded(discord_house: House, discord: DiscordStandIn) -> None:
    photo = discord.upload(jpeg(), size=25 * MIB + 1)
    sentence = await refusal_of(discord, await discord.stylize(photo, style=a_style()))
    assert "25 MB" in sentence
    assert photo.downloads == 0


async def test_an_attachment_that_is_more_than_announced(discord_house: House, discord: DiscordStandIn) -> None:
    photo = discord.upload(bytes(25 * MIB + 1), size=1000)
    sentence = await refusal_of(discord, await discord.stylize(photo, style=a_style()))
    assert "25 MB" in sentence


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/photo.jpg", "https://cdn.discordapp.com.example/a.jpg", "file:///etc/hosts", "x"]
)
async def test_an_attachment_from_elsewhere_is_refused(discord_house: House, discord: DiscordStandIn, url: str) -> None:
    sentence = await refusal_of(discord, await discord.stylize(discord.upload(jpeg(), url=url), style=a_style()))
    assert "uploaded to Discord" in sentence


async def test_an_attachment_that_was_deleted(discord_house: House, discord: DiscordStandIn) -> None:
    photo = discord.upload(jpeg())
    del discord.uploads[photo.id]
    sentence = await refusal_of(discord, await discord.stylize(photo, style=a_style()))
    assert "could not download" in sentence


async def test_an_unknown_style_typed_freely(discord_house: House, discord: DiscordStandIn) -> None:
    sentence = await refusal_of(discord, await discord.stylize(discord.upload(jpeg()), style="stary nigt"))
    assert "stary nigt" in sentence


async def test_a_style_typed_by_its_title(discord_house: House, discord: DiscordStandIn) -> None:
    style = discord_house.studio.gallery.find(a_style())
    invocation = await discord.stylize(discord.upload(jpeg()), style=f"  {style.title.upper()} ")
    assert style.title in (await picture_of(discord, invocation)).embeds[0]["title"]


async def test_missing_permissions_are_named(discord_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_place(app_permissions=BOT_PERMISSIONS & ~ATTACH_FILES & ~EMBED_LINKS)
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place)
    await discord.until(lambda: invocation.private_words)
    assert "**Attach Files** and **Embed Links**" in invocation.private_words[0]
    assert discord.visible(place) == []


@pytest.mark.parametrize(("lacking", "name"), [(SEND_MESSAGES, "Send Messages"), (VIEW_CHANNEL, "View Channel")])
async def test_the_permission_to_answer_later_is_checked(
    discord_house: House, discord: DiscordStandIn, lacking: int, name: str
) -> None:
    place = discord.add_place(app_permissions=BOT_PERMISSIONS & ~lacking)
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place)
    await discord.until(lambda: invocation.private_words)
    assert f"**{name}**" in invocation.private_words[0]


async def test_the_answer_to_a_person_comes_before_the_download(discord_house: House, discord: DiscordStandIn) -> None:
    photo = discord.upload(jpeg(), held=True)
    invocation = await discord.stylize(photo, style=a_style())
    await discord.until(lambda: photo.downloads)
    assert invocation.acknowledgement == 5
    assert invocation.acknowledged_after is not None
    assert invocation.acknowledged_after < 3
    assert invocation.original is not None
    assert invocation.original.is_thinking
    assert not invocation.original.is_ephemeral
    photo.gate.set()
    await picture_of(discord, invocation)


async def test_autocomplete_knows_the_gallery(discord_house: House, discord: DiscordStandIn) -> None:
    style = discord_house.studio.gallery.find(a_style())
    everything = await discord.autocomplete("")
    assert len(everything) == min(25, len(discord_house.studio.gallery.styles))
    found = await discord.autocomplete(style.title[:5].lower())
    assert {"name": style.label, "value": style.id} in found


async def test_a_channel_that_the_bot_itself_cannot_see(discord_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_direct_channel()
    place.bot_is_member = False
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place)
    await picture_of(discord, invocation)


async def test_an_interaction_seen_twice_is_one_job(discord_house: House, discord: DiscordStandIn) -> None:
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
    await discord.repeat(invocation)
    message = await picture_of(discord, invocation)
    assert discord.visible() == [message]
