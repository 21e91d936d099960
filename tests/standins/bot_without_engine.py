"""The bot with the local page and no engine: `python -m tests.standins.bot_without_engine FOLDER`.

Once the page is open it prints the modules that are loaded, as JSON in one line, and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from bot.__main__ import load_command


async def open_page(folder: Path) -> None:
    # What follows is loaded by now.
    from bot.app import build_fronts, open_atelier
    from bot.config import Config, StorageConfig, WebConfig
    from bot.queue.engine_driver import EngineDriver
    from bot.telemetry import configure_logs

    class AbsentEngine(EngineDriver):
        """Never starts."""

        async def start(self) -> None:
            await asyncio.Event().wait()

    config = Config(storage=StorageConfig(path=folder), web=WebConfig(port=0, enabled=True))
    configure_logs(config.log)
    async with open_atelier(config, AbsentEngine(config.engine)) as atelier:
        (front,) = build_fronts(config, atelier.studio)
        from adapters.web import WebFront

        assert isinstance(front, WebFront)
        serving = asyncio.create_task(atelier.serve(front))
        await front.ready.wait()
        sys.stdout.write(f"{json.dumps(sorted(sys.modules))}\n")
        sys.stdout.flush()
        serving.cancel()


if __name__ == "__main__":
    load_command("run")
    asyncio.run(open_page(Path(sys.argv[1])))
