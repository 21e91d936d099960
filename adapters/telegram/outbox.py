"""The one way out to Telegram: every message, edit and file of this front-end goes through here."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import structlog
from telegram import InlineKeyboardMarkup, InputMediaAnimation, InputMediaDocument, InputMediaPhoto, Message
from telegram.error import BadRequest, RetryAfter
from telegram.ext import ExtBot

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.spot import Spot, is_unchanged
from adapters.telegram.uploads import Upload

MEDIA: Final = {"photo": InputMediaPhoto, "animation": InputMediaAnimation, "document": InputMediaDocument}
_SLACK_SECONDS = 0.5
_T = TypeVar("_T")
log = structlog.get_logger(__name__)


def seconds_of(flood: RetryAfter) -> float:
    """How long Telegram wants to hear nothing; the library gives a number or a timedelta, as it is configured."""
    wait = flood.retry_after
    return wait.total_seconds() if isinstance(wait, datetime.timedelta) else float(wait)


class Outbox:
    """Sends and edits, waiting out flood limits; `on_flood` hears of each one: chat and seconds.

    Every method raises the library's `TelegramError` for what is left after that.
    """

    def __init__(self, bot: ExtBot[Any], limits: TelegramLimits, on_flood: Callable[[int, float], None]) -> None:
        self._bot = bot
        self._limits = limits
        self._on_flood = on_flood

    async def say(self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None = None) -> Message:
        """A new message."""
        text = text[: self._limits.text]
        return await self._patiently(
            spot, lambda: self._bot.send_message(text=text, reply_markup=keyboard, **spot.sending())
        )

    async def rewrite(self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """New words for the status message."""
        await self._patiently(spot, lambda: self._edit_text(spot, text, keyboard))

    async def rewrite_once(self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None) -> None:
        """The same without patience: raises `RetryAfter` at once, for words that are stale a moment later."""
        try:
            await self._edit_text(spot, text, keyboard)
        except RetryAfter as flood:
            self._on_flood(spot.chat_id, seconds_of(flood))
            raise

    async def send(
        self, spot: Spot, upload: Upload, caption: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> Message:
        """A new message with a picture."""
        common: dict[str, Any] = {
            "caption": caption[: self._limits.caption],
            "filename": upload.name,
            "reply_markup": keyboard,
            **spot.sending(),
        }
        send: Callable[..., Awaitable[Message]] = getattr(self._bot, f"send_{upload.kind}")
        return await self._patiently(spot, lambda: send(**{upload.kind: upload.data}, **common))

    async def repaint(self, spot: Spot, upload: Upload, caption: str, keyboard: InlineKeyboardMarkup) -> None:
        """Turns the status message into a picture, whatever it was before; doing it twice changes nothing."""

        async def edit() -> None:
            media = MEDIA[upload.kind](upload.data, caption=caption[: self._limits.caption], filename=upload.name)
            await self._bot.edit_message_media(
                media, chat_id=spot.chat_id, message_id=spot.message_id, reply_markup=keyboard
            )

        await self._patiently(spot, lambda: _unless_unchanged(edit()))

    async def _edit_text(self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None) -> None:
        await _unless_unchanged(
            self._bot.edit_message_text(
                text[: self._limits.text],
                chat_id=spot.chat_id,
                message_id=spot.message_id,
                reply_markup=keyboard,
            )
        )

    async def _patiently(self, spot: Spot, call: Callable[[], Awaitable[_T]]) -> _T:
        for _ in range(self._limits.flood_waits):
            try:
                return await call()
            except RetryAfter as flood:
                seconds = seconds_of(flood)
                log.info("telegram asks for silence", chat=spot.chat_id, seconds=seconds)
                self._on_flood(spot.chat_id, seconds)
                await asyncio.sleep(seconds + _SLACK_SECONDS)
        return await call()


async def _unless_unchanged(edit: Awaitable[Any]) -> None:
    try:
        await edit
    except BadRequest as error:
        if not is_unchanged(error):
            raise
