"""The queue engine (Docket) behind one small interface: jobs out to workers, events back."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any, Final, Self

from docket import Docket
from docket import Worker as DocketWorker
from docket.execution import ExecutionState
from redis.exceptions import RedisError

from bot.errors import SetupError

NAME: Final = "atelier"
TASK: Final = "paint"
LEASE: Final = timedelta(seconds=20)
HEARTBEAT: Final = timedelta(seconds=2)
POLL: Final = timedelta(milliseconds=100)

Handler = Callable[[str], Awaitable[None]]
"""Paints one order (JSON text). It is cancelled when its job is."""


class Dispatch:
    """Hands orders to workers. `memory://` lives and dies with the process; `redis://` spans machines."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Docket keeps memory:// queues by their address as long as the process lives; ours ends with this object.
        address = f"memory://{secrets.token_hex(8)}" if self.is_local else url
        self._docket = Docket(name=NAME, url=address, heartbeat_interval=HEARTBEAT)
        self._stack = AsyncExitStack()
        self.is_leaving = False
        """Whether handlers are cancelled because this worker ends, and not because their jobs are."""

    @property
    def is_local(self) -> bool:
        """Whether workers must live in this very process."""
        return self.url.startswith("memory:")

    async def __aenter__(self) -> Self:
        self._docket.register(_placeholder, names=[TASK])
        try:
            await self._stack.enter_async_context(self._docket)
            await self.workers()
        except (OSError, ValueError, RedisError) as error:
            await self._stack.aclose()
            reason = type(error).__name__
            raise SetupError(
                f"The queue at queue.url cannot be reached ({reason}); start Redis, or correct it."
            ) from error
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def submit(self, job_id: str, order: str) -> None:
        """Queue an order under its job's id; nothing happens while the same id is queued or running."""
        await self._docket.add(TASK, key=job_id)(order)

    async def cancel(self, job_id: str) -> None:
        """Take an order out of the queue, or cancel the handler that works on it."""
        await self._docket.cancel(job_id)

    async def knows(self, job_id: str) -> bool:
        """Whether an order of that id is queued or running."""
        execution = await self._docket.get_execution(job_id)
        return execution is not None and execution.state in (
            ExecutionState.SCHEDULED,
            ExecutionState.QUEUED,
            ExecutionState.RUNNING,
        )

    async def workers(self) -> int:
        """How many workers are alive."""
        return len([worker for worker in await self._docket.workers() if TASK in worker.tasks])

    async def publish(self, event: dict[str, Any]) -> None:
        """Tell all listeners something; it is lost on those who do not listen."""
        async with self._docket.redis() as redis:
            await redis.publish(self._docket.key("events"), json.dumps(event))

    async def events(self, ready: asyncio.Event) -> AsyncIterator[dict[str, Any]]:
        """What is published from now on, over one subscription; `ready` is set once it stands."""
        async with self._docket.redis() as redis:
            channel = redis.pubsub()
            await channel.subscribe(self._docket.key("events"))
            try:
                async for message in channel.listen():
                    if message["type"] == "subscribe":
                        ready.set()
                    elif message["type"] == "message":
                        yield json.loads(message["data"])
            finally:
                with suppress(Exception):
                    await channel.aclose()

    async def work(self, handler: Handler) -> None:
        """Be a worker: run `handler` on one order after the other until cancelled, which cancels the handler too."""
        handling: set[asyncio.Task[None]] = set()

        async def paint(order: str) -> None:
            task = asyncio.ensure_future(handler(order))
            handling.add(task)
            task.add_done_callback(handling.discard)
            await task

        self._docket.register(paint, names=[TASK])
        worker = DocketWorker(
            self._docket,
            concurrency=1,
            redelivery_timeout=LEASE,
            minimum_check_interval=POLL,
            scheduling_resolution=POLL,
        )
        async with worker:
            looping = asyncio.create_task(worker.run_forever())
            try:
                await asyncio.shield(looping)
            finally:
                # A worker that ends waits for its tasks; ours would take minutes.
                self.is_leaving = True
                for task in handling:
                    task.cancel()
                looping.cancel()
                await asyncio.gather(looping, return_exceptions=True)


async def _placeholder(order: str) -> None:
    raise RuntimeError("this process submits orders and is no worker")
