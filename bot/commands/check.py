"""`atelier check`: what is configured and whether it works; with `--speed`, how fast this machine is."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot import text
from bot.app import check_fronts
from bot.commands.engine import open_engine
from bot.config import Config, load_config
from bot.errors import SetupError
from bot.gallery import Gallery
from bot.presets import forecast, presets_in_force
from bot.speed import Machine, Pace, find_pace, keep_pace
from bot.telemetry import configure_logs
from nst_engine.errors import EngineError
from nst_engine.settings import Preset

if TYPE_CHECKING:
    from nst_engine.engine import Engine

FAILED: Final = 1
PHOTO: Final = "lake_sherburne"
STYLE: Final = "starry_night"
SPEED_SECONDS: Final = 16.0
"""So long after the command's beginning the measurement ends, so that all of it takes less than 20 s."""
LEAST_SECONDS: Final = 5.0
"""What the measurement gets in any case, where loading the engine took most of the time."""


def run(arguments: argparse.Namespace) -> None:
    """Print one line for each thing; end with code 1 when something does not work."""
    began = time.monotonic()
    config = load_config(arguments.config)
    configure_logs(config.log.model_copy(update={"level": "error"}))
    has_file = arguments.config is not None or Path("config.toml").exists()
    _tell("configuration", str(arguments.config or "config.toml") if has_file else "no config.toml: the defaults")
    works = asyncio.run(_check_fronts(config))
    gallery = Gallery.load(config.gallery.path)
    _tell("gallery", f"{len(gallery.styles)} styles")
    try:
        engine = open_engine(config.engine)
    except EngineError as error:
        _tell("engine", f"FAILS: {error}")
        sys.exit(FAILED)
    _tell("engine", f"{engine.device_name}, {engine.precision}, {engine.weights_name} ({engine.weights_hash[:12]})")
    _tell("preview", "installed" if engine.has_preview else "not installed; for it, run `atelier fetch-preview`")
    machine, folder = Machine.here(engine.device_name, engine.precision), config.storage.path
    if arguments.speed:
        pace, is_kept = _measure(engine, gallery, folder, began + SPEED_SECONDS)
        works = works and is_kept
    else:
        pace = find_pace(folder, machine)
        if pace is None:
            _tell("speed", "not measured yet; for it, run `atelier check --speed`, which takes 20 s")
    _tell_presets(presets_in_force(config), pace)
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


def _measure(engine: Engine, gallery: Gallery, folder: Path, deadline: float) -> tuple[Pace | None, bool]:
    """Measure the engine and keep its pace for the queue; the pace, and False when it cannot be kept."""
    from rich.console import Console

    from bot.commands.measure import measure
    from bot.commands.pictures import read_style
    from nst_engine.images import open_picture

    photo, style = open_picture(gallery.photos[PHOTO].read()), read_style(STYLE, gallery)
    with Console(stderr=True).status("measuring this machine"):
        pace = measure(engine, photo, style, max(deadline, time.monotonic() + LEAST_SECONDS))
    if pace is None:
        _tell("speed", "too slow to be measured in the time that a check may take")
        return None, True
    try:
        keep_pace(folder, Machine.here(engine.device_name, engine.precision), pace)
    except OSError as error:
        _tell("speed", f"FAILS: it cannot be kept in {folder} ({error.strerror}); check storage.path")
        return pace, False
    return pace, True


def _tell_presets(presets: Mapping[str, Preset], pace: Pace | None) -> None:
    """The presets in force and, where it was measured, how long each takes for a photo of 4:3."""
    for name, preset in presets.items():
        seconds = "" if pace is None else f": about {text.duration(forecast(preset, pace))} for a photo of 4:3"
        _tell(name, f"{preset.size} pixels, {preset.steps} steps{seconds}")


def _tell(what: str, how: str) -> None:
    print(f"{what:<14} {how}")
