"""The gallery: the styles that come with the bot, those that a community adds, and photos to try them on."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.errors import UnknownStyle
from bot.gallery.entries import read_entries, read_folder
from bot.gallery.index import Names
from bot.gallery.names import folded, key, quoted
from bot.gallery.style import Style
from bot.languages import _, listed

__all__ = ["Gallery", "Style"]

_HERE: Final = Path(__file__).parent
_NEAR: Final = 0.6
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Gallery:
    """The styles by id, in the order in which they are shown, and photos for trying out, by id.

    `own` are the ids of the styles that the place itself has added, where it is the gallery of one, each with the id of
    the person who added it; they win by name.
    """

    styles: Mapping[str, Style]
    photos: Mapping[str, Style]
    own: Mapping[str, str] = field(default_factory=dict)
    _names: Names = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", Names(self._winners()))

    @classmethod
    def load(cls, extra: Path | None = None) -> Gallery:
        """The bot's own styles and, after them, those of the folder `extra`, which wins where ids clash.

        Raises `SetupError` with one sentence for what is wrong in `extra`. No picture is decoded.
        """
        own = read_entries(_HERE / "styles.toml")
        added = read_folder(extra) if extra is not None else {}
        photos = read_entries(_HERE / "photos.toml")
        return cls(MappingProxyType(own | added), MappingProxyType(photos))

    def joined(self, own: Mapping[str, Style], persons: Mapping[str, str]) -> Gallery:
        """This gallery with the styles of a place, added by `persons`, before its own; of two of one id, theirs."""
        rest = {name: style for name, style in self.styles.items() if name not in own}
        return Gallery(MappingProxyType({**own, **rest}), self.photos, MappingProxyType(dict(persons)))

    def find(self, text: str) -> Style:
        """The style of that id, title or label, or whose id or title alone begins so.

        Case, accents, spaces, punctuation and a leading article do not count. Raises `UnknownStyle`, naming
        the nearest styles.
        """
        wanted = key(text)
        if not wanted:
            raise UnknownStyle(_("Please name a style; the list of styles shows all of them."))
        winners = self._winners()
        for style in winners:
            if wanted == key(style.id):
                return style
        for style in winners:
            if wanted in (key(style.title), key(style.label)):
                return style
        begun = [style for style in self.styles.values() if _begins(style, wanted)]
        if len(begun) == 1:
            return begun[0]
        raise UnknownStyle(self._missing(text, begun))

    def named(self, text: str) -> Style | None:
        """The style whose id, title or beginning of a title, up to a comma or bracket, this is or nearly is.

        Stricter than `find`: other words, as people say them to each other, name no style.
        """
        return self._names.find(key(text))

    def _winners(self) -> list[Style]:
        """The styles, those first that are meant where two bear one name."""
        own = [style for style in self.styles.values() if style.id in self.own]
        # What a community adds comes last and is meant when it bears a title of ours.
        return [*own, *(style for style in list(self.styles.values())[::-1] if style.id not in self.own)]

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
            styles = _either(begun[:_NAMED])
            return _("Several styles begin with {name}; do you mean {styles}?", name=quoted(text), styles=styles)
        near = self.search(text, limit=_NAMED)
        if len(near) > 1 and not _mentions(near[0], text):
            near = near[:1]
        if not near:
            return _("There is no style named {name}; the list of styles shows all of them.", name=quoted(text))
        return _("There is no style named {name}; did you mean {styles}?", name=quoted(text), styles=_either(near))


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


def _either(styles: list[Style]) -> str:
    return listed([style.title for style in styles], either=True)
