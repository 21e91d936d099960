"""What stands behind `/stylize`: the words of a command or caption, read as a style and a strength."""

from __future__ import annotations

import re
from typing import Final

from telegram import Message

from adapters.telegram import sentences
from bot.errors import BadOption, UnknownStyle
from bot.gallery import Gallery, Style

_COMMAND: Final = re.compile(r"\s*/(?P<name>\w+)(?:@(?P<bot>\w+))?(?:\s+(?P<words>.*))?\s*", re.IGNORECASE | re.DOTALL)
LONGEST_NAME: Final = 80
_STRENGTH: Final = re.compile(r"(?:(?P<style>.*)\s)?(?P<strength>[-+]?\d{1,9})\s*%?", re.DOTALL)


def command_words(text: str | None, bot_name: str, command: str = "stylize") -> str | None:
    """What follows a command in a text; None when it is not that one or meant for another bot."""
    match = _COMMAND.fullmatch(text or "")
    if match is None or match["name"].lower() != command or (match["bot"] or bot_name).lower() != bot_name.lower():
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
            raise BadOption(sentences.strength_out_of_range(strength)) from None
        return (gallery.find(name) if name else None), strength


def named_in(words: str | None, gallery: Gallery) -> tuple[Style, int | None] | None:
    """The style, and the strength after it, if these words are nothing but its name, nearly; None for any others."""
    words = (words or "").strip()
    if not words or len(words) > LONGEST_NAME or "\n" in words:
        return None
    if (style := gallery.named(words)) is not None:
        return style, None
    match = _STRENGTH.fullmatch(words)
    if match is None or not match["style"] or not 0 <= int(match["strength"]) <= 100:
        return None
    style = gallery.named(match["style"])
    return None if style is None else (style, int(match["strength"]))


def person_of(message: Message) -> str:
    """Who sent a message: a person or, for administrators who hide behind their group, the group."""
    sender = message.sender_chat or message.from_user or message.chat
    return str(sender.id)
