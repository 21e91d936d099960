"""What a run may be told: frozen, checked when made, and turned from and to plain JSON values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal, get_args

from nst_engine.errors import SettingsError

Optimizer = Literal["lbfgs", "adam"]
Colours = Literal["style", "content", "luminance"]
Pooling = Literal["max", "average"]
Padding = Literal["zeros", "replicate"]
Look = Literal["gatys", "faithful"]
StartPart = Literal["content", "matched", "style", "noise", "preview"]

MIN_SIZE: Final = 32
MAX_SIZE: Final = 16_384
MAX_STEPS: Final = 10_000
MAX_WEIGHT: Final = 1e9
MAX_SCALES: Final = 8
MIN_STYLE_SCALE: Final = 0.25
MAX_STYLE_SCALE: Final = 4.0
WEIGHT_EXPONENTS: Final = ((0, -3.5), (75, -1.625), (100, 0.0))
"""Strengths and the powers of ten that are the style's weight there, straight lines between them."""

CONVS_PER_BLOCK: Final = (2, 2, 4, 4, 4)
"""VGG-19's convolutions between its poolings."""
LAYERS: Final = tuple(f"relu{block}_{n}" for block, count in enumerate(CONVS_PER_BLOCK, 1) for n in range(1, count + 1))
"""The layers that can be named, from the picture on: relu1_1 to relu5_4."""
CONTENT_LAYER: Final = "relu4_2"
STYLE_LAYERS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

NamedWeights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run; the defaults are the reference objective, started from the content.

    `look`: gatys, the style loss of Gram matrices, or faithful, which keeps the photo's shapes: see
    `sliced_wasserstein`.
    `size`: the longer side of the result in pixels. `steps`: updates of the picture, over all scales together.
    `optimizer`: lbfgs or adam.
    `content_weight`, `style_weight`, `tv_weight`: of the content, style and total-variation losses.
    `moments_weight`: of the difference in each layer's mean and standard deviation, beside the Gram matrices.
    `content_layers`, `style_layers`: which of `LAYERS`, each with a weight of its own.
    `style_weights`: the shares of several styles; equal when empty.
    `style_scale`: the size of the strokes, 1 for the style at the content's size, 2 for twice as large.
    `pooling`: max, as the network was trained, or average (rescaled), which paints more smoothly.
    `padding`: of the first convolution, zeros as trained, or replicate, which paints borders like the rest.
    `start`: shares of content, matched (the content in the style's colours), style, noise and preview (the
    feed-forward look, where it is installed).
    `seed`: of the noise; 0 adds none to the start, any other adds a little, so that each seed gives a variation.
    `colours`: style; content (the styles are given the content's colours beforehand); luminance (only light and
    shade are painted).
    `scales`: how many sizes are painted, coarse to fine; 0 lets the size decide.
    Raises `SettingsError` for a value out of range.
    """

    size: int = 512
    steps: int = 300
    optimizer: Optimizer = "lbfgs"
    content_weight: float = 1.0
    style_weight: float = 1.0
    tv_weight: float = 0.0
    moments_weight: float = 0.0
    content_layers: NamedWeights = field(default_factory=lambda: {CONTENT_LAYER: 1.0})
    style_layers: NamedWeights = field(default_factory=lambda: dict.fromkeys(STYLE_LAYERS, 1.0))
    style_weights: tuple[float, ...] = ()
    style_scale: float = 1.0
    pooling: Pooling = "max"
    padding: Padding = "zeros"
    start: NamedWeights = field(default_factory=lambda: {"content": 1.0})
    seed: int = 0
    colours: Colours = "style"
    scales: int = 0
    look: Look = "gatys"

    def __post_init__(self) -> None:
        _check_integer("size", self.size, MIN_SIZE, MAX_SIZE)
        _check_integer("steps", self.steps, 1, MAX_STEPS)
        _check_integer("seed", self.seed, 0, 2**63 - 1)
        _check_integer("scales", self.scales, 0, MAX_SCALES)
        for name, choices in _CHOICES.items():
            _check_choice(name, getattr(self, name), choices)
        for name in ("content_weight", "style_weight", "tv_weight", "moments_weight"):
            _check_number(name, getattr(self, name), 0, MAX_WEIGHT)
        _check_number("style_scale", self.style_scale, MIN_STYLE_SCALE, MAX_STYLE_SCALE)
        if self.content_weight == 0 and self.style_weight == 0 and self.moments_weight == 0:
            raise SettingsError("Content and style weight are both 0; give one of them a positive value.")
        if self.look == "faithful" and self.moments_weight:
            raise SettingsError("The faithful look has no moments weight; leave it at 0, or choose the look gatys.")
        _check_named("content_layers", self.content_layers, LAYERS)
        _check_named("style_layers", self.style_layers, LAYERS)
        _check_named("start", self.start, get_args(StartPart))
        object.__setattr__(self, "style_weights", tuple(self.style_weights))
        for weight in self.style_weights:
            _check_number("style_weights", weight, 0, MAX_WEIGHT)
        if self.style_weights and not any(self.style_weights):
            raise SettingsError("All style weights are 0; give one of them a positive value.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """The settings from plain values, the rest at their defaults; raises `SettingsError` for an unknown name."""
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise SettingsError("There is no setting named {name!r}.", name=unknown[0])
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        values = dataclasses.asdict(self)
        return {**values, "style_weights": list(self.style_weights)}


_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "optimizer": get_args(Optimizer),
    "colours": get_args(Colours),
    "pooling": get_args(Pooling),
    "padding": get_args(Padding),
    "look": get_args(Look),
}


def read_named_weights(text: str) -> dict[str, float]:
    """Named weights as people write them: `relu4_2`, or `content=0.7, noise=0.3`.

    Raises `SettingsError` for what is neither; names are checked by `Settings`.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.partition("=")
        try:
            weights[name.strip()] = float(weight) if weight.strip() else 1.0
        except ValueError:
            raise SettingsError(
                "{text!r} is not a name with a weight; write it like relu4_2=0.5.", text=part.strip()
            ) from None
    return weights


LOOK_STEPS: Final[Mapping[str, float]] = {"faithful": 0.4}
"""How many steps a look needs for each one of the Gram look's."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A named pair of size (longer side, pixels) and steps, which are the Gram look's: see `steps_for`."""

    size: int
    steps: int


PRESETS: Final[Mapping[str, Preset]] = {
    "draft": Preset(size=384, steps=80),
    "standard": Preset(size=1024, steps=130),
    "fine": Preset(size=1536, steps=300),
}


def style_weight_for(strength: int) -> float:
    """The style weight for a strength of 0 to 100: the reference objective's at 100, and three thousandths of it at 0.

    Equal steps of strength take the picture about equally far from the photo, by the root of the content loss: the
    longest step of 25 was less than twice the shortest, at 96 pixels and 40 steps and at 160 pixels and 60 steps, as a
    mean over pairs of photo and style (docs/options.md). Weights beyond 1 move the picture no further: with 10 and
    with 100 it ends where it does with 1, after 60 steps as after 300.
    Raises `SettingsError` outside 0..100.
    """
    _check_integer("strength", strength, 0, 100)
    (low, start), (high, end) = next(ends for ends in pairwise(WEIGHT_EXPONENTS) if strength <= ends[1][0])
    return float(10 ** (start + (end - start) * (strength - low) / (high - low)))


def exact_strength(style_weight: float) -> float:
    """The strength that a style weight above 0 stands for at content weight 1; below 0 or above 100 beyond the ends."""
    exponent = math.log10(style_weight)
    pairs = pairwise(WEIGHT_EXPONENTS)
    (low, start), (high, end) = next((ends for ends in pairs if exponent <= ends[1][1]), WEIGHT_EXPONENTS[-2:])
    return low + (high - low) * (exponent - start) / (end - start)


def steps_for(look: str | None, steps: int) -> int:
    """The steps that a look needs where the Gram look takes `steps`: the faithful one is near its end much sooner."""
    return max(1, round(steps * LOOK_STEPS.get(look or "", 1.0)))


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, bool) and isinstance(value, int) and low <= value <= high:
        return
    facts = {"setting": name, "low": low, "high": high, "value": value}
    if name == "size":
        raise SettingsError("{setting} must be a whole number from {low} to {high} pixels, not {value!r}.", **facts)
    if name == "steps":
        raise SettingsError("{setting} must be a whole number from {low} to {high} steps, not {value!r}.", **facts)
    if name == "scales":
        raise SettingsError(
            "{setting} must be a whole number from {low} to {high} (0 lets the size decide), not {value!r}.", **facts
        )
    raise SettingsError("{setting} must be a whole number from {low} to {high}, not {value!r}.", **facts)


def _check_number(name: str, value: object, low: float, high: float, key: str = "") -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if good and low <= float(value) <= high:  # type: ignore[arg-type]
        return
    facts = {"setting": name, "low": low, "high": high, "value": value}
    if key:
        raise SettingsError(
            "{setting}: the weight of {key} must be a number from {low} to {high}, not {value!r}.", key=key, **facts
        )
    raise SettingsError("{setting} must be a number from {low} to {high}, not {value!r}.", **facts)


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(
            "{setting} {value!r} is unknown; choose {choices}.", setting=name, value=value, choices=choices
        )


def _check_named(name: str, weights: object, known: tuple[str, ...]) -> None:
    if not isinstance(weights, Mapping) or not weights:
        raise SettingsError(
            "{setting} must be names with weights, such as {example}=1.", setting=name, example=known[0]
        )
    for key, weight in weights.items():
        if key not in known:
            raise SettingsError(
                "{setting} {value!r} is unknown; choose {choices}.", setting=name, value=key, choices=known
            )
        _check_number(name, weight, 0, MAX_WEIGHT, key)
    if not any(weights.values()):
        raise SettingsError("{setting} are all 0; give one of them a positive value.", setting=name)
