"""The whole bot on the stand-in, its engine an instant one: `python -m tests.standins.telegram.killable_bot DATA KEYS`.

KEYS are those of the configuration's section, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from adapters.telegram import TelegramFront
from bot.app import open_atelier
from bot.config import Config
from bot.telemetry import configure_logs
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.telegram.house import hurried


async def main(data: str, keys: dict[str, Any]) -> None:
    config = Config.model_validate({"telegram": keys, "storage": {"path": data}, "engine": {"device": "cpu"}})
    configure_logs(config.log)
    async with open_atelier(config, InstantEngineDriver()) as atelier:
        await atelier.serve(TelegramFront(config.telegram, atelier.studio, hurried(20)[0]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
