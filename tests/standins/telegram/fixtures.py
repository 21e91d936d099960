"""The stand-in and a bot on it, for the tests that name this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

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
