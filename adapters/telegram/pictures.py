"""Pictures that people send: found in a message, checked by size, fetched."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Final

import structlog
from telegram import ExternalReplyInfo, Message, Sticker
from telegram.error import BadRequest, InvalidToken
from telegram.ext import ExtBot

from adapters.telegram import sentences
from adapters.telegram.films import read_film
from adapters.telegram.limits import LIMITS, TelegramLimits
from adapters.telegram.token_guard import TokenGuard
from bot.errors import BadPicture, StorageTrouble
from bot.languages import _
from bot.picture_threads import on_picture_thread

_EXTENSIONS: Final = re.compile(r"\.(jpe?g|jpe|a?png|webp|gif|bmp|tiff?|hei[cf]|avif|ppm)", re.IGNORECASE)
log = structlog.get_logger(__name__)
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
    """The bytes of a file; raises `BadPicture` for one beyond the download limit or no longer there.

    Raises `StorageTrouble` for one that a Bot API server of one's own keeps where the bot cannot read it.
    """
    if (picture.size or 0) > limits.download_bytes:
        raise BadPicture(sentences.too_large(limits.download_bytes))
    try:
        file = await bot.get_file(picture.file_id)
        if (file.file_size or 0) > limits.download_bytes:
            raise BadPicture(sentences.too_large(limits.download_bytes))
        # A Bot API server with --local names files in its folder; what is not there, the library takes for an address.
        path = Path((file.file_path or "").removeprefix(f"{bot.base_file_url}/"))
        if path.is_absolute():
            return await asyncio.to_thread(_read, path, TokenGuard(bot.token))
        return bytes(await file.download_as_bytearray())
    except BadRequest as error:
        if "too big" in error.message.lower():  # so says Telegram's own server, be it behind an address of one's own
            raise BadPicture(sentences.too_large(LIMITS.download_bytes)) from None
        raise BadPicture(_(sentences.FILE_GONE)) from None
    except InvalidToken:
        # The library reads a 404 for a file as a refused token; the file has expired.
        raise BadPicture(_(sentences.FILE_GONE)) from None


def _read(path: Path, guard: TokenGuard) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        trouble = StorageTrouble(
            f"The Bot API server's file {guard.clean(str(path))}: {error.strerror}; "
            "share the folder of its --local mode with the bot, under the same path and readable."
        )
        log.error("a file of the bot api server cannot be read", reason=trouble.reason)
        raise trouble from None
