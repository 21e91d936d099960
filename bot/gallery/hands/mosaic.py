"""A mosaic of stone, glass and gold: a peacock spreads its train between vines."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from bot.gallery.hands.canvas import Mask, Points, colour, curve, filled, ramp
from bot.gallery.hands.canvas import picture as developed
from bot.gallery.hands.tesserae import FINER, Cartoon, set_stones

SIZE: Final = (900, 900)
SEED: Final = 547
FAN: Final = (450.0, 556.0)
FAN_RADIUS: Final = 318.0
FAN_HALF: Final = np.radians(101)
CUT: Final = 64
"""So much is cut off on all sides: a border would come back along the borders of what is painted."""


def draw() -> Image.Image:
    """The mosaic as a picture of 772x772 pixels."""
    cartoon = Cartoon(*SIZE, np.random.default_rng(SEED))
    _ground(cartoon)
    _vines(cartoon)
    _train(cartoon)
    _bird(cartoon)
    return developed(set_stones(cartoon), SIZE).crop((CUT, CUT, SIZE[0] - CUT, SIZE[1] - CUT))


def _inside(cartoon: Cartoon, outline: Points) -> Mask:
    return filled(cartoon.shape, np.asarray(outline, np.float64) * FINER)


def _disc(cartoon: Cartoon, x: float, y: float, radius: float) -> Mask:
    near = np.zeros(cartoon.shape, bool)
    top, left = (max(int((v - radius) * FINER) - 1, 0) for v in (y, x))
    part = (slice(top, int((y + radius) * FINER) + 2), slice(left, int((x + radius) * FINER) + 2))
    near[part] = np.hypot(cartoon.x[part] - x, cartoon.y[part] - y) < radius
    return near


def _stroke(cartoon: Cartoon, points: Points, wide: float, tip: float | None = None) -> Mask:
    """A bent stroke, `wide` pixels at its start and `tip` at its end."""
    line = curve(points, 10)
    along = np.gradient(line, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    half = np.linspace(wide, wide if tip is None else tip, len(line))[:, None] / 2
    return _inside(cartoon, np.vstack([line + normal * half, (line - normal * half)[::-1]]))


def _ground(cartoon: Cartoon) -> None:
    x, y = cartoon.x, cartoon.y
    glow = np.hypot((x - 450) / 520, (y - 330) / 520)
    gold = ramp([(0.0, "f3c649"), (0.6, "d9a02c"), (1.1, "a86c1c")], glow)
    cartoon.lay(np.ones(cartoon.shape, bool), gold, 9.5, gold=True)
    swell = 712 + 9 * np.sin(x / 70) + 5 * np.sin(x / 23 + 1)
    for index, (code, stone) in enumerate((("a8c648", 8), ("66a344", 9), ("3c824a", 9), ("276347", 9))):
        cartoon.lay(y > swell + (0, 14, 46, 84)[index], colour(code), stone)
    for index, (fx, fy) in enumerate(((118, 752), (196, 786), (286, 752), (352, 800), (560, 792), (628, 754),
                                      (706, 790), (786, 752))):  # fmt: skip
        _flower(cartoon, fx, fy, ("c4322b", "f2e6d0", "e07a2e")[index % 3])


def _flower(cartoon: Cartoon, x: float, y: float, code: str) -> None:
    for angle in np.arange(6) * np.pi / 3:
        petal = _disc(cartoon, x + 13 * np.cos(angle), y + 13 * np.sin(angle), 8.4)
        cartoon.lay(petal, colour(code), 6.5)
    cartoon.lay(_disc(cartoon, x, y, 7), colour("f2c230"), 6.0, gold=True)


def _vines(cartoon: Cartoon) -> None:
    for side in (-1, 1):

        def at(x: float, y: float, side: int = side) -> tuple[float, float]:
            return (450 + side * x, y)

        stem = [at(372, 720), at(364, 600), at(372, 480), at(366, 360), at(368, 250), at(336, 150), at(262, 116),
                at(204, 150), at(206, 208), at(254, 232), at(292, 204)]  # fmt: skip
        cartoon.lay(_stroke(cartoon, stem, 11, 6), colour("3d5f2c"), 6.5)
        branch = [at(240, 118), at(170, 98), at(104, 112), at(70, 150), at(92, 186), at(128, 176)]
        cartoon.lay(_stroke(cartoon, branch, 8, 6), colour("3d5f2c"), 6.5)
        tip = [at(122, 106), at(70, 92), at(30, 112)]
        cartoon.lay(_stroke(cartoon, tip, 7, 5), colour("3d5f2c"), 6.5)
        leaves = (((352, 180), (300, 152)), ((300, 124), (322, 84)), ((206, 110), (188, 76)), ((206, 190), (160, 206)),
                  ((366, 330), (316, 308)), ((366, 270), (320, 250)), ((140, 102), (150, 72)), ((72, 146), (40, 160)),
                  ((70, 92), (60, 66)), ((250, 232), (238, 270)), ((368, 640), (330, 668)), ((336, 150), (366, 112)),
                  ((104, 190), (110, 226)))  # fmt: skip
        for root, end in leaves:
            _leaf(cartoon, at(*root), at(*end))
        for fruit in ((262, 176), (100, 146), (30, 124)):
            _fruit(cartoon, *at(*fruit), 20 if fruit[0] > 200 else 15)


def _leaf(cartoon: Cartoon, root: tuple[float, float], tip: tuple[float, float]) -> None:
    a, b = np.array(root), np.array(tip)
    along = b - a
    across = np.array([-along[1], along[0]])
    t = np.linspace(0, 1, 16)[:, None]
    half = 0.34 * np.sin(np.pi * t**0.8)
    spine = a + along * t
    cartoon.lay(_inside(cartoon, np.vstack([spine, (spine + across * half)[::-1]])), colour("5f9a45"), 7)
    cartoon.lay(_inside(cartoon, np.vstack([spine, (spine - across * half)[::-1]])), colour("2f6f46"), 7)


def _fruit(cartoon: Cartoon, x: float, y: float, radius: float) -> None:
    for share, code in ((1.0, "6e1420"), (0.72, "c02a2a"), (0.36, "ef8a5a")):
        cartoon.lay(_disc(cartoon, x - (1 - share) * 4, y - (1 - share) * 5, radius * share), colour(code), 6.5)


def _train(cartoon: Cartoon) -> None:
    dx, dy = cartoon.x - FAN[0], cartoon.y - FAN[1]
    away, angle = np.hypot(dx, dy), np.arctan2(dx, -dy)
    feathers = 21
    pitch = 2 * FAN_HALF / feathers
    rim = np.cos((angle / pitch - np.floor(angle / pitch + 0.5)) * np.pi)
    edge = FAN_RADIUS + 16 * np.sqrt(np.maximum(rim, 0))
    fan = (away < edge) & (np.abs(angle) < FAN_HALF)
    cartoon.lay((away < edge + 8) & (np.abs(angle) < FAN_HALF + 8 / np.maximum(away, 8)), colour("12245e"), 7.5)
    stripe = np.floor((angle + FAN_HALF) / pitch * 2).astype(int)
    pale = ramp([(0.0, "1f8a7c"), (130.0, "27986a"), (230.0, "58a845"), (330.0, "a3b83c")], away)
    deep = ramp([(0.0, "0f4f78"), (130.0, "136a8c"), (230.0, "168a80"), (330.0, "2f9a62")], away)
    for number in range(feathers * 2):
        paint = pale if number % 4 in (1, 2) else deep
        cartoon.lay(fan & (stripe == number), paint, 7.5, flow=angle - np.float32(np.pi / 2))
    for ring, count, size, shift in ((132, 8, 17, 0.5), (184, 11, 20, 0), (238, 15, 23.5, 0), (294, 21, 25, 0)):
        for number in range(count):
            where = -FAN_HALF + (number + 0.5) * 2 * FAN_HALF / count
            _eye(cartoon, float(where), ring + shift, size)


def _eye(cartoon: Cartoon, angle: float, radius: float, size: float) -> None:
    """One eye of the train: a drop with its tip towards the bird, in rings of one row of stones each."""
    out = np.array([np.sin(angle), -np.cos(angle)])
    middle_x, middle_y = np.array(FAN) + out * radius
    if abs(middle_x - 436) < 74 and 222 < middle_y < 346:
        return  # the head stands clear before plain feathers
    side = np.array([out[1], -out[0]])
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)[:, None]

    def drop(scale: float, push: float) -> Points:
        round_part = np.cos(t) * out + np.sin(t) * side * 0.92
        tail = -out * 0.55 * np.maximum(-np.cos(t), 0) ** 3
        return np.asarray(np.array(FAN) + out * (radius + push * size) + (round_part + tail) * size * scale)

    bright = ("c8d24e", "eeb03a") if radius > 200 else ("a5c552", "e09a38")
    for scale, push, code, gold in ((1.0, 0.0, bright[0], False), (0.74, 0.02, bright[1], True),
                                    (0.5, 0.06, "2fc0cc", False), (0.3, 0.0, "1d2390", False)):  # fmt: skip
        cartoon.lay(_inside(cartoon, drop(scale, push)), colour(code), 6.2 if scale > 0.5 else 6.8, gold=gold)


def _bird(cartoon: Cartoon) -> None:
    for side in (-1, 1):
        _leg(cartoon, side)
        _wing(cartoon, side)
    half = [(292, 10), (312, 19), (340, 20), (390, 24), (440, 36), (490, 56), (545, 72), (600, 70), (650, 48),
            (684, 14)]  # fmt: skip
    left = [(450 - w, y) for y, w in half]
    right = [(450 + w, y) for y, w in reversed(half)]
    body = curve(left + right, 10, closed=True)
    heights, widths = np.array(half, float).T
    wide = np.interp(cartoon.y, heights, widths).astype(np.float32)
    across = np.abs(cartoon.x - 450) / np.maximum(wide, 6)
    outline = (body - [450, 490]) * [1.11, 1.02] + [450, 490]
    cartoon.lay(_inside(cartoon, outline), colour("0c1748"), 6.5)
    mask = _inside(cartoon, body)
    stops = [(0.0, "58c7d8"), (0.35, "2a86d6"), (0.7, "2450bd"), (1.0, "1a2f8f")]
    scales = np.cos(cartoon.y / 22 * 2 * np.pi + 2.0 * np.cos(cartoon.x / 24 * 2 * np.pi))
    shade = across + 0.16 * scales * np.clip((cartoon.y - 400) / 80, 0, 1)
    cartoon.lay(mask, ramp(stops, shade), 6.4)
    belly = mask & (cartoon.y > 632 - 20 * across)
    cartoon.lay(belly, ramp([(0.0, "2f9a74"), (1.0, "0f4f4f")], across), 6.4)
    _head(cartoon)


def _head(cartoon: Cartoon) -> None:
    for lean in (-2, -1, 0, 1, 2):
        stalk = [(452 + lean * 2, 290), (453 + lean * 9, 262), (454 + lean * 17, 240 + abs(lean) * 5)]
        cartoon.lay(_stroke(cartoon, stalk, 5.5), colour("12245e"), 5.5)
        cartoon.lay(_disc(cartoon, 454 + lean * 18, 234 + abs(lean) * 6, 8.5), colour("2fb2c4"), 6.0)
        cartoon.lay(_disc(cartoon, 454 + lean * 18, 234 + abs(lean) * 6, 4.2), colour("f0c033"), 6.0, gold=True)
    cartoon.lay(_disc(cartoon, 447, 314, 38), colour("0c1748"), 6.0)
    for swell, code in ((7, "0c1748"), (0, "f3cf8a")):
        beak = curve([(426, 298 - swell), (400, 306 - swell), (380 - swell, 330 + swell / 2), (400, 328 + swell),
                      (428, 326 + swell)], 8, closed=True)  # fmt: skip
        cartoon.lay(_inside(cartoon, beak), colour(code), 6.0)
    cartoon.lay(_disc(cartoon, 447, 314, 32), colour("2a6fd8"), 5.8)
    cartoon.lay(_disc(cartoon, 438, 311, 17), colour("f7f1e2"), 5.8)
    cartoon.lay(_disc(cartoon, 437, 311, 8), colour("0a0a12"), 8.0)


def _leg(cartoon: Cartoon, side: int) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return (450 + side * x, y)

    brown = colour("b97b3c")
    for end in ((54, 762), (30, 772), (6, 764)):
        cartoon.lay(_stroke(cartoon, [at(27, 744), at((27 + end[0]) / 2, 752), at(*end)], 10, 7), brown, 6.0)
    cartoon.lay(_stroke(cartoon, [at(20, 664), at(24, 704), at(27, 748)], 14, 11), brown, 6.0)


def _wing(cartoon: Cartoon, side: int) -> None:
    def placed(points: list[tuple[float, float]]) -> Points:
        return [(450 + side * x, y) for x, y in points]

    outline = curve(placed([(52, 500), (92, 524), (118, 580), (116, 640), (92, 692), (62, 716), (56, 660), (66, 590)]),
                    10, closed=True)  # fmt: skip
    cartoon.lay(_inside(cartoon, outline), colour("4a2415"), 6.5)
    middle = outline.mean(axis=0)
    inner = _inside(cartoon, (outline - middle) * [0.80, 0.93] + middle)
    bands = np.floor((cartoon.y + 0.5 * np.abs(cartoon.x - 450)) / 16).astype(int) % 3
    for band, code in enumerate(("c9873f", "f0dcae", "8a4a26")):
        cartoon.lay(inner & (bands == band), colour(code), 6.4)
