"""Buttons pressed again while they still work: an impatient second press changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.queries import acknowledge, query_of

Handler = Callable[[Update, Any], Coroutine[Any, Any, None]]


def once_at_a_time(handler: Handler, limits: TelegramLimits) -> Handler:
    """The handler for a press, which is only acknowledged where that person's same press is under way."""
    under_way: set[tuple[object, ...]] = set()

    async def guarded(update: Update, context: Any) -> None:
        query = query_of(update)
        message = query.message
        where = () if message is None else (message.chat.id, message.message_id)
        press = (query.from_user.id, query.data, *where)
        if press in under_way:
            await acknowledge(query, "", limits)
            return
        under_way.add(press)
        try:
            await handler(update, context)
        finally:
            under_way.discard(press)

    return guarded
