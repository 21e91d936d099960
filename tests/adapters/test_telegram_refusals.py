"""What cannot be painted is refused in one sentence, and what goes wrong does not end the bot."""

from __future__ import annotations

import asyncio
import logging

import pytest

from adapters.telegram import LIMITS, TelegramFront
from bot.config import TelegramConfig
from bot.errors import SetupError
from tests.standins.telegram import Fault, TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


async def refusal(house: House, words: str) -> None:
    """One sentence came, and nothing was accepted."""
    said = await house.sentence_in(house.private, words)
    assert said.labels == []
    assert said.reply_to is not None
    assert len(house.private.from_bot) == 1


async def test_a_text_file_named_as_a_picture(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    caption = f"/stylize {house.a_style}"
    await telegram.sends_file(house.ann, house.private, b"hello, world", "photo.jpg", "image/jpeg", caption)
    await refusal(house, "picture")


async def test_a_picture_of_one_pixel(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.ann, house.private, jpeg(1, 1), f"/stylize {house.a_style}")
    assert (await house.picture_in(house.private, photo)).picture.size == (64, 64)


async def test_an_animation_that_is_damaged(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await telegram.sends_animation(house.ann, house.private, b"an mp4", f"/stylize {house.a_style}")
    await refusal(house, "This animation cannot be read")


@pytest.mark.parametrize("told_size", [True, False])
async def test_a_file_beyond_the_download_limit(
    telegram: TelegramStandin, telegram_house: House, told_size: bool
) -> None:
    house = telegram_house
    data = jpeg() + bytes(LIMITS.download_bytes)
    caption = f"/stylize {house.a_style}"
    await telegram.sends_file(house.ann, house.private, data, "big.jpg", "image/jpeg", caption, told_size=told_size)
    await refusal(house, "20 MB")
    assert any(call.method == "getFile" for call in telegram.calls) is not told_size


async def test_a_document_that_is_no_picture(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await telegram.sends_file(house.ann, house.private, b"%PDF-1.7", "paper.pdf", "application/pdf")
    await refusal(house, "no picture")


@pytest.mark.parametrize("kind", ["video", "video_note", "audio", "voice"])
async def test_what_is_heard_or_seen_and_no_picture(
    telegram: TelegramStandin, swift_telegram: House, kind: str
) -> None:
    house = swift_telegram
    await telegram.sends_other(house.ann, house.club, kind)
    await telegram.sends_other(house.ann, house.private, kind)
    await refusal(house, "send a photo, or a picture file")
    await telegram.sends_other(house.ann, house.club, "video", "/stylize lilac")
    await house.sentence_in(house.club, "send a photo, or a picture file")
    assert len(house.club.from_bot) == 1


async def test_whatever_else_is_sent_in_private(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await telegram.sends_other(house.ann, house.club, "contact")
    await telegram.sends_other(house.ann, house.private, "contact")
    await refusal(house, "Send me a photo and I will repaint it")
    await house.caught_up(house.club, house.ann)
    assert len(house.club.from_bot) == 1


async def test_an_unknown_style_names_the_nearest(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    style = next(iter(house.studio.gallery.styles.values()))
    near = style.title[:-2] + "zq"
    await telegram.sends_photo(house.ann, house.private, jpeg(), f"/stylize {near} 40")
    await refusal(house, style.title)


async def test_a_strength_beyond_the_scale(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await house.asks(house.private, house.ann, f"{house.a_style} 400")
    await refusal(house, "from 0 to 100")


async def test_the_command_without_a_photo(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await telegram.says(house.ann, house.private, "/stylize")
    await refusal(house, "Reply to a photo")


async def test_a_file_that_telegram_lost(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    telegram.world.files.lost = True
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    said = await house.sentence_in(house.private, "send the photo again")
    assert said.reply_to is not photo


async def test_an_update_that_comes_twice_is_one_job(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        await house.remembered(status)
        fetched = len([call for call in telegram.calls if call.method == "getFile"])
        await house.restart()
        await telegram.repeats(telegram.last_update)
        await telegram.until(lambda: len([c for c in telegram.calls if c.method == "getFile"]) > fetched)
        await telegram.repeats(telegram.last_update)
    await telegram.says(house.ann, house.private, "/help")
    await house.sentence_in(house.private, "I repaint")
    assert await house.picture_in(house.private, photo) is status
    assert len([c for c in telegram.calls if c.method == "getFile"]) == 2 * fetched, "the third is not looked at"
    assert [message for message in house.private.from_bot if message.reply_to is photo] == [status]


async def test_a_fault_is_answered_by_one_sentence_and_the_bot_lives_on(
    telegram: TelegramStandin, telegram_house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    house = telegram_house
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    await telegram.forges(house.ann, chooser, chooser.gains(f"p:{house.ann.id}:-:nonsense"))
    await house.sentence_in(house.private, "Something went wrong")
    assert "ValueError" in "".join(capfd.readouterr())
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.picture_in(house.private, photo)


@pytest.mark.parametrize("token", ["nonsense", "123456789:an-unknown-token"])
async def test_a_wrong_token_is_a_clear_message(telegram: TelegramStandin, telegram_house: House, token: str) -> None:
    values = {"token": token, "api_url": telegram.api_url, "file_url": telegram.file_url}
    with pytest.raises(SetupError, match="refused the token") as caught:
        await TelegramFront(TelegramConfig.model_validate(values), telegram_house.studio).run()
    assert token not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_token_revoked_while_the_bot_runs_ends_it(telegram: TelegramStandin, telegram_house: House) -> None:
    telegram.token = "987654321:the-new-token"
    await telegram.says(telegram_house.ann, telegram_house.private, "/help")
    with pytest.raises(SetupError, match="refused the token"):
        await telegram_house.ended()


async def test_an_outage_at_the_start_is_waited_out(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await house.stop()
    telegram.faults.append(Fault("getMe"))
    await house.start()
    await telegram.says(house.ann, house.private, "/help")
    await house.sentence_in(house.private, "I repaint")


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("sendMessage", 502), Fault("sendMessage", 503)],
        [Fault("sendMessage", after=True, cut=True)],  # it is there, though the bot was not told
    ],
    ids=["faults", "cut"],
)
async def test_words_are_said_once_whatever_telegram_stumbles_over(
    telegram: TelegramStandin, swift_telegram: House, faults: list[Fault]
) -> None:
    house = swift_telegram
    telegram.faults += faults
    await telegram.says(house.ann, house.private, "/help")
    await house.sentence_in(house.private, "I repaint")
    await telegram.until(lambda: telegram.faults == [])
    await telegram.says(house.ann, house.private, "/cancel")
    await house.sentence_in(house.private, "nothing to cancel")
    assert sum("I repaint" in message.text for message in house.private.from_bot) == 1


async def test_the_token_reaches_no_log(
    telegram: TelegramStandin,
    telegram_house: House,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    house = telegram_house
    await house.stop()
    caplog.set_level(logging.DEBUG)
    telegram.faults += [Fault("getMe"), Fault("getUpdates"), Fault("getFile"), Fault("sendMessage")]
    await house.start()
    await house.asks(house.private, house.ann)
    await telegram.until(lambda: telegram.faults == [])
    await telegram.says(house.ann, house.private, "/help")
    await house.sentence_in(house.private, "I repaint")
    telegram.token, token = "987654321:the-new-token", telegram.token
    await telegram.says(house.ann, house.private, "/help")
    with pytest.raises(SetupError):
        await house.ended()
    written = caplog.text + "".join(capfd.readouterr())
    assert "getMe" in written
    assert token not in written
    assert token.partition(":")[2] not in written


async def test_stopping_leaves_nothing_running(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    await house.asks(house.private, house.ann)
    await house.picture_in(house.private)
    await house.stop()
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not [name for name in names if name.startswith(("Updater", "Application"))]
