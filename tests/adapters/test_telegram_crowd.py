"""A crowd in one chat, at the pace of Telegram's real limits: nobody elsewhere waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.telegram import LIMITS
from tests.standins.telegram import FloodRules, TelegramStandin
from tests.standins.telegram.house import House, hurried

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow

CROWD = 300


@pytest.fixture
async def at_real_pace(telegram: TelegramStandin, swift_telegram: House) -> AsyncIterator[House]:
    house = swift_telegram
    await house.stop()
    house.limits = replace(LIMITS, stop_seconds=0.1)
    telegram.world.flood.rules = FloodRules()
    await house.start()
    yield house


@pytest.mark.parametrize("persons", [1, CROWD])
async def test_a_busy_group_holds_up_no_other_chat(
    telegram: TelegramStandin, at_real_pace: House, persons: int
) -> None:
    house = at_real_pace
    crowd = [telegram.person(f"person {number}") for number in range(persons)]
    for number in range(CROWD):
        await telegram.says(crowd[number % persons], house.club, "/help")
    await telegram.until(lambda: len(house.club.from_bot) >= 3)
    said = await telegram.says(house.ann, house.private, "/help")
    await house.message(house.private, lambda message: True, said)
    assert len(house.club.from_bot) < CROWD / 2


async def test_an_impatient_press_turns_the_page_once(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.club, "/styles")
    gallery = await house.message(house.club, lambda message: "More ›" in message.labels)
    telegram.hold("editMessageMedia")
    presses = [await telegram.presses(house.ann, gallery, "More ›") for _ in range(8)]
    for press in presses:
        await telegram.answered(press)
    await telegram.until(lambda: telegram.held)
    said = await telegram.says(house.bob, house.club, "/help")
    await house.message(house.club, lambda message: True, said)
    assert telegram.held == 1
    telegram.let_go(late=True)
    await telegram.until(lambda: "‹ Back" in gallery.labels)


async def test_who_writes_too_much_holds_up_nobody_else_in_the_group(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    await house.stop()
    house.limits, telegram.world.flood.rules = hurried(20)
    await house.start()
    for _ in range(CROWD):
        await telegram.says(house.bob, house.club, "/help")
    photo = await house.asks(house.club, house.ann)
    await house.picture_in(house.club, photo)
    assert len(house.club.from_bot) < CROWD / 2
    assert telegram.world.flood.violations == []
