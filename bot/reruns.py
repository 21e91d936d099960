"""A job painted once more, with something changed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from bot.errors import BadOption
from bot.intake import NO_SETTINGS
from bot.languages import told
from bot.requests import Address, Options
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


def settings_again(before: Mapping[str, Any], rerun: Rerun) -> Settings:
    """The settings of a job, with what is to be different. Raises `BadOption`."""
    options = rerun.options
    names = [field.name for field in dataclasses.fields(Options) if field.name not in NO_SETTINGS]
    changes = {name: value for name in names if (value := getattr(options, name)) is not None}
    if rerun.styles is not None:
        changes.setdefault("style_weights", ())
    try:
        if options.strength is not None:
            changes.setdefault("style_weight", style_weight_for(options.strength))
        return replace(Settings.from_dict(before), **changes)
    except SettingsError as error:
        raise BadOption(told(error)) from None


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
