"""What the settings of a place are called, and what can be chosen for each: the same in every front-end's panel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.gallery import Gallery
from bot.languages import N_, NAMES, _, number
from bot.place_settings import LABELS, PlaceSettings

NONE: Final = "-"
"""Stands for what is left to the operator or to each person."""
LIMITS: Final = ("per_person", "per_place", "per_person_per_day", "cooldown", "largest_size")
SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048)
STRENGTHS: Final = (25, 50, 75, 90, 100)
WHO: Final = {"everyone": N_("Everyone"), "roles": N_("Those with the roles"), "moderators": N_("Moderators only")}
COLOUR_NAMES: Final = {
    "style": N_("The painting's colours"),
    "content": N_("The photo's colours"),
    "luminance": N_("The photo's colours exactly (only light and shade are painted)"),
}
FIELDS: Final[Mapping[str, str]] = {
    **{name: LABELS[name] for name in ("channels", "who", "adders", *LIMITS)},
    "style": N_("Usual style"),
    "size": N_("Usual size"),
    **{name: LABELS[name] for name in ("strength", "colours", "language")},
}
"""What each setting is called; said with `_`."""
_NUMBERS: Final[Mapping[str, tuple[int, ...]]] = {
    "per_person": (1, 2, 3, 5, 10),
    "per_place": (1, 2, 5, 10, 20, 50),
    "per_person_per_day": (1, 3, 5, 10, 20, 50),
    "cooldown": (10, 30, 60, 300, 900, 3600),
    "largest_size": SIZES,
    "size": SIZES,
    "strength": STRENGTHS,
}
"""What is offered for each number; a person may have chosen another one elsewhere."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen for a setting: its words, the value it stands for, whether it is the one at present."""

    label: str
    value: str
    is_chosen: bool


def value_of(settings: PlaceSettings, field: str, gallery: Gallery, *, is_alone: bool = False) -> str:
    """What is set for one of `FIELDS`, in words; not for those that name channels or roles.

    `is_alone`: the place is that of one person.
    """
    value = getattr(settings, field)
    if field in ("who", "adders"):
        return _(WHO[value])
    if field == "style":
        style = gallery.styles.get(value)
        return _(_nothing(field, is_alone)[0]) if style is None else style.title
    if not value and value != 0:
        return _(_nothing(field, is_alone)[0])
    if field == "language":
        return NAMES[value]
    return _(COLOUR_NAMES[value]) if field == "colours" else _numbered(field, value, short=True)


def choices(
    settings: PlaceSettings, field: str, *, without: Iterable[str] = (), is_alone: bool = False
) -> list[Choice]:
    """What can be chosen for a setting; for the style, which a gallery has, see `style_choices`."""
    chosen = getattr(settings, field)
    if field in ("who", "adders"):
        return [Choice(_(label), value, value == chosen) for value, label in WHO.items() if value not in without]
    if field == "colours":
        named = [(_(label), value) for value, label in COLOUR_NAMES.items()]
    elif field == "language":
        named = [(name, code) for code, name in NAMES.items()]
    else:
        offered = sorted({*_NUMBERS[field], *([] if chosen is None else [chosen])})
        most = settings.largest_size if field == "size" else None
        named = [(_numbered(field, each), str(each)) for each in offered if most is None or each <= most]
    return _with_none(_nothing(field, is_alone)[1], named, "" if chosen is None else str(chosen))


def style_choices(
    settings: PlaceSettings, gallery: Gallery, first: int, most: int, *, is_alone: bool = False
) -> list[Choice]:
    """The same for the usual style: the chosen one and those from number `first` on, `most` of them."""
    page = list(gallery.styles.values())[first : first + most]
    chosen = gallery.styles.get(settings.style)
    if chosen is not None and chosen not in page:
        page.insert(0, chosen)
    named = [(style.title, style.id) for style in page]
    return _with_none(_nothing("style", is_alone)[1], named, "" if chosen is None else chosen.id)


def change(field: str, value: str) -> dict[str, Any]:
    """The value of a `Choice` as a change of the settings."""
    value = "" if value == NONE else value
    if field in _NUMBERS:
        return {field: int(value) if value else None}
    return {field: value}


def _numbered(field: str, value: int, *, short: bool = False) -> str:
    if field in ("size", "largest_size"):
        return _("{pixels} pixels", pixels=number(value))
    return number(value) if short or field != "strength" else _("Strength {value}", value=value)


def _nothing(field: str, is_alone: bool) -> tuple[str, str]:
    """What holds where nothing is set: within a sentence, and as something to choose."""
    if field in LIMITS:
        return N_("as the operator has set"), N_("As the operator has set")
    if field == "language":
        return (
            (N_("as your app is"), N_("As your app is"))
            if is_alone
            else (N_("each person's own"), N_("Each person's own"))
        )
    if is_alone:
        return N_("chosen each time"), N_("Chosen each time")
    return N_("as each person chooses"), N_("As each person chooses")


def _with_none(nothing: str, named: list[tuple[str, str]], chosen: str) -> list[Choice]:
    return [Choice(_(nothing), NONE, not chosen), *(Choice(label, value, value == chosen) for label, value in named)]
