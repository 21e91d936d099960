"""The buttons under a finished picture on Telegram: for whom they are and what they do, also after a restart."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from adapters.telegram.limits import LIMITS
from adapters.telegram.result_buttons import key_of, style_of
from adapters.telegram.uploads import lossless_file
from bot.gallery import Gallery, Style
from bot.requests import Answer, Job, Options, StylizeRequest
from nst_engine.settings import style_weight_for
from tests.standins.discord.house import noise
from tests.standins.telegram import Chat, Fault, Message, Person, TelegramStandin
from tests.standins.telegram.house import House, is_result, jpeg
from tests.standins.telegram.methods import BOT
from tests.standins.telegram.server import PATIENCE_SECONDS
from tests.standins.telegram.world import Press

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow

NAMES = ["Again", "Other style", "Stronger", "Softer", "Keep colours", "Larger", "As file", "Time-lapse", "Losses"]


async def painted(
    house: House, chat: Chat | None = None, language: str = "en", **options: object
) -> tuple[Message, Job]:
    """A finished picture of Ann's and its job, with options that no command has."""
    chat = chat or house.club
    photo = await house.telegram.sends_photo(house.ann, chat, jpeg())
    request = StylizeRequest(
        "telegram",
        str(chat.id),
        str(house.ann.id),
        f"{chat.id}:{photo.id}",
        jpeg(),
        (house.a_style,),
        address={"chat_id": chat.id, "reply_to": photo.id, "language": language},
        options=Options(**options),  # type: ignore[arg-type]
    )
    job = await house.studio.submit(request)
    message = await house.picture_in(chat, photo)
    return message, await house.settled(job.id)


async def below(house: House, result: Message) -> Message:
    """What came as a reply to a result."""
    message: Message = await house.telegram.until(
        lambda: next((m for m in result.chat.from_bot if m.reply_to is result), None)
    )
    return message


async def anew(house: House, result: Message) -> Job:
    """The job that a press made, once its picture stands below the first one."""
    message = await house.message(result.chat, is_result, result)
    return await house.settled((await house.job_of(message)).id)


async def anew_for(house: House, person: Person, result: Message) -> Message:
    """The picture of somebody's own below another."""
    await house.telegram.presses(person, result, "Again")
    return await house.message(result.chat, is_result, result)


async def refused(house: House, press: Press, words: str) -> None:
    """The person is told in a window of their own, and nothing is written in the chat."""
    before = len(press.message.chat.from_bot)
    assert words in await house.telegram.answered(press)
    assert press.must_be_closed
    assert len(press.message.chat.from_bot) == before


async def test_all_ten_are_there(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, _ = await painted(swift_telegram)
    assert message.labels == [*NAMES, "Delete"]
    assert max(len(row) for row in message.buttons) == 2


async def test_again_is_the_same_with_another_seed(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram, strength=30, size=96)
    press = await telegram.presses(swift_telegram.ann, message, "Again")
    again = await anew(swift_telegram, message)
    assert (again.photo, again.styles, again.style_title) == (job.photo, job.styles, job.style_title)
    assert {**again.settings, "seed": 0} == job.settings
    assert again.settings["seed"] > 0
    assert (press.before_answer, press.must_be_closed) == ([], False)
    assert "comes below" in press.alert
    assert is_result(message)


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
    telegram: TelegramStandin, swift_telegram: House, label: str, setting: str, value: object
) -> None:
    message, job = await painted(swift_telegram, strength=50, seed=3)
    await telegram.presses(swift_telegram.ann, message, label)
    again = await anew(swift_telegram, message)
    assert again.settings == {**job.settings, setting: value}
    assert again.photo == job.photo


async def test_colours_that_are_kept_can_be_given_back(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, _ = await painted(swift_telegram, colours="luminance")
    await telegram.presses(swift_telegram.ann, message, "Painting's colours")
    assert (await anew(swift_telegram, message)).settings["colours"] == "style"


@pytest.mark.parametrize(("strength", "label"), [(100, "Stronger"), (0, "Softer")])
async def test_the_end_of_the_scale_is_told(
    telegram: TelegramStandin, swift_telegram: House, strength: int, label: str
) -> None:
    message, _ = await painted(swift_telegram, strength=strength)
    press = await telegram.presses(swift_telegram.ann, message, label)
    await refused(swift_telegram, press, "as it can be")


async def test_the_buttons_work_after_a_restart(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram)
    await swift_telegram.restart()
    await telegram.presses(swift_telegram.ann, message, "Stronger")
    again = await anew(swift_telegram, message)
    assert again.photo == job.photo
    assert again.id != job.id


async def test_an_impatient_second_press_makes_no_second_picture(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    message, _ = await painted(swift_telegram)
    presses = [await telegram.presses(swift_telegram.ann, message, "Stronger") for _ in range(3)]
    await anew(swift_telegram, message)
    for press in presses:
        await telegram.answered(press)
    jobs = [m for m in message.chat.from_bot if m.reply_to is message]
    assert len(jobs) < 3


async def test_another_style_is_chosen_in_place_of_the_buttons(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    message, job = await painted(house, strength=60)
    await telegram.presses(house.ann, message, "Other style")
    await telegram.until(lambda: "More ›" in message.labels)
    await house.restart()
    await telegram.presses(house.ann, message, "More ›")
    await telegram.until(lambda: "‹ Back" in message.labels)
    other = list(house.studio.gallery.styles.values())[LIMITS.page_styles]
    await telegram.presses(house.ann, message, other.title)
    again = await anew(house, message)
    assert (again.photo, again.style_title) == (job.photo, other.title)
    assert again.settings["style_weight"] == style_weight_for(60)
    await telegram.until(lambda: message.labels == [*NAMES, "Delete"])


async def test_the_style_may_stay(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, _ = await painted(swift_telegram)
    await telegram.presses(swift_telegram.ann, message, "Other style")
    await telegram.until(lambda: "More ›" in message.labels)
    await telegram.presses(swift_telegram.ann, message, "✕ Keep this one")
    await telegram.until(lambda: message.labels == [*NAMES, "Delete"])
    assert [m for m in message.chat.from_bot if m.reply_to is message] == []


async def test_a_style_that_left_the_gallery_is_told(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram)
    press = await telegram.forges(swift_telegram.ann, message, message.gains(f"t:{job.id}:1:gone"))
    await refused(swift_telegram, press, "no longer in the gallery")


async def test_others_are_told_gently_and_how_to_get_one_of_their_own(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    message, _job = await painted(house)
    for label in message.labels:
        await refused(house, await telegram.presses(house.bob, message, label), "with /stylize to get one")
    before = message.labels
    await telegram.presses(house.ann, message, "Other style")
    await house.turned(message, before)
    for label in message.labels:
        await refused(house, await telegram.presses(house.bob, message, label), "with /stylize to get one")
    await telegram.presses(house.ann, message, "✕ Keep this one")
    await telegram.until(lambda: message.labels == before)
    own = await house.picture_in(message.chat, await house.asks(message.chat, house.bob))
    await telegram.presses(house.bob, own, "Softer")
    assert (await anew(house, own)).person == str(house.bob.id)


async def test_an_administrator_may_press_all_for_as_long_as_they_are_one(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    grace = telegram.person("Grace")
    house.club.admins.add(grace.id)
    message, _ = await painted(house)
    await telegram.presses(grace, message, "Softer")
    await anew(house, message)
    await refused(house, await telegram.presses(house.bob, message, "Delete"), "with /stylize to get one")
    house.club.admins = {house.bob.id}
    await refused(house, await telegram.presses(grace, message, "Delete"), "with /stylize to get one")
    await telegram.presses(house.bob, message, "Delete")
    await telegram.until(lambda: message.deleted)


async def test_many_presses_at_once_ask_once_who_administers(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = replace(house.limits, administrators_fresh_seconds=PATIENCE_SECONDS)
    await house.start()
    message, _ = await painted(house)
    for _ in range(3):
        await refused(house, await telegram.presses(house.bob, message, "Delete"), "with /stylize to get one")
    assert [call.method for call in telegram.calls].count("getChatAdministrators") == 1


async def test_for_the_queue_administrators_are_known_for_minutes(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    message, _ = await painted(house)
    for _ in range(2):
        result = await anew_for(house, house.ann, message)
        await telegram.deletes(result)
    assert [call.method for call in telegram.calls].count("getChatAdministrators") == 1


async def test_administrators_that_cannot_be_looked_up_are_asked_for_again(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    house.club.admins.add(house.bob.id)
    message, _ = await painted(house)
    telegram.faults.append(Fault("getChatAdministrators"))
    await refused(house, await telegram.presses(house.bob, message, "Delete"), "with /stylize to get one")
    await telegram.presses(house.bob, message, "Delete")
    await telegram.until(lambda: message.deleted)


async def test_a_picture_too_old_to_be_deleted_is_told(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, _ = await painted(swift_telegram)
    message.date -= 49 * 3600
    await telegram.presses(swift_telegram.ann, message, "Delete")
    said = await below(swift_telegram, message)
    assert "delete it yourself" in said.text


async def test_losses_and_film_come_below(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram)
    answer = await swift_telegram.studio.answer(job.id)
    await telegram.presses(swift_telegram.ann, message, "Losses")
    losses = await below(swift_telegram, message)
    assert losses.media is not None
    assert (losses.media.kind, losses.media.data) == ("photo", answer.curve)
    await telegram.deletes(losses)
    await telegram.presses(swift_telegram.ann, message, "Time-lapse")
    film = await below(swift_telegram, message)
    assert film.media is not None
    assert (film.media.kind, film.media.data) == ("animation", answer.timelapse)


async def test_the_file_is_the_picture_without_loss(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram)
    answer = await swift_telegram.studio.answer(job.id)
    await telegram.presses(swift_telegram.ann, message, "As file")
    file = await below(swift_telegram, message)
    assert file.media is not None
    assert (file.media.kind, file.media.name) == ("document", f"atelier-{job.id}.png")
    assert file.media.data == answer.picture


async def test_buttons_of_an_older_version_still_work(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram)
    for kind, media in (("l", "photo"), ("f", "document")):
        await telegram.forges(swift_telegram.ann, message, message.gains(f"{kind}:{job.id}"))
        file = await below(swift_telegram, message)
        assert file.media is not None
        assert file.media.kind == media
        await telegram.deletes(file)


def test_a_file_beyond_the_limit_is_webp_of_the_same_pixels() -> None:
    plain = io.BytesIO()
    Image.open(io.BytesIO(noise(64))).save(plain, "PNG", compress_level=0)
    png = plain.getvalue()
    upload = lossless_file(Answer("x", "done", picture=png), replace(LIMITS, document_bytes=len(png) - 1))
    assert upload.name == "atelier-x.webp"
    assert len(upload.data) < len(png)
    assert Image.open(io.BytesIO(upload.data)).convert("RGB").tobytes() == Image.open(plain).tobytes()


async def test_a_file_that_telegram_does_not_take_is_told_with_what_to_do(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = replace(house.limits, document_bytes=10)
    await house.start()
    message, _ = await painted(house)
    await telegram.presses(house.ann, message, "As file")
    assert "choose a smaller size" in (await below(house, message)).text


async def test_a_job_no_longer_kept_is_told(telegram: TelegramStandin, swift_telegram: House) -> None:
    message, job = await painted(swift_telegram)
    elsewhere = telegram.world.add_message(telegram.private(swift_telegram.ann), BOT, text="hello")
    for where, data, words in (
        (message, "r:again:0123456789abcdef0123456", "no longer kept"),
        (message, "?:what", "too old"),
        (elsewhere, f"r:again:{job.id}", "another chat"),
    ):
        await refused(swift_telegram, await telegram.forges(swift_telegram.ann, where, where.gains(data)), words)


async def test_a_result_that_telegram_no_longer_shows_is_painted_again(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    message, _ = await painted(house)
    message.is_inaccessible = True
    await telegram.presses(house.ann, message, "Again")
    assert (await anew(house, message)).person == str(house.ann.id)


@pytest.mark.parametrize("id_length", [1, 32, 33, 200])
def test_a_style_is_found_by_its_button(id_length: int) -> None:
    styles = {name: Style(name, "", "", "", "", "", None) for name in ("z", "a" * id_length, "b" * id_length)}  # type: ignore[arg-type]
    gallery = Gallery(styles, {})
    for style in styles.values():
        assert len(key_of(style).encode()) <= 32
        assert style_of(key_of(style), gallery) is style
    assert style_of("other", gallery) is None
