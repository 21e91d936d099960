"""Drives one engine process from a worker: starts it, hands it orders, ends it when it does not obey."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from bot.config import EngineConfig
from bot.errors import StorageTrouble
from bot.languages import N_, packed, unpacked
from bot.queue.checkpoints import Checkpoints
from bot.queue.frames import Header, pack, read_frame
from bot.queue.orders import PARTS
from bot.queue.pictures import Pictures
from bot.speed import Machine

CANCEL_GRACE: Final = 20.0
"""Seconds that a step may take after a cancel before the process is ended."""
SILENCE: Final = 1800.0
"""Seconds without a word after which a process counts as hung; a large picture's step takes minutes on a slow CPU."""
STREAM_LIMIT: Final = 1 << 20

log = structlog.get_logger(__name__)


class EngineDiedError(Exception):
    """The engine process ended in the middle of a job."""


class EngineUnfitError(Exception):
    """The engine does not start as it is configured; the text says why, and `sentence` is that, packed."""

    def __init__(self, reason: str) -> None:
        self.sentence = packed(N_("The engine cannot run here: {reason}"), reason=reason)
        super().__init__(unpacked(self.sentence))


@dataclass(slots=True)
class Painted:
    """What the engine made of an order: the summary as plain values and the answer's `PARTS` as bytes, or the sentence
    of its failure.
    """

    sentence: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)


OnProgress = Callable[[Header, bytes], Awaitable[None]]


class EngineDriver:
    """One engine process, kept warm between jobs and started anew when it died.

    With `checkpoints`, a job whose process died goes on from where it stood. `module` is what Python runs as the
    process.
    """

    def __init__(
        self, config: EngineConfig, checkpoints: Checkpoints | None = None, module: str = "bot.queue.engine_process"
    ) -> None:
        names = {"device", "precision", "weights", "deterministic", "preview"}
        self.machine: Machine | None = None
        """What paints, once it is known."""
        self._options = {"engine": config.model_dump(include=names), "timelapse": config.timelapse}
        self._command = [sys.executable, "-m", module, json.dumps(self._options)]
        self._checkpoints = checkpoints
        self._process: asyncio.subprocess.Process | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._forgetting: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Have the process running and its engine loaded; raises `EngineUnfitError` and `EngineDiedError`."""
        if self.pid is not None:
            return
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, limit=STREAM_LIMIT
        )
        try:
            header, _ = await self._read()
            if header["type"] == "unfit":
                raise EngineUnfitError(header["sentence"])
        except BaseException:
            await self._end_process()
            raise
        self.machine = Machine.here(header["device"], header["precision"])
        seconds = round(header["seconds"], 1)
        log.info("engine ready", device=header["device"], precision=header["precision"], seconds=seconds)

    async def stop(self) -> None:
        """End the process, if it runs."""
        await self._end_process()
        if self._leaving is not None:
            await asyncio.gather(self._leaving, return_exceptions=True)
        await asyncio.gather(*self._forgetting, return_exceptions=True)

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def paint(
        self, job_id: str, settings: dict[str, Any], pictures: Pictures, on_progress: OnProgress
    ) -> Painted:
        """Paint one order. One at a time.

        Raises `EngineDiedError` and `EngineUnfitError`. When cancelled, the engine stops within a step, or its process
        is ended after `CANCEL_GRACE` seconds; the next call waits for that.
        """
        if self._leaving is not None:
            await asyncio.shield(self._leaving)
        await self.start()
        folder = None if self._checkpoints is None else str(self._checkpoints.folder(job_id))
        header = {"type": "paint", "job": job_id, "settings": settings, "checkpoint": folder}
        header["lengths"] = pictures.lengths
        # Written and read in a task of its own: whoever cancels, and how often, no frame is left for the next order.
        following = asyncio.create_task(self._exchange(header, pictures.payload, on_progress))
        try:
            return await asyncio.shield(following)
        except asyncio.CancelledError:
            self._leaving = asyncio.create_task(self._leave(job_id, following))
            raise

    def forget(self, job_id: str) -> None:
        """Remove what is kept of a job that is over, as soon as the process has left it."""
        if self._checkpoints is not None:
            task = asyncio.create_task(self._forget(self._checkpoints, job_id))
            self._forgetting.add(task)
            task.add_done_callback(self._forgetting.discard)

    async def _forget(self, checkpoints: Checkpoints, job_id: str) -> None:
        if self._leaving is not None:
            await asyncio.wait({self._leaving})
        with suppress(StorageTrouble):  # told where it arose; what stays is swept
            await asyncio.to_thread(checkpoints.remove, job_id)

    async def _exchange(self, order: Header, pictures: bytes, on_progress: OnProgress) -> Painted:
        await self._write(pack(order, pictures))
        painted = Painted()
        while True:
            header, payload = await self._read()
            if header["job"] != order["job"]:
                await self._end_process()
                raise EngineDiedError(f"the engine answered for {header['job']}")
            match header["type"]:
                case "progress":
                    await on_progress(header, payload)
                case part if part in PARTS:
                    painted.parts[part] = payload
                case "done":
                    painted.summary = header["summary"]
                    return painted
                case _:
                    painted.sentence = header.get("sentence", "")
                    return painted

    async def _leave(self, job_id: str, following: asyncio.Task[Painted]) -> None:
        """Have a cancelled order's answer read to its end, or end the process."""
        try:
            async with asyncio.timeout(CANCEL_GRACE):
                await self._write(pack({"type": "cancel", "job": job_id}))
                await following
        except (TimeoutError, EngineDiedError):
            log.warning("engine ended after a cancel", job=job_id)
            await self._end_process()

    async def _read(self) -> tuple[Header, bytes]:
        process = self._living()
        assert process.stdout is not None
        try:
            async with asyncio.timeout(SILENCE):
                return await read_frame(process.stdout)
        except TimeoutError:
            process.kill()
            raise EngineDiedError(f"the engine process said nothing for {SILENCE:.0f} s") from None
        except asyncio.IncompleteReadError:
            code = await process.wait()
            raise EngineDiedError(f"the engine process ended with code {code}") from None

    async def _write(self, data: bytes) -> None:
        process = self._living()
        assert process.stdin is not None
        try:
            process.stdin.write(data)
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise EngineDiedError("the engine process is gone") from None

    def _living(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise EngineDiedError("the engine process was ended")
        return self._process
