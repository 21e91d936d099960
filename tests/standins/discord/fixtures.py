"""The stand-in and a bot on it, for the tests that name this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Atelier
from tests.standins.discord.house import House, instant_house
from tests.standins.discord.platform import DiscordStandIn


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    async with DiscordStandIn() as stand_in:
        yield stand_in
        assert stand_in.careless_mentions == []
        assert stand_in.hasty_requests == []


@pytest.fixture
async def discord_house(discord: DiscordStandIn, atelier: Atelier) -> AsyncIterator[House]:
    house = House(discord, atelier)
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
async def swift_house(discord: DiscordStandIn, tmp_path: Path) -> AsyncIterator[House]:
    """A bot whose engine paints a single pixel at once, for all that is not about pictures."""
    async with instant_house(discord, tmp_path, film=True) as house:
        yield house
