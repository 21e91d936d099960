"""What Telegram allows a bot, and how far this front-end goes within it: the capability record of the platform."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from telegram.constants import (
    CallbackQueryLimit,
    FileSizeLimit,
    FloodLimit,
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
    alert: int = int(CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)
    group_calls: int = int(FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP)
    group_seconds: float = 60.0
    """In a group at most `group_calls` within any `group_seconds`, edits and all."""
    group_reserve: int = 10
    """So many of them are never used for progress, so that answers find room."""
    chat_calls: int = 3
    chat_seconds: float = 3.0
    """In any chat at most `chat_calls` within any `chat_seconds`: one a second, after a short burst."""
    all_calls: int = int(FloodLimit.MESSAGES_PER_SECOND) // 2
    all_seconds: float = 1.0
    """The library's leaky bucket for all chats: it lets a burst of `all_calls` pass and then as many each
    `all_seconds`, so twice as many at most in any such time.
    """
    private_edit_seconds: float = 3.0
    """At least so long between two progress edits in a private chat."""
    group_edit_seconds: float = 8.0
    """The same for a group, where all messages together may be 20 a minute."""
    preview_edits: int = 4
    """A status message gets a new preview at most once in the time of so many progress edits."""
    album_quiet_seconds: float = 1.0
    """An album is complete when none of its pictures came for so long."""
    flood_waits: int = 8
    """How often an answer waits out a flood limit before it is left for later."""
    flood_patience_seconds: float = 90.0
    """An answer that is to wait longer than this because of a flood limit is left for later at once."""
    word_patience_seconds: float = 3600.0
    """The same for words, for which there is no later: what is to wait even longer is not said."""
    hiccup_waits: int = 3
    """How often words are tried again when Telegram is out of reach, or answers with a fault of its own."""
    hiccup_seconds: float = 1.0
    """How long before the first of these; before each other one twice as long."""
    stop_seconds: float = 5.0
    """How long words under way may wait for their turn when the bot stops."""
    administrators_seconds: float = 300.0
    """How long the administrators of a chat are known without asking again, where that opens no door."""
    administrators_fresh_seconds: float = 2.0
    """The same where it does: many presses at once are one question."""
    administrators_wait: float = 5.0
    """How long a press waits for them to be known."""
    updates_at_once: int = 5
    """What one person sends to one chat is handled so much at a time; the rest waits in its own line."""
    orders_at_once: int = 8
    """How many pictures are fetched at the same time, so that memory stays bounded."""
    page_styles: int = 9
    page_columns: int = 2
    sheet_columns: int = 3
    """In the picture of a page of styles."""
    waits_seconds: float = 900.0
    """So long a picture sent in private after another one is taken as its style."""
    own_style_seconds: float = 2 * 3600.0
    """So long the bot waits for a style picture that somebody said they would send."""
    edit_window_seconds: float = 3600.0
    """A message edited later than this after it was sent asks for nothing."""
    film_seconds: float = 6.0
    """Of an animation so much is painted."""
    film_frames: int = 30
    film_decoded: int = 600
    """Of an animation at most so many frames are looked at."""
    film_side: int = 800
    film_pixels: int = 3840 * 2160

    def edit_seconds(self, chat_id: int) -> float:
        """The time between two progress edits in this chat; ids of groups are negative."""
        return self.group_edit_seconds if chat_id < 0 else self.private_edit_seconds

    def preview_seconds(self, chat_id: int) -> float:
        """The time between two previews in one status message."""
        return self.preview_edits * self.edit_seconds(chat_id)


LIMITS: Final = TelegramLimits()
OWN_SERVER: Final = replace(
    LIMITS,
    download_bytes=100_000_000,
    document_bytes=int(FileSizeLimit.FILESIZE_UPLOAD_LOCAL_MODE),
)
"""With a Bot API server of one's own. It hands out files of any size; pictures are read into memory, so not here."""
