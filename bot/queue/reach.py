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
    try:
        async with asyncio.timeout(seconds):
            yield
    except (OSError, RedisError) as error:
        raise QueueAwayError(type(error).__name__) from error
