"""What Telegram allows a bot, and how far this front-end goes within it: the capability record of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram.constants import (
    FileSizeLimit,
    InlineKeyboardButtonLimit,
    MessageLimit,
)


@dataclass(frozen=True, slots=True)
class TelegramLimits:
    """Sizes are in bytes, times in seconds, picture sides in pixels, texts in characters."""

    download_bytes: int = int(FileSizeLimit.FILESIZE_DOWNLOAD)
    photo_bytes: int = int(FileSizeLimit.PHOTOSIZE_UPLOAD)
    document_bytes: int = int(FileSizeLimit.FILESIZE_UPLOAD)
    photo_sides: int = 10_000
    """The most that width and height of a photo may come to together."""
    photo_ratio: int = 20
    text: int = int(MessageLimit.MAX_TEXT_LENGTH)
    caption: int = int(MessageLimit.CAPTION_LENGTH)
    callback_bytes: int = int(InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)
    private_edit_seconds: float = 3.0
    """At least so long between two progress edits in a private chat."""
    group_edit_seconds: float = 8.0
    """The same for a group, where all messages together may be 20 a minute."""
    album_quiet_seconds: float = 1.0
    """An album is complete when none of its pictures came for so long."""
    flood_waits: int = 8
    """How often an answer waits out a flood limit before it is left for later."""
    orders_at_once: int = 8
    """How many pictures are fetched at the same time, so that memory stays bounded."""
    page_styles: int = 10
    page_columns: int = 2

    def edit_seconds(self, chat_id: int) -> float:
        """The time between two progress edits in this chat; ids of groups are negative."""
        return self.group_edit_seconds if chat_id < 0 else self.private_edit_seconds


LIMITS: Final = TelegramLimits()
