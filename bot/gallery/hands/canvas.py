"""What every hand needs: grain, soft edges, curves, distances and light, on plain arrays.

A plane is an array of float32 with shape (height, width); a colour plane has a last axis of three, red, green and
blue in linear light, 1 for white. Points are (x, y) in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Plane = NDArray[np.floating]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
Points = Sequence[tuple[float, float]] | NDArray[np.floating]
Random = np.random.Generator

FAR: Final = 1e6
RAMP_STEPS: Final = 2048


def grid(height: int, width: int) -> tuple[Plane, Plane]:
    """The x and the y of every pixel's centre."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x + 0.5, y + 0.5


def grain(shape: tuple[int, int], cell: float | tuple[float, float], random: Random, octaves: int = 1) -> Plane:
    """Smooth noise about 0, mostly within -1..1.

    `cell` is the size of its lumps in pixels, or their height and width; each further octave is half as large and
    half as strong.
    """
    height, width = shape
    cell_y, cell_x = cell if isinstance(cell, tuple) else (cell, cell)
    total = np.zeros(shape, np.float32)
    strength = 1.0
    for _ in range(octaves):
        rows, columns = int(height / cell_y) + 4, int(width / cell_x) + 4
        lattice = Image.fromarray(random.uniform(-1.6, 1.6, (rows, columns)).astype(np.float32))
        left, top = random.uniform(1, 2, 2)
        box = (left, top, left + width / cell_x, top + height / cell_y)
        total += strength * np.asarray(lattice.resize((width, height), Image.Resampling.BICUBIC, box=box))
        cell_y, cell_x, strength = max(cell_y / 2, 1), max(cell_x / 2, 1), strength / 2
    return total / np.float32(2 - 2 * strength)


def blurred(plane: Plane, sigma: float) -> Plane:
    """The plane (or colour plane) under a Gaussian of `sigma` pixels, mirrored at its borders."""
    if plane.ndim == 3:
        return np.stack([blurred(plane[..., i], sigma) for i in range(plane.shape[2])], axis=2)
    pad = min(int(4 * sigma) + 1, min(plane.shape) - 1)
    wide = np.pad(plane, pad, mode="reflect")
    fy = np.fft.fftfreq(wide.shape[0])[:, None]
    fx = np.fft.rfftfreq(wide.shape[1])[None, :]
    window = np.exp(-2 * (np.pi * sigma) ** 2 * (fx**2 + fy**2))
    soft = np.fft.irfft2(np.fft.rfft2(wide) * window, s=wide.shape)
    return soft[pad : pad + plane.shape[0], pad : pad + plane.shape[1]].astype(np.float32)


def smooth(low: float, high: float, value: Plane) -> Plane:
    """0 below `low`, 1 above `high`, an even S between; falling when `high` is the smaller."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def colour(code: str) -> Plane:
    """A colour such as `f4c430` in linear light."""
    return decoded(np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255)


def ramp(stops: Sequence[tuple[float, str]], value: Plane) -> Plane:
    """The colours between `stops` (place, colour) at each value; a last axis of three is added."""
    places = [place for place, _ in stops]
    colours = np.stack([encoded(colour(code)) for _, code in stops])
    steps = np.linspace(places[0], places[-1], RAMP_STEPS)
    mixed = np.stack([np.interp(steps, places, colours[:, i]) for i in range(3)], axis=1)
    scaled = (value - places[0]) * ((RAMP_STEPS - 1) / (places[-1] - places[0]))
    table = decoded(np.asarray(mixed, np.float32))
    return np.asarray(table[np.clip(scaled + 0.5, 0, RAMP_STEPS - 1).astype(np.int64)])


def decoded(values: Plane) -> Plane:
    """sRGB values of 0..1 to linear light."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(light: Plane) -> Plane:
    """Linear light to sRGB values of 0..1, cut at both ends."""
    cut = np.clip(light, 0, 1)
    return np.where(cut <= 0.0031308, cut * 12.92, 1.055 * cut ** (1 / 2.4) - 0.055).astype(np.float32)


def picture(light: Plane, size: tuple[int, int]) -> Image.Image:
    """The colour plane as a picture of `size` (width, height), averaged down in linear light."""
    channels = [Image.fromarray(np.ascontiguousarray(light[..., i])) for i in range(3)]
    small = [np.asarray(channel.resize(size, Image.Resampling.BOX)) for channel in channels]
    return Image.fromarray((encoded(np.stack(small, axis=2)) * 255 + 0.5).astype(np.uint8))


def curve(points: Points, steps: int = 16, closed: bool = False) -> NDArray[np.float64]:
    """A smooth line through all points (Catmull-Rom), `steps` pieces between each two; shape (n, 2)."""
    p = np.asarray(points, np.float64)
    p = np.vstack([p[-1:], p, p[:2]]) if closed else np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        pieces.append(0.5 * (2 * b + (c - a) * t + bend))
    return np.vstack(pieces if closed else [*pieces, p[-2:-1]])


def filled(shape: tuple[int, int], outline: Points) -> Mask:
    """The pixels inside a closed line."""
    mask = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in outline], fill=1)
    return np.asarray(mask, dtype=bool)


def seams(labels: Labels) -> Mask:
    """The pixels whose label differs from that of the pixel to the right or below."""
    found = np.zeros(labels.shape, bool)
    found[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    found[:-1] |= labels[:-1] != labels[1:]
    return found


def distance(marks: Mask, reach: int) -> Plane:
    """From each pixel the distance to the nearest mark, in pixels, and `reach` wherever it is farther."""
    height, width = marks.shape
    column = np.broadcast_to(np.arange(width, dtype=np.float32), marks.shape)
    left = np.maximum.accumulate(np.where(marks, column, -FAR), axis=1)
    right = np.minimum.accumulate(np.where(marks, column, FAR)[:, ::-1], axis=1)[:, ::-1]
    across = np.minimum(np.minimum(column - left, right - column), reach).astype(np.float32) ** 2
    nearest = across.copy()
    for step in range(1, min(reach, height - 1) + 1):
        np.minimum(nearest[step:], across[:-step] + np.float32(step * step), out=nearest[step:])
        np.minimum(nearest[:-step], across[step:] + np.float32(step * step), out=nearest[:-step])
    return np.minimum(np.sqrt(nearest), np.float32(reach))


def lit(height: Plane, towards: tuple[float, float, float]) -> Plane:
    """How much light from the direction `towards` (x, y, z) falls on a relief of `height` pixels, 0..1."""
    slope_y, slope_x = np.gradient(height)
    x, y, z = np.asarray(towards, np.float32) / np.linalg.norm(towards)
    steep = np.sqrt(1 + slope_x**2 + slope_y**2)
    return np.asarray(np.clip((z - slope_x * x - slope_y * y) / steep, 0, 1), np.float32)
