"""What stands behind `/stylize`: the words of a command or caption, read as a style and a strength."""

from __future__ import annotations

import re
from typing import Final

from telegram import Message

from bot.errors import BadOption, UnknownStyle
from bot.gallery import Gallery, Style

_COMMAND: Final = re.compile(r"\s*/stylize(?:@(?P<bot>\w+))?(?:\s+(?P<words>.*))?\s*", re.IGNORECASE | re.DOTALL)
_STRENGTH: Final = re.compile(r"(?:(?P<style>.*)\s)?(?P<strength>[-+]?\d{1,9})\s*%?", re.DOTALL)


def command_words(text: str | None, bot_name: str) -> str | None:
    """What follows `/stylize` in a text; None when it is no such command or meant for another bot."""
    match = _COMMAND.fullmatch(text or "")
    if match is None or (match["bot"] or bot_name).lower() != bot_name.lower():
        return None
    return (match["words"] or "").strip()


def wish_of(words: str, gallery: Gallery) -> tuple[Style | None, int | None]:
    """The style and the strength that the words name, None for what they leave out.

    A number at the end is the strength, unless a style is called so. Raises `UnknownStyle` and `BadOption`.
    """
    if not words:
        return None, None
    match = _STRENGTH.fullmatch(words)
    if match is None:
        return gallery.find(words), None
    try:
        return gallery.find(words), None
    except UnknownStyle:
        name, strength = (match["style"] or "").strip(), int(match["strength"])
        if not 0 <= strength <= 100:
            raise BadOption(f"The strength must be a whole number from 0 to 100, not {strength}.") from None
        return (gallery.find(name) if name else None), strength


def person_of(message: Message) -> str:
    """Who sent a message: a person or, for administrators who hide behind their group, the group."""
    sender = message.sender_chat or message.from_user or message.chat
    return str(sender.id)
