"""Threads for work on pictures, which takes seconds, apart from those for files: neither waits for the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 4
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures")


async def on_picture_thread(work: Callable[..., T], *arguments: object) -> T:
    """As `asyncio.to_thread`, for work that decodes or encodes pictures; what comes first is done first."""
    run = partial(copy_context().run, work, *arguments)
    return await asyncio.get_running_loop().run_in_executor(_threads, run)
