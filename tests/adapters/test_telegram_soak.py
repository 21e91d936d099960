"""Many people at once on Telegram while it asks for silence: everybody is answered, once, and no group hears too much.

A minute of Telegram's lasts `60 / FASTER` seconds here: its limits in the stand-in and the bot's are that much faster,
and so are the people. The stand-in refuses the 21st call to a group within its minute, and the test takes that for a
failure, whatever the bot makes of it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest

from adapters.telegram import LIMITS
from tests.standins.telegram import Chat, FloodRules, Message, TelegramStandin
from tests.standins.telegram.house import House, is_result, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*retry_after:DeprecationWarning")]

PERSONS, UPDATES, GROUPS = 50, 200, 5
FASTER = 20
REAL = FloodRules()
RULES = replace(
    REAL,
    chat_seconds=REAL.chat_seconds / FASTER,
    group_seconds=REAL.group_seconds / FASTER,
    all_seconds=REAL.all_seconds / FASTER,
)
PACE = replace(
    LIMITS,
    chat_seconds=LIMITS.chat_seconds / FASTER,
    group_seconds=LIMITS.group_seconds / FASTER,
    all_seconds=LIMITS.all_seconds / FASTER,
    private_edit_seconds=LIMITS.private_edit_seconds / FASTER,
    group_edit_seconds=LIMITS.group_edit_seconds / FASTER,
)


async def test_everybody_is_answered_once(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = PACE
    telegram.world.flood.rules = RULES
    await house.start()
    dice = random.Random(7)
    groups = [telegram.group(f"Group {number}") for number in range(GROUPS)]
    persons = [telegram.person(f"person {number}") for number in range(PERSONS)]
    painted: list[Message] = []
    asked: list[Message] = []
    for number in range(UPDATES):
        person, group = persons[number % PERSONS], groups[dice.randrange(GROUPS)]
        if number % 5 == 4:
            asked.append(await telegram.says(person, group, "/help"))
        else:
            photo = jpeg(48, 32, seed=number)
            painted.append(await telegram.sends_photo(person, group, photo, f"/stylize {house.a_style}"))
        if number % 40 == 20:
            telegram.world.flood.close(group.id, 1)
        if number == UPDATES // 2:
            await house.restart()
        await asyncio.sleep(dice.uniform(0, 2 * 60 / FASTER / UPDATES))
    await telegram.until(lambda: len(replies(groups, asked)) >= len(asked))
    await telegram.until(lambda: len(results(groups, painted)) >= len(painted))
    await drained(house)
    assert set(Counter(message.id for message in replies(groups, asked)).values()) == {1}
    assert set(Counter(message.id for message in results(groups, painted)).values()) == {1}
    assert telegram.world.flood.violations == []
    assert telegram.world.flood.refused, "silence was asked for, and not kept from the bot"
    assert 10 < max(telegram.world.flood.busiest(group.id) for group in groups) <= REAL.group_messages


async def drained(house: House) -> None:
    """Nothing is left to be answered."""
    for job in await house.studio.under_way("telegram"):
        await house.settled(job.id)


def replies(groups: list[Chat], asked: list[Message]) -> list[Message]:
    """The messages that were replied to, as often as they were."""
    return [m.reply_to for group in groups for m in group.from_bot if m.reply_to in asked]


def results(groups: list[Chat], painted: list[Message]) -> list[Message]:
    """The photos for which there is a picture, as often as there is one."""
    return [m.reply_to for group in groups for m in group.from_bot if m.reply_to in painted and is_result(m)]
