"""A worker's time at the queue: orders are taken, their leases kept over outages, and at the end none is lost."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from docket import CurrentExecution, Docket, Execution
from docket import Worker as DocketWorker
from docket.execution import ExecutionState
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

TASK: Final = "paint"
POLL: Final = timedelta(milliseconds=100)
REDELIVERY: Final = 0.75
"""The share of the lease after which Docket calls an order abandoned; to find it takes up to 5/16 of that more."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks whether a running order was cancelled, should the word of it have been lost."""
LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries to reach a queue that is away."""
THIS_EXECUTION: Final = CurrentExecution()
END_GRACE: Final = 5.0
"""Seconds that handlers may take to end, and Docket to say good-bye."""

Handler = Callable[[str], Awaitable[None]]
"""Paints one order (JSON text). It is cancelled when its job is."""


class Shift:
    """Takes orders, at most `slots` at once, until it is drained or its `run` is cancelled.

    `is_leaving`: handlers are cancelled because this worker ends, and not because their jobs are. An order whose
    handler ends without an outcome is free for another worker at once.
    """

    def __init__(self, docket: Docket, handler: Handler, lease: float, slots: int) -> None:
        self.is_leaving = False
        self._is_draining = False
        self._docket = docket
        self._handler = handler
        self._handling: dict[str, asyncio.Future[None]] = {}
        self._worker = DocketWorker(
            docket,
            name=f"{socket.gethostname()}#{os.getpid()}#{secrets.token_hex(4)}*{slots}",
            concurrency=slots,
            redelivery_timeout=timedelta(seconds=REDELIVERY * lease),
            minimum_check_interval=POLL,
            scheduling_resolution=POLL,
        )

    @property
    def running(self) -> int:
        """How many orders are worked on."""
        return len(self._handling)

    async def run(self) -> None:
        """Work until cancelled, which cancels the handlers too."""

        async def paint(order: str, execution: Execution = THIS_EXECUTION) -> None:
            await self._paint(order, execution)

        self._docket.register(paint, names=[TASK])
        await self._outlast_outages()
        async with self._worker:
            looping = asyncio.create_task(self._worker.run_forever())
            try:
                await asyncio.shield(looping)
            finally:
                await self._leave(looping)

    async def drain(self) -> None:
        """Take no more; returns when what runs has ended."""
        self._is_draining = True
        self._worker.concurrency = 0
        while self._handling:
            await asyncio.wait(set(self._handling.values()))

    async def _outlast_outages(self) -> None:
        """Have this process's commands wait for a queue that is away: an error would end Docket's leases and ears."""
        async with self._docket.redis() as redis:
            with suppress(AttributeError):  # a queue in memory is never away
                client: Any = redis
                client.set_retry(Retry(ExponentialBackoff(cap=LONGEST_PAUSE, base=0.05), retries=-1))

    async def _paint(self, order: str, execution: Execution) -> None:
        if self._is_draining or self.is_leaving:
            return
        if execution.key in self._handling:
            # Delivered again, to this very worker: it was cut off for longer than the lease.
            await asyncio.wait({self._handling[execution.key]})
            return
        task = self._handling[execution.key] = asyncio.ensure_future(self._handler(order))
        task.add_done_callback(lambda _: self._handling.pop(execution.key))
        looking = asyncio.create_task(self._look(execution, task))
        try:
            await task
        except asyncio.CancelledError:
            # Swallowed at the end of the shift: an order that has come to an end is free, a pending one is leased yet.
            if not self.is_leaving:
                raise
        finally:
            looking.cancel()

    async def _look(self, execution: Execution, task: asyncio.Future[None]) -> None:
        """Cancel a handler whose order was cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            with suppress(OSError, RedisError):
                await execution.sync()
                if execution.state is ExecutionState.CANCELLED:
                    task.cancel()
                    return

    async def _leave(self, looping: asyncio.Task[None]) -> None:
        """End the handlers, which would take minutes otherwise, and then Docket's loop."""
        self.is_leaving = True
        self._worker.concurrency = 0
        running = set(self._handling.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=END_GRACE)
        while not looping.done():
            # More than once: with the queue away, Docket would wait for it even to say good-bye.
            looping.cancel()
            await asyncio.wait({looping}, timeout=END_GRACE)
        await asyncio.gather(looping, return_exceptions=True)


def slots_of(name: str) -> int:
    """How many orders the worker of that name takes at once."""
    _, _, count = name.rpartition("*")
    return int(count) if count.isdecimal() else 1
