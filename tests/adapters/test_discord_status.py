"""The status message on Discord: how often it is edited, and how it tells where in the queue a picture is."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.discord import limits
from bot.requests import Running
from bot.speed import Machine, Pace, keep_pace
from tests.adapters.test_discord_places import waiting
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House, a_style, instant_house, jpeg, picture_of

pytest_plugins = ["tests.standins.discord.fixtures"]
LEAST_PAUSE = 3.0
"""Seconds between two previews: what people were promised, whatever the code says."""


async def test_a_status_is_edited_every_three_seconds_at_most(discord: DiscordStandIn, tmp_path: Path) -> None:
    assert limits.EDIT_PAUSE >= LEAST_PAUSE
    async with instant_house(discord, tmp_path, pause=None) as house:
        async with house.busy_engine():
            invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
            message = await waiting(discord, invocation)
            job = await house.job_of(invocation)
            for step in range(1, 9):
                await house.front.show(job, Running(job.id, step, 10, 30.0, {}, jpeg(), step / 10))
                asked = await discord.invoke("queue")  # time enough for an edit that does not wait
                await discord.until(lambda asked=asked: asked.private_words)
        await picture_of(discord, invocation)
        *edits, answer = message.edited_at
        assert edits
        assert all(later - earlier >= LEAST_PAUSE for earlier, later in pairwise(edits))
        assert answer > edits[-1]


@pytest.fixture
def paced(tmp_path: Path) -> None:
    """The engine is known to take 6 seconds for a megapixel-step."""
    keep_pace(tmp_path / "data", Machine.here("none", "float32"), Pace(0.0, 6.0))


@pytest.mark.usefixtures("paced")
async def test_who_waits_reads_their_number_and_the_minutes(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        messages, ann = [], discord.add_person("ann")
        for person in (ann, discord.add_person("bob"), discord.add_person("eve")):
            invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), size=1024, person=person)
            messages.append(await waiting(discord, invocation))
        first, *others = messages
        await discord.until(lambda: all("min left" in message.content for message in messages))
        before = [message.content for message in messages]
        numbers = ["Next", "Number 2", "Number 3"]
        told = [re.fullmatch(rf"{number} in the queue, about (\d+) min left\.", words)
                for number, words in zip(numbers, before, strict=True)]  # fmt: skip
        minutes = [int(words[1]) for words in told if words]
        assert len(set(minutes)) == 3 and minutes == sorted(minutes)
        await discord.press(first, "Cancel", person=ann)
        await discord.until(lambda: [message.content for message in others] == before[:2])
