"""What a run may be told: frozen, checked when made, and turned from and to plain JSON values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from nst_engine.errors import SettingsError

Optimizer = Literal["lbfgs", "adam"]

MIN_SIZE: Final = 32
MAX_SIZE: Final = 8192
MAX_STEPS: Final = 10_000
MAX_WEIGHT: Final = 1e9
NEUTRAL_STRENGTH: Final = 50
STRENGTH_PER_DECADE: Final = 25


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run.

    `size` is the longer side of the result in pixels, `steps` the number of updates of the picture. The weights
    multiply the content, style and total-variation losses; 1, 1 and 0 are the reference objective. `seed` 0
    starts from the content as it is; any other seed adds faint noise drawn from it, so that each seed gives a
    variation of its own. Raises `SettingsError` for a value out of range.
    """

    size: int = 512
    steps: int = 300
    optimizer: Optimizer = "lbfgs"
    content_weight: float = 1.0
    style_weight: float = 1.0
    tv_weight: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check_integer("size", self.size, MIN_SIZE, MAX_SIZE, "pixels")
        _check_integer("steps", self.steps, 1, MAX_STEPS, "steps")
        _check_integer("seed", self.seed, 0, 2**63 - 1, "")
        if self.optimizer not in get_args(Optimizer):
            raise SettingsError(f"The optimizer {self.optimizer!r} is unknown; choose lbfgs or adam.")
        for name in ("content_weight", "style_weight", "tv_weight"):
            _check_weight(name, getattr(self, name))
        if self.content_weight == 0 and self.style_weight == 0:
            raise SettingsError("Content and style weight are both 0; give one of them a positive value.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """The settings from plain values, the rest at their defaults; raises `SettingsError` for an unknown name."""
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise SettingsError(f"There is no setting named {unknown[0]!r}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Preset:
    """A named pair of size (longer side, pixels) and steps."""

    size: int
    steps: int


PRESETS: Final[Mapping[str, Preset]] = {
    "draft": Preset(size=256, steps=60),
    "standard": Preset(size=512, steps=100),
    "fine": Preset(size=768, steps=200),
}


def style_weight_for(strength: int) -> float:
    """The style weight for a strength of 0 to 100: 1 at 50, ten times more for every 25 beyond it.

    Raises `SettingsError` outside 0..100.
    """
    _check_integer("strength", strength, 0, 100, "")
    return float(10 ** ((strength - NEUTRAL_STRENGTH) / STRENGTH_PER_DECADE))


def _check_integer(name: str, value: object, low: int, high: int, unit: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        between = f"from {low} to {high} {unit}".rstrip()
        raise SettingsError(f"{name.capitalize()} must be a whole number {between}, not {value!r}.")


def _check_weight(name: str, value: object) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not 0 <= float(value) <= MAX_WEIGHT:  # type: ignore[arg-type]
        raise SettingsError(f"{name.replace('_', ' ').capitalize()} must be a number from 0 to 1e9, not {value!r}.")
