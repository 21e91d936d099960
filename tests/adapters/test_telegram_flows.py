"""From a picture to a painting on Telegram, in all the ways that people go, over restarts too."""

from __future__ import annotations

import pytest

from tests.standins.telegram import TelegramStandin
from tests.standins.telegram.house import House, jpeg, results

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow

OWN = "My own picture"


async def chooser_in(house: House, chat: object) -> object:
    return await house.message(chat, lambda message: OWN in message.labels)  # type: ignore[arg-type]


async def test_a_chooser_shows_the_styles_as_one_picture(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    assert chooser.media is not None
    assert chooser.media.kind == "photo"
    width, height = chooser.picture.size
    assert 0.7 < width / height < 1.4
    before, first = list(chooser.labels), chooser.media.data
    await telegram.presses(house.ann, chooser, "More ›")
    await house.turned(chooser, before)
    assert chooser.media.data != first
    assert "Which style" in chooser.text
    turned = list(chooser.labels)
    await telegram.presses(house.ann, chooser, "‹ Back")
    await house.turned(chooser, turned)
    assert chooser.media.data == first
    uploads = [call for call in telegram.calls if call.method == "sendPhoto" and "photo" not in call.params]
    await telegram.sends_photo(house.bob, telegram.private(house.bob), jpeg())
    other = await house.sentence_in(telegram.private(house.bob), "Which style")
    assert other.media is chooser.media
    assert uploads == [c for c in telegram.calls if c.method == "sendPhoto" and "photo" not in c.params]


async def test_a_sheet_that_telegram_lost_is_sent_anew(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "/styles")
    await house.sentence_in(house.private, "You can name")
    telegram.world.files.photos.clear()
    await telegram.says(house.ann, house.club, "/styles")
    assert (await house.sentence_in(house.club, "You can name")).media is not None


async def test_where_pictures_are_forbidden_the_keyboard_comes_alone(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    house.club.pictures_allowed = False
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "/stylize", reply_to=photo)
    chooser = await house.sentence_in(house.club, "Which style")
    assert chooser.media is None
    before = list(chooser.labels)
    await telegram.presses(house.ann, chooser, "More ›")
    await house.turned(chooser, before)
    assert chooser.labels[0] not in before


async def test_two_photos_one_after_the_other(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    style = await telegram.sends_photo(house.ann, house.private, jpeg(seed=2))
    result = await house.picture_in(house.private)
    assert result.reply_to is photo
    assert await house.painted(result) == (house.digest(photo), (house.digest(style),))
    third = await telegram.sends_photo(house.ann, house.private, jpeg(seed=3))
    await house.message(house.private, lambda message: OWN in message.labels, third)


async def test_the_second_photo_comes_after_a_restart(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg(), "/stylize 80")
    await chooser_in(house, house.private)
    await house.restart()
    style = await telegram.sends_file(house.ann, house.private, jpeg(seed=2), "style.jpg", "image/jpeg")
    (result,) = await house.results(house.private, 1)
    assert await house.painted(result) == (house.digest(photo), (house.digest(style),))
    assert (await house.job_of(result)).settings["style_weight"] == pytest.approx(10**-1.3)


async def test_a_style_picture_seen_twice_makes_one_job(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.private, jpeg())
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=2))
    repeated = telegram.last_update
    await house.picture_in(house.private)
    await house.restart()
    await telegram.repeats(repeated)
    await house.caught_up(house.private, house.ann)
    assert len(results(house.private)) == 2
    assert len([message for message in house.private.from_bot if OWN in message.labels]) == 1


async def test_my_own_picture_in_private(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    other = await telegram.sends_photo(house.ann, house.private, jpeg(seed=5), f"/stylize {house.a_style}")
    await house.picture_in(house.private, other)
    await telegram.presses(house.ann, chooser, OWN)
    await house.sentence_in(house.private, "Send me the picture")
    await house.restart()
    style = await telegram.sends_photo(house.ann, house.private, jpeg(seed=2), "a nice one")
    result = await house.picture_in(house.private, photo)
    assert await house.painted(result) == (house.digest(photo), (house.digest(style),))


async def test_my_own_picture_in_a_group_is_a_reply(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    command = await telegram.says(house.ann, house.club, "/stylize 30", reply_to=photo)
    await telegram.presses(house.ann, await house.sentence_in(house.club, "Which style"), OWN)
    prompt = await house.sentence_in(house.club, "Reply to this message")
    assert prompt.reply_to is command, "so that the reply is opened for Ann"
    assert prompt.force_reply
    await house.restart()
    await telegram.sends_photo(house.ann, house.club, jpeg(seed=7))
    await telegram.sends_photo(house.bob, house.club, jpeg(seed=8), reply_to=prompt)
    style = await telegram.sends_photo(house.ann, house.club, jpeg(seed=2), reply_to=prompt)
    (result,) = await house.results(house.club, 1)
    assert await house.painted(result) == (house.digest(photo), (house.digest(style),))
    job = await house.job_of(result)
    assert (job.person, job.place) == (str(house.ann.id), str(house.club.id))
    assert len(results(house.club)) == 1


async def test_an_album_as_the_answer_is_several_styles(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    await telegram.presses(house.ann, await house.sentence_in(house.private, "Which style"), OWN)
    await house.sentence_in(house.private, "Send me the picture")
    styles = [await telegram.sends_photo(house.ann, house.private, jpeg(seed=n), album="s") for n in (2, 3)]
    result = await house.picture_in(house.private)
    assert await house.painted(result) == (house.digest(photo), tuple(map(house.digest, styles)))


async def test_a_style_that_cannot_be_read_leaves_the_photo_waiting(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.private, jpeg())
    await telegram.sends_file(house.ann, house.private, b"no picture", "style.png", "image/png")
    await house.sentence_in(house.private, "not a picture")
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=2))
    await house.picture_in(house.private)


@pytest.mark.parametrize("words", ["starry night", "the starry nite", "Starry Night 70", "STARRY-NIGHT"])
async def test_a_reply_that_names_a_style(swift_telegram: House, telegram: TelegramStandin, words: str) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, words, reply_to=photo)
    result = await house.picture_in(house.club, photo)
    assert await house.painted(result) == (house.digest(photo), (house.of_style("starry_night"),))


async def test_talk_in_a_group_is_no_order(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    result = await house.picture_in(house.club, await house.asks(house.club, house.bob))
    for words in ("nice", "what a starry night we had!", "so much", "the", "70", "reading a book?", "wave", "lovely"):
        for source in (photo, result, None):
            await telegram.says(house.ann, house.club, words, reply_to=source)
    await house.caught_up(house.club, house.ann)
    assert len(house.club.from_bot) == 2


async def test_a_result_is_repainted_when_it_is_replied_to(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    result = await house.picture_in(house.club, await house.asks(house.club, house.bob))
    await telegram.says(house.ann, house.club, "lilac", reply_to=result)
    again = await house.picture_in(house.club, result)
    assert await house.painted(again) == (house.digest(result), (house.of_style("lilac"),))


async def test_a_page_of_the_gallery_is_no_photo(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "/stylize", reply_to=photo)
    chooser = await house.sentence_in(house.club, "Which style")
    await telegram.says(house.bob, house.club, "lilac", reply_to=chooser)
    await telegram.says(house.ann, house.club, "lilac", reply_to=chooser)
    (result,) = await house.results(house.club, 1)
    assert (await house.painted(result))[0] == house.digest(photo)
    assert (await house.job_of(result)).person == str(house.ann.id)
    await telegram.says(house.ann, house.club, "/styles")
    page = await house.sentence_in(house.club, "You can name")
    await telegram.says(house.ann, house.club, "/stylize lilac", reply_to=page)
    await house.sentence_in(house.club, "Reply to a photo")


async def test_a_style_named_in_private_is_for_the_photo_just_sent(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "lilac")
    await house.sentence_in(house.private, "Send me the photo first")
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    await chooser_in(house, house.private)
    await telegram.says(house.ann, house.private, "hello")
    await house.sentence_in(house.private, "no style named 'hello'")
    await telegram.says(house.ann, house.private, "engraving 20")
    (result,) = await house.results(house.private, 1)
    assert await house.painted(result) == (house.digest(photo), (house.of_style("engraving"),))
    await telegram.says(house.ann, house.private, "waves")
    await house.message(house.private, lambda m: "Send me the photo" in m.text and m.id > result.id)


@pytest.mark.parametrize(
    ("caption", "in_group"),
    [("mosaic", False), ("/stylize mosaic 40", True), ("/stylize@atelier_test_bot mosaic", True)],
)
@pytest.mark.parametrize("as_file", [False, True])
async def test_captions_work_like_messages(
    swift_telegram: House, telegram: TelegramStandin, caption: str, in_group: bool, as_file: bool
) -> None:
    house = swift_telegram
    chat = house.club if in_group else house.private
    if as_file:
        photo = await telegram.sends_file(house.ann, chat, jpeg(), "a.jpg", "image/jpeg", caption)
    else:
        photo = await telegram.sends_photo(house.ann, chat, jpeg(), caption)
    result = await house.picture_in(chat, photo)
    assert await house.painted(result) == (house.digest(photo), (house.of_style("mosaic"),))


async def test_a_style_alone_in_a_caption_is_talk_in_a_group(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.club, jpeg(), "mosaic")
    await house.caught_up(house.club, house.ann)
    assert len(house.club.from_bot) == 1


async def test_orders_know_language_and_moderators(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    berta = telegram.person("Berta", "de-AT")
    photo = await house.asks(house.club, berta)
    job = await house.job_of(await house.picture_in(house.club, photo))
    assert job.address["language"] == "de"
    other = await house.asks(house.club, house.ann)
    assert (await house.job_of(await house.picture_in(house.club, other))).address["language"] == "en"
