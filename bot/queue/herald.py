"""Tells front-ends how the jobs of a worker go: the latest word only, and painting never waits for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import structlog

from bot.queue.blobs import Blobs
from bot.queue.dispatch import Dispatch
from bot.queue.frames import Header
from bot.queue.orders import preview_key
from bot.queue.reach import QueueAwayError

log = structlog.get_logger(__name__)


class Herald:
    """Publishes events, which are hints: what cannot be told now is overtaken by what comes later."""

    def __init__(self, dispatch: Dispatch, blobs: Blobs) -> None:
        self._dispatch = dispatch
        self._blobs = blobs
        self._news: dict[str, tuple[Header, bytes]] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._is_heard = True

    def tell(self, job_id: str, header: Header, preview: bytes) -> None:
        """Have a job's progress told; it replaces what was not told yet, but for its preview."""
        _, waiting = self._news.get(job_id, ({}, b""))
        self._news[job_id] = (header, preview or waiting)
        if job_id not in self._telling:
            self._telling[job_id] = asyncio.create_task(self._tell(job_id))

    async def over(self, job_id: str) -> None:
        """Tell that nothing more is done about a job here."""
        self._news.pop(job_id, None)
        await self._publish({"type": "over", "job": job_id})

    async def close(self) -> None:
        """Stop telling."""
        tasks = list(self._telling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, job_id: str) -> None:
        try:
            while (news := self._news.pop(job_id, None)) is not None:
                header, preview = news
                if preview:
                    with suppress(OSError):
                        await self._blobs.replace(preview_key(job_id), preview)
                await self._publish({**header, "type": "progress", "job": job_id, "preview": bool(preview)})
        finally:
            del self._telling[job_id]

    async def _publish(self, event: dict[str, Any]) -> None:
        try:
            await self._dispatch.publish(event)
        except QueueAwayError as error:
            if self._is_heard:
                log.warning("the queue is out of reach; painting goes on", reason=str(error))
            self._is_heard = False
        else:
            if not self._is_heard:
                log.info("the queue is back")
            self._is_heard = True
