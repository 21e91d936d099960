"""Whether the queue can be reached: what is asked of it is answered soon, or it counts as away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.exceptions import RedisError

PATIENCE: Final = 3.0
"""Seconds after which a queue that does not answer counts as out of reach."""


class QueueAwayError(Exception):
    """The queue is out of reach; what was asked of it may have happened or not."""


@asynccontextmanager
async def asking(seconds: float = PATIENCE) -> AsyncIterator[None]:
    """Ask the queue something inside; raises `QueueAwayError` when that fails or takes too long."""
    before = _cancels()
    away: Exception | None = None
    try:
        async with asyncio.timeout(seconds):
            yield
    except (OSError, RedisError) as error:
        away = error
    if _cancels() > before:
        # The Redis client's wait_for may swallow, in Python 3.11, a cancel that comes together with the answer.
        raise asyncio.CancelledError
    if away is not None:
        raise QueueAwayError(type(away).__name__) from away


def _cancels() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()
