"""Scales and steps: how large pictures are painted coarse to fine, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from nst_engine.images import fit
from nst_engine.settings import MIN_SIZE, Settings

FIRST_SIZE: Final = 192
"""The longer side of the coarsest scale is at least this, in pixels; what is smaller than twice this has one scale.

At this size the large shapes of a style form that no step at a finer scale brings; see docs/benchmarks.md.
"""
FINER_SHARE: Final = 1 / 2
"""How many steps a scale gets for each one of the scale before."""

FRAME_STEPS: Final = 1 / 4
"""The steps of an animation's later frame for each step of the first."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One size (width, height in pixels) and its steps."""

    width: int
    height: int
    steps: int

    @property
    def work(self) -> float:
        """Megapixel-steps."""
        return self.width * self.height * self.steps / 1e6


def schedule(width: int, height: int, settings: Settings) -> tuple[Scale, ...]:
    """The scales of a result of that width and height, coarse to fine; their steps are `settings.steps` in all.

    Each scale halves the next one's sides. A scale gets at least one step, so that there are never more scales than
    steps.
    """
    longer = max(width, height)
    count = min(settings.scales or _scales_for(longer), settings.steps)
    while count > 1 and longer >> (count - 1) < MIN_SIZE:
        count -= 1
    sizes = [fit(width, height, longer >> back) for back in range(count - 1, 0, -1)] + [(width, height)]
    shares = [FINER_SHARE**place for place in range(count)]
    spare = settings.steps - count
    steps = [1 + int(spare * share / sum(shares)) for share in shares]
    steps[0] += settings.steps - sum(steps)
    return tuple(Scale(*size, amount) for size, amount in zip(sizes, steps, strict=True))


def work(width: int, height: int, settings: Settings) -> float:
    """The megapixel-steps of a result of that width and height."""
    return sum(scale.work for scale in schedule(width, height, settings))


def _scales_for(longer: int) -> int:
    count = 1
    while longer >> count >= FIRST_SIZE:
        count += 1
    return count


def later_frame(settings: Settings) -> Settings:
    """The settings of an animation's frame after the first: it starts from the one before, at the same size."""
    return replace(settings, steps=max(1, round(settings.steps * FRAME_STEPS)), scales=1)


def frames_work(width: int, height: int, frames: int, settings: Settings) -> float:
    """The megapixel-steps of an animation of so many frames."""
    return work(width, height, settings) + (frames - 1) * work(width, height, later_frame(settings))
