"""What stands behind `/stylize`: the words of a command or caption, read as a style, a strength and a look."""

from __future__ import annotations

import re
from typing import Final

from telegram import Message

from adapters.telegram import sentences
from adapters.telegram.manner import FAITHFUL, Manner
from bot.errors import BadOption, UnknownStyle
from bot.gallery import Gallery, Style

_COMMAND: Final = re.compile(r"\s*/(?P<name>\w+)(?:@(?P<bot>\w+))?(?:\s+(?P<words>.*))?\s*", re.IGNORECASE | re.DOTALL)
LONGEST_NAME: Final = 80
_STRENGTH: Final = re.compile(r"(?:(?P<style>.*)\s)?(?P<strength>[-+]?\d{1,9})\s*%?", re.DOTALL)
_LOOK: Final = re.compile(
    rf"(?:(?P<before>.*)\s)?{FAITHFUL}(?:\s+(?P<strength>[-+]?\d{{1,9}}\s*%?))?\s*", re.DOTALL | re.IGNORECASE
)


def command_words(text: str | None, bot_name: str, command: str = "stylize") -> str | None:
    """What follows a command in a text; None when it is not that one or meant for another bot."""
    match = _COMMAND.fullmatch(text or "")
    if match is None or match["name"].lower() != command or (match["bot"] or bot_name).lower() != bot_name.lower():
        return None
    return (match["words"] or "").strip()


def wish_of(words: str, gallery: Gallery) -> tuple[Style | None, Manner]:
    """The style that the words name, None where they leave it out, and the manner.

    A number at the end is the strength and the word `FAITHFUL`, before it or after it, the look, unless a style is
    called so. Raises `UnknownStyle` and `BadOption`.
    """
    name, is_faithful = _without_look(words, gallery)
    if not name:
        return None, Manner(is_faithful=is_faithful)
    match = _STRENGTH.fullmatch(name)
    if match is None:
        return gallery.find(name), Manner(is_faithful=is_faithful)
    try:
        return gallery.find(name), Manner(is_faithful=is_faithful)
    except UnknownStyle:
        title, strength = (match["style"] or "").strip(), int(match["strength"])
        if not 0 <= strength <= 100:
            raise BadOption(sentences.strength_out_of_range(strength)) from None
        return (gallery.find(title) if title else None), Manner(strength, is_faithful)


def named_in(words: str | None, gallery: Gallery) -> tuple[Style, Manner] | None:
    """The style, and the manner after it, if these words are nothing but its name, nearly; None for any others."""
    words = (words or "").strip()
    if not words or len(words) > LONGEST_NAME or "\n" in words:
        return None
    name, is_faithful = _without_look(words, gallery)
    if (style := gallery.named(name)) is not None:
        return style, Manner(is_faithful=is_faithful)
    match = _STRENGTH.fullmatch(name)
    if match is None or not match["style"] or not 0 <= int(match["strength"]) <= 100:
        return None
    style = gallery.named(match["style"])
    return None if style is None else (style, Manner(int(match["strength"]), is_faithful))


def _without_look(words: str, gallery: Gallery) -> tuple[str, bool]:
    """The words without `FAITHFUL`, and whether it was there; all of them where a style is called so."""
    match = _LOOK.fullmatch(words)
    if match is None or words.casefold() in (style.title.casefold() for style in gallery.styles.values()):
        return words, False
    return f"{match['before'] or ''} {match['strength'] or ''}".strip(), True


def person_of(message: Message) -> str:
    """Who sent a message: a person or, for administrators who hide behind their group, the group."""
    sender = message.sender_chat or message.from_user or message.chat
    return str(sender.id)
