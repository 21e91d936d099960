"""Each update is handled in the language of its chat or, where that has set none, of the person it came from."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

from telegram import Chat, Update
from telegram.ext import BaseUpdateProcessor

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import PLATFORM
from bot.errors import Refusal
from bot.languages import speaking
from bot.studio import Studio

_NO_BOUND: Final = 1_000_000
"""Updates that wait for their chat's turn to hear something must not keep those of other chats out."""


class InTheirLanguage(BaseUpdateProcessor):
    """Handles updates side by side, each in its language; in English where none is told.

    Of one person in one chat only so many at a time: what they send beyond that waits in a line of its own.
    """

    __slots__ = ("_first", "_lines", "_most", "_studio")

    def __init__(self, studio: Studio, limits: TelegramLimits) -> None:
        super().__init__(_NO_BOUND)
        self._studio = studio
        self._most = limits.updates_at_once
        self._first: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()
        self._lines: weakref.WeakValueDictionary[object, asyncio.Semaphore] = weakref.WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle one update, and what it goes wrong with."""
        async with self._lines.setdefault(_line_of(update), asyncio.Semaphore(self._most)):
            chat = update.effective_chat if isinstance(update, Update) else None
            chosen = "" if chat is None else await self._chosen(chat)
            with speaking(chosen or language_of(update)):
                await coroutine

    async def _chosen(self, chat: Chat) -> str:
        """The language that a chat has set.

        What the chat has set, and its gallery, are read here, one update after another: so they are at hand for what
        follows, and updates stay in their order.
        """
        with suppress(Refusal):
            async with self._first.setdefault(chat.id, asyncio.Lock()):
                await self._studio.gallery_of(PLATFORM, str(chat.id))
                return (await self._studio.places.of(PLATFORM, str(chat.id))).language
        return ""

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to give back."""


def language_of(update: object) -> str | None:
    """The language tag that came with an update, where one did."""
    person = update.effective_user if isinstance(update, Update) else None
    return person.language_code if person is not None else None


def _line_of(update: object) -> tuple[object, ...]:
    """With what an update waits in one line: what a person writes in a chat, what they press there, or one album.

    Presses wait for no messages, and the parts of an album for nothing but each other: they come within a second.
    """
    if not isinstance(update, Update):
        return ()
    chat, sender = update.effective_chat, update.effective_sender
    message = update.effective_message
    album = message.media_group_id if update.message is not None and message is not None else None
    is_press = update.callback_query is not None
    return (chat.id if chat else None, sender.id if sender else None, is_press, album)
