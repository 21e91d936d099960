"""Pictures that people send: found in a message, checked by size, fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from telegram import Message
from telegram.error import BadRequest, InvalidToken
from telegram.ext import ExtBot

from adapters.telegram import sentences
from adapters.telegram.limits import TelegramLimits
from bot.errors import BadPicture

_EXTENSIONS: Final = re.compile(r"\.(jpe?g|jpe|a?png|webp|gif|bmp|tiff?|hei[cf]|avif|ppm)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on Telegram's servers; `size` in bytes where Telegram told it."""

    file_id: str
    size: int | None


def picture_in(message: Message) -> Picture | None:
    """The picture of a message: its photo at the largest size, or its picture file; None where there is no file.

    Raises `BadPicture` for a file that does not claim to be a picture.
    """
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Picture(largest.file_id, largest.file_size)
    document = message.document
    if document is None:
        return None
    if message.animation is not None and document.mime_type != "image/gif":
        raise BadPicture(sentences.MADE_A_FILM)
    kind, name = document.mime_type or "", document.file_name or ""
    if kind.startswith("image/") or _EXTENSIONS.fullmatch(PurePath(name).suffix):
        return Picture(document.file_id, document.file_size)
    raise BadPicture(sentences.NO_PICTURE)


async def download(bot: ExtBot[Any], picture: Picture, limits: TelegramLimits) -> bytes:
    """The bytes of a picture; raises `BadPicture` for one beyond the download limit or no longer there."""
    if (picture.size or 0) > limits.download_bytes:
        raise BadPicture(sentences.too_large(limits.download_bytes))
    try:
        file = await bot.get_file(picture.file_id)
        if (file.file_size or 0) > limits.download_bytes:
            raise BadPicture(sentences.too_large(limits.download_bytes))
        return bytes(await file.download_as_bytearray())
    except BadRequest as error:
        too_big = "too big" in error.message.lower()
        raise BadPicture(sentences.too_large(limits.download_bytes) if too_big else sentences.FILE_GONE) from None
    except InvalidToken:
        # The library reads a 404 for a file as a refused token; the file has expired.
        raise BadPicture(sentences.FILE_GONE) from None
