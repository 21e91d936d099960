"""How fast an engine paints here: a few steps at sizes that grow for as long as there is time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.speed import Pace
from nst_engine.errors import Cancelled
from nst_engine.settings import Settings

if TYPE_CHECKING:
    from PIL import Image

    from nst_engine.engine import Engine, Progress

SIZES: Final = (192, 384, 768, 1536)
"""Longer sides in pixels. A CPU gets through the first two, and from there on a step grows with its pixels."""
STEPS: Final = 12
LEAST_STEPS: Final = 3
"""The first one prepares, so that two are timed."""
SHARE: Final = 1 / 2
"""How much of the time that is left one size may take, unless it has not done its least steps."""


def measure(engine: Engine, photo: Image.Image, style: Image.Image, deadline: float) -> Pace | None:
    """The pace of an engine, by the time (of `time.monotonic`) `deadline` or a step later.

    None where not even the smallest size's steps come to an end by then.
    """
    from nst_engine.images import fit

    known: list[tuple[float, float]] = []
    for size in SIZES:
        megapixels = math.prod(fit(*photo.size, size)) / 1e6
        if known and time.monotonic() + LEAST_STEPS * known[-1][1] * megapixels / known[-1][0] > deadline:
            break
        seconds = _seconds_of_step(engine, photo, style, size, deadline)
        if seconds is None:
            break
        known.append((megapixels, seconds))
    return pace_of(known) if known else None


def pace_of(known: Sequence[tuple[float, float]]) -> Pace:
    """The pace by the megapixels and seconds of steps, sizes growing: the line through the two largest sizes."""
    megapixels, seconds = known[-1]
    if len(known) > 1:
        fewer, faster = known[-2]
        slope = (seconds - faster) / (megapixels - fewer)
        if 0 < slope * megapixels < seconds:
            return Pace(seconds - slope * megapixels, slope)
    return Pace(0.0, seconds / megapixels)


def _seconds_of_step(
    engine: Engine, photo: Image.Image, style: Image.Image, size: int, deadline: float
) -> float | None:
    times: list[float] = []
    now = time.monotonic()
    enough = now + SHARE * (deadline - now)

    def on_progress(progress: Progress) -> None:
        times.append(progress.seconds)

    def is_late() -> bool:
        return time.monotonic() > (enough if len(times) >= LEAST_STEPS else deadline)

    with suppress(Cancelled):
        engine.stylize(photo, [style], Settings(size=size, steps=STEPS, scales=1), on_progress, is_late)
    steps = [after - before for before, after in pairwise(times)]
    return sum(steps) / len(steps) if steps else None
