"""Engraved lines: even hatching that swells with the tone, crosses in the shade and tapers in the light."""

from __future__ import annotations

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
    curve,
    distance,
    filled,
    grain,
    grid,
    ramp,
    seams,
    smooth,
)
from bot.gallery.hands.cells import Numbers

FINER: Final = 3
PAPER: Final = ((-1.2, "eaeef2"), (0.0, "f6f8fa"), (1.2, "ffffff"))
INK: Final = "0b0c0e"

Box = tuple[slice, slice]
ALL: Final[Box] = (slice(None), slice(None))


class Plate:
    """A plate under work, at `FINER` times the size of the print; `ink` is how much of each spot is cut, 0..1.

    Coordinates `x` and `y` and all lengths are in pixels of the print.
    """

    def __init__(self, width: int, height: int, random: Random) -> None:
        self.random = random
        self.shape = (height * FINER, width * FINER)
        x, y = grid(*self.shape)
        self.x, self.y = x / FINER, y / FINER
        self.ink = np.zeros(self.shape, np.float32)
        self.part: Labels = np.zeros(self.shape, np.int32)
        self.pen = np.zeros(self.shape, np.float32)
        self.shake = grain(self.shape, 9 * FINER, random, 2)
        self._parts = 0

    def inside(self, outline: Points) -> Mask:
        """The pixels inside a closed line."""
        return filled(self.shape, np.asarray(outline, np.float64) * FINER)

    def around(self, x: float, y: float, reach: float) -> Box:
        """The square about a point, as far as it lies on the plate."""
        top, left, bottom, right = (max(int(v * FINER), 0) for v in (y - reach, x - reach, y + reach, x + reach))
        return slice(top, bottom + 1), slice(left, right + 1)

    def lay(
        self,
        mask: Mask,
        tone: Plane,
        first: Plane,
        second: Plane,
        pitch: float,
        pen: float,
        box: Box = ALL,
    ) -> None:
        """Cut the mask afresh: lines along the level curves of `first`, crossed by those of `second` in the shade.

        `tone` goes from 0, bare paper, to 1, black; lines lie about `pitch` pixels apart; `pen` is the width of the
        outline. With a `box`, mask and planes are those of the box.
        """
        self._parts += 1
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if not len(rows):
            return
        cut_box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        inside, shake, dark = mask[cut_box], self.shake[box][cut_box], np.clip(tone[cut_box], 0, 1)
        third = self.x[box][cut_box] * 0.45 - self.y[box][cut_box] * 0.9
        cut = _lines(first[cut_box], np.clip(dark, 0, 0.58), pitch, shake)
        cut = np.maximum(cut, _lines(second[cut_box], np.clip(dark * 0.95 - 0.36, 0, 0.5), pitch, shake))
        cut = np.maximum(cut, _lines(third, np.clip(dark * 1.2 - 0.74, 0, 0.5), pitch * 0.9, shake))
        self.ink[box][cut_box][inside] = cut[inside]
        self.part[box][cut_box][inside] = self._parts
        self.pen[box][cut_box][inside] = pen

    def split(self, mask: Mask, numbers: Numbers) -> None:
        """Draw outlines between the cells, too, that `numbers` makes of the mask."""
        self.part[mask] = self._parts + 1 + numbers
        self._parts += int(numbers.max()) + 1

    def stroke(self, points: Points, wide: float, tip: float = 0.4) -> None:
        """One free line, `wide` pixels in its middle and `tip` at its ends."""
        line = curve(points, 10)
        along = np.gradient(line, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], 1) / np.hypot(along[:, 0], along[:, 1])[:, None]
        swell = tip + (wide - tip) * np.sin(np.linspace(0, np.pi, len(line)))[:, None]
        self.ink[self.inside(np.vstack([line + normal * swell / 2, (line - normal * swell / 2)[::-1]]))] = 1

    def spark(self, x: float, y: float, radius: float) -> None:
        """A spot of bare paper."""
        box = self.around(x, y, radius + 1)
        self.ink[box][np.hypot(self.x[box] - x, self.y[box] - y) < radius] = 0

    def outlines(self) -> None:
        """Draw the seams between parts with a pen that presses more here and less there."""
        away = distance(seams(self.part), 4 * FINER) / FINER
        pressed = blurred(self.pen, FINER) * (0.62 + 0.5 * grain(self.shape, 30 * FINER, self.random, 3))
        self.ink = np.maximum(self.ink, smooth(0.25, -0.25, away - np.clip(pressed, 0, 3)))

    def printed(self) -> Plane:
        """Ink on cool white paper, as a colour plane at `FINER` times the size of the print."""
        random, shape = self.random, self.shape
        spread = blurred(self.ink, 0.22 * FINER)
        fibres = 0.6 * grain(shape, (2.2 * FINER, 9 * FINER), random, 2) + 0.6 * grain(shape, 3 * FINER, random, 2)
        paper = ramp(PAPER, 0.75 * grain(shape, 260 * FINER, random, 3) + 0.35 * fibres)
        dense = np.clip(0.97 + 0.05 * grain(shape, 90 * FINER, random, 3) + 0.05 * fibres, 0.6, 1)
        cover = (smooth(0.18, 0.75, spread + 0.05 * fibres) * dense)[..., None]
        return (paper * (1 - cover) + colour(INK) * cover).astype(np.float32)


def _lines(phase: Plane, cover: Plane, pitch: float, shake: Plane) -> Plane:
    """Lines on the whole numbers of `phase` that cover so much of the paper, evenly apart however phase runs.

    Where the level curves draw together every other line tapers off, as a graver would let it.
    """
    slope_y, slope_x = np.gradient(phase)
    steep = np.maximum(np.hypot(slope_x, slope_y), 1e-4)
    octave = np.log2(pitch * FINER * steep)
    whole = np.floor(octave)
    between = (octave - whole).astype(np.float32)
    number = (phase + 0.7 * FINER * steep * shake) / np.exp2(whole)
    gap = np.exp2(whole) / steep
    nearest = np.round(number)
    odd = np.mod(nearest, 2) > 0.5
    half = cover * gap / (2 - between) * (1 + 0.22 * shake)
    half = np.where(odd, half * (1 - between), half)
    away = np.abs(number - nearest) * gap
    line = smooth(0.6, -0.6, away - half)
    return (line * smooth(0.25, 0.75, half)).astype(np.float32)
