"""Ways to ask on Telegram: replies, captions, files, albums and the keyboard of styles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standins.telegram import TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


async def test_a_reply_to_a_photo_with_a_style(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.bob, house.club, jpeg(200, 100))
    command = f"/stylize@{telegram.bot_name} {house.a_style} 70"
    await telegram.says(house.ann, house.club, command, reply_to=photo)
    result = await house.picture_in(house.club)
    assert result.reply_to is photo
    assert result.picture.size == (64, 32)
    job = await house.job_of(result)
    assert job.person == str(house.ann.id)
    assert job.place == str(house.club.id)
    assert job.settings["style_weight"] == pytest.approx(10**-1.75)


async def test_a_caption_with_a_title_in_other_letters(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    style = list(house.studio.gallery.styles.values())[1]
    photo = await house.asks(house.club, house.ann, style.title.upper())
    result = await house.picture_in(house.club, photo)
    assert style.title in result.text


async def test_a_picture_file_comes_untouched(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    caption = f"/stylize {house.a_style}"
    photo = await telegram.sends_file(
        house.ann, house.club, jpeg(), "holiday.JPEG", "application/octet-stream", caption
    )
    assert (await house.picture_in(house.club, photo)).picture.size == (64, 43)


async def test_a_server_of_ones_own_hands_files_on_by_its_folder(
    telegram: TelegramStandin, swift_telegram: House, tmp_path: Path
) -> None:
    telegram.world.files.folder = tmp_path / "bot-api"
    photo = await swift_telegram.asks(swift_telegram.private, swift_telegram.ann)
    result = await swift_telegram.picture_in(swift_telegram.private, photo)
    assert (await swift_telegram.painted(result))[0] == swift_telegram.digest(photo)
    assert telegram.downloads == 0


async def test_a_folder_that_is_not_shared_is_told_to_the_operator(
    telegram: TelegramStandin, swift_telegram: House, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    house = swift_telegram
    telegram.world.files.folder, telegram.world.files.is_shared = tmp_path / telegram.token, False
    await house.asks(house.private, house.ann)
    await house.sentence_in(house.private, "The bot's storage does not work at present; tell its operator")
    written = "".join(capfd.readouterr())
    assert f"{tmp_path}/<token>/photos" in written
    assert "share the folder" in written
    assert telegram.downloads == 0


async def test_a_server_of_ones_own_hands_out_larger_files(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    house.picks_limits, telegram.world.download_bytes = True, 2_000_000_000
    await house.restart()
    data = jpeg() + bytes(21_000_000)
    photo = await telegram.sends_file(house.ann, house.private, data, "big.jpg", "image/jpeg", "/stylize lilac")
    result = await house.picture_in(house.private, photo)
    assert (await house.painted(result))[0] == house.digest(photo)


async def test_an_address_of_ones_own_may_lead_to_telegrams_own_server(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    house.picks_limits = True
    await house.restart()
    data = jpeg() + bytes(21_000_000)
    await telegram.sends_file(house.ann, house.private, data, "big.jpg", "image/jpeg", "/stylize lilac")
    await house.sentence_in(house.private, "at most 20 MB")


async def test_files_are_fetched_beside_the_api(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    house.settings = {"file_url": ""}
    await house.restart()
    await house.picture_in(house.private, await house.asks(house.private, house.ann))
    assert telegram.downloads == 1


async def test_a_photo_without_the_command_in_a_group_is_left_alone(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    await telegram.sends_photo(house.ann, house.club, jpeg(), "look at this")
    await telegram.sends_photo(house.ann, house.club, jpeg(), "/stylize@some_other_bot")
    await telegram.says(house.ann, house.club, "/styles")
    await house.sentence_in(house.club, "You can name any")
    assert len(house.club.from_bot) == 1


async def test_a_photo_in_private_offers_styles_and_a_press_paints_it(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    assert chooser.reply_to is photo
    style = next(iter(house.studio.gallery.styles.values()))
    press = await telegram.presses(house.ann, chooser, style.title)
    result = await house.picture_in(house.private)
    assert result.reply_to is photo
    assert style.title in result.text
    assert press.answered
    assert press.before_answer == []


async def test_two_styles_pressed_are_two_jobs(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    titles = [style.title for style in list(house.studio.gallery.styles.values())[:2]]
    for title in titles:
        await telegram.presses(house.ann, chooser, title)
    first, second = titles
    await house.message(house.private, lambda message: "As file" in message.labels and first in message.text)
    await house.message(house.private, lambda message: "As file" in message.labels and second in message.text)


async def test_the_keyboard_turns_pages_and_every_style_is_on_one(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    await telegram.sends_photo(house.ann, house.private, jpeg(), "/stylize 80 faithful")
    chooser = await house.sentence_in(house.private, "strength 80")
    seen = list(chooser.labels)
    assert "More ›" in seen
    while "More ›" in chooser.labels:
        before = list(chooser.labels)
        await telegram.presses(house.ann, chooser, "More ›")
        await house.turned(chooser, before)
        assert len(chooser.labels) <= house.limits.page_styles + 3
        seen += chooser.labels
    assert [style.title for style in house.studio.gallery.styles.values()] == [
        label for label in seen if label not in ("‹ Back", "More ›", "My own picture")
    ]
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    status = await house.message(house.private, lambda m: "Cancel" in m.labels or "As file" in m.labels)
    settings = (await house.job_of(status)).settings
    assert settings["style_weight"] == pytest.approx(10**-1.3) and settings["look"] == "faithful"


async def test_only_who_asked_may_choose(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.ann, house.club, jpeg())
    await telegram.says(house.ann, house.club, "/stylize", reply_to=photo)
    chooser = await house.sentence_in(house.club, "Which style")
    press = await telegram.presses(house.bob, chooser, chooser.labels[0])
    assert "Only the person who asked" in await telegram.answered(press)
    own = await telegram.presses(house.ann, chooser, chooser.labels[0])
    assert await telegram.answered(own) == ""
    result = await house.picture_in(house.club)
    assert (await house.job_of(result)).person == str(house.ann.id)
    assert len([message for message in house.club.from_bot if "As file" in message.labels]) == 1


async def test_an_administrator_who_writes_as_the_group_chooses_as_a_person(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    house.club.admins.add(house.ann.id)
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "/stylize", reply_to=photo, as_group=True)
    chooser = await house.sentence_in(house.club, "Which style")
    others = await telegram.presses(house.bob, chooser, chooser.labels[0])
    assert "Only the person who asked" in await telegram.answered(others)
    assert await telegram.answered(await telegram.presses(house.ann, chooser, chooser.labels[1])) == ""
    result = await house.picture_in(house.club)
    assert chooser.labels[1] in result.text
    assert (await house.job_of(result)).person == str(house.club.id)


async def test_a_chooser_whose_photo_is_gone_says_so(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    await telegram.deletes(photo)
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.sentence_in(house.private, "no longer there")


@pytest.mark.parametrize("updates_per_answer", [100, 1])
async def test_an_album_of_two_paints_the_first_in_the_style_of_the_second(
    telegram: TelegramStandin, telegram_house: House, updates_per_answer: int
) -> None:
    house = telegram_house
    telegram.updates_per_answer = updates_per_answer
    content = await telegram.sends_photo(house.ann, house.private, jpeg(120, 60), album="a1")
    await telegram.sends_photo(house.ann, house.private, jpeg(60, 120, seed=2), album="a1")
    result = await house.picture_in(house.private)
    assert result.reply_to is content
    assert result.picture.size == (64, 32)
    assert "your own picture" in result.text


async def test_an_album_in_a_group_needs_the_command_on_any_of_its_pictures(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    await telegram.sends_photo(house.ann, house.club, jpeg(), album="quiet")
    await telegram.sends_photo(house.ann, house.club, jpeg(), album="quiet")
    content = await telegram.sends_photo(house.bob, house.club, jpeg(120, 60), album="asked")
    await telegram.sends_file(
        house.bob, house.club, jpeg(60, 120, seed=2), "style.png", "image/png", "/stylize", album="asked"
    )
    result = await house.picture_in(house.club)
    assert result.reply_to is content
    assert {message.reply_to for message in house.club.from_bot} <= {content, result}


async def test_an_album_of_one_is_a_photo(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    style = next(iter(house.studio.gallery.styles.values()))
    photo = await telegram.sends_photo(house.ann, house.club, jpeg(), f"/stylize {style.title}", album="one")
    assert style.title in (await house.picture_in(house.club, photo)).text


async def test_a_topic_gets_its_answer(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    forum = telegram.group("Forum", topics=(5, 9))
    photo = await telegram.sends_photo(house.ann, forum, jpeg(), f"/stylize {house.a_style}", thread=9)
    await telegram.deletes(photo)
    result = await house.picture_in(forum)
    await telegram.presses(house.ann, result, "Losses")
    curve = await house.message(forum, lambda message: message.reply_to is result)
    assert (result.thread, curve.thread) == (9, 9)


@pytest.mark.parametrize("command", ["/start", "/help"])
async def test_help_tells_how_to_ask(telegram: TelegramStandin, telegram_house: House, command: str) -> None:
    house = telegram_house
    await telegram.says(house.ann, house.private, command)
    assert "/stylize" in (await house.sentence_in(house.private, "reply to a photo")).text
