"""A bot that ends in the middle, at every point where something of a job becomes lasting or visible.

    python -m tests.end_to_end.crash_points                    every point once
    python -m tests.end_to_end.crash_points --pairs 60         so many pairs: a second crash after the restart
    python -m tests.end_to_end.crash_points --pairs all        all of them, in some minutes

Each life of the bot is a process forked from this one, which has everything loaded and nothing running. A first life
without a crash tells the points: before and after each side effect, in the order in which they come. Prints JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

# What a bot loads with its first picture is loaded here, once for all lives.
import nst_engine.animation
import nst_engine.images
import nst_engine.schedule  # noqa: F401
from bot.app import open_atelier
from bot.config import Config, LogConfig
from bot.queue.blobs import Blobs
from bot.queue.delivery import Delivery
from bot.queue.dispatch import Dispatch
from bot.queue.ledger import Ledger
from bot.telemetry import configure_logs
from tests.end_to_end.crash_life import PLATFORM, Platform, live, unnoted, verdict
from tests.standins.instant_engine import InstantEngineDriver

CRASHED: Final = 77
LONGEST_LIFE: Final = 60
TRACE: Final = "trace"
MOST_OF_A_KIND: Final = 4
"""Later points of a kind are those of further jobs."""
EFFECTS: Final[dict[str, tuple[Any, str]]] = {
    "file named": (os, "link"),
    "blob": (Blobs, "put_new"),
    "preview": (Blobs, "replace"),
    "accepted": (Ledger, "accept"),
    "released": (Ledger, "release"),
    "attempt counted": (Ledger, "count_attempt"),
    "settled": (Ledger, "settle"),
    "address noted": (Ledger, "merge_address"),
    "reply noted": (Ledger, "mark_replied"),
    "order added": (Dispatch, "submit"),
    "order cancelled": (Dispatch, "cancel"),
    "event told": (Dispatch, "publish"),
    "message posted": (Platform, "post"),
    "status shown": (Platform, "show"),
    "answer sent": (Platform, "answer"),
    "front left": (Delivery, "leave"),
}
"""Every side effect on a job's way: the method that has it."""


class Tripwire:
    """Notes every point that is reached, and ends the process at one of them."""

    def __init__(self, trace: Path, crash: str) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._crash = crash
        self._counts: dict[str, int] = {}

    def stretch(self) -> None:
        for name, (owner, method) in EFFECTS.items():
            setattr(owner, method, self._wired(name, getattr(owner, method)))

    def _wired(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def named(arguments: tuple[Any, ...]) -> str:
            return f"{name} {_kind(arguments[1])}" if name == "blob" else name

        async def wired_async(*arguments: Any, **keywords: Any) -> Any:
            number = self._reach("before", named(arguments))
            result = await act(*arguments, **keywords)
            self._reach("after", named(arguments), number)
            return result

        def wired(*arguments: Any, **keywords: Any) -> Any:
            number = self._reach("before", named(arguments))
            result = act(*arguments, **keywords)
            self._reach("after", named(arguments), number)
            return result

        return wired_async if inspect.iscoroutinefunction(act) else wired

    def _reach(self, when: str, name: str, number: int = 0) -> int:
        if not number:
            number = self._counts[name] = self._counts.get(name, 0) + 1
        point = f"{when} {name} {number}"
        os.write(self._trace, f"{point}\n".encode())
        if point == self._crash:
            os._exit(CRASHED)
        return number


def _kind(key: str) -> str:
    """What a blob's key is for: `input`, or the part of a result."""
    return "input" if key.startswith("sha256/") else key.rpartition("/")[2]


def fork_life(folder: Path, crash: str = "") -> int:
    """Run a bot on a folder in a process of its own, until all is answered or it crashes; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        signal.alarm(LONGEST_LIFE)
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        (folder / TRACE).unlink(missing_ok=True)
        Tripwire(folder / TRACE, crash).stretch()
        configure_logs(LogConfig())
        asyncio.run(_bot(folder))
        os._exit(0)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)


async def _bot(folder: Path) -> None:
    config = Config.model_validate({"storage": {"path": folder / "data"}, "engine": {"default_size": 32}})
    engine = InstantEngineDriver()
    async with open_atelier(config, engine) as atelier, asyncio.timeout(LONGEST_LIFE):
        await live(atelier, folder / PLATFORM)
    await engine.stop()


def points_of(folder: Path) -> list[str]:
    """The points that the last life in a folder reached, but for those of a kind that it had enough of."""
    lines = (folder / TRACE).read_text().splitlines()
    return [line for line in lines if int(line.rpartition(" ")[2]) <= MOST_OF_A_KIND]


class Proof:
    """Tries crashes and keeps what went wrong."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.lives = 0
        self.unreached: list[str] = []
        self.failures: list[str] = []

    def points(self) -> list[str]:
        """All points of a life that nothing disturbs."""
        folder = self._folder()
        self._finish(folder, "no crash")
        return points_of(folder)

    def single(self, point: str) -> None:
        """Crash at a point, start again, look whether all is as it should be."""
        folder = self._folder()
        if self._crash(folder, point):
            self._finish(folder, point, unnoted(folder))

    def pairs(self, point: str) -> Iterator[tuple[str, Callable[[], None]]]:
        """All second points after a crash at a first one, each with what tries it."""
        after_one = self._folder()
        if not self._crash(after_one, point):
            return
        recovered, first_repeats = self._copy(after_one), unnoted(after_one)
        self._finish(recovered, point, first_repeats)
        for second in points_of(recovered):

            def attempt(second: str = second) -> None:
                folder = self._copy(after_one)
                if self._crash(folder, second):
                    self._finish(folder, f"{point}, then {second}", first_repeats, unnoted(folder))

            yield second, attempt

    def _crash(self, folder: Path, point: str) -> bool:
        self.lives += 1
        code = fork_life(folder, point)
        if code == 0:
            self.unreached.append(point)
        elif code != CRASHED:
            self.failures.append(f"{point}: the bot ended with code {code}: {_tail(folder)}")
        return code == CRASHED

    def _finish(self, folder: Path, crashes: str, *repeats: set[str]) -> None:
        self.lives += 1
        code = fork_life(folder)
        may_repeat = Counter(job for jobs in repeats for job in jobs)
        wrong = f"the bot ended with code {code}: {_tail(folder)}" if code else verdict(folder, may_repeat)
        if wrong:
            self.failures.append(f"{crashes}: {wrong}")

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._root))

    def _copy(self, folder: Path) -> Path:
        copy = self._folder()
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        return copy


def _tail(folder: Path) -> str:
    return (folder / "log").read_text()[-1500:]


def prove(root: Path, pairs: str, seed: int) -> dict[str, Any]:
    """Try every point, or pairs of them; what was tried and what went wrong."""
    began = time.monotonic()
    proof = Proof(root)
    points = proof.points()
    tried = 0
    if not pairs:
        for point in points:
            proof.single(point)
        tried = len(points)
    elif pairs == "all":
        for point in points:
            for _, attempt in proof.pairs(point):
                attempt()
                tried += 1
    else:
        chance = random.Random(seed)
        while tried < int(pairs):
            seconds = list(proof.pairs(chance.choice(points)))
            for _, attempt in chance.sample(seconds, min(3, len(seconds))):
                attempt()
                tried += 1
    return {
        "points": points, "tried": tried, "lives": proof.lives, "unreached": proof.unreached,
        "failures": proof.failures, "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="", help="how many pairs, or all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folders of all lives")
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="crash-points-"))
    try:
        report = prove(root, chosen.pairs, chosen.seed)
    finally:
        if not chosen.keep:
            shutil.rmtree(root)
    print(json.dumps(report, indent=2))
    sys.exit(1 if report["failures"] else 0)


if __name__ == "__main__":
    main()
