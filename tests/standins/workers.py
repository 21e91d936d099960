"""Worker processes with fast engines, and what they say."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """A worker of its own process; `lines` is its log."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def says(self, *words: str) -> None:
        """Wait until a line of its log has all these words."""
        await self.says_one_of(words)

    async def says_one_of(self, *lines: Sequence[str]) -> None:
        """Wait until a line of its log has all the words of one of these."""

        def has_said_one() -> bool:
            return any(self.has_said(*words) for words in lines)

        async with self._news:
            with suppress(TimeoutError):
                async with asyncio.timeout(60):
                    await self._news.wait_for(lambda: has_said_one() or self._reading.done())
        assert has_said_one(), f"it did not say {lines}: {self.lines}"

    def has_said(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.lines)

    async def ends(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 60)

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._news:
                self.lines.append(line.decode().strip())
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def close(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading


@asynccontextmanager
async def fast_worker(environ: Mapping[str, str]) -> AsyncIterator[WorkerProcess]:
    """Run a worker until it is at work; it is killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.standins.fast_worker"),
        cwd=ROOT,
        env={**os.environ, **environ},
        stderr=asyncio.subprocess.PIPE,
    )
    worker = WorkerProcess(process)
    try:
        await worker.says("at work")
        yield worker
    finally:
        await worker.close()
