"""What may become of a chat on Telegram while a picture is painted, and how the bot takes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.telegram.limits import LIMITS, OWN_SERVER
from adapters.telegram.result_sentences import CURVE, NOT_YOUR_PICTURE
from bot import languages
from bot.errors import Gone
from bot.requests import Queued
from tests.adapters.test_telegram_buttons import below, painted
from tests.standins.telegram import Chat, Fault, Message, Person, TelegramStandin
from tests.standins.telegram.house import House, is_result, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("place", ["club", "private"])
async def test_a_bot_that_is_shut_out_paints_nothing_more_there(
    telegram: TelegramStandin, swift_telegram: House, place: str
) -> None:
    house = swift_telegram
    chat: Chat = {"club": house.club, "private": house.private}[place]
    other = telegram.group("Other")
    async with house.busy_engine():
        photos = [await house.asks(where, house.ann) for where in (chat, chat, other)]
        jobs = [await house.remembered(await house.status_in(photo.chat, photo)) for photo in photos]
        await telegram.shuts_out(chat, house.ann)
        ended = [await house.settled(job.id) for job in jobs[:2]]
        assert {job.state for job in ended} == {"cancelled"}
        assert not (await house.studio.job(jobs[2].id)).is_over
    await house.picture_in(other, photos[2])
    assert (await house.studio.job(jobs[0].id)).sentence == "Cancelled, as I was removed from this chat."


async def test_a_group_that_becomes_a_supergroup_gets_its_picture_there(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    async with house.busy_engine():
        await house.asks(house.club, house.ann)
        job = await house.remembered(await house.status_in(house.club))
        bigger = await telegram.moves(house.club, house.ann)
    result = await house.picture_in(bigger)
    job = await house.settled(job.id)
    assert (job.address["chat_id"], job.address["message_id"]) == (bigger.id, result.id)
    await telegram.presses(house.ann, result, "Again")
    await house.message(bigger, is_result, result)


async def test_what_waits_in_a_group_that_becomes_a_supergroup_is_seen_and_cancelled_there(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    house.ann.language = "de"
    async with house.busy_engine():
        jobs = [
            await house.remembered(await waits(house, person, "Abbrechen", "Cancel"))
            for person in (house.ann, house.bob, house.bob)
        ]
        bigger = await telegram.moves(house.club, house.ann)
        status = await house.message(bigger, lambda message: "Abbrechen" in message.labels)
        await telegram.until(lambda: len(bigger.from_bot) == 3)
        assert (await house.job_of(status)).id == jobs[0].id
        assert "an der Reihe" in status.text
        for message in bigger.from_bot:
            await house.remembered(message)
        await telegram.says(house.bob, bigger, "/queue")
        assert "3 pictures in all" in (await house.sentence_in(bigger, "• ")).text
        await telegram.presses(house.ann, status, "Abbrechen")
        assert (await house.settled(jobs[0].id)).state == "cancelled"
        other = await house.message(bigger, lambda message: jobs[1].id in str(message.buttons))
        await telegram.says(house.bob, bigger, "/cancel", reply_to=other)
        assert (await house.settled(jobs[1].id)).state == "cancelled"
        await telegram.shuts_out(bigger, house.ann)
        assert (await house.settled(jobs[2].id)).state == "cancelled"


async def waits(house: House, person: Person, *labels: str) -> Message:
    photo = await house.asks(house.club, person)
    return await house.message(house.club, lambda message: bool({*labels} & {*message.labels}), photo)


@pytest.mark.parametrize("change", ["closed", "deleted"])
async def test_a_topic_that_is_no_more_is_gone_and_others_go_on(
    telegram: TelegramStandin, swift_telegram: House, change: str
) -> None:
    house = swift_telegram
    forum = telegram.group("Forum", topics=(5, 9))
    async with house.busy_engine():
        photo = await telegram.sends_photo(house.ann, forum, jpeg(), f"/stylize {house.a_style}", thread=9)
        status = await house.status_in(forum, photo)
        job = await house.remembered(status)
        await telegram.deletes(status)
        if change == "closed":
            forum.closed_topics.add(9)
        else:
            forum.topics.remove(9)
    job = await house.settled(job.id)
    with pytest.raises(Gone):
        await house.front.answer(job, await house.studio.answer(job.id))
    photo = await telegram.sends_photo(house.ann, forum, jpeg(), f"/stylize {house.a_style}", thread=5)
    assert (await house.picture_in(forum, photo)).thread == 5


async def test_a_chat_that_takes_no_pictures_is_told_and_buttons_stay(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    house.club.pictures_allowed = False
    photo = await house.asks(house.club, house.ann)
    told = await house.message(house.club, is_result, photo)
    assert "does not let me send pictures" in told.text
    house.club.pictures_allowed = True
    await telegram.presses(house.ann, told, "As file")
    file = await below(house, told)
    assert file.media is not None


async def test_a_status_message_that_was_deleted_is_not_edited_again_and_again(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    async with house.busy_engine():
        photo = await house.asks(house.club, house.ann)
        status = await house.status_in(house.club, photo)
        job = await house.remembered(status)
        await telegram.deletes(status)
        for position in range(2, 6):
            edits = len(failed_edits(telegram))
            await house.front.show(job, Queued(job.id, position, None))
            if not edits:
                await telegram.until(lambda: failed_edits(telegram))
    await house.picture_in(house.club, photo)
    assert len(failed_edits(telegram)) <= 2, "once for progress, once for the answer"


def failed_edits(telegram: TelegramStandin) -> list[str]:
    return [call.method for call in telegram.calls if call.method.startswith("editMessage") and not call.ok]


async def test_a_file_that_what_stands_between_does_not_take_is_told(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    message, _ = await painted(swift_telegram)
    telegram.faults.append(Fault("sendDocument", 413))
    await telegram.presses(swift_telegram.ann, message, "As file")
    assert "choose a smaller size" in (await below(swift_telegram, message)).text


async def test_an_answer_refused_as_too_large_is_brought_smaller(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    """A Bot API server of one's own takes files that what stands before it, or a mere proxy, does not."""
    house = swift_telegram
    await house.stop()
    house.limits = replace(OWN_SERVER, chat_calls=1000, group_calls=1000)
    await house.start()
    message, job = await painted(house)
    answer = await house.studio.answer(job.id)
    assert answer is not None
    film = b"\0\0\0\x0eftyp" + bytes(LIMITS.document_bytes)
    telegram.faults.append(Fault("editMessageMedia", 413))
    await house.front.answer(job, replace(answer, film=film))
    assert message.media is not None
    assert (message.media.kind, message.media.data) == ("photo", answer.picture)
    assert telegram.faults == []


async def test_a_press_and_the_status_speak_the_language_of_their_person(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    def said(sentence: str, language: str) -> str:
        with languages.speaking(language):
            assert languages._(sentence) != sentence
            return languages._(sentence)

    house = swift_telegram
    house.ann.language, house.bob.language = "de", "fr-CA"
    message, _ = await painted(house, language="ja")
    refused = await telegram.presses(house.bob, message, said("Delete", "ja"))
    assert await telegram.answered(refused) == said(NOT_YOUR_PICTURE, "fr")
    await telegram.presses(house.ann, message, said("Losses", "ja"))
    assert (await below(house, message)).text == said(CURVE, "de")
