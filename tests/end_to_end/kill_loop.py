"""Kills the bot, its workers, their engines and Redis again and again, while jobs come in and are answered.

    python -m tests.end_to_end.kill_loop --queue redis --jobs 200 --kills 60 --seed 1

Everything is decided by the seed but the time that the machine takes. A report is printed as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.standins.redis_server import RedisServer

ROOT = Path(__file__).parents[2]
LEASE = "1.5"
WORKERS = 2
VICTIMS = ("bot", "worker", "worker", "engine", "redis")
PATIENCE = 900.0


@dataclass
class Report:
    """What was seen from outside, and what the ledger says afterwards."""

    kills: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    answered: int = 0
    answered_twice: int = 0
    edits_repeated: int = 0
    states: dict[str, int] = field(default_factory=dict)
    unanswered_in_ledger: int = 0
    integrity: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether what was promised was kept."""
        return (
            self.accepted == self.answered > 0
            and self.answered_twice == 0 == self.unanswered_in_ledger
            and self.integrity == "ok"
        )


class StandInPlatform:
    """Where people see messages: it outlives every kill. A message sent twice with one nonce is one message."""

    def __init__(self) -> None:
        self.sent = 0
        self.accepted: set[str] = set()
        self.messages: dict[str, int] = {}
        self.texts: dict[int, list[str]] = defaultdict(list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(json.loads(line))).encode() + b"\n")
        writer.close()

    def answer(self, question: dict[str, Any]) -> Any:
        match question["do"]:
            case "sent":
                return self.sent
            case "accepted":
                self.accepted.add(question["job"])
            case "send":
                return self.messages.setdefault(question["nonce"], len(self.messages))
            case "edit":
                self.texts[question["message"]].append(question["text"])
        return None


class KillLoop:
    """One run: processes are started, killed by the seed's will, and started again."""

    def __init__(self, folder: Path, *, seed: int, jobs: int, kills: int, is_redis: bool) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._jobs, self._kills = jobs, kills
        self._redis = RedisServer(folder) if is_redis else None
        self._platform = StandInPlatform()
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._killed: Counter[str] = Counter()
        self._returning: set[asyncio.Task[None]] = set()

    async def run(self) -> Report:
        server = await asyncio.start_unix_server(self._platform.serve, self._folder / "platform")
        if self._redis is not None:
            self._redis.start()
        workers = [] if self._redis is None else [f"worker {number}" for number in range(WORKERS)]
        living = [asyncio.create_task(self._live(name)) for name in workers]
        bot = asyncio.create_task(self._live("bot"))
        try:
            async with asyncio.timeout(PATIENCE):
                await self._kill_all_the_while()
                await asyncio.gather(*self._returning)
                await bot
        finally:
            for task in (*living, bot, *self._returning):
                task.cancel()
            await asyncio.gather(*living, bot, *self._returning, return_exceptions=True)
            if self._redis is not None:
                self._redis.kill()
            server.close()
        return self._report()

    async def _live(self, name: str) -> None:
        """Start a process again whenever it ends otherwise than well, as what supervises it would."""
        chance = random.Random(name)
        while True:
            process = self._processes[name] = await self._start(name)
            try:
                if await process.wait() == 0:
                    return
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            await asyncio.sleep(chance.uniform(0, 0.6))

    async def _kill_all_the_while(self) -> None:
        """People send their messages as the kills go on: the last ones with the last kill."""
        while (killed := sum(self._killed.values())) < self._kills:
            self._platform.sent = (killed + 1) * self._jobs // (self._kills + 1)
            await asyncio.sleep(self._chance.uniform(0.05, 1.2))
            self._kill(self._chance.choice(["bot", "engine"] if self._redis is None else VICTIMS))
        self._platform.sent = self._jobs

    def _kill(self, victim: str) -> None:
        """Kill something; nothing happens where it is down already."""
        pids = self._pids(victim)
        if not pids:
            return
        if victim == "redis":
            self._kill_redis()
        else:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(pids), signal.SIGKILL)
        self._killed[victim] += 1

    def _kill_redis(self) -> None:
        assert self._redis is not None
        self._redis.kill()
        if self._chance.random() < 0.5:
            self._redis.forget()
        task = asyncio.create_task(self._start_redis(self._chance.uniform(0, 1.5)))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _start_redis(self, pause: float) -> None:
        assert self._redis is not None
        await asyncio.sleep(pause)
        await asyncio.to_thread(self._redis.start)

    def _pids(self, victim: str) -> list[int]:
        """The processes that a kill of that sort may hit."""
        if victim == "redis":
            return [] if self._redis is None or self._redis.pid is None else [self._redis.pid]
        living = {name: each.pid for name, each in self._processes.items() if each.returncode is None}
        if victim != "engine":
            return [pid for name, pid in living.items() if name.startswith(victim)]
        painters = [pid for name, pid in living.items() if self._redis is None or name != "bot"]
        return [child for pid in painters for child in children_of(pid)]

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        environ = {
            **os.environ,
            "ATELIER_STORAGE__PATH": str(self._folder / name),
            "ATELIER_STORAGE__BLOBS": str(self._folder / "blobs"),
            "ATELIER_QUEUE__URL": "memory://" if self._redis is None else self._redis.url,
            "ATELIER_QUEUE__LEASE_SECONDS": LEASE,
            "ATELIER_QUEUE__MAX_PER_PERSON": "100000",
            "ATELIER_QUEUE__MAX_PER_PLACE": "100000",
            "ATELIER_QUEUE__MAX_TOTAL": "100000",
        }
        command = [sys.executable, "-m", "tests.standins.fast_worker"]
        if name == "bot":
            command = [sys.executable, "-m", "tests.standins.fast_bot", str(self._folder / "platform"), str(self._jobs)]
        with (self._folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ, stderr=log)

    def _report(self) -> Report:
        texts = self._platform.texts
        answered = {text.split()[0] for each in texts.values() for text in each}
        report = Report(dict(self._killed), accepted=len(self._platform.accepted), answered=len(answered))
        report.answered_twice = sum(len(set(each)) > 1 for each in texts.values()) + len(texts) - len(answered)
        report.edits_repeated = sum(len(each) - 1 for each in texts.values())
        report.states = dict(Counter(each[-1].split()[1] for each in texts.values()))
        with sqlite3.connect(self._folder / "bot/ledger.sqlite3") as db:
            (report.integrity,) = db.execute("PRAGMA integrity_check").fetchone()
            (report.unanswered_in_ledger,) = db.execute("SELECT COUNT(*) FROM jobs WHERE replied IS NULL").fetchone()
        db.close()
        return report


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queue", choices=["memory", "redis"], default="redis")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        loop = KillLoop(
            Path(folder), seed=chosen.seed, jobs=chosen.jobs, kills=chosen.kills, is_redis=chosen.queue == "redis"
        )
        report = asyncio.run(loop.run())
    print(json.dumps({**vars(chosen), **asdict(report)}, indent=2))
    sys.exit(not report.is_whole)


if __name__ == "__main__":
    main()
