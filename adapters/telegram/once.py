"""Buttons pressed again while they still work: an impatient second press changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from telegram import Update

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.queries import acknowledge, query_of

Handler = Callable[[Update, Any], Coroutine[Any, Any, None]]


class UnderWay:
    """What is being done for presses at present."""

    def __init__(self) -> None:
        self._presses: set[Hashable] = set()

    @contextmanager
    def begin(self, press: Hashable) -> Iterator[bool]:
        """Whether this press is the first of its kind under way."""
        if press in self._presses:
            yield False
            return
        self._presses.add(press)
        try:
            yield True
        finally:
            self._presses.discard(press)


def once_at_a_time(handler: Handler, limits: TelegramLimits) -> Handler:
    """The handler for a press, which is only acknowledged where that person's same press is under way."""
    under_way = UnderWay()

    async def guarded(update: Update, context: Any) -> None:
        query = query_of(update)
        message = query.message
        where = () if message is None else (message.chat.id, message.message_id)
        with under_way.begin((query.from_user.id, query.data, *where)) as is_first:
            if is_first:
                await handler(update, context)
            else:
                await acknowledge(query, "", limits)

    return guarded
