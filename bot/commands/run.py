"""`atelier run`: the bot."""

from __future__ import annotations

import argparse
import asyncio

from bot.app import run_bot
from bot.config import load_config
from bot.telemetry import configure_logs


def run(arguments: argparse.Namespace) -> None:
    """Run the bot until a signal ends it."""
    config = load_config(arguments.config)
    configure_logs(config.log)
    asyncio.run(run_bot(config))
