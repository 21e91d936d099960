"""The stand-in and a bot on it, for the tests that name this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Atelier, open_atelier
from bot.config import Config
from tests.standins.discord.house import House
from tests.standins.discord.platform import DiscordStandIn
from tests.standins.instant_engine import InstantEngineDriver


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    async with DiscordStandIn() as stand_in:
        yield stand_in
        assert stand_in.careless_mentions == []


@pytest.fixture
async def discord_house(discord: DiscordStandIn, atelier: Atelier) -> AsyncIterator[House]:
    house = House(discord, atelier)
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
async def swift_house(discord: DiscordStandIn, tmp_path: Path) -> AsyncIterator[House]:
    """A bot whose engine paints a single pixel at once, for all that is not about pictures."""
    sections = {
        "storage": {"path": tmp_path / "data"},
        "engine": {"device": "cpu", "default_size": 64},
        "queue": {"max_per_place": 500},
    }
    engine = InstantEngineDriver(film=True)
    try:
        async with open_atelier(Config.model_validate(sections), engine) as atelier:
            house = House(discord, atelier)
            try:
                await house.start()
                yield house
            finally:
                await house.stop()
    finally:
        await engine.stop()
