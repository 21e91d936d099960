"""Setting tesserae: cut stones that follow the lines of a cartoon, in mortar, under light from the side."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.gallery.hands.canvas import (
    FAR,
    Labels,
    Mask,
    Plane,
    Random,
    blurred,
    colour,
    distance,
    grain,
    grid,
    lit,
    seams,
    smooth,
)

FINER: Final = 2
ROUNDS: Final = 14
MORTAR: Final = 1.5
LIGHT: Final = (-0.55, -0.75, 1.1)
CHUNK: Final = 1500
CALM: Final = 30
"""Pixels from the next outline from which on the rows run level."""


class Cartoon:
    """The design under a mosaic, at `FINER` times the size of the picture: parts, colours, stone sizes, flow.

    Coordinates `x` and `y` are in pixels of the picture.
    """

    def __init__(self, width: int, height: int, random: Random) -> None:
        self.random = random
        self.shape = (height * FINER, width * FINER)
        x, y = grid(*self.shape)
        self.x, self.y = x / FINER, y / FINER
        self.part: Labels = np.zeros(self.shape, np.int32)
        self.light = np.zeros((*self.shape, 3), np.float32)
        self.stone = np.full(self.shape, 9.0, np.float32)
        self.gold = np.zeros(self.shape, bool)
        self.flow = np.full(self.shape, np.nan, np.float32)
        self._parts = 0

    def lay(self, mask: Mask, paint: Plane, stone: float = 8.0, gold: bool = False, flow: Plane | None = None) -> None:
        """Make the mask one part, in one colour or a colour plane, of stones `stone` pixels wide.

        The rows follow the part's outline, or run at the angles of `flow` where it is given.
        """
        self._parts += 1
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if not len(rows):
            return
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        inside = mask[box]
        self.part[box][inside] = self._parts
        self.light[box][inside] = paint[box][inside] if paint.ndim == 3 else paint
        self.stone[box][inside] = stone
        self.gold[box][inside] = gold
        self.flow[box][inside] = np.nan if flow is None else flow[box][inside]

    def angles(self) -> Plane:
        """The direction of the rows everywhere, in radians."""
        border = distance(seams(self.part), (CALM + 20) * FINER)
        slope_y, slope_x = np.gradient(blurred(border, 3.0 * FINER))
        around = np.arctan2(slope_y, slope_x)
        around = np.where(border > CALM * FINER, 0, around)
        return np.where(np.isnan(self.flow), around, self.flow).astype(np.float32)


def set_stones(cartoon: Cartoon) -> Plane:
    """The finished mosaic as a colour plane at `FINER` times the size of the picture."""
    angles = cartoon.angles()
    coarse = (slice(None, None, FINER), slice(None, None, FINER))
    part, stone, turn = cartoon.part[coarse], cartoon.stone[coarse], angles[coarse]
    at = _scattered(part, stone, cartoon.random)
    for _ in range(ROUNDS):
        row, column = at[:, 1].astype(int), at[:, 0].astype(int)
        owner = _nearest(at, turn[row, column], stone[row, column], part)
        at = _middles(owner, at, part)
    row, column = (at[:, 1] * FINER).astype(int), (at[:, 0] * FINER).astype(int)
    owner = _nearest(at * FINER, angles[row, column], cartoon.stone[row, column] * FINER, cartoon.part)
    return _lit_stones(cartoon, owner, row, column)


def _scattered(part: Labels, stone: Plane, random: Random) -> NDArray[np.float64]:
    """As many places in each part as stones fit in, spread evenly along a curve that fills the plane."""
    height, width = part.shape
    y, x = np.mgrid[0:height, 0:width]
    along = np.zeros(part.shape, np.int64)
    for bit in range(11):
        along |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    order = np.lexsort((along.ravel(), part.ravel()))
    filling = np.cumsum(1 / stone.ravel()[order].astype(np.float64) ** 2)
    chosen = order[np.searchsorted(filling, np.arange(0.5, filling[-1]))]
    places = np.stack([chosen % width, chosen // width], axis=1) + 0.5
    return np.clip(places + random.uniform(-0.4, 0.4, places.shape), 0, [width - 1, height - 1])


def _nearest(at: NDArray[np.float64], turn: Plane, stone: Plane, part: Labels) -> NDArray[np.int64]:
    """For each pixel the stone whose turned square it lies nearest to, of its own part."""
    height, width = part.shape
    best = np.full(part.size, np.iinfo(np.int64).max, np.int64)
    reach = int(np.ceil(1.25 * stone.max()))
    step_y, step_x = (plane.ravel() for plane in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    for start in range(0, len(at), CHUNK):
        some = slice(start, start + CHUNK)
        x0, y0 = at[some, 0].astype(int)[:, None], at[some, 1].astype(int)[:, None]
        x, y = x0 + step_x, y0 + step_y
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        pixel = np.where(inside, y * width + x, 0)
        inside &= part.ravel()[pixel] == part[y0, x0]
        dx, dy = x + 0.5 - at[some, :1], y + 0.5 - at[some, 1:]
        cos, sin = np.cos(turn[some])[:, None], np.sin(turn[some])[:, None]
        away = np.maximum(np.abs(dx * cos + dy * sin), np.abs(dy * cos - dx * sin)) / stone[some, None]
        number = np.broadcast_to(np.arange(start, start + len(x0))[:, None], away.shape)
        mark = (away * 4096).astype(np.int64) << 20 | number
        np.minimum.at(best, pixel[inside], mark[inside])
    return np.where(best == np.iinfo(np.int64).max, -1, best & 0xFFFFF).reshape(part.shape)


def _middles(owner: NDArray[np.int64], at: NDArray[np.float64], part: Labels) -> NDArray[np.float64]:
    """The middle of each stone's pixels; where that lies in another part, the old place."""
    y, x = np.nonzero(owner >= 0)
    number = owner[y, x]
    area = np.maximum(np.bincount(number, minlength=len(at)), 1)
    sums = [np.bincount(number, x + 0.5, len(at)), np.bincount(number, y + 0.5, len(at))]
    moved = np.stack([total / area for total in sums], axis=1)
    before = part[at[:, 1].astype(int), at[:, 0].astype(int)]
    after = part[moved[:, 1].astype(int), moved[:, 0].astype(int)]
    return np.where((before == after)[:, None], moved, at)


def _lit_stones(cartoon: Cartoon, owner: NDArray[np.int64], row: Labels, column: Labels) -> Plane:
    random, shape, count = cartoon.random, cartoon.shape, len(row)
    gold = cartoon.gold[row, column]
    tint = cartoon.light[row, column] * random.lognormal(0, np.where(gold, 0.22, 0.26), count)[:, None]
    tint = tint * random.normal(1, 0.10, (count, 3))
    tilt = random.normal(0, np.where(gold, 0.18, 0.09), (2, count)).astype(np.float32)
    shine = 0.30 + 1.25 * random.beta(1.3, 2.6, count) + 1.6 * (random.random(count) < 0.04)
    shine = np.where(gold, shine, 0.0).astype(np.float32)
    marks = seams(np.where(owner < 0, 0, owner).astype(np.int32)) | seams(cartoon.part)
    inward = distance(marks, 9) + 0.7 * grain(shape, 7, random, 2)
    relief = 1.1 * np.minimum(np.maximum(inward - MORTAR, 0), 2.6) + 0.12 * grain(shape, 4, random, 2)
    relief = relief + tilt[0][owner] * _offset(cartoon.x, column, owner) * FINER
    relief = relief + tilt[1][owner] * _offset(cartoon.y, row, owner) * FINER
    shade = lit(blurred(relief.astype(np.float32), 0.8), LIGHT)
    veins = 0.10 * grain(shape, 5, random, 2) + 0.10 * grain(shape, 16, random, 2)
    stone = tint.astype(np.float32)[owner] * (0.34 + 1.05 * shade + veins)[..., None]
    sheen = 0.55 + 0.75 * smooth(-0.5, 0.8, grain(shape, 120 * FINER, random, 2))
    glint = smooth(0.45, 1.0, shade) * shine[owner] * sheen * (1 + 0.2 * grain(shape, 5, random, 2))
    stone = stone * (1 + 1.3 * glint[..., None]) + 0.09 * (glint**2)[..., None]
    stone = stone + 0.07 * smooth(0.93, 1.0, shade)[..., None]
    mortar = colour("6f6558") * (0.55 + 0.25 * grain(shape, 4, random, 3) + 0.1)[..., None]
    cover = smooth(MORTAR - 0.6, MORTAR + 0.5, inward)[..., None]
    cover = cover * (owner >= 0)[..., None]
    return np.asarray(mortar * (1 - cover) + stone * cover, np.float32)


def _offset(place: Plane, middle: Labels, owner: NDArray[np.int64]) -> Plane:
    off = place - (middle / FINER)[owner].astype(np.float32)
    return np.clip(off, -FAR, FAR).astype(np.float32)
