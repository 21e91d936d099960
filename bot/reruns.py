"""A job painted once more, with something changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from bot.errors import BadOption
from bot.gallery.entries import DEFAULTS
from bot.intake import NO_SETTINGS, settings_in
from bot.languages import told
from bot.requests import NOTHING_CHOSEN, Address, Options
from nst_engine.errors import SettingsError
from nst_engine.settings import Settings, style_weight_for

Variation = Literal["stronger", "softer", "colours", "larger"]
STRENGTH_STEP: Final = 15
LARGER_BY: Final = 1.5
SIZE_STEP: Final = 32


@dataclass(frozen=True, slots=True)
class Rerun:
    """Who wants a job once more, where to answer, and what is to be different.

    `styles` None keeps the styles, with their weights and masks. Of the `options`, what is None stays as it was.
    `moderator`: the person is one of that place's.
    """

    place: str
    person: str
    origin: str
    address: Address = field(default_factory=dict)
    styles: tuple[str | bytes, ...] | None = field(default=None, repr=False)
    options: Options = field(default_factory=Options)
    moderator: bool = False


def settings_again(
    before: Mapping[str, Any], rerun: Rerun, suited_before: Options = NOTHING_CHOSEN, suits: Options = NOTHING_CHOSEN
) -> Settings:
    """The settings of a job, with what is to be different. Raises `BadOption`.

    With other styles, what was as it suited the styles before is as it `suits` these.
    """
    options = rerun.options
    changes = settings_in(options)
    if rerun.styles is not None:
        changes = _suited_anew(before, suited_before, suits) | changes
        changes.setdefault("style_weights", ())
    try:
        if options.strength is not None and options.style_weight is None:
            changes["style_weight"] = style_weight_for(options.strength)
        return replace(Settings.from_dict(before), **changes)
    except SettingsError as error:
        raise BadOption(told(error)) from None


def is_of_strength(settings: Mapping[str, Any], strength: int | None) -> bool:
    """True if a job has the style weight of a strength."""
    weight = float(settings.get("style_weight", 1.0))
    return strength is not None and math.isclose(weight, style_weight_for(strength), rel_tol=1e-9)


def _suited_anew(before: Mapping[str, Any], suited_before: Options, suits: Options) -> dict[str, Any]:
    """Those of a job's settings that suited its styles, as they suit other ones."""
    usual = Settings()
    changes: dict[str, Any] = {}
    if is_of_strength(before, suited_before.strength) and suits.strength is not None:
        changes["style_weight"] = style_weight_for(suits.strength)
    for name in sorted(set(DEFAULTS) - set(NO_SETTINGS)):
        then, now, own = getattr(suited_before, name), getattr(suits, name), getattr(usual, name)
        if before.get(name, own) == (own if then is None else then):
            changes[name] = own if now is None else now
    return changes


def strength_of(settings: Mapping[str, Any]) -> int:
    """The strength, 0 to 100, whose style weight is the nearest to that of a job."""
    weight = max(float(settings.get("style_weight", 1.0)), style_weight_for(0))
    return min(range(101), key=lambda strength: abs(math.log(style_weight_for(strength) / weight)))


def varied(variation: Variation, settings: Mapping[str, Any]) -> Options | None:
    """What is to be different about a job painted once more; None where the strength is at its end already."""
    strength, size = strength_of(settings), int(settings.get("size", 512))
    if variation == "colours":
        return Options(colours="content" if settings.get("colours", "style") == "style" else "style")
    if variation == "larger":
        return Options(size=round(size * LARGER_BY / SIZE_STEP) * SIZE_STEP)
    wanted = min(max(strength + (STRENGTH_STEP if variation == "stronger" else -STRENGTH_STEP), 0), 100)
    return None if wanted == strength else Options(strength=wanted)
