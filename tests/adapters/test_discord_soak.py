"""Many people at once on Discord while it stumbles: everybody is answered, once, and nothing refused is asked again."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from tests.standins.discord import DiscordStandIn, Invocation
from tests.standins.discord.house import House, a_style, jpeg

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow

PERSONS, INTERACTIONS = 50, 200
PACE = 0.03
"""Seconds between two interactions on average: ten times as many as 200 in a minute."""


async def test_everybody_is_answered_once(swift_house: House, discord: DiscordStandIn) -> None:
    dice = random.Random(6)
    home = discord.place.guild_id
    places = [discord.place, discord.add_place(guild_id=home), discord.add_thread(), discord.add_direct_channel()]
    persons = [discord.add_person(f"person {number}") for number in range(PERSONS)]
    painted: list[Invocation] = []
    asked: list[Invocation] = []
    for number in range(INTERACTIONS):
        person, place = persons[number % PERSONS], dice.choice(places)
        if number % 4 == 3:
            asked.append(await discord.invoke(dice.choice(["queue", "about", "cancel"]), person=person, place=place))
        else:
            photo = discord.upload(jpeg(colour=f"hsl({number}, 80%, 50%)"))
            painted.append(await discord.stylize(photo, style=a_style(), person=person, place=place))
        if number % 20 == 10:
            discord.rate_limit(dice.choice(["PATCH /webhooks/", "POST /interactions/"]), times=2)
        if number % 50 == 25:
            discord.be_unavailable(dice.choice(["PATCH /webhooks/", "POST /interactions/"]), times=1)
        if number % 10 == 5:
            lose = dice.choice([discord.cut_answers, discord.lose_answers])
            lose(dice.choice(["PATCH /webhooks/", "POST /interactions/", "GET /webhooks/"]), 1)
        if number == INTERACTIONS // 2:
            discord.gateway.drop()
        await asyncio.sleep(dice.uniform(0, 2 * PACE))
    await discord.until(lambda: all(invocation.acknowledgement for invocation in (*painted, *asked)))
    await discord.until(lambda: all(invocation.private_words or embeds(invocation) for invocation in asked))
    cancelled = [each for each in asked if any("is cancelled" in words for words in each.private_words)]
    await discord.until(lambda: len(pictures(discord, places)) == len(painted) - len(cancelled))
    answers = Counter(file for _, file in pictures(discord, places))
    assert set(answers.values()) == {1}
    assert all(len(invocation.followups) == 0 for invocation in (*painted, *asked))
    late = [invocation for invocation in (*painted, *asked) if (invocation.acknowledged_after or 0) >= 3]
    assert late == []
    assert discord.gateway.resumed == 1
    assert {status for status, _, _ in discord.invalid_requests} <= {429}


def pictures(discord: DiscordStandIn, places: list) -> list[tuple[int, str]]:  # type: ignore[type-arg]
    """The pictures that people see: message and file."""
    shown = [message for place in places for message in discord.visible(place)]
    return [(message.id, file.name) for message in shown for file in message.files if file.name.endswith(".png")]


def embeds(invocation: Invocation) -> int:
    return 0 if invocation.original is None else len(invocation.original.embeds)
