"""`/stylize` on Discord with this and that left out, and with all that it can be told."""

from __future__ import annotations

from typing import Any

import pytest

from bot.requests import Job, StylizeRequest
from nst_engine.settings import PRESETS, steps_for, style_weight_for
from tests.standins.discord import DiscordStandIn, Invocation
from tests.standins.discord.house import House, a_style, jpeg, picture_of
from tests.standins.discord.world import BOT_PERMISSIONS, MANAGE_MESSAGES, MEMBER_PERMISSIONS, READ_HISTORY

pytest_plugins = ["tests.standins.discord.fixtures"]


async def photo_of(house: House, invocation: Invocation) -> bytes | None:
    """The photo that became the picture of an invocation."""
    await picture_of(house.discord, invocation)
    job = await house.job_of(invocation)
    return await house.studio._blobs.get(job.photo)


async def told(discord: DiscordStandIn, invocation: Invocation) -> str:
    """The one sentence that the person alone got."""
    await discord.until(lambda: invocation.private_words)
    (sentence,) = invocation.private_words
    return sentence


async def test_every_option_reaches_the_engine(swift_house: House, discord: DiscordStandIn) -> None:
    chosen: dict[str, Any] = {"strength": 40, "colours": "luminance", "size": 96, "preset": "draft", "seed": 9}
    expected = {"style_weight": style_weight_for(40), "colours": "luminance", "size": 96, "seed": 9}
    for look in ("gatys", "faithful"):
        invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), look=look, **chosen)
        await picture_of(discord, invocation)
        settings = (await swift_house.job_of(invocation)).settings
        expected |= {"look": look, "steps": steps_for(look, PRESETS["draft"].steps)}
        assert expected.items() <= settings.items()


async def test_the_queue_knows_who_is_a_moderator(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_queue: list[bool] = []
    take = swift_house.studio._take

    async def listening(request: StylizeRequest, *more: Any, **named: Any) -> Job:
        told_queue.append(request.moderator)
        return await take(request, *more, **named)

    monkeypatch.setattr(swift_house.studio, "_take", listening)
    moderator = discord.add_person("grace", permissions=MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    message = await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style()))
    for person in (discord.person, moderator):
        await picture_of(discord, await discord.press(message, "Again", person=person))
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), person=moderator))
    assert told_queue == [False, False, True, True]


async def test_several_styles_are_blended(swift_house: House, discord: DiscordStandIn) -> None:
    first, second, *_ = swift_house.studio.gallery.styles.values()
    own = discord.upload(jpeg(colour="navy"), "style.png")
    invocation = await discord.stylize(discord.upload(jpeg()), own, first.id, style_2=second.id)
    message = await picture_of(discord, invocation)
    assert f"your own picture, {first.title} and {second.title}" in message.embeds[0]["title"]
    assert len((await swift_house.job_of(invocation)).styles) == 3


async def test_five_styles_are_too_many(swift_house: House, discord: DiscordStandIn) -> None:
    names = list(swift_house.studio.gallery.styles)[:3]
    own = [discord.upload(jpeg(colour=colour), f"{colour}.png") for colour in ("navy", "red")]
    more: dict[str, Any] = {"style_2": names[1], "style_3": names[2], "style_image_2": own[1]}
    invocation = await discord.stylize(discord.upload(jpeg()), own[0], names[0], **more)
    assert "at most 4" in await told(discord, invocation)
    assert discord.visible() == []


async def test_without_a_photo_the_last_picture_of_the_person_is_taken(
    swift_house: House, discord: DiscordStandIn
) -> None:
    discord.sees_contents = True
    pictures = [jpeg(colour=colour) for colour in ("red", "green", "blue")]
    discord.say(discord.upload(pictures[0]))
    discord.say(discord.upload(pictures[1]))
    discord.say(discord.upload(pictures[2]), person=discord.add_person("eve"))
    discord.say(text="How do you like it?")
    invocation = await discord.stylize(style=a_style())
    assert await photo_of(swift_house, invocation) == pictures[1]


async def test_nothing_needs_to_be_chosen(swift_house: House, discord: DiscordStandIn) -> None:
    assert not any(option.get("required") for option in discord.command()["options"])
    assert "Which style" in await told(discord, await discord.stylize())
    style, photo = jpeg(colour="red"), jpeg(colour="green")
    await told(discord, await discord.use_menu("Use as style", discord.say(discord.upload(style))))
    assert "photo" in await told(discord, await discord.stylize())
    discord.sees_contents = True
    discord.say(discord.upload(photo))
    invocation = await discord.stylize()
    assert await photo_of(swift_house, invocation) == photo
    (key,) = (await swift_house.job_of(invocation)).styles
    assert await swift_house.studio._blobs.get(key) == style


async def test_a_picture_that_the_person_replied_to(swift_house: House, discord: DiscordStandIn) -> None:
    discord.sees_contents = True
    picture = jpeg(colour="green")
    theirs = discord.say(discord.upload(picture), person=discord.add_person("eve"), mentions_bot=True)
    discord.say(text="This one!", reply_to=theirs)
    assert await photo_of(swift_house, await discord.stylize(style=a_style())) == picture


async def test_the_bots_own_last_picture_for_the_person(swift_house: House, discord: DiscordStandIn) -> None:
    first = await discord.stylize(discord.upload(jpeg()), style=a_style())
    painted = (await swift_house.result_of(first)).file(".png")
    assert painted is not None
    others = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=discord.add_person("eve"))
    await swift_house.result_of(others)
    assert await photo_of(swift_house, await discord.stylize(style=a_style())) == painted.data


async def test_what_the_bot_may_not_see_is_not_found(swift_house: House, discord: DiscordStandIn) -> None:
    discord.say(discord.upload(jpeg()))
    sentence = await told(discord, await discord.stylize(style=a_style()))
    assert "`photo`" in sentence
    assert [message for message in discord.visible() if message.author is discord.bot] == []


async def test_a_picture_that_mentions_the_bot_is_found(swift_house: House, discord: DiscordStandIn) -> None:
    picture = jpeg(colour="green")
    discord.say(discord.upload(picture), text="Look, @atelier", mentions_bot=True)
    assert await photo_of(swift_house, await discord.stylize(style=a_style())) == picture


async def test_a_text_file_is_not_taken_for_a_picture(swift_house: House, discord: DiscordStandIn) -> None:
    discord.sees_contents = True
    discord.say(discord.upload(b"words", "notes.txt"))
    assert "`photo`" in await told(discord, await discord.stylize(style=a_style()))


async def test_without_a_photo_the_history_must_be_readable(swift_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_place(app_permissions=BOT_PERMISSIONS & ~READ_HISTORY)
    sentence = await told(discord, await discord.stylize(style=a_style(), place=place))
    assert "**Read Message History**" in sentence
    assert not any("/messages" in path for _, path in discord.requests)
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place))


async def test_without_a_photo_where_the_bot_is_no_member(swift_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_direct_channel(bot_is_member=False)
    assert "`photo`" in await told(discord, await discord.stylize(style=a_style(), place=place))


async def test_a_direct_message_has_a_history_too(swift_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_direct_channel()
    picture = jpeg(colour="green")
    discord.say(discord.upload(picture), place=place)
    assert await photo_of(swift_house, await discord.stylize(style=a_style(), place=place)) == picture


async def test_a_spoiler_stays_a_spoiler(swift_house: House, discord: DiscordStandIn) -> None:
    invocation = await discord.stylize(discord.upload(jpeg(), "SPOILER_photo.jpg"), style=a_style())
    message = await picture_of(discord, invocation)
    assert [file.name.startswith("SPOILER_") for file in message.files] == [True]
    open_one = await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style()))
    assert not open_one.files[0].name.startswith("SPOILER_")
