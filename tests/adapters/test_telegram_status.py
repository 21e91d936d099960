"""Status messages on Telegram: one message from the queue to the picture, few edits, and the Cancel button."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from adapters.telegram import LIMITS
from nst_engine.settings import MAX_STEPS
from tests.standins.telegram import FloodRules, TelegramStandin
from tests.standins.telegram.house import QUICK, House

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*retry_after:DeprecationWarning")]


async def test_one_message_goes_from_queued_to_percent_to_picture(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        await telegram.until(lambda: "Next in the queue" in status.text)
    result = await house.picture_in(house.private, photo)
    assert result is status
    percents = [words for words in status.history if " %" in words]
    assert percents
    assert status.history.index(percents[0]) > status.history.index(
        next(words for words in status.history if "Next in the queue" in words)
    )
    previews = [call for call in telegram.calls if call.method == "editMessageMedia"][:-1]
    assert len(status.history) - len(set(status.history)) <= len(previews)
    assert status.labels[:2] == ["Again", "Other style"]


@pytest.mark.parametrize("kind", ["private", "group"])
async def test_edits_keep_their_distance_and_show_the_latest_words(
    telegram: TelegramStandin, atelier: Any, kind: str
) -> None:
    house = House(telegram, atelier, replace(QUICK, **{f"{kind}_edit_seconds": 0.6}))
    chat = house.private if kind == "private" else house.club
    await house.start()
    async with house.busy_engine():
        photo = await house.asks(chat, house.ann)
        status = await house.status_in(chat, photo)
        other = await house.asks(chat, house.ann)
        second = await house.status_in(chat, other)
        await telegram.until(lambda: "Number 2" in second.text and "Next" in status.text)
    await house.picture_in(chat, other)
    await house.stop()
    edits = [call.at for call in telegram.calls if call.method == "editMessageText"]
    assert len(edits) >= 2
    assert min(later - earlier for earlier, later in itertools.pairwise(edits)) >= 0.55


@pytest.mark.parametrize("with_timedelta", ["", "1"])
async def test_a_flood_limit_silences_progress_but_not_the_answer(
    telegram: TelegramStandin, telegram_house: House, monkeypatch: pytest.MonkeyPatch, with_timedelta: str
) -> None:
    house = telegram_house
    monkeypatch.setenv("PTB_TIMEDELTA", with_timedelta)
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        telegram.world.flood.close(house.private.id, 3)
    result = await house.picture_in(house.private, photo)
    assert result is status
    refused = [method for method, _, _ in telegram.world.flood.refused]
    assert refused.count("editMessageText") <= 1
    assert refused
    await house.settled((await house.job_of(result)).id)
    assert [m for m in house.private.from_bot if m is not status and m.reply_to is photo] == []


async def test_a_group_within_real_limits_gets_all_its_pictures(telegram: TelegramStandin, atelier: Any) -> None:
    house = House(telegram, atelier, LIMITS)
    telegram.world.flood.rules = FloodRules()
    await house.start()
    photos = [await house.asks(house.club, person) for person in (house.ann, house.bob, house.ann)]
    for photo in photos:
        await house.picture_in(house.club, photo)
    await house.stop()
    assert len([m for m in house.club.from_bot if "Again" in m.labels]) == 3


async def test_the_owner_cancels_while_it_waits(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.club, house.ann)
        status = await house.status_in(house.club, photo)
        await telegram.until(lambda: status.history)  # its place in the queue, which else may be told just now
        press = await telegram.presses(house.ann, status, "Cancel")
        await telegram.until(lambda: status.text == "Cancelled.")
    assert status.labels == []
    assert press.before_answer == []


async def test_the_owner_cancels_while_it_is_painted(telegram: TelegramStandin, open_bot: Any) -> None:
    async with open_bot(engine={"default_steps": MAX_STEPS}) as atelier:
        house = House(telegram, atelier)
        await house.start()
        await house.asks(house.club, house.ann)
        status = await house.status_in(house.club)
        await telegram.until(lambda: " %" in status.text)
        await telegram.presses(house.ann, status, "Cancel")
        await telegram.until(lambda: status.text == "Cancelled.")
        assert status.labels == []
        await house.stop()


async def test_an_administrator_cancels_and_others_may_not(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    carol = telegram.person("Carol")
    house.club.admins.add(carol.id)
    async with house.busy_engine():
        photo = await house.asks(house.club, house.ann)
        status = await house.status_in(house.club, photo)
        press = await telegram.presses(house.bob, status, "Cancel")
        assert "Only the person who asked" in await telegram.answered(press)
        assert press.must_be_closed
        assert "Cancel" in status.labels
        await telegram.presses(carol, status, "Cancel")
        await telegram.until(lambda: status.text == "Cancelled.")


async def test_a_press_that_comes_too_late_to_acknowledge_still_counts(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        telegram.world.stale_presses = True
        await telegram.presses(house.ann, status, "Cancel")
        await telegram.until(lambda: status.text == "Cancelled.")


async def test_a_forged_button_reaches_no_job_of_another_chat(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        await house.asks(house.club, house.bob)
        other = await house.status_in(house.club)
        house.club.admins.add(house.bob.id)
        press = await telegram.forges(house.bob, other, other.gains(status.button("Cancel")))
        assert "another chat" in await telegram.answered(press)
        assert not (await house.job_of(status)).is_over


async def test_the_cancel_button_works_after_a_restart(telegram: TelegramStandin, telegram_house: House) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        await house.remembered(status)
        await house.restart()
        await telegram.presses(house.ann, status, "Cancel")
        await telegram.until(lambda: status.text == "Cancelled.")


async def test_what_was_painted_while_the_front_was_away_is_answered_by_the_next(
    telegram: TelegramStandin, telegram_house: House
) -> None:
    house = telegram_house
    async with house.busy_engine():
        photo = await house.asks(house.private, house.ann)
        status = await house.status_in(house.private, photo)
        job = await house.remembered(status)
        await house.stop()
    async for _ in house.studio.watch(job.id):
        pass
    assert status.media is None
    await house.start()
    assert await house.picture_in(house.private, photo) is status
