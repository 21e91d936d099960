"""`atelier check`: what is configured, whether it works, and how fast this machine is."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from pathlib import Path

from rich.console import Console

from bot import text
from bot.app import check_fronts
from bot.commands.engine import open_engine
from bot.commands.pictures import read_style
from bot.config import Config, load_config
from bot.errors import SetupError
from bot.gallery import Gallery
from bot.telemetry import configure_logs
from nst_engine.engine import Engine
from nst_engine.engine import Progress as EngineProgress
from nst_engine.errors import EngineError
from nst_engine.images import open_picture
from nst_engine.schedule import work
from nst_engine.settings import PRESETS, Settings

FAILED = 1
PHOTO, STYLE = "lake_sherburne", "starry_night"
TRIAL = Settings(size=256, steps=5)
WARM_UP = 2


def run(arguments: argparse.Namespace) -> None:
    """Print one line for each thing; end with code 1 when something does not work."""
    config = load_config(arguments.config)
    configure_logs(config.log.model_copy(update={"level": "error"}))
    has_file = arguments.config is not None or Path("config.toml").exists()
    _tell("configuration", str(arguments.config or "config.toml") if has_file else "no config.toml: the defaults")
    works = asyncio.run(_check_fronts(config))
    gallery = Gallery.load(config.gallery.path)
    _tell("gallery", f"{len(gallery.styles)} styles")
    works = _check_engine(config, gallery) and works
    sys.exit(0 if works else FAILED)


async def _check_fronts(config: Config) -> bool:
    all_work = True
    try:
        async for platform, what, works in check_fronts(config):
            _tell(platform, what if works else f"FAILS: {what}")
            all_work = all_work and works
    except SetupError as error:
        _tell("set-up", f"FAILS: {error}")
        return False
    _tell("storage", f"{config.storage.path.resolve()}, queue {config.queue.url.split('@')[-1]}")
    return all_work


def _check_engine(config: Config, gallery: Gallery) -> bool:
    try:
        engine = open_engine(config.engine)
    except EngineError as error:
        _tell("engine", f"FAILS: {error}")
        return False
    _tell("engine", f"{engine.device_name}, {engine.precision}, {engine.weights_name} ({engine.weights_hash[:12]})")
    _tell("preview", "installed" if engine.has_preview else "not installed; for it, run `atelier fetch-preview`")
    pace = _measure(engine, gallery)
    for name, preset in PRESETS.items():
        cost = work(preset.size, preset.size * 3 // 4, Settings(size=preset.size, steps=preset.steps))
        seconds = text.duration(pace * cost)
        _tell(name, f"{preset.size} pixels, {preset.steps} steps: about {seconds} for a photo of 4:3")
    return True


def _measure(engine: Engine, gallery: Gallery) -> float:
    """Seconds for one megapixel-step, from a short run without its first steps."""
    times: list[float] = []

    def on_progress(progress: EngineProgress) -> None:
        times.append(progress.seconds)

    photo = open_picture(gallery.photos[PHOTO].read())
    with Console(stderr=True).status("measuring this machine"):
        result = engine.stylize(photo, [read_style(STYLE, gallery)], TRIAL, on_progress)
    seconds = (times[-1] - times[WARM_UP - 1]) / (TRIAL.steps - WARM_UP)
    return seconds / math.prod(result.picture.size) * 1e6


def _tell(what: str, how: str) -> None:
    print(f"{what:<14} {how}")
