"""`atelier worker` with fast engines, configured by the environment: `python -m tests.standins.fast_worker`."""

from __future__ import annotations

import asyncio

from bot.app import run_worker
from bot.config import Config, load_config
from bot.queue.engine_driver import EngineDriver
from bot.telemetry import configure_logs

ENGINE = "tests.standins.fast_engine"


def fast_engines(config: Config) -> list[EngineDriver]:
    return [EngineDriver(config.engine, None, ENGINE) for _ in range(config.engine.side_by_side)]


if __name__ == "__main__":
    config = load_config()
    configure_logs(config.log)
    asyncio.run(run_worker(config, *fast_engines(config)))
