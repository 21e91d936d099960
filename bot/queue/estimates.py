"""How long jobs will take, learned from the last finished ones; unknown until there is something to go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapreplace
from itertools import combinations
from statistics import median
from typing import Final

from bot.speed import Cost, Pace

APART: Final = 1.5
"""By what factor the steps of two jobs must differ in size to tell the fixed part of a step from the rest."""
LEAST_PAIRS: Final = 6
"""Fewer pairs of jobs that are so far apart say more about chance than about the machine."""
ALIKE: Final = 2.0
"""Within what factor the steps of two jobs are of one class of size."""
LEAST_ALIKE: Final = 3


@dataclass(frozen=True, slots=True)
class Done:
    """A finished job: what it cost, and how many seconds it was painted."""

    cost: Cost
    seconds: float


class Estimates:
    """What finished jobs, the last ones, and a `measured` pace, if there is one, say about others.

    Jobs teach a pace for all sizes, and how much longer or shorter than by that pace those of like size took: large
    pictures may be painted in blocks, and small ones never use the whole device.
    """

    def __init__(self, done: Sequence[Done], measured: Pace | None = None) -> None:
        self._pace = learned_pace(done, measured)
        self._ratios: list[tuple[float, float]] = []
        if self._pace is not None:
            self._ratios = [(each.cost.megapixels, each.seconds / self._pace.seconds(each.cost)) for each in done]
        self._known: dict[Cost, float] = {}

    def seconds(self, cost: Cost) -> float | None:
        """How long a job will be painted, or None where nothing is known."""
        if self._pace is None:
            return None
        if cost not in self._known:
            self._known[cost] = self._seconds(cost, self._pace)
        return self._known[cost]

    def _seconds(self, cost: Cost, pace: Pace) -> float:
        size = cost.megapixels
        alike = [ratio for other, ratio in self._ratios if size / ALIKE <= other <= size * ALIKE]
        return pace.seconds(cost) * (median(alike) if len(alike) >= LEAST_ALIKE else 1.0)


def learned_pace(done: Sequence[Done], measured: Pace | None = None) -> Pace | None:
    """The pace of finished jobs.

    Jobs of different sizes tell both its parts. Those of one size tell how far the machine is from the `measured`
    pace or, without one, a time for each megapixel-step alone.
    """
    if not done:
        return measured
    line = _line(done)
    if line is not None:
        return line
    shape = measured or Pace(0.0, 1.0)
    return shape.scaled(median([each.seconds / shape.seconds(each.cost) for each in done]))


def _line(done: Sequence[Done]) -> Pace | None:
    """Seconds of a step over its size, by the medians of Theil and Sen, whom a few odd jobs do not lead astray.

    None where the sizes are too much alike, or the times too odd, to tell.
    """
    steps = sorted((each.cost.megapixels, each.seconds / max(each.cost.steps, 1)) for each in done)
    slopes = [
        (seconds - fewer) / (size - smaller)
        for (smaller, fewer), (size, seconds) in combinations(steps, 2)
        if size > APART * smaller
    ]
    if len(slopes) < LEAST_PAIRS:
        return None
    slope = median(slopes)
    fixed = median([seconds - slope * size for size, seconds in steps])
    return Pace(fixed, slope) if slope > 0 and fixed >= 0 else None


def times_left(running: Sequence[float | None], waiting: Sequence[float | None], workers: int) -> list[float | None]:
    """When each of the waiting jobs will be over, in seconds from now; None from the first that cannot be told.

    `running` are the seconds that jobs under way still need, `waiting` those that the others will take, in the order
    in which the `workers` take them up.
    """
    free = [0.0] * max(workers, 1)
    ends: list[float | None] = []
    for seconds in [*running, *waiting]:
        if seconds is None:
            break
        ends.append(free[0] + seconds)
        heapreplace(free, free[0] + seconds)
    known = ends[len(running) :]
    return [*known, *[None] * (len(waiting) - len(known))]
