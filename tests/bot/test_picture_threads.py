"""Pictures and files have threads of their own."""

from __future__ import annotations

import asyncio
import threading

from bot import intake
from tests.bot.test_privacy import a_picture

MOST_THREADS = 32
"""As many as asyncio has for files, on any machine."""


async def test_a_picture_is_looked_at_while_files_are_slow() -> None:
    done = threading.Event()
    slow = [asyncio.create_task(asyncio.to_thread(done.wait)) for _ in range(MOST_THREADS)]
    try:
        async with asyncio.timeout(60):
            await intake.check_style(a_picture())
        assert not any(each.done() for each in slow)
    finally:
        done.set()
        await asyncio.gather(*slow)
