"""How long is it until something can be done? `python -m tests.benchmarks.start_up`.

The median of several starts each, in seconds, as a table; the first start of all, which fills the file cache, does not
count. With `--engine` also the engine process: until it is loaded, its first answer when it is asked at once, its first
answer when it had `REST` seconds to warm up, and the next.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bot.config import EngineConfig
from bot.gallery import Gallery
from bot.queue.engine_driver import EngineDriver
from bot.queue.frames import Header
from bot.queue.pictures import Pictures

ROOT = Path(__file__).parents[2]
PHOTO, STYLE = "oakland_zoo_otters", "starry_night"
REST = 5.0
TINY = {"size": 64, "steps": 1}


def seconds_to_end(*arguments: str) -> float:
    """Until a process is over."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def seconds_to_page() -> float:
    """Until the bot's local page is open, without an engine."""
    with tempfile.TemporaryDirectory() as folder:
        return _seconds_to_line("-m", "tests.standins.bot_without_engine", folder, on="stdout", words="[")


def seconds_to_page_beside_engine() -> float:
    """The same of the bot as it is run, whose engine is loaded in a process beside it."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"ATELIER_STORAGE__PATH": folder, "ATELIER_WEB__PORT": "0"}
        return _seconds_to_line("-m", "bot", "run", on="stderr", words="page is open", **environ)


def _seconds_to_line(*arguments: str, on: str, words: str, **environ: str) -> float:
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, on: subprocess.PIPE}
    began = time.perf_counter()
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, text=True, **pipes) as process:
        for line in getattr(process, on):
            if words in line:
                seconds = time.perf_counter() - began
                process.terminate()
                return seconds
    raise RuntimeError(f"{' '.join(arguments)} ended before it said {words!r}.")


async def engine_seconds(rest: float) -> tuple[float, float, float]:
    """Until an engine process is loaded, and then, after a rest, for each of two tiny pictures."""
    gallery = Gallery.load()
    pictures = Pictures(gallery.photos[PHOTO].read(), (gallery.styles[STYLE].read(),))
    driver = EngineDriver(EngineConfig())

    async def ignore(header: Header, payload: bytes) -> None:
        """Progress is not measured."""

    began = time.perf_counter()
    try:
        await driver.start()
        loaded = time.perf_counter() - began
        await asyncio.sleep(rest)
        marks = [time.perf_counter()]
        for number in range(2):
            painted = await driver.paint(str(number), TINY, pictures, ignore)
            assert painted.summary, painted.sentence
            marks.append(time.perf_counter())
    finally:
        await driver.stop()
    first, second = [after - before for before, after in pairwise(marks)]
    return loaded, first, second


def main() -> None:
    """Print one table, a row for each kind of start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--engine", action="store_true")
    chosen = parser.parse_args()
    kinds: dict[str, Callable[[], float]] = {
        "`atelier --help`": lambda: seconds_to_end("-m", "bot", "--help"),
        "`atelier styles`": lambda: seconds_to_end("-m", "bot", "styles"),
        "the bot until its page is open, without an engine": seconds_to_page,
        "the same, while its engine loads beside it": seconds_to_page_beside_engine,
    }
    print("| start | seconds, median | fastest |\n|---|---|---|")
    for name, measured in kinds.items():
        measured()
        _print_row(name, [measured() for _ in range(chosen.times)])
    if chosen.engine:
        asyncio.run(engine_seconds(0))
        at_once = [asyncio.run(engine_seconds(0)) for _ in range(chosen.times)]
        rested = [asyncio.run(engine_seconds(REST)) for _ in range(chosen.times)]
        _print_row("the engine process until its model is loaded", [row[0] for row in (*at_once, *rested)])
        _print_row("its first answer (64 pixels, 1 step), asked for at once", [row[1] for row in at_once])
        _print_row(f"its first answer, asked for {REST:.0f} s later", [row[1] for row in rested])
        _print_row("the next answer", [row[2] for row in rested])


def _print_row(name: str, times: list[float]) -> None:
    print(f"| {name} | {median(times):.2f} | {min(times):.2f} |", flush=True)


if __name__ == "__main__":
    main()
