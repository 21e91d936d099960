"""One subscription to what workers tell, which notices when it hears nothing because the line is dead."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

from bot.queue.reach import QueueAwayError, asking

SILENCE: Final = 5.0
"""Seconds of silence after which the line is tried, and after as many more given up."""


async def subscribed(redis: Any, channel: str) -> AsyncIterator[dict[str, Any]]:
    """What is published on a channel from now on: first `listening`, then the events.

    Raises `QueueAwayError` when the subscription is lost.
    """
    subscription = redis.pubsub()
    is_tried = False
    try:
        async with asking():
            await subscription.subscribe(channel)
        while True:
            async with asking(2 * SILENCE):
                message = await subscription.get_message(timeout=SILENCE)
            if message is not None:
                is_tried = False
                event = _event(message)
                if event["type"] != "beat":
                    yield event
            elif is_tried:
                raise QueueAwayError("silence")
            else:
                is_tried = True
                async with asking():
                    await redis.publish(channel, json.dumps({"type": "beat"}))
    finally:
        with suppress(Exception):
            await subscription.aclose()


def _event(message: dict[str, Any]) -> dict[str, Any]:
    if message["type"] == "subscribe":
        return {"type": "listening"}
    event: dict[str, Any] = json.loads(message["data"])
    return event
