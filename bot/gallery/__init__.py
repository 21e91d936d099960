"""The gallery: the styles that come with the bot, those that a community adds, and photos to try them on."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.errors import UnknownStyle
from bot.gallery.entries import read_entries, read_folder
from bot.gallery.names import folded, key, quoted
from bot.gallery.style import Style

__all__ = ["Gallery", "Style"]

_HERE: Final = Path(__file__).parent
_NEAR: Final = 0.6
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Gallery:
    """The styles by id, in the order in which they are shown, and photos for trying out, by id."""

    styles: Mapping[str, Style]
    photos: Mapping[str, Style]

    @classmethod
    def load(cls, extra: Path | None = None) -> Gallery:
        """The bot's own styles and, after them, those of the folder `extra`, which wins where ids clash.

        Raises `SetupError` with one sentence for what is wrong in `extra`. No picture is decoded.
        """
        own = read_entries(_HERE / "styles.toml")
        added = read_folder(extra) if extra is not None else {}
        photos = read_entries(_HERE / "photos.toml")
        return cls(MappingProxyType(own | added), MappingProxyType(photos))

    def find(self, text: str) -> Style:
        """The style of that id, title or label, or whose id or title alone begins so.

        Case, accents, spaces, punctuation and a leading article do not count. Raises `UnknownStyle`, naming
        the nearest styles.
        """
        wanted = key(text)
        if not wanted:
            raise UnknownStyle("Please name a style; the list of styles shows all of them.")
        # What a community adds comes last and is meant when it bears a title of ours.
        newest = list(self.styles.values())[::-1]
        for style in newest:
            if wanted == key(style.id):
                return style
        for style in newest:
            if wanted in (key(style.title), key(style.label)):
                return style
        begun = [style for style in self.styles.values() if _begins(style, wanted)]
        if len(begun) == 1:
            return begun[0]
        raise UnknownStyle(self._missing(text, begun))

    def search(self, text: str, limit: int = 25) -> list[Style]:
        """At most `limit` styles for what was typed so far, the likeliest first; all when nothing was typed.

        First those whose id or title begins so, then those with such a word in the label, then those
        that contain it, then those spelt nearly so.
        """
        wanted, words = key(text), folded(text)
        if not wanted:
            return list(self.styles.values())[:limit]
        ranked = [(_rank(style, wanted, words), style) for style in self.styles.values()]
        near = [(rank, style) for rank, style in ranked if rank is not None]
        return [style for _, style in sorted(near, key=lambda pair: pair[0])][:limit]

    def _missing(self, text: str, begun: list[Style]) -> str:
        if begun:
            start = f"Several styles begin with {quoted(text)}"
            return f"{start}; do you mean {_either([style.title for style in begun[:_NAMED]])}?"
        near = self.search(text, limit=_NAMED)
        if len(near) > 1 and not _mentions(near[0], text):
            near = near[:1]
        hint = f"did you mean {_either([style.title for style in near])}?" if near else ""
        return f"There is no style named {quoted(text)}; {hint or 'the list of styles shows all of them.'}"


def _begins(style: Style, wanted: str) -> bool:
    return key(style.id).startswith(wanted) or key(style.title).startswith(wanted)


def _mentions(style: Style, text: str) -> bool:
    return folded(text) in folded(style.label)


def _rank(style: Style, wanted: str, words: str) -> float | None:
    """How far the style is from what was typed, 0 for nearest; None when it is too far."""
    if _begins(style, wanted):
        return 0
    label = folded(style.label)
    if f" {words}" in f" {label}":
        return 1
    if words in label or wanted in key(style.label) or wanted in key(style.id):
        return 2
    names = [key(style.id), key(style.title), *map(key, style.artist.split()[-1:])]
    ratio = max(difflib.SequenceMatcher(None, wanted, name).ratio() for name in names)
    return 4 - ratio if ratio >= _NEAR else None


def _either(titles: list[str]) -> str:
    return " or ".join(titles)
