"""Albums on Telegram: nothing is lost, and each is painted as its person chooses."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.standins.telegram import Fault, Message, TelegramStandin
from tests.standins.telegram.house import House, jpeg, results

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow

REST, EACH = "Paint the first, the others are styles", "Paint each of them"


async def album(house: House, count: int, caption: str = "", name: str = "a", **facts: object) -> list[Message]:
    """Pictures of one album in Ann's private chat, the caption on the second of them."""
    sent = []
    for number in range(count):
        words = caption if number == min(1, count - 1) else ""
        picture = jpeg(seed=10 + number)
        sent.append(await house.telegram.sends_photo(house.ann, house.private, picture, words, album=name, **facts))
    return sent


async def question(house: House) -> Message:
    return await house.sentence_in(house.private, "What shall I do")


async def test_the_first_in_the_styles_of_the_others(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    content, *styles = await album(house, 4)
    asked = await question(house)
    assert asked.reply_to is content
    await house.restart()
    await telegram.presses(house.ann, asked, REST)
    await telegram.presses(house.ann, asked, REST)
    (result,) = await house.results(house.private, 1)
    assert await house.painted(result) == (house.digest(content), tuple(map(house.digest, styles)))
    await telegram.says(house.ann, house.private, "/queue")
    await house.sentence_in(house.private, "None of your pictures")
    assert len(results(house.private)) == 1


@pytest.mark.parametrize("count", [3, 6, 10])
async def test_each_in_one_style(swift_telegram: House, telegram: TelegramStandin, count: int) -> None:
    house = swift_telegram
    sent = await album(house, count)
    if count == 3:
        await telegram.presses(house.ann, await question(house), EACH)
    chooser = await house.sentence_in(house.private, f"Which style shall the {count} pictures get")
    await house.restart()
    before = list(chooser.labels)
    await telegram.presses(house.ann, chooser, "More ›")
    await house.turned(chooser, before)
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    painted = [await house.painted(result) for result in await house.results(house.private, count)]
    assert {photo for photo, _ in painted} == {house.digest(message) for message in sent}
    assert len({styles for _, styles in painted}) == 1
    assert {result.reply_to for result in results(house.private)} == set(sent)


async def test_each_in_a_picture_of_ones_own(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    sent = await album(house, 3)
    await telegram.presses(house.ann, await question(house), EACH)
    chooser = await house.sentence_in(house.private, "Which style shall")
    await telegram.presses(house.ann, chooser, "My own picture")
    await house.sentence_in(house.private, "Send me the picture")
    style = await telegram.sends_photo(house.ann, house.private, jpeg(seed=2))
    painted = [await house.painted(result) for result in await house.results(house.private, 3)]
    assert set(painted) == {(house.digest(message), (house.digest(style),)) for message in sent}


@pytest.mark.parametrize(("caption", "count"), [("/stylize lilac 60", 2), ("lilac", 10)])
async def test_a_caption_that_names_a_style_means_each(swift_telegram: House, caption: str, count: int) -> None:
    house = swift_telegram
    sent = await album(house, count, caption)
    painted = [await house.painted(result) for result in await house.results(house.private, count)]
    assert set(painted) == {(house.digest(message), (house.of_style("lilac"),)) for message in sent}


async def test_an_album_of_files(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    files = [
        await telegram.sends_file(house.ann, house.club, jpeg(seed=n), f"{n}.jpg", "image/jpeg", words, album="files")
        for n, words in ((1, ""), (2, "/stylize"))
    ]
    (result,) = await house.results(house.club, 1)
    assert await house.painted(result) == (house.digest(files[0]), (house.digest(files[1]),))


async def test_what_is_no_picture_is_left_out_of_an_album(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    files = [(jpeg(seed=1), "image/jpeg"), (b"%PDF-1.7", "application/pdf"), (jpeg(seed=2), "image/png")]
    sent = [
        await telegram.sends_file(house.ann, house.private, data, "file", kind, "lilac", album="files")
        for data, kind in files
    ]
    told = await house.sentence_in(house.private, "One file of this album is no picture, so I leave it out.")
    assert told.reply_to is sent[1]
    painted = [await house.painted(result) for result in await house.results(house.private, 2)]
    assert set(painted) == {(house.digest(message), (house.of_style("lilac"),)) for message in (sent[0], sent[2])}


async def test_an_album_without_a_picture_is_refused_once(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    for _ in range(3):
        await telegram.sends_other(house.ann, house.private, "video", album="holiday")
    await house.sentence_in(house.private, "no picture; send a photo")
    await house.caught_up(house.private, house.ann)
    assert len(house.private.from_bot) == 2


async def test_videos_beside_a_picture_as_its_style(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    await telegram.presses(house.ann, await house.sentence_in(house.private, "Which style"), "My own picture")
    await house.sentence_in(house.private, "Send me the picture")
    await telegram.sends_other(house.ann, house.private, "video", album="style")
    style = await telegram.sends_photo(house.ann, house.private, jpeg(seed=2), album="style")
    await telegram.sends_other(house.ann, house.private, "video", album="style")
    await house.sentence_in(house.private, "2 files of this album are no pictures, so I leave them out.")
    result = await house.picture_in(house.private)
    assert await house.painted(result) == (house.digest(photo), (house.digest(style),))


async def test_albums_of_several_people_at_once_lose_nothing(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    telegram.updates_per_answer = 3
    people = [telegram.person(f"Person {number}") for number in range(3)]

    async def send(number: int) -> list[Message]:
        sent = []
        for part in range(4):
            words = "/stylize mosaic" if part == 3 else ""
            picture = jpeg(seed=100 * number + part)
            sent.append(await telegram.sends_photo(people[number], house.club, picture, words, album=f"n{number}"))
            await asyncio.sleep(0.02)
        return sent

    albums = await asyncio.gather(*map(send, range(3)))
    found = await house.results(house.club, 12)
    assert {(await house.painted(result))[0] for result in found} == {house.digest(m) for sent in albums for m in sent}
    assert {result.reply_to for result in found} == {message for sent in albums for message in sent}


async def test_what_is_too_much_of_an_album_is_told(swift_telegram: House) -> None:
    house = swift_telegram
    house.studio._acceptance._limits = replace(house.studio._acceptance._limits, per_person=2)
    async with house.busy_engine():
        sent = await album(house, 3, "lilac")
        await house.sentence_in(house.private, "2 of 3 pictures are in the queue, the rest is not: You already have 2")
        waiting = [message for message in house.private.from_bot if "Cancel" in message.labels]
        assert [message.reply_to for message in waiting] == sent[:2]


async def test_only_who_sent_the_album_chooses(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    for number in range(3):
        words = "/stylize" if number == 0 else ""
        await telegram.sends_photo(house.ann, house.club, jpeg(seed=number), words, album="hers")
    asked = await house.sentence_in(house.club, "What shall I do")
    press = await telegram.presses(house.bob, asked, REST)
    assert "Only the person who asked" in await telegram.answered(press)
    await telegram.presses(house.ann, asked, REST)
    await house.results(house.club, 1)


@pytest.mark.parametrize("way", [EACH, REST, "named", "captioned"])
async def test_an_album_that_had_its_way_is_not_painted_again_when_it_is_edited(
    swift_telegram: House, telegram: TelegramStandin, way: str
) -> None:
    house = swift_telegram
    sent = await album(house, 3, "engraving" if way == "captioned" else "")
    if way != "captioned":
        await telegram.presses(house.ann, await question(house), REST if way == REST else EACH)
    if way in (EACH, "named"):
        chooser = await house.sentence_in(house.private, "Which style shall")
    if way == EACH:
        await telegram.presses(house.ann, chooser, chooser.labels[0])
    if way == "named":
        await telegram.says(house.ann, house.private, "engraving")
    count = 1 if way == REST else 3
    await house.results(house.private, count)
    for message in sent:
        await telegram.edits(message, "lilac")
    await house.caught_up(house.private, house.ann)
    assert len(results(house.private)) == count + 1


async def test_an_edited_album_leaves_what_came_after_it_waiting(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    sent = await album(house, 3)
    await question(house)
    later = await telegram.sends_photo(house.ann, house.private, jpeg(seed=4))
    await house.message(house.private, lambda message: "My own picture" in message.labels, later)
    await telegram.edits(sent[1], "lilac")
    await house.results(house.private, 3)
    await telegram.says(house.ann, house.private, "engraving")
    result = await house.picture_in(house.private, later)
    assert await house.painted(result) == (house.digest(later), (house.of_style("engraving"),))


async def test_the_chooser_shown_last_is_what_a_style_is_named_for(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    sent = await album(house, 3)
    asked = await question(house)
    later = await telegram.sends_photo(house.ann, house.private, jpeg(seed=4))
    await house.message(house.private, lambda message: "My own picture" in message.labels, later)
    await telegram.presses(house.ann, asked, EACH)
    await house.sentence_in(house.private, "Which style shall the 3 pictures get")
    await telegram.says(house.ann, house.private, "lilac")
    painted = [await house.painted(result) for result in await house.results(house.private, 3)]
    assert {photo for photo, _ in painted} == {house.digest(message) for message in sent}


async def test_a_style_album_is_not_taken_for_more_when_it_is_edited(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await album(house, 3)
    await telegram.presses(house.ann, await question(house), EACH)
    chooser = await house.sentence_in(house.private, "Which style shall")
    await telegram.presses(house.ann, chooser, "My own picture")
    await house.sentence_in(house.private, "Send me the picture")
    styles = await album(house, 2, name="styles")
    await house.results(house.private, 3)
    for style in styles:
        await telegram.edits(style, "lilac")
    await house.caught_up(house.private, house.ann)
    assert len(results(house.private)) == 4


async def each_in_lilac(house: House) -> tuple[Message, str]:
    """The chooser for all pictures of an album, at the page with the lilac, and the button."""
    await house.telegram.presses(house.ann, await question(house), EACH)
    chooser = await house.sentence_in(house.private, "Which style shall")
    lilac = house.studio.gallery.styles["lilac"].title
    while lilac not in chooser.labels:
        before = list(chooser.labels)
        await house.telegram.presses(house.ann, chooser, "More ›")
        await house.turned(chooser, before)
    return chooser, lilac


@pytest.mark.parametrize("way", ["pressed", "named", "edited"])
async def test_a_hiccup_in_the_middle_of_an_album_is_told_and_the_rest_made_later(
    swift_telegram: House, telegram: TelegramStandin, way: str
) -> None:
    house = swift_telegram
    if way == "edited":
        telegram.faults.append(Fault("getFile"))
        sent = await album(house, 3, "lilac")
    else:
        sent = await album(house, 3)
        chooser, lilac = await each_in_lilac(house)
        telegram.faults.append(Fault("getFile"))

    async def ask() -> None:
        if way == "pressed":
            await telegram.presses(house.ann, chooser, lilac)
        elif way == "named":
            await telegram.says(house.ann, house.private, "lilac")

    await ask()
    await house.sentence_in(house.private, "2 of 3 pictures are in the queue, the rest is not: Something went wrong")
    await house.results(house.private, 2)
    await ask()
    if way == "edited":
        await telegram.edits(sent[1], "lilac!")
    await house.results(house.private, 3)
    await house.caught_up(house.private, house.bob)
    *found, _bobs = [await house.painted(result) for result in results(house.private)]
    assert sorted(found) == sorted((house.digest(message), (house.of_style("lilac"),)) for message in sent)


async def test_an_album_may_be_painted_twice(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await album(house, 3)
    chooser, lilac = await each_in_lilac(house)
    for count in (3, 6):
        await telegram.presses(house.ann, chooser, lilac)
        await house.results(house.private, count)
