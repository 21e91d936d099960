"""Pictures that people send: found in a message, checked by size, fetched."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Final

from telegram import ExternalReplyInfo, Message, Sticker
from telegram.error import BadRequest, InvalidToken
from telegram.ext import ExtBot

from adapters.telegram import sentences
from adapters.telegram.films import read_film
from adapters.telegram.limits import TelegramLimits
from bot.errors import BadPicture
from bot.languages import _
from bot.picture_threads import on_picture_thread

_EXTENSIONS: Final = re.compile(r"\.(jpe?g|jpe|a?png|webp|gif|bmp|tiff?|hei[cf]|avif|ppm)", re.IGNORECASE)
_reading: Final = asyncio.Semaphore(1)
"""One film at a time, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on Telegram's servers; `size` in bytes where Telegram told it. `is_film`: it is an MP4 or WebM."""

    file_id: str
    size: int | None
    is_film: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture's bytes, as the studio takes them; `is_cut` where they are the beginning of a longer animation."""

    data: bytes = field(repr=False)
    is_cut: bool = False


def picture_in(message: Message | ExternalReplyInfo) -> Picture | None:
    """The picture of a message: its photo at the largest size, sticker, animation or picture file; None for none.

    Raises `BadPicture` for a file that does not claim to be a picture.
    """
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Picture(largest.file_id, largest.file_size)
    if message.sticker is not None:
        return _of_sticker(message.sticker)
    if message.animation is not None:
        animation = message.animation
        return Picture(animation.file_id, animation.file_size, is_film=animation.mime_type != "image/gif")
    document = message.document
    if document is None:
        return None
    kind, name = document.mime_type or "", document.file_name or ""
    if kind.startswith("image/") or _EXTENSIONS.fullmatch(PurePath(name).suffix):
        return Picture(document.file_id, document.file_size)
    raise BadPicture(_(sentences.NO_PICTURE))


def _of_sticker(sticker: Sticker) -> Picture:
    if sticker.is_animated:
        raise BadPicture(_(sentences.DRAWN_STICKER))
    return Picture(sticker.file_id, sticker.file_size, is_film=sticker.is_video)


async def fetch(bot: ExtBot[Any], picture: Picture, limits: TelegramLimits) -> Fetched:
    """A picture as the studio takes it: what is a film becomes an animated picture. Raises `BadPicture`."""
    data = await download(bot, picture, limits)
    if not picture.is_film:
        return Fetched(data)
    async with _reading:
        moving = await on_picture_thread(read_film, data, limits)
    return Fetched(moving.data, moving.is_cut)


async def download(bot: ExtBot[Any], picture: Picture, limits: TelegramLimits) -> bytes:
    """The bytes of a file; raises `BadPicture` for one beyond the download limit or no longer there."""
    if (picture.size or 0) > limits.download_bytes:
        raise BadPicture(sentences.too_large(limits.download_bytes))
    try:
        file = await bot.get_file(picture.file_id)
        if (file.file_size or 0) > limits.download_bytes:
            raise BadPicture(sentences.too_large(limits.download_bytes))
        kept = Path(file.file_path or "")
        if kept.is_absolute():  # a Bot API server of one's own with --local, which shares its folder
            return await asyncio.to_thread(kept.read_bytes)
        return bytes(await file.download_as_bytearray())
    except BadRequest as error:
        too_big = "too big" in error.message.lower()
        raise BadPicture(sentences.too_large(limits.download_bytes) if too_big else _(sentences.FILE_GONE)) from None
    except InvalidToken:
        # The library reads a 404 for a file as a refused token; the file has expired.
        raise BadPicture(_(sentences.FILE_GONE)) from None
