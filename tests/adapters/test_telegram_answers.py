"""Answers on Telegram: the picture and the losses, once, in whatever state the chat is."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from adapters.telegram import LIMITS
from bot.errors import Gone, StorageTrouble
from tests.standins.pictures import moving
from tests.standins.telegram import Fault, Message, TelegramStandin
from tests.standins.telegram.house import House

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


def png(width: int, height: int, *, noise: bool = False) -> bytes:
    pixels = np.zeros((height, width, 3), np.uint8)
    if noise:
        pixels = np.random.default_rng(0).integers(0, 255, pixels.shape, dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


async def alone(house: House, result: Message) -> bool:
    """Whether nothing came with a result, once its answer is through."""
    await house.settled((await house.job_of(result)).id)
    return [message for message in result.chat.from_bot if message.reply_to is result] == []


async def test_the_answer_holds_picture_and_losses(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await house.asks(house.private, house.ann)
    result = await house.picture_in(house.private, photo)
    assert result.picture.format == "PNG"
    assert "total: " in result.text
    assert "→" in result.text
    assert await alone(house, result)


async def test_an_answer_brought_again_stays_one(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await house.asks(house.private, house.ann)
    result = await house.picture_in(house.private, photo)
    job = await house.settled((await house.job_of(result)).id)
    before = list(house.private.from_bot)
    await house.front.answer(job, await house.studio.answer(job.id))
    assert house.private.from_bot == before


async def test_a_reply_lost_on_the_way_back_does_not_make_two(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    telegram.faults.append(Fault("editMessageMedia", after=True, about="total: "))
    photo = await house.asks(house.private, house.ann)
    result = await house.picture_in(house.private, photo)
    assert await alone(house, result)
    assert [message for message in house.private.from_bot if message.reply_to is photo] == [result]
    assert telegram.faults == []


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("editMessageMedia", after=True, cut=True, about="total: ")],
        [
            Fault("editMessageMedia", 500, about="total: "),
            Fault("editMessageMedia", 503, after=True, about="total: "),
        ],
    ],
    ids=["cut", "errors"],
)
async def test_an_answer_whose_fate_is_unknown_is_brought_again_to_the_same_message(
    telegram: TelegramStandin, telegram_house: House, monkeypatch: pytest.MonkeyPatch, faults: list[Fault]
) -> None:
    monkeypatch.setattr("bot.queue.delivery.FIRST_RETRY", 0.05)
    house = telegram_house
    telegram.faults += faults
    photo = await house.asks(house.private, house.ann)
    result = await house.picture_in(house.private, photo)
    assert await alone(house, result)
    assert [message for message in house.private.from_bot if message.reply_to is photo] == [result]
    assert telegram.faults == []


async def test_a_new_message_that_cannot_be_noted_is_not_sent_twice(
    telegram: TelegramStandin, telegram_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger's disk is full for a moment, just when the answer came as a message of its own."""
    monkeypatch.setattr("bot.queue.delivery.FIRST_RETRY", 0.05)
    house = telegram_house
    remember, failed = house.studio.remember, []

    async def remember_later(job_id: str, **address: object) -> None:
        if not failed:
            failed.append(address)
            raise StorageTrouble("The disk is full.")
        await remember(job_id, **address)

    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        job = await house.remembered(status)
        await telegram.deletes(status)
        monkeypatch.setattr(house.studio, "remember", remember_later)
    job = await house.settled(job.id)
    (result,) = [message for message in house.private.from_bot if message.reply_to is photo]
    assert failed == [{"message_id": result.id}]
    assert job.address["message_id"] == result.id, "noted at the second try"


async def test_a_deleted_status_message_is_replaced_by_one_new_message(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        job = await house.remembered(status)
        await telegram.deletes(status)
    result = await house.picture_in(house.private, photo)
    assert result is not status
    job = await house.settled(job.id)
    await house.front.answer(job, await house.studio.answer(job.id))
    assert [message for message in house.private.from_bot if message.reply_to is photo] == [result]


@pytest.mark.parametrize("place", ["club", "private"])
async def test_a_chat_that_shut_the_bot_out_is_gone(
    telegram: TelegramStandin, telegram_house: House, place: str
) -> None:
    house = telegram_house
    chat = {"club": house.club, "private": house.private}[place]
    async with house.busy_engine():
        await house.asks(chat, house.ann)
        job = await house.remembered(await house.status_in(chat))
        chat.blocked = True
    job = await house.settled(job.id)
    with pytest.raises(Gone):
        await house.front.answer(job, await house.studio.answer(job.id))


async def test_a_chat_that_no_longer_exists_is_gone(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    photo = await house.asks(house.club, house.ann)
    result = await house.picture_in(house.club, photo)
    job = await house.settled((await house.job_of(result)).id)
    del telegram.world.chats[house.club.id]
    with pytest.raises(Gone):
        await house.front.answer(job, await house.studio.answer(job.id))


async def test_a_group_that_became_a_supergroup_gets_its_picture_there(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    bigger = telegram.group("Club, bigger")
    async with house.busy_engine():
        await house.asks(house.club, house.ann)
        status = await house.status_in(house.club)
        await house.remembered(status)
        house.club.moved_to = bigger
    result = await house.picture_in(bigger)
    job = await house.settled((await house.job_of(result)).id)
    assert job.address["chat_id"] == bigger.id
    await house.front.answer(job, await house.studio.answer(job.id))
    assert len([message for message in bigger.from_bot if message.labels]) == 1


async def test_a_chat_that_takes_no_pictures_is_told(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    house.club.pictures_allowed = False
    photo = await house.asks(house.club, house.ann)
    told = await house.sentence_in(house.club, "does not let me send pictures")
    assert told.reply_to is photo


@pytest.mark.parametrize(
    ("picture", "kind", "suffix"),
    [
        pytest.param(png(640, 480), "photo", "PNG", id="small"),
        pytest.param(png(2100, 100), "document", "PNG", id="too-long-for-a-photo"),
        pytest.param(png(8192, 2000), "document", "PNG", id="sides-too-large-for-a-photo"),
        pytest.param(png(2000, 1900, noise=True), "photo", "JPEG", id="too-many-bytes-for-a-photo"),
    ],
)
async def test_a_picture_goes_as_photo_or_file(
    telegram: TelegramStandin, telegram_house: House, picture: bytes, kind: str, suffix: str
) -> None:
    house = telegram_house
    photo = await house.asks(house.private, house.ann)
    result = await house.picture_in(house.private, photo)
    job = await house.settled((await house.job_of(result)).id)
    answer = await house.studio.answer(job.id)
    await house.front.answer(job, replace(answer, picture=picture))
    assert result.media is not None
    assert (result.media.kind, result.picture.format) == (kind, suffix)


async def test_an_animation_comes_as_a_film_and_as_a_file(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    caption = f"/stylize {house.a_style}"
    sent = await telegram.sends_file(house.ann, house.private, moving(kind="webp"), "box.webp", "image/webp", caption)
    result = await house.picture_in(house.private, sent)
    answer = await house.studio.answer((await house.job_of(result)).id)
    assert result.media is not None
    assert (result.media.kind, result.media.data) == ("animation", answer.film)
    assert "total: " in result.text
    assert await alone(house, result)

    await telegram.presses(house.ann, result, "As file")
    await telegram.until(
        lambda: house.private.from_bot[-1].media and house.private.from_bot[-1].media.kind == "document"
    )
    assert house.private.from_bot[-1].media.data == answer.animation
    assert house.private.from_bot[-1].picture.n_frames == 4


async def test_an_animation_whose_status_message_is_gone_is_sent_anew(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    async with house.busy_engine():
        caption = f"/stylize {house.a_style}"
        sent = await telegram.sends_file(house.ann, house.private, moving(), "box.gif", "image/gif", caption)
        status = await house.status_in(house.private, sent)
        await house.remembered(status)
        await telegram.deletes(status)
    result = await house.picture_in(house.private, sent)
    assert result.media is not None and result.media.kind == "animation"


async def test_an_animation_beyond_the_limit_comes_as_its_first_frame(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    photo = await house.asks(house.private, house.ann)
    result = await house.picture_in(house.private, photo)
    job = await house.settled((await house.job_of(result)).id)
    answer = await house.studio.answer(job.id)
    too_large = bytes(LIMITS.document_bytes + 1)
    await house.front.answer(job, replace(answer, film=too_large, animation=too_large))
    assert result.media is not None
    assert (result.media.kind, result.media.data) == ("photo", answer.picture)
