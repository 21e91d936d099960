"""Dots of pure colour: sails on a river in the evening, a stroller with a parasol under the trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.gallery.hands.canvas import (
    Mask,
    Plane,
    Points,
    Random,
    blurred,
    colour,
    curve,
    filled,
    grain,
    grid,
    ramp,
    smooth,
)
from bot.gallery.hands.dots import dotted

SIZE: Final = (1024, 768)
SEED: Final = 1886
SUN: Final = (640.0, 258.0)
HORIZON: Final = 352.0
Box = tuple[slice, slice]
ALL: Final[Box] = (slice(None), slice(None))


def draw() -> Image.Image:
    """The painting as a picture of 1024x768 pixels."""
    random = np.random.default_rng(SEED)
    scene, flow = _scene(random)
    return dotted(scene, flow, random)


class Sketch:
    """The scene in flat, soft colours, and the direction in which its dabs lie; under the dots nothing of it shows."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.shape = (SIZE[1], SIZE[0])
        self.x, self.y = grid(*self.shape)
        self.light = np.zeros((*self.shape, 3), np.float32)
        self.flow = np.zeros(self.shape, np.float32)

    def inside(self, outline: Points) -> Mask:
        """The pixels inside a closed line."""
        return filled(self.shape, outline)

    def around(self, x: float, y: float, reach: float) -> Box:
        """The square about a point, as far as it lies on the canvas."""
        top, left = max(int(y - reach), 0), max(int(x - reach), 0)
        return slice(top, max(int(y + reach), 0) + 1), slice(left, max(int(x + reach), 0) + 1)

    def wash(self, cover: Plane | Mask, paint: Plane, flow: Plane | float = 0.0, box: Box = ALL) -> None:
        """Lay a colour, or a colour plane, as thickly as `cover` says; in `box` alone where that is given."""
        thick = cover.astype(np.float32)
        self.light[box] += thick[..., None] * (paint - self.light[box])
        self.flow[box] = np.where(thick > 0.5, flow, self.flow[box])


def _scene(random: Random) -> tuple[Plane, Plane]:
    sketch = Sketch(random)
    _sky(sketch)
    _far_bank(sketch)
    _river(sketch)
    for x, y, tall, code in ((452, 418, 150, "fff1d0"), (556, 384, 82, "ffd9a0"), (742, 396, 104, "ffe9c8"),
                             (352, 376, 54, "ffc98a")):  # fmt: skip
        _boat(sketch, x, y, tall, code)
    _near_bank(sketch)
    _tree(sketch, 168, 640, 520, (150, 176), (206, 150))
    _tree(sketch, 906, 660, 430, (940, 270), (128, 120))
    _stroller(sketch, 704, 690, 1.0)
    _stroller(sketch, 300, 640, 0.62)
    return sketch.light, sketch.flow


def _sky(sketch: Sketch) -> None:
    x, y = sketch.x, sketch.y
    away = np.hypot(x - SUN[0], (y - SUN[1]) * 1.25)
    warmth = ramp([(0, "ffe9a0"), (70, "ffd46a"), (150, "ffc070"), (260, "f6a089"), (390, "c79cc0"), (560, "7f9fd6"),
                   (760, "4f7fc4")], away)  # fmt: skip
    sketch.wash(np.ones(sketch.shape, bool), warmth, np.arctan2(y - SUN[1], x - SUN[0]) + np.float32(np.pi / 2))
    clouds = grain(sketch.shape, (34, 170), sketch.random, 4) - 0.15 + 0.2 * np.sin(y / 38)
    sketch.wash(0.75 * smooth(0.1, 0.6, clouds), ramp([(0, "fffbe6"), (160, "ffd2a0"), (330, "f5a9b0"),
                                                       (620, "c3b5e6")], away), 0.1)  # fmt: skip
    sketch.wash(away < 46, colour("fffdf0"), np.arctan2(y - SUN[1], x - SUN[0]) + np.float32(np.pi / 2))


def _far_bank(sketch: Sketch) -> None:
    hills = [(0, 300), (110, 286), (240, 306), (370, 322), (480, 318), (600, 330), (720, 322), (850, 296), (940, 282),
             (1024, 292)]  # fmt: skip
    paint = ramp([(0, "e59a86"), (200, "b483b4"), (420, "7d7fc0"), (700, "5d75b5")], np.abs(sketch.x - SUN[0]))
    sketch.wash(sketch.inside([*curve(hills, 10), (1024, HORIZON), (0, HORIZON)]), paint, 0.2)
    trees = sketch.random.uniform(0, 1, 70)
    for place in trees:
        x = 1024 * place
        tall = sketch.random.uniform(8, 26) * (0.5 + abs(place - 0.6))
        box = sketch.around(x, HORIZON - tall * 0.5, 1.1 * tall)
        near = np.hypot((sketch.x[box] - x) / (tall * 0.8), (sketch.y[box] - HORIZON + tall * 0.5) / tall) < 1
        shade = ramp([(0, "9a6a72"), (200, "6a62a0"), (400, "45699a"), (700, "2f6a86")], np.abs(sketch.x[box] - SUN[0]))
        sketch.wash(0.9 * (near & (sketch.y[box] < HORIZON)), shade, 1.4, box)


def _river(sketch: Sketch) -> None:
    x, y = sketch.x, sketch.y
    depth = np.maximum(y - HORIZON, 0)
    water = depth > 0
    mirror = np.clip(2 * HORIZON - y - 0.3 * depth, 0, HORIZON - 1).astype(int)
    ripple = 9 * np.sin(depth**0.8 * 1.9) + 12 * grain(sketch.shape, (5, 60), sketch.random, 2)
    across = np.clip(x + ripple * (0.2 + depth / 160), 0, SIZE[0] - 1).astype(int)
    sketch.wash(water, sketch.light[mirror, across] * np.array([0.62, 0.74, 0.98], np.float32), 0.0)
    waves = grain(sketch.shape, (6, 80), sketch.random, 3) + 0.5 * np.sin(depth**0.75 * 2.1)
    shades = [(0, "ff9a5e"), (120, "c2699a"), (260, "5f66c4"), (520, "2f6fb4"), (650, "2a86b0")]
    sketch.wash(0.8 * water * smooth(0.05, 0.7, waves), ramp(shades, np.abs(x - SUN[0])))
    glitter = np.exp(-(((x - SUN[0]) / (26 + depth * 0.24)) ** 2)) * smooth(-0.5, 0.5, waves)
    sketch.wash(np.clip(1.1 * glitter * water, 0, 1), colour("fff0b8"))


def _boat(sketch: Sketch, x: float, y: float, tall: float, code: str) -> None:
    wide = tall * 0.46
    sails = (
        [(x - 3, y - tall), (x - 3, y - 8), (x - wide * 1.05, y - 10), (x - wide * 0.4, y - tall * 0.5)],
        [(x + 2, y - tall * 0.92), (x + 2, y - 10), (x + wide * 0.72, y - 12), (x + wide * 0.42, y - tall * 0.42)],
    )
    shades = (code, "f0a878")
    for outline, shade in zip(sails, shades, strict=True):
        sketch.wash(sketch.inside(outline), colour(shade), 1.2)
        image = [(px + 5 * np.sin(py), 2 * y - py * 1.0 + 4) for px, py in outline]
        sketch.wash(0.62 * sketch.inside(image), colour(shade) * np.float32(0.9), 0.0)
    hull = [(x - wide * 1.1, y - 9), (x + wide * 0.9, y - 9), (x + wide * 0.7, y + 5), (x - wide * 0.8, y + 5)]
    sketch.wash(sketch.inside(hull), colour("4a2f6b"))
    under = [(px, 2 * y + 8 - py) for px, py in hull]
    sketch.wash(0.6 * sketch.inside(under), colour("4f3f86"))


def _near_bank(sketch: Sketch) -> None:
    x, y = sketch.x, sketch.y
    edge = [(0, 470), (90, 486), (190, 540), (300, 588), (440, 622), (600, 634), (760, 618), (900, 574), (1024, 520)]
    line = curve(edge, 10)
    bank = sketch.inside([*line, (1024, 768), (0, 768)])
    below = y - np.interp(x[0], line[:, 0], line[:, 1]).astype(np.float32)[None, :]
    sunny = 0.9 * np.exp(-(((x - 600) / 260) ** 2)) + 0.35 * grain(sketch.shape, (22, 90), sketch.random, 3)
    green = ramp([(-0.4, "1f5a52"), (0.1, "3f8a4a"), (0.5, "8fb944"), (1.1, "e6d85c")], sunny - below / 420)
    sketch.wash(bank, green, np.float32(1.3) + 0.4 * grain(sketch.shape, 60, sketch.random))
    rim = bank & (below < 9)
    sketch.wash(0.8 * rim, colour("f3dc7a"), 0.1)
    for shadow in ([(168, 640), (260, 628), (520, 700), (640, 768), (330, 768)],
                   [(906, 640), (1024, 640), (1024, 768), (820, 768)]):  # fmt: skip
        soft = blurred(sketch.inside(shadow).astype(np.float32), 14)
        sketch.wash(0.62 * soft * bank, colour("2c4a86"), 1.3)
    for _ in range(260):
        fx, fy = sketch.random.uniform(0, 1024), sketch.random.uniform(600, 760)
        shade = str(sketch.random.choice(["ff7f6a", "fff0d0", "f5b8d8", "ffd23f", "d8583f"]))
        box = sketch.around(fx, fy, 6)
        near = np.hypot(x[box] - fx, y[box] - fy) < sketch.random.uniform(2.6, 4.6)
        sketch.wash(bank[box] & near, colour(shade), 0.0, box)


def _tree(
    sketch: Sketch, x: float, foot: float, tall: float, middle: tuple[float, float], spread: tuple[float, float]
) -> None:
    trunk = [(x - 15, foot), (x - 9, foot - tall * 0.3), (x - 8, foot - tall * 0.7), (x + 8, foot - tall * 0.7),
             (x + 9, foot - tall * 0.3), (x + 17, foot)]  # fmt: skip
    shade = ramp([(-16, "3a2a5c"), (2, "6a3f4f"), (16, "f0955a")], sketch.x - np.float32(x))
    sketch.wash(sketch.inside(trunk), shade, 1.5)
    for lean, reach in ((-0.8, 0.75), (-0.3, 0.95), (0.25, 0.9), (0.85, 0.7)):
        tip = (middle[0] + spread[0] * lean, middle[1] + spread[1] * (0.9 - 1.3 * reach))
        root = (x, foot - tall * 0.62)
        limb = [(root[0] - 6, root[1]), (tip[0] - 2, tip[1]), (tip[0] + 2, tip[1]), (root[0] + 6, root[1] + 12)]
        sketch.wash(sketch.inside(limb), colour("5a3a5c"), 1.2)
    clumps = 78
    for number in range(clumps):
        late = number / clumps
        angle, reach = sketch.random.uniform(0, 2 * np.pi), np.sqrt(sketch.random.uniform(0, 1))
        cx = middle[0] + spread[0] * reach * np.cos(angle)
        cy = middle[1] + spread[1] * reach * np.sin(angle)
        _clump(sketch, cx, cy, sketch.random.uniform(30, 52) * (1.1 - 0.45 * late), float(np.sign(SUN[0] - x)), late)


def _clump(sketch: Sketch, x: float, y: float, size: float, sunwards: float, late: float) -> None:
    """A tuft of leaves, lit from where the sun is; the later ones lie more in the light."""
    box = sketch.around(x, y, 1.6 * size)
    dx, dy = sketch.x[box] - x, sketch.y[box] - y
    if not dx.size:
        return
    ragged = 0.5 * grain(dx.shape, 15, sketch.random, 3)
    near = np.hypot(dx, dy * 1.3) / size + ragged
    towards = (dx * sunwards * 0.8 - dy) / size + 0.4 * ragged + sketch.random.uniform(-0.9, -0.2) + 0.8 * late
    leaf = ramp([(-1.2, "1c2f6e"), (-0.5, "1b5c66"), (0.1, "3a8a4c"), (0.6, "9cc04a"), (1.0, "f2d254"),
                 (1.4, "ffb45a")], towards)  # fmt: skip
    sketch.wash(0.95 * smooth(1.0, 0.8, near), leaf, float(sketch.random.uniform(0, 3.1)), box)


def _stroller(sketch: Sketch, x: float, foot: float, size: float) -> None:
    """A lady with a bustle and a parasol, dark against the light, with a long shadow towards us."""

    def placed(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
        return np.array([(x + px * size, foot + py * size) for px, py in points])

    def part(points: Sequence[tuple[float, float]], dark: str, pale: str, flow: float = 1.4) -> None:
        mask = sketch.inside(curve(placed(points), 8, closed=True))
        side = (x + 6 * size - sketch.x) / (26 * size)
        sketch.wash(mask, ramp([(-0.6, dark), (1.1, pale)], side), flow)

    shadow = sketch.inside(placed([(-26, 0), (30, 0), (96, 70), (60, 78)]))
    sketch.wash(0.7 * blurred(shadow.astype(np.float32), 3), colour("2a3f7f"), 0.8)
    part([(-8, -92), (8, -92), (26, -84), (46, -66), (44, -30), (40, 2), (0, 6), (-30, 2), (-22, -40)], "1d1a56",
         "8a3a86")  # fmt: skip
    part([(-10, -140), (6, -142), (14, -120), (10, -88), (-8, -88), (-13, -115)], "241c5e", "b0486a")
    part([(-10, -128), (-30, -112), (-38, -126), (-34, -132), (-26, -122), (-8, -136)], "2a2066", "c8606a", 0.8)
    part([(-8, -146), (-11, -158), (-4, -170), (6, -168), (9, -156), (5, -145)], "8a4a4a", "ffc9a0")
    part([(-16, -164), (-2, -182), (10, -178), (18, -162), (2, -167)], "2a1f5a", "7a3f7a", 0.2)
    sketch.wash(sketch.inside(placed([(-38, -126), (-34, -126), (-45, -216), (-48, -216)])), colour("4a2a3a"), 1.4)
    part([(-112, -186), (-92, -214), (-56, -232), (-42, -236), (-18, -228), (14, -206), (22, -188), (-2, -196),
          (-26, -192), (-48, -198), (-74, -190), (-92, -194)], "8f1436", "e8384a", 0.4)  # fmt: skip
