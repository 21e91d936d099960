"""Previews in the status message on Telegram: seldom, and whatever comes after them finds its place."""

from __future__ import annotations

from dataclasses import replace

from bot.requests import Job, Queued, Running
from tests.standins.telegram import Message, TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]


def at(job: Job, percent: int, preview: bytes | None = None) -> Running:
    return Running(job.id, percent, 100, None, preview=preview, share=percent / 100)


async def waiting(house: House) -> tuple[Message, Job]:
    """A status message whose job does not begin, so that only the test tells how it goes."""
    photo = await house.asks(house.club, house.ann)
    status = await house.status_in(house.club, photo)
    job = await house.remembered(status)
    await house.telegram.until(lambda: "queue." in status.text and len(status.history) >= 1)
    return status, job


async def test_a_preview_turns_up_in_the_status_message_and_words_go_on_below_it(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    async with house.busy_engine():
        status, job = await waiting(house)
        await house.front.show(job, at(job, 20, jpeg(seed=2)))
        await telegram.until(lambda: "20 %" in status.text)
        assert status.media is not None
        assert (status.media.kind, status.media.data, status.labels) == ("photo", jpeg(seed=2), ["Cancel"])
        await house.front.show(job, at(job, 30))
        await telegram.until(lambda: "30 %" in status.text)
        await telegram.presses(house.ann, status, "Cancel")
        await telegram.until(lambda: status.text == "Cancelled.")
    assert status.labels == []
    assert [message for message in house.club.from_bot if message is not status] == []


async def test_a_status_message_tells_the_position_the_progress_and_the_time_left(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    async with house.busy_engine():
        status, job = await waiting(house)
        await house.front.show(job, Queued(job.id, 2, 170))
        await telegram.until(lambda: status.text == "Number 2 in the queue, about 3 min left.")
        await house.front.show(job, Running(job.id, 25, 100, 95, share=0.25))
        await telegram.until(lambda: status.text == "Painting ███░░░░░░░░░ 25 %, about 2 min left")
        assert status.labels == ["Cancel"]


async def test_after_a_restart_the_words_below_a_preview_are_found(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    async with house.busy_engine():
        status, job = await waiting(house)
        await house.front.show(job, at(job, 20, jpeg(seed=2)))
        await telegram.until(lambda: "20 %" in status.text)
        await house.restart()
        await house.front.show(job, at(job, 40))
        await telegram.until(lambda: "40 %" in status.text)
    result = await house.picture_in(house.club)
    assert result is status


async def test_previews_come_seldom_and_words_in_between(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = replace(house.limits, preview_edits=100_000)
    await house.start()
    async with house.busy_engine():
        status, job = await waiting(house)
        for percent in (20, 40, 60):
            await house.front.show(job, at(job, percent, jpeg(seed=percent)))
            await telegram.until(lambda percent=percent: f"{percent} %" in status.text)
        assert status.media is not None
        assert status.media.data == jpeg(seed=20)


async def test_where_pictures_are_forbidden_words_will_do(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    house.club.pictures_allowed = False
    async with house.busy_engine():
        status, job = await waiting(house)
        await house.front.show(job, at(job, 20, jpeg(seed=2)))
        await telegram.until(lambda: any(call.method == "editMessageMedia" for call in telegram.calls))
        for percent in (30, 40):
            await house.front.show(job, at(job, percent, jpeg(seed=percent)))
            await telegram.until(lambda percent=percent: f"{percent} %" in status.text)
        assert [call.method for call in telegram.calls].count("editMessageMedia") == 1


async def test_a_preview_is_not_lost_to_newer_words(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = replace(house.limits, group_edit_seconds=0.4)
    await house.start()
    async with house.busy_engine():
        status, job = await waiting(house)
        await house.front.show(job, at(job, 20, jpeg(seed=2)))
        await house.front.show(job, at(job, 30))
        await telegram.until(lambda: "30 %" in status.text)
        assert status.media is not None
        assert not any("20 %" in words for words in status.history)
        await house.front.show(job, Queued(job.id, 4, None))
        await telegram.until(lambda: "Number 4" in status.text)
