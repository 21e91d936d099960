"""`atelier queue`: see the queue, pause it, resume it, empty it; whether the bot runs or not."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from bot import text
from bot.app import open_operator
from bot.config import load_config
from bot.errors import BadOption
from bot.requests import QueueLine, QueueView


def run(arguments: argparse.Namespace) -> None:
    """Do what the operator asked, and say in one line what was done."""
    with open_operator(load_config(arguments.config)) as operator:
        if arguments.action == "pause":
            asyncio.run(operator.pause(arguments.reason))
            print("Paused: what runs goes on, nothing else begins until `atelier queue resume`.")
        elif arguments.action == "resume":
            was_paused = asyncio.run(operator.resume())
            print("The queue goes on." if was_paused else "The queue was not paused.")
        elif arguments.action == "cancel":
            stopped = asyncio.run(operator.cancel(arguments.job))
            print(f"{arguments.job} is cancelled." if stopped else f"{arguments.job} was over already.")
        elif arguments.action == "empty":
            view = asyncio.run(operator.view())
            count = len(view.waiting) + (len(view.running) if arguments.running else 0)
            if not arguments.yes and not _agrees(count):
                print("Nothing was cancelled.")
                return
            print(f"{asyncio.run(operator.empty(running=arguments.running))} cancelled; their persons are told.")
        else:
            print("\n".join(_lines(asyncio.run(operator.view()), time.time())))


def _agrees(count: int) -> bool:
    if not sys.stdin.isatty():
        raise BadOption("Nobody is here to be asked; add --yes to empty the queue.")
    return input(f"Cancel {count} pictures? [y/N] ").strip().lower() in ("y", "yes")


def _lines(view: QueueView, now: float) -> list[str]:
    reason = f": {view.paused}" if view.paused else ""
    state = "" if view.paused is None else f"; paused{reason}"
    lines = [f"{len(view.running)} running, {len(view.waiting)} waiting{state}"]
    if view.error is not None:
        lines.append(f"estimates of the last jobs: wrong by {view.error:.0%} at the median")
    if view.running or view.waiting:
        lines += ["", _row("", "job", "platform", "place", "person", "age", "takes")]
    lines += [_line("running", line, now) for line in view.running]
    lines += [_line(str(position), line, now) for position, line in enumerate(view.waiting, 1)]
    return lines


def _line(position: str, line: QueueLine, now: float) -> str:
    takes = "?" if line.seconds is None else text.duration(line.seconds)
    age = text.duration(max(now - line.created, 0))
    return _row(position, line.job_id, line.platform, line.place, line.person, age, takes)


def _row(*cells: str) -> str:
    widths = (8, 23, 9, 20, 24, 10)
    return " ".join(f"{cell:<{width}}" for cell, width in zip(cells, (*widths, 0), strict=True)).rstrip()
