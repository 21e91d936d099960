"""Leaded glass: panes cut to a design, lead between them, and daylight through it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from bot.gallery.hands.canvas import (
    Labels,
    Mask,
    Plane,
    Points,
    Random,
    blurred,
    colour,
    distance,
    filled,
    grain,
    grid,
    lit,
    ramp,
    seams,
    smooth,
)
from bot.gallery.hands.cells import Numbers, cells

FINER: Final = 2
LEAD: Final = 2.0
STRUT: Final = 3.4
"""Half the width of the lead between panes, and around the shapes of the design."""

Paint = Callable[[Plane, Plane, Random], Plane]
"""Gives the colours of panes from their middles, x and y."""


class Window:
    """The panes laid so far: `pane` tells which pane a pixel is in, `part` which shape of the design."""

    def __init__(self, width: int, height: int, random: Random) -> None:
        self.random = random
        self.shape = (height * FINER, width * FINER)
        x, y = grid(*self.shape)
        self.x, self.y = x / FINER, y / FINER
        self.pane: Labels = np.zeros(self.shape, np.int32)
        self.part: Labels = np.zeros(self.shape, np.int32)
        self.light = np.zeros((*self.shape, 3), np.float32)
        self.turn = np.zeros(self.shape, np.float32)
        self._panes = 0
        self._parts = 0

    def inside(self, outline: Points) -> Mask:
        """The pixels inside a closed line in the design's units."""
        return filled(self.shape, np.asarray(outline, np.float64) * FINER)

    def lay(self, mask: Mask, paint: Paint, u: Plane, v: Plane, jitter: float = 0.7) -> None:
        """Fill the mask with panes of about one unit of `u` by one of `v`, each in a colour of its own.

        `paint` gets the middles of all panes (x, y) and gives their colours.
        """
        self._lay(mask, paint, cells(u[mask], v[mask], jitter, self.random))

    def _lay(self, mask: Mask, paint: Paint, numbers: Numbers) -> None:
        self._parts += 1
        count = int(numbers.max()) + 1
        area = np.bincount(numbers, minlength=count)
        middle_x = (np.bincount(numbers, self.x[mask], count) / area).astype(np.float32)
        middle_y = (np.bincount(numbers, self.y[mask], count) / area).astype(np.float32)
        colours = paint(middle_x, middle_y, self.random)
        self.pane[mask] = self._panes + numbers
        self.part[mask] = self._parts
        self.light[mask] = colours[numbers]
        self.turn[mask] = self.random.uniform(0, 2 * np.pi, count).astype(np.float32)[numbers]
        self._panes += count

    def piece(self, outline: Points, paint: Paint) -> None:
        """Lay one pane in the shape of a closed line."""
        self.sheet(self.inside(outline), paint)

    def sheet(self, mask: Mask, paint: Paint) -> None:
        """Lay one pane over the whole mask."""
        if mask.any():
            self._lay(mask, paint, np.zeros(int(mask.sum()), np.int64))


def shaded(stops: list[tuple[float, str]], along: Callable[[Plane, Plane], Plane], spread: float) -> Paint:
    """Panes that take their colour from a ramp `along` the picture, each a little off and of a strength of its own."""

    def paint(x: Plane, y: Plane, random: Random) -> Plane:
        place = along(x, y) + random.normal(0, spread, x.shape).astype(np.float32)
        strength = random.uniform(0.72, 1.25, (*x.shape, 1)).astype(np.float32)
        return ramp(stops, place) * strength

    return paint


def plain(code: str, spread: float = 0.2) -> Paint:
    """Panes in one colour, each up to `spread` stronger or weaker."""

    def paint(x: Plane, y: Plane, random: Random) -> Plane:
        strength = random.uniform(1 - spread, 1 + spread, (*x.shape, 1)).astype(np.float32)
        return colour(code) * strength

    return paint


def shone_through(window: Window, sun: tuple[float, float]) -> Plane:
    """Light through the glass: streaks, ripples and seeds in each pane, lead between them, and the glow around."""
    seam = seams(window.pane)
    strut = seams(window.part)
    reach = int(26 * FINER)
    inward = distance(seam, reach) / FINER
    to_strut = distance(strut, reach) / FINER
    glass = _glass(window, inward, sun)
    glow = blurred(glass, 7.0 * FINER)
    light = glass * 0.92 + glow * 0.16
    gap = np.minimum(inward - LEAD, to_strut - STRUT)
    lead = _lead(window, inward, to_strut)
    lead += 0.05 * glow
    cover = smooth(-0.35, 0.35, -gap)[..., None]
    return light * (1 - cover) + lead * cover


def _glass(window: Window, inward: Plane, sun: tuple[float, float]) -> Plane:
    """Daylight through panes of uneven thickness: where the glass is thick, the colour is deep."""
    random, shape, turn = window.random, window.shape, window.turn
    across = grain(shape, (70 * FINER, 9 * FINER), random, 4)
    along = grain(shape, (9 * FINER, 70 * FINER), random, 4)
    lean = np.abs(np.cos(turn))
    wisps = lean * across + (1 - lean) * along
    clouds = grain(shape, 55 * FINER, random, 4)
    patina = np.exp(-inward / 4.0)
    thick = 1 + 0.50 * wisps + 0.36 * clouds + 0.75 * patina
    glass = window.light ** np.clip(thick, 0.4, 2.6)[..., None]
    ripples = lit(grain(shape, 9 * FINER, random, 2) * 1.5 * FINER, (-0.5, -0.7, 1.0)) - 0.76
    sparks = smooth(0.62, 1.0, grain(shape, (4 * FINER, 4 * FINER), random, 2)) * smooth(0.1, 0.7, clouds)
    strength = 1 + 0.75 * ripples + 0.5 * sparks - 0.45 * patina + 0.12 * np.exp(-(((inward - 13) / 8) ** 2))
    milk = smooth(0.25, 1.1, -wisps)[..., None] * 0.16
    glass = glass * np.clip(strength, 0.1, 2)[..., None] + milk * (0.25 + window.light)
    daylight = 0.82 + 0.75 * np.exp(-((np.hypot(window.x - sun[0], window.y - sun[1]) / 300) ** 2))
    return np.asarray(glass * daylight[..., None], np.float32)


def _lead(window: Window, inward: Plane, to_strut: Plane) -> Plane:
    round_thin = np.sqrt(np.clip(1 - (inward / LEAD) ** 2, 0, 1)) * LEAD
    round_thick = np.sqrt(np.clip(1 - (to_strut / STRUT) ** 2, 0, 1)) * STRUT
    relief = np.maximum(round_thin, round_thick) * FINER
    relief = relief + 0.35 * grain(window.shape, 3 * FINER, window.random, 2)
    shine = lit(blurred(relief.astype(np.float32), 0.8), (-0.6, -0.8, 0.9))
    grey = 0.004 + 0.016 * shine + 0.10 * smooth(0.90, 1.0, shine)
    return (grey[..., None] * np.array([0.9, 0.95, 1.1], np.float32)).astype(np.float32)
