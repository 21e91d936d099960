"""The names of a gallery's styles, brought into a form once in which words are quickly held against them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from bot.gallery.names import key
from bot.gallery.style import Style

_SAME: Final = 0.84
_LONG_NAME: Final = 7
"""From so many letters on, a name is known though it is misspelt; shorter ones are like too many other words."""
_BITS: Final = 61


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that may be misspelt, and which letters are in it, as bits."""

    key: str
    letters: int
    style: Style


class Names:
    """What styles are called, as keys: id, title, and the title's beginning up to a comma or bracket.

    `styles` begin with the one that wins where names are the same.
    """

    def __init__(self, styles: Iterable[Style]) -> None:
        self._exact: dict[str, Style] = {}
        self._long: list[_Name] = []
        for style in styles:
            for name in _names(style):
                self._exact.setdefault(name, style)
                if len(name) >= _LONG_NAME:
                    self._long.append(_Name(name, _letters(name), style))

    def find(self, wanted: str) -> Style | None:
        """The style with this key for a name, or one that is nearly the same."""
        style = self._exact.get(wanted)
        if style is not None or len(wanted) < _LONG_NAME:
            return style
        letters, least = _letters(wanted), _SAME
        for name in self._long:
            if _may_be_alike(wanted, letters, name):
                likeness = SequenceMatcher(None, wanted, name.key).ratio()
                if likeness > least or (style is None and likeness == least):
                    style, least = name.style, likeness
        return style


def _names(style: Style) -> list[str]:
    names = (key(style.id), key(style.title), key(re.split(r"[,(]", style.title)[0]))
    return [name for name in dict.fromkeys(names) if name]


def _letters(name: str) -> int:
    bits = 0
    for letter in set(name):
        bits |= 1 << ord(letter) % _BITS
    return bits


def _may_be_alike(wanted: str, letters: int, name: _Name) -> bool:
    """Whether two names can have so much in common: each letter that the other one lacks is lost to both."""
    common = _SAME / 2 * (len(wanted) + len(name.key))
    return (letters & ~name.letters).bit_count() <= len(wanted) - common and (
        name.letters & ~letters
    ).bit_count() <= len(name.key) - common
