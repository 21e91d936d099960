"""Each update is handled once, in the language of its chat or, where that has set none, of who it came from."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from telegram import Chat, Update
from telegram.constants import MediaGroupLimit
from telegram.ext import BaseUpdateProcessor

from adapters.telegram.inbox import Inbox
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

    __slots__ = ("_first", "_inbox", "_is_closed", "_lines", "_most", "_studio")

    def __init__(self, studio: Studio, inbox: Inbox, limits: TelegramLimits) -> None:
        super().__init__(_NO_BOUND)
        self._studio = studio
        self._inbox = inbox
        self._most = limits.updates_at_once
        self._is_closed = False
        self._first: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()
        self._lines: weakref.WeakValueDictionary[object, asyncio.Semaphore] = weakref.WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle one update, and what it goes wrong with; after that it is out of the inbox."""
        if not isinstance(update, Update) or not self._inbox.begin(update.update_id):
            _leave(coroutine)
            return
        key = _line_of(update)
        most = self._most if key.album is None else MediaGroupLimit.MAX_MEDIA_LENGTH
        async with self._lines.setdefault(key, asyncio.Semaphore(most)):
            if self._is_closed:
                _leave(coroutine)
                self._inbox.put_off(update.update_id)
            else:
                chosen = "" if update.effective_chat is None else await self._chosen(update.effective_chat)
                with speaking(chosen or language_of(update)):
                    await coroutine
        await self._inbox.end(update.update_id)

    def open(self) -> None:
        """Handle what comes."""
        self._is_closed = False

    def close(self) -> None:
        """Begin with nothing more: it is left for the next start."""
        self._is_closed = True

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


def language_of(update: Update) -> str | None:
    """The language tag that came with an update, where one did."""
    person = update.effective_user
    return person.language_code if person is not None else None


class _Line(NamedTuple):
    """With what an update waits in one line: what a person writes in a chat, what they press there, or one album.

    Presses wait for no messages, and the parts of an album for nothing: they are gathered within a second.
    """

    chat: int | None
    sender: int | None
    is_press: bool
    album: str | None


def _line_of(update: Update) -> _Line:
    chat, sender = update.effective_chat, update.effective_sender
    album = None if update.message is None else update.message.media_group_id
    is_press = update.callback_query is not None
    return _Line(chat.id if chat else None, sender.id if sender else None, is_press, album)


def _leave(coroutine: Awaitable[Any]) -> None:
    """Handle it not."""
    if asyncio.iscoroutine(coroutine):
        coroutine.close()
