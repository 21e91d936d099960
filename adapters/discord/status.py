"""Status messages, edited no more often than Discord likes: the latest word wins, the same word is not said twice."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

import aiohttp
import discord
import structlog

from adapters.discord import limits
from adapters.discord.content import MessageContent
from bot.errors import Gone
from bot.requests import Job

log = structlog.get_logger(__name__)

REMEMBERED_ANSWERS: Final = 1024

Edit = Callable[[Job, MessageContent], Awaitable[None]]


class StatusLine:
    """The status message of one job."""

    def __init__(self, edit: Edit, pause: float) -> None:
        self._edit = edit
        self._pause = pause
        self._next: tuple[Job, MessageContent] | None = None
        self._said = ""
        self._closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def say(self, job: Job, content: MessageContent) -> None:
        """Show `content` as soon as the pause allows; it replaces what was waiting, but for its preview."""
        if self._closed.is_set():
            return
        if self._next is not None and content.files is None:
            content = replace(content, files=self._next[1].files)
        self._next = (job, content)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._speak(), name=f"discord status {job.id}")

    async def close(self) -> None:
        """Say nothing more: when this returns, no edit is under way."""
        self._closed.set()
        self._next = None
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=limits.EDIT_GRACE)
        if self._task.cancel():
            await asyncio.wait({self._task})

    async def _speak(self) -> None:
        while self._next is not None and not self._closed.is_set():
            (job, content), self._next = self._next, None
            if content.words == self._said and not content.files:
                continue
            await self._say_now(job, content)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self._closed.wait()

    async def _say_now(self, job: Job, content: MessageContent) -> None:
        try:
            await self._edit(job, content)
            self._said = content.words
        except Gone:
            log.info("status message gone", job=job.id)
            self._closed.set()
        except discord.HTTPException as error:
            log.warning("status not shown", job=job.id, status=error.status, code=error.code)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("status not shown", job=job.id, error=type(error).__name__)


class StatusBoard:
    """The status messages of all jobs that are not answered yet."""

    def __init__(self, edit: Edit, pause: float) -> None:
        self._edit = edit
        self._pause = pause
        self._lines: dict[str, StatusLine] = {}
        self._answered: OrderedDict[str, None] = OrderedDict()

    def open(self, job: Job, content: MessageContent) -> None:
        """The first words about a job, unless later ones were faster."""
        if job.id not in self._lines:
            self.say(job, content)

    def say(self, job: Job, content: MessageContent) -> None:
        """Show how `job` goes, unless it is answered."""
        if job.id in self._answered:
            return
        line = self._lines.get(job.id)
        if line is None:
            line = self._lines[job.id] = StatusLine(self._edit, self._pause)
        line.say(job, content)

    async def close(self, job_id: str) -> None:
        """End the status of a job; when this returns, its message belongs to the answer."""
        self._answered[job_id] = None
        while len(self._answered) > REMEMBERED_ANSWERS:
            self._answered.popitem(last=False)
        line = self._lines.pop(job_id, None)
        if line is not None:
            await line.close()

    async def close_all(self) -> None:
        """End all status messages, without calling any job answered."""
        lines = list(self._lines.values())
        self._lines.clear()
        await asyncio.gather(*(line.close() for line in lines))
