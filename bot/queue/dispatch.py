"""The queue engine (Docket) behind one small interface: jobs out to workers, events back."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final, Literal, Self

from docket import Docket
from docket.execution import ExecutionState
from redis.exceptions import RedisError

from bot.errors import SetupError
from bot.queue.reach import QueueAwayError, asking
from bot.queue.shift import TASK, Handler, Shift, slots_of
from bot.queue.subscription import subscribed

NAME: Final = "atelier"
LONGEST_HEARTBEAT: Final = 2.0
HEARTBEATS: Final = 15
"""How often a worker says in one lease that it lives; after five missed ones it counts no more."""
DEAD_AIR: Final = 75
"""Seconds after which a connection without an answer is given up; Docket itself waits a minute for some."""
KEPT: Final = timedelta(hours=1)
"""How long a job's last event is kept for a front-end that comes back."""

Standing = Literal["live", "ended", "unknown"]
"""Whether an order is queued or running, was worked on to an end, or is not known at all."""


class Dispatch:
    """Hands orders to workers. `memory://` lives and dies with the process; `redis://` spans machines.

    A worker that is silent for `lease` seconds loses its orders to others. What asks the queue raises `QueueAwayError`.
    """

    def __init__(self, url: str, lease: float = 30.0, slots: int = 1) -> None:
        self.url = url
        self.lease = lease
        self._own_slots = slots
        # Docket keeps memory:// queues by their address as long as the process lives; ours ends with this object.
        address = f"memory://{secrets.token_hex(8)}"
        if not self.is_local:
            address = f"{url}{'&' if '?' in url else '?'}socket_timeout={DEAD_AIR}"
        heartbeat = timedelta(seconds=min(LONGEST_HEARTBEAT, lease / HEARTBEATS))
        self._docket = Docket(name=NAME, url=address, heartbeat_interval=heartbeat)
        self._stack = AsyncExitStack()

    @property
    def is_local(self) -> bool:
        """Whether workers must live in this very process."""
        return self.url.startswith("memory:")

    async def __aenter__(self) -> Self:
        self._docket.register(_placeholder, names=[TASK])
        try:
            await self._stack.enter_async_context(self._docket)
            await self.slots()
        except (QueueAwayError, OSError, ValueError, RedisError) as error:
            await self._stack.aclose()
            raise SetupError(
                f"The queue at queue.url cannot be reached ({error}); start Redis, or correct it."
            ) from error
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def submit(self, job_id: str, order: str) -> None:
        """Queue an order under its job's id; nothing happens while the same id is queued or running."""
        async with asking():
            await self._docket.add(TASK, key=job_id)(order)

    async def cancel(self, job_id: str) -> None:
        """Take an order out of the queue, or cancel the handler that works on it."""
        async with asking():
            await self._docket.cancel(job_id)

    async def standing(self, job_id: str) -> Standing:
        """How an order of that id stands. Unknown ones were never submitted, or the queue has lost them."""
        async with asking():
            execution = await self._docket.get_execution(job_id)
        if execution is None:
            return "unknown"
        living = (ExecutionState.SCHEDULED, ExecutionState.QUEUED, ExecutionState.RUNNING)
        return "live" if execution.state in living else "ended"

    async def slots(self) -> int:
        """How many orders the living workers take at once."""
        if self.is_local:
            return self._own_slots
        async with asking():
            return sum(slots_of(worker.name) for worker in await self._docket.workers() if TASK in worker.tasks)

    async def publish(self, event: dict[str, Any]) -> None:
        """Tell all listeners something of a job, and keep it for `last`; it is lost on those who do not listen."""
        text = json.dumps(event)
        async with asking(), self._docket.redis() as redis:
            await redis.set(self._docket.key(f"last:{event['job']}"), text, ex=KEPT)
            await redis.publish(self._docket.key("events"), text)

    async def last(self, job_id: str) -> dict[str, Any] | None:
        """What was published last of a job, or None."""
        async with asking(), self._docket.redis() as redis:
            text = await redis.get(self._docket.key(f"last:{job_id}"))
        return None if text is None else json.loads(text)

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """What is published from now on, over one subscription: first `listening`, then the events.

        Ends by `QueueAwayError` when the subscription is lost.
        """
        async with self._docket.redis() as redis:
            async for event in subscribed(redis, self._docket.key("events")):
                yield event

    def shift(self, handler: Handler) -> Shift:
        """A worker's time at this queue, with `handler` for as many orders at once as it has slots."""
        return Shift(self._docket, handler, self.lease, self._own_slots)


async def _placeholder(order: str) -> None:
    raise RuntimeError("this process submits orders and is no worker")
