"""Who administers a chat: asked for once in some minutes, and anew where it opens a door."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Any, Final

import structlog
from telegram import MaybeInaccessibleMessage
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import ExtBot

from adapters.telegram.limits import TelegramLimits

_CHATS_KEPT: Final = 1024
log = structlog.get_logger(__name__)


class Administrators:
    """The administrators of chats, those among them who hide behind the chat's name too."""

    def __init__(self, bot: ExtBot[Any], limits: TelegramLimits) -> None:
        self._bot = bot
        self._limits = limits
        self._known: OrderedDict[int, tuple[float, asyncio.Task[frozenset[int]]]] = OrderedDict()

    async def include(self, person: int, message: MaybeInaccessibleMessage | None) -> bool:
        """Whether this person administers the chat of that message, or did some minutes ago: for what does no harm.

        False where Telegram does not tell in time.
        """
        return await self._include(person, message, self._limits.administrators_seconds)

    async def include_now(self, person: int, message: MaybeInaccessibleMessage | None) -> bool:
        """The same at this moment: for what nobody else may."""
        return await self._include(person, message, self._limits.administrators_fresh_seconds)

    async def _include(self, person: int, message: MaybeInaccessibleMessage | None, seconds: float) -> bool:
        if message is None or message.chat.type == ChatType.PRIVATE:
            return False
        try:
            async with asyncio.timeout(self._limits.administrators_wait):
                return person in await asyncio.shield(self._look_up(message.chat.id, seconds))
        except (TelegramError, TimeoutError) as error:
            log.warning("the administrators of a chat are not known", chat=message.chat.id, error=type(error).__name__)
            self.forget(message.chat.id)
            return False

    def forget(self, chat_id: int) -> None:
        """Ask anew the next time."""
        self._known.pop(chat_id, None)

    def _look_up(self, chat_id: int, seconds: float) -> asyncio.Task[frozenset[int]]:
        """What was asked for no longer ago than so many seconds, or is now."""
        asked, task = self._known.get(chat_id, (0.0, None))
        if task is None or time.monotonic() > asked + seconds:
            task = asyncio.create_task(self._ask(chat_id))
            task.add_done_callback(_taken_note_of)
            self._known[chat_id] = (time.monotonic(), task)
            while len(self._known) > _CHATS_KEPT:
                self._known.popitem(last=False)
        return task

    async def _ask(self, chat_id: int) -> frozenset[int]:
        return frozenset(member.user.id for member in await self._bot.get_chat_administrators(chat_id))


def _taken_note_of(task: asyncio.Task[frozenset[int]]) -> None:
    """Else Python complains of an error that came when nobody waited any more."""
    if not task.cancelled():
        task.exception()
