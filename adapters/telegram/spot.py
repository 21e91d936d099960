"""Where in Telegram a message goes, in plain values that survive a restart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import httpx
from telegram import Message, ReplyParameters
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError, TimedOut

from bot.requests import Address

_CLIENT_FAULT: Final = re.compile(r"\(4\d\d\)$")
"""At the end of the library's message on an answer with such a status."""
_GONE: Final = (
    "chat not found",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "chat_restricted",
    "channel_private",
    "user_deactivated",
    "peer_id_invalid",
    "not enough rights to send text",
    "no rights to send a message",
    "need administrator rights",
)
_MESSAGE_GONE: Final = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
)
_PICTURES_FORBIDDEN: Final = ("not enough rights", "chat_send_photos_forbidden", "chat_send_docs_forbidden")
_PICTURE_REFUSED: Final = (
    "photo_invalid_dimensions",
    "image_process_failed",
    "photo_save_file_invalid",
    "too big",
)
_FILE_UNKNOWN: Final = ("wrong file identifier", "wrong file_id", "wrong remote file id", "file reference")


@dataclass(frozen=True, slots=True)
class Spot:
    """A chat, a topic in it, the message to reply to, and the status message once there is one."""

    chat_id: int
    reply_to: int | None = None
    thread_id: int | None = None
    message_id: int | None = None

    @classmethod
    def under(cls, message: Message, reply_to: int | None = None) -> Spot:
        """The spot for a reply to `message`, or to another message of the same chat."""
        thread = message.message_thread_id if message.is_topic_message else None
        return cls(message.chat.id, reply_to or message.message_id, thread)

    @classmethod
    def of(cls, address: Address) -> Spot:
        """The spot that `to_address` wrote down."""
        return cls(address["chat_id"], address.get("reply_to"), address.get("thread_id"), address.get("message_id"))

    def to_address(self) -> dict[str, Any]:
        """The spot as plain JSON values."""
        return {
            "chat_id": self.chat_id,
            "reply_to": self.reply_to,
            "thread_id": self.thread_id,
            "message_id": self.message_id,
        }

    def moved(self, chat_id: int) -> Spot:
        """The same place after its group became a supergroup: message ids of before mean nothing there."""
        return Spot(chat_id)

    def replying(self, message_id: int) -> Spot:
        """A new message in the same chat and topic, as a reply to that one."""
        return Spot(self.chat_id, message_id, self.thread_id)

    def sending(self) -> dict[str, Any]:
        """The arguments that every sending method of the bot takes to land here."""
        reply = None
        if self.reply_to is not None:
            reply = ReplyParameters(self.reply_to, allow_sending_without_reply=True)
        return {"chat_id": self.chat_id, "message_thread_id": self.thread_id, "reply_parameters": reply}


def place_is_gone(error: TelegramError) -> bool:
    """Whether this error means that nothing can be written there any more."""
    return isinstance(error, Forbidden) or _says(error, _GONE)


def message_is_gone(error: TelegramError) -> bool:
    """Whether an edit failed because its message is no longer there."""
    return _says(error, _MESSAGE_GONE)


def is_unchanged(error: TelegramError) -> bool:
    """Whether an edit failed because it changed nothing, which is no failure."""
    return _says(error, ("message is not modified",))


def has_no_text(error: TelegramError) -> bool:
    """Whether the words of that message are the caption of a picture."""
    return _says(error, ("there is no text in the message to edit",))


def has_no_caption(error: TelegramError) -> bool:
    """Whether that message has no picture whose caption could be edited."""
    return _says(error, ("there is no caption in the message to edit",))


def has_come_to_nothing(error: TelegramError) -> bool:
    """Whether Telegram was out of reach or did not get to what it was asked for, so that it may be asked again.

    A connection that was cut on the way, or a time that ran out, tells nothing of the kind.
    """
    if not isinstance(error, NetworkError) or isinstance(error, BadRequest | TimedOut):
        return False
    if isinstance(error.__cause__, httpx.HTTPError):
        return isinstance(error.__cause__, httpx.ConnectError)
    return _CLIENT_FAULT.search(error.message) is None


def is_too_large(error: TelegramError) -> bool:
    """Whether the file was larger than what this Bot API server takes."""
    return "request entity too large" in error.message.lower() or _says(
        error, ("file is too big", "file_parts_invalid")
    )


def pictures_are_forbidden(error: TelegramError) -> bool:
    """Whether the chat takes text from the bot but no pictures."""
    return _says(error, _PICTURES_FORBIDDEN)


def picture_is_refused(error: TelegramError) -> bool:
    """Whether Telegram did not want these bytes as a photo, so that they may still go as a file."""
    return _says(error, _PICTURE_REFUSED)


def file_is_unknown(error: TelegramError) -> bool:
    """Whether Telegram no longer has the file whose id it was given."""
    return _says(error, _FILE_UNKNOWN)


def _says(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    return isinstance(error, BadRequest) and any(phrase in error.message.lower() for phrase in phrases)
