"""What the bot sees of a group on Telegram, in privacy mode and out of it, and what it makes of that."""

from __future__ import annotations

import pytest

from tests.standins.telegram import Message, TelegramStandin
from tests.standins.telegram.house import House, jpeg, results
from tests.standins.telegram.world import BOT_ID

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


async def in_lilac(house: House, picture: Message) -> None:
    """The result under a picture is painted from it, in the lilac."""
    result = await house.picture_in(picture.chat, picture)
    assert await house.painted(result) == (house.digest(picture), (house.of_style("lilac"),))


@pytest.mark.parametrize("as_file", [False, True])
async def test_a_style_alone_as_a_reply_in_private(
    swift_telegram: House, telegram: TelegramStandin, as_file: bool
) -> None:
    house = swift_telegram
    telegram.world.privacy_mode = True
    if as_file:
        photo = await telegram.sends_file(house.ann, house.private, jpeg(), "a.png", "image/png")
    else:
        photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    later = await telegram.sends_photo(house.ann, house.private, jpeg(seed=2), "/stylize engraving")
    await house.picture_in(house.private, later)
    await telegram.says(house.ann, house.private, "lilac", reply_to=photo)
    await in_lilac(house, photo)


async def test_a_style_alone_as_a_reply_to_what_the_bot_painted(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    telegram.world.privacy_mode = True
    result = await house.picture_in(house.club, await house.asks(house.club, house.bob))
    await telegram.says(house.ann, house.club, "lilac", reply_to=result)
    await in_lilac(house, result)


@pytest.mark.parametrize("why", ["privacy mode is off", "the bot is an administrator"])
async def test_a_style_alone_as_a_reply_to_any_photo_where_all_is_seen(
    swift_telegram: House, telegram: TelegramStandin, why: str
) -> None:
    house = swift_telegram
    if why == "the bot is an administrator":
        telegram.world.privacy_mode = True
        house.club.admins.add(BOT_ID)
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "lilac", reply_to=photo)
    await in_lilac(house, photo)


async def test_in_privacy_mode_a_photo_is_painted_by_the_command(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    telegram.world.privacy_mode = True
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "lilac", reply_to=photo)
    await telegram.says(house.ann, house.club, "/stylize@another_bot lilac", reply_to=photo)
    await house.caught_up(house.club, house.ann)
    assert len(house.club.from_bot) == 1, "the rest was not seen"
    await telegram.says(house.ann, house.club, f"/stylize@{telegram.bot_name} lilac", reply_to=photo)
    await in_lilac(house, photo)
    assert len(results(house.club)) == 2


async def test_in_privacy_mode_a_style_picture_comes_as_a_reply(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    telegram.world.privacy_mode = True
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "/stylize", reply_to=photo)
    await telegram.presses(house.ann, await house.sentence_in(house.club, "Which style"), "My own picture")
    prompt = await house.sentence_in(house.club, "Reply to this message")
    await telegram.sends_photo(house.ann, house.club, jpeg(seed=3))
    style = await telegram.sends_photo(house.ann, house.club, jpeg(seed=2), reply_to=prompt)
    (result,) = await house.results(house.club, 1)
    assert await house.painted(result) == (house.digest(photo), (house.digest(style),))


async def test_the_command_as_a_reply_to_a_picture_file(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    telegram.world.privacy_mode = True
    photo = await telegram.sends_file(house.bob, house.club, jpeg(), "holiday.heic", "image/heic")
    await telegram.says(house.ann, house.club, "/stylize lilac", reply_to=photo)
    await in_lilac(house, photo)
