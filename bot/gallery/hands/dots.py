"""A scene taken apart into dots of pure colour, as the eye will mix them again."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bot.gallery.hands.canvas import Plane, Random, blurred, colour, encoded, grain, lit

FINER: Final = 3
LAYERS: Final = ((11.0, 1.0, 0.15), (8.0, 1.0, 0.30), (6.4, 0.75, 0.46), (5.4, 0.40, 0.60))
"""Width of a dot in pixels, share of the places that get one, and how far its hue strays, layer on layer."""
FINE: Final = (3.8, 0.85, 0.28)
"""The last layer, which goes only where the scene has fine forms."""
ACCENTS: Final = ("ff9a2e", "ffd84a", "ef5a6a", "3f6fe0", "7a4fd0", "2fae8a", "f08fc0", "35b5e0")
GROUND: Final = (226, 205, 168)


def dotted(scene: Plane, flow: Plane, random: Random) -> Image.Image:
    """The scene in dots, the coarse ones first, on a warm ground."""
    height, width = scene.shape[:2]
    canvas = Image.new("RGB", (width * FINER, height * FINER), GROUND)
    relief = Image.new("L", canvas.size, 0)
    slope_y, slope_x = np.gradient(encoded(blurred(scene, 1.2)), axis=(0, 1))
    fine = blurred(np.hypot(slope_x, slope_y).max(axis=2), 1.5) > 0.03
    for size, share, stray in (*LAYERS, FINE):
        at = _places(width, height, size * 0.80, share, random)
        column, row = np.clip(at[:, 0], 0, width - 1).astype(int), np.clip(at[:, 1], 0, height - 1).astype(int)
        if size == FINE[0]:
            kept = fine[row, column]
            at, column, row = at[kept], column[kept], row[kept]
        tints = _divided(scene[row, column], stray, random)
        angles = flow[row, column] + random.normal(0, 0.25, len(at))
        _dab(ImageDraw.Draw(canvas), ImageDraw.Draw(relief), at, angles, size, tints, random)
    paint = np.asarray(canvas.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float32) / 255
    body = np.asarray(relief.resize((width, height), Image.Resampling.BOX), dtype=np.float32) / 255
    weave = 0.10 * grain((height, width), 2.2, random)
    shade = lit(blurred(1.6 * body + weave, 0.6), (-0.6, -0.8, 1.4))
    lighted = paint * (0.66 + 0.42 * shade)[..., None]
    return Image.fromarray((np.clip(lighted, 0, 1) * 255 + 0.5).astype(np.uint8))


def _places(width: int, height: int, pitch: float, share: float, random: Random) -> NDArray[np.float64]:
    """Shaken places of a triangular lattice, in random order."""
    rows, columns = int(height / (pitch * 0.866)) + 2, int(width / pitch) + 2
    row, column = np.mgrid[0:rows, 0:columns]
    x = (column + 0.5 * (row % 2)) * pitch
    y = row * pitch * 0.866
    at = np.stack([x.ravel(), y.ravel()], axis=1) + random.normal(0, 0.24 * pitch, (rows * columns, 2))
    return at[random.permutation(len(at))[: int(share * len(at))]]


def _divided(light: Plane, stray: float, random: Random) -> NDArray[np.int64]:
    """Pure neighbours of each colour: some warmer as in the light, some towards its contrary as in the shade."""
    count = len(light)
    tone = encoded(light)
    grey = tone.mean(axis=1, keepdims=True)
    vivid = grey + (tone - grey) * random.uniform(1.15, 1.75, (count, 1))
    accents = encoded(np.stack([colour(code) for code in ACCENTS]))
    kinship = ((tone[:, None] - grey[:, None]) * (accents - accents.mean(axis=1, keepdims=True))).sum(axis=2)
    accent = accents[np.argmax(2.5 * kinship + random.gumbel(0, 1, kinship.shape), axis=1)]
    accent = accent + (grey - accent.mean(axis=1, keepdims=True)) * 0.85
    mixed = vivid + (accent - vivid) * (stray * random.beta(1.2, 1.2, (count, 1)) * 1.5)
    mixed = mixed + random.normal(0, 0.035, (count, 1))
    return np.asarray(np.clip(mixed, 0, 1) * 255 + 0.5, np.int64)


def _dab(
    paint: ImageDraw.ImageDraw,
    relief: ImageDraw.ImageDraw,
    at: NDArray[np.float64],
    angles: NDArray[np.float64],
    size: float,
    tints: NDArray[np.int64],
    random: Random,
) -> None:
    turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    long = size * FINER * random.uniform(0.46, 0.66, (len(at), 1))
    wide = long * random.uniform(0.62, 0.95, (len(at), 1))
    ragged = 1 + random.normal(0, 0.06, (len(at), len(turn)))
    along, across = long * np.cos(turn) * ragged, wide * np.sin(turn) * ragged
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x = at[:, :1] * FINER + along * cos - across * sin
    y = at[:, 1:] * FINER + along * sin + across * cos
    outlines = np.stack([x, y], axis=2)
    inner = outlines + 0.42 * (at[:, None, :] * FINER - outlines)
    thick = random.integers(110, 255, len(at))
    for outline, core, tint, body in zip(
        outlines.reshape(len(at), -1).tolist(), inner.reshape(len(at), -1).tolist(), tints.tolist(), thick.tolist(),
        strict=True,
    ):  # fmt: skip
        paint.polygon(outline, fill=tuple(tint))
        relief.polygon(outline, fill=body * 2 // 3)
        relief.polygon(core, fill=body)
