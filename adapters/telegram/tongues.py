"""Each update is handled in the language of its chat or, where that has set none, of the person it came from."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

from telegram import Chat, Update
from telegram.ext import BaseUpdateProcessor

from adapters.telegram.orders import PLATFORM
from bot.errors import Refusal
from bot.languages import speaking
from bot.studio import Studio

AT_ONCE: Final = 256


class InTheirLanguage(BaseUpdateProcessor):
    """Handles updates side by side, each in its language; in English where none is told."""

    __slots__ = ("_first", "_studio")

    def __init__(self, studio: Studio) -> None:
        super().__init__(AT_ONCE)
        self._studio = studio
        self._first: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle one update, and what it goes wrong with."""
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
