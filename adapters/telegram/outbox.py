"""The one way out to Telegram: every message, edit and file of this front-end goes through here."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from telegram import ForceReply, InlineKeyboardMarkup, InputMediaAnimation, InputMediaDocument, InputMediaPhoto, Message
from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import ExtBot

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.pace import Rank, patience, seconds_of
from adapters.telegram.spot import Spot, has_come_to_nothing, has_no_caption, has_no_text, is_unchanged
from adapters.telegram.uploads import Upload

MEDIA: Final = {"photo": InputMediaPhoto, "animation": InputMediaAnimation, "document": InputMediaDocument}
_AS_THEY_ARE: Final = {"document": {"disable_content_type_detection": True}}
"""Else Telegram makes a sticker of a WebP file."""
_REMEMBERED: Final = 1024
_T = TypeVar("_T")


class Outbox:
    """Sends and edits, waiting out flood limits.

    Every method raises the library's `TelegramError` for what is left after that.
    """

    def __init__(self, bot: ExtBot[Any], limits: TelegramLimits) -> None:
        self._bot = bot
        self._limits = limits
        self._pictured: OrderedDict[tuple[int, int | None], None] = OrderedDict()
        """Status messages that show a preview, so that their words are a caption; a guess saves a call."""

    async def say(
        self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | ForceReply | None = None, rank: Rank = Rank.WORD
    ) -> Message:
        """A new message."""
        text = text[: self._limits.text]
        return await self._patiently(
            lambda: self._bot.send_message(text=text, reply_markup=keyboard, rate_limit_args=rank, **spot.sending()),
            rank,
        )

    async def rewrite(
        self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None = None, rank: Rank = Rank.ANSWER
    ) -> None:
        """New words for a message, be they its text or its picture's caption."""
        await self._patiently(lambda: self._edit_words(spot, text, keyboard, rank), rank)

    async def progress(
        self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None, preview: bytes | None = None
    ) -> None:
        """New words for a status message, with a preview if there is one; without patience, as they are soon stale."""
        if preview is None:
            await self._edit_words(spot, text, keyboard, Rank.PROGRESS)
        else:
            await self._edit_media(spot, Upload(preview, "preview.jpg"), text, keyboard, Rank.PROGRESS)

    async def send(
        self,
        spot: Spot,
        upload: Upload,
        caption: str,
        keyboard: InlineKeyboardMarkup | None = None,
        rank: Rank = Rank.ANSWER,
    ) -> Message:
        """A new message with a picture."""
        common: dict[str, Any] = {
            "caption": caption[: self._limits.caption],
            "filename": upload.name,
            "reply_markup": keyboard,
            "rate_limit_args": rank,
            **_AS_THEY_ARE.get(upload.kind, {}),
            **spot.sending(),
        }
        send: Callable[..., Awaitable[Message]] = getattr(self._bot, f"send_{upload.kind}")
        return await self._patiently(lambda: send(**{upload.kind: upload.data}, **common), rank)

    async def repaint(
        self, spot: Spot, upload: Upload, caption: str, keyboard: InlineKeyboardMarkup, rank: Rank = Rank.ANSWER
    ) -> None:
        """Turns a message into a picture, whatever it was before; doing it twice changes nothing."""
        await self._patiently(lambda: self._edit_media(spot, upload, caption, keyboard, rank), rank)

    async def redress(self, spot: Spot, keyboard: InlineKeyboardMarkup) -> None:
        """Another keyboard under a message."""
        await self._patiently(
            lambda: _unless_unchanged(
                self._bot.edit_message_reply_markup(
                    chat_id=spot.chat_id, message_id=spot.message_id, reply_markup=keyboard
                )
            )
        )

    async def remove(self, spot: Spot) -> None:
        """Deletes a message."""
        assert spot.message_id is not None, "only a message can be deleted"
        message_id = spot.message_id
        await self._patiently(lambda: self._bot.delete_message(spot.chat_id, message_id))

    async def _edit_media(
        self, spot: Spot, upload: Upload, caption: str, keyboard: InlineKeyboardMarkup | None, rank: Rank
    ) -> None:
        media = MEDIA[upload.kind](
            upload.data,
            caption=caption[: self._limits.caption],
            filename=upload.name,
            **_AS_THEY_ARE.get(upload.kind, {}),
        )
        await _unless_unchanged(
            self._bot.edit_message_media(
                media,
                chat_id=spot.chat_id,
                message_id=spot.message_id,
                reply_markup=keyboard,
                rate_limit_args=rank,
            )
        )
        self._note(spot, has_picture=True)

    async def _edit_words(self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None, rank: Rank) -> None:
        as_caption = (spot.chat_id, spot.message_id) in self._pictured
        try:
            await self._edit(spot, text, keyboard, rank, as_caption=as_caption)
        except BadRequest as error:
            if not (has_no_caption(error) if as_caption else has_no_text(error)):
                raise
            await self._edit(spot, text, keyboard, rank, as_caption=not as_caption)
            self._note(spot, has_picture=not as_caption)

    async def _edit(
        self, spot: Spot, text: str, keyboard: InlineKeyboardMarkup | None, rank: Rank, *, as_caption: bool
    ) -> None:
        common: dict[str, Any] = {
            "chat_id": spot.chat_id,
            "message_id": spot.message_id,
            "reply_markup": keyboard,
            "rate_limit_args": rank,
        }
        if as_caption:
            edit = self._bot.edit_message_caption(caption=text[: self._limits.caption], **common)
        else:
            edit = self._bot.edit_message_text(text[: self._limits.text], **common)
        await _unless_unchanged(edit)

    def _note(self, spot: Spot, *, has_picture: bool) -> None:
        key = (spot.chat_id, spot.message_id)
        self._pictured.pop(key, None)
        if has_picture:
            self._pictured[key] = None
        while len(self._pictured) > _REMEMBERED:
            self._pictured.popitem(last=False)

    async def _patiently(self, call: Callable[[], Awaitable[_T]], rank: Rank = Rank.WORD) -> _T:
        """Call again after each flood limit that is not too long; the limiter waits for its end.

        Words are also tried again when nothing came of them: nobody else would. Answers are brought again anyhow.
        """
        floods = hiccups = 0
        while True:
            try:
                return await call()
            except RetryAfter as flood:
                floods += 1
                if floods > self._limits.flood_waits or seconds_of(flood) > patience(self._limits, rank):
                    raise
            except NetworkError as error:
                hiccups += 1
                if rank != Rank.WORD or hiccups > self._limits.hiccup_waits or not has_come_to_nothing(error):
                    raise
                await asyncio.sleep(self._limits.hiccup_seconds * 2 ** (hiccups - 1))


async def _unless_unchanged(edit: Awaitable[Any]) -> None:
    try:
        await edit
    except BadRequest as error:
        if not is_unchanged(error):
            raise
