"""The stand-in and a bot on it, for the tests that name this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_atelier
from bot.config import Config
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.telegram.house import House
from tests.standins.telegram.server import TelegramStandin


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandin]:
    async with TelegramStandin() as stand_in:
        yield stand_in


@pytest.fixture
async def telegram_house(telegram: TelegramStandin, atelier: Any) -> AsyncIterator[House]:
    """A bot that is ready, with quick edits."""
    lodgers = House(telegram, atelier)
    await lodgers.start()
    yield lodgers
    await lodgers.stop()


@pytest.fixture
async def swift_telegram(telegram: TelegramStandin, tmp_path: Path) -> AsyncIterator[House]:
    """A bot whose engine paints a single pixel at once, for all that is not about pictures."""
    sections = {
        "storage": {"path": tmp_path / "data"},
        "engine": {"device": "cpu", "default_size": 64},
        "queue": {"max_per_place": 500, "max_per_person": 50},
    }
    engine = InstantEngineDriver(film=True)
    try:
        async with open_atelier(Config.model_validate(sections), engine) as atelier:
            house = House(telegram, atelier)
            try:
                await house.start()
                yield house
            finally:
                await house.stop()
    finally:
        await engine.stop()
