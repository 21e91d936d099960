"""A leaded window: the sun goes down behind a mountain lake, between wisteria and irises."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from bot.gallery.hands.canvas import Plane, curve
from bot.gallery.hands.canvas import picture as developed
from bot.gallery.hands.glazing import Window, plain, shaded, shone_through

SIZE: Final = (768, 1024)
SEED: Final = 1894
SUN: Final = (404.0, 470.0)
CUT: Final = 46
"""So much of the design is cut off on all sides: glass and leads go on to the very edge."""


def draw() -> Image.Image:
    """The window as a picture of 676x932 pixels."""
    window = Window(*SIZE, np.random.default_rng(SEED))
    _sky(window)
    _mountains(window)
    _water(window)
    _banks(window)
    _poplars(window)
    _irises(window)
    _wisteria(window)
    return developed(shone_through(window, SUN), SIZE).crop((CUT, CUT, SIZE[0] - CUT, SIZE[1] - CUT))


def _from_sun(x: Plane, y: Plane) -> Plane:
    return np.asarray(np.hypot(x - SUN[0], y - SUN[1]))


def _sky(window: Window) -> None:
    away = _from_sun(window.x, window.y)
    angle = np.arctan2(window.y - SUN[1], window.x - SUN[0])
    rings = np.log(np.maximum(away, 40) / 40) * 3.0
    sectors = angle * (40 / (2 * np.pi))
    stops = [
        (60.0, "fff0b0"),
        (130.0, "ffcf5e"),
        (210.0, "ff9e3d"),
        (290.0, "f2665a"),
        (370.0, "b2549f"),
        (460.0, "5a55b8"),
        (600.0, "233a9e"),
    ]
    window.lay(np.ones(window.shape, bool), shaded(stops, _from_sun, 16), sectors, rings, 0.75)
    halo = away < 92
    window.lay(halo, shaded([(0, "fff3c4"), (92, "ffc23d")], _from_sun, 8), sectors * 0.6, away / 60, 0.25)
    window.sheet(away < 58, plain("fff6d2", 0.05))


def _mountains(window: Window) -> None:
    ranges = [
        ([(0, 452), (70, 418), (130, 440), (205, 372), (262, 420), (318, 462), (404, 486), (500, 452),
          (566, 396), (640, 344), (700, 392), (768, 372)], "9a7fd0", "c58ac0", 44, 0.5),
        ([(0, 478), (60, 492), (140, 458), (214, 496), (300, 520), (404, 534), (520, 512), (600, 470),
          (680, 446), (768, 470)], "4b57b5", "7a68c4", 40, -0.35),
        ([(0, 520), (90, 506), (180, 534), (280, 556), (420, 562), (560, 548), (670, 512), (768, 520)],
         "245d8f", "3b7fae", 38, 0.2),
    ]  # fmt: skip
    for ridge, dark, pale, size, lean in ranges:
        line = curve(ridge, 12)
        mask = window.inside(np.vstack([line, [(768, 640), (0, 640)]]))
        top = np.interp(window.x[0], line[:, 0], line[:, 1]).astype(np.float32)
        below = window.y - top[None, :]
        u = (window.x + lean * below) / size
        stops = [(0.0, pale), (70.0, dark)]

        def depth(x: Plane, y: Plane, line: Plane = line) -> Plane:
            return (y - np.interp(x, line[:, 0], line[:, 1])).astype(np.float32)

        window.lay(mask, shaded(stops, depth, 14), u, below / (size * 0.8), 0.8)


def _water(window: Window) -> None:
    x, y = window.x, window.y
    mask = y > 556
    depth = np.maximum(y - 556, 0)
    swell = 0.3 * np.sin(x / (30 + depth * 0.08) + depth / 21) * np.clip(depth / 60, 0, 1)
    rows = np.log1p(depth / 90) * 17.0 + swell
    columns = (x - SUN[0]) / (46 + depth * 0.08)
    wide = 30.0

    def away(px: Plane, py: Plane) -> Plane:
        return np.asarray(np.abs(px - SUN[0]) / (wide + (py - 556) * 0.07) + ((py - 556) / 400) ** 2)

    stops = [
        (0.0, "fff0b4"),
        (0.8, "ffc04a"),
        (1.5, "ff7f50"),
        (2.2, "b45aa5"),
        (3.0, "4a62c8"),
        (5.0, "1f7fb8"),
        (8.0, "146a96"),
    ]
    window.lay(mask, shaded(stops, away, 0.3), columns, rows, 0.7)


def _banks(window: Window) -> None:
    banks = [
        ([(0, 560), (70, 556), (160, 572), (246, 590), (268, 604), (204, 622), (120, 640), (60, 668), (0, 690)],
         "5f9a3a", "b4c94a", 40),
        ([(768, 552), (660, 556), (570, 572), (512, 590), (540, 606), (640, 630), (710, 664), (768, 690)],
         "4f8f3f", "c3cc52", 40),
        ([(0, 676), (80, 668), (160, 690), (236, 730), (290, 790), (300, 850), (268, 930), (280, 1024), (0, 1024)],
         "1f6b3a", "6fae3f", 46),
        ([(768, 676), (690, 690), (606, 740), (560, 800), (548, 870), (580, 950), (570, 1024), (768, 1024)],
         "17603f", "5fa347", 46),
    ]  # fmt: skip
    for outline, dark, pale, size in banks:
        line = np.vstack([curve(outline, 10)])
        mask = window.inside(line)
        top = min(p[1] for p in outline)
        wave = 10 * np.sin(window.x / 60)
        stops = [(0.0, pale), (float(size) * 3, dark)]

        def depth(x: Plane, y: Plane, top: float = top) -> Plane:
            return y - np.float32(top)

        window.lay(mask, shaded(stops, depth, 26), window.x / (size * 1.5), (window.y + wave) / (size * 0.62))


def _poplars(window: Window) -> None:
    for x, foot, tall, wide in ((96, 604, 250, 25), (146, 610, 196, 20), (664, 600, 214, 22)):
        side = [(0.0, 0.10), (0.12, 0.72), (0.3, 1.0), (0.55, 0.86), (0.8, 0.45), (1.0, 0.0)]
        left = [(x - wide * w, foot - tall * h) for h, w in side]
        right = [(x + wide * w, foot - tall * h) for h, w in reversed(side[:-1])]
        outline = curve(left + right, 8, closed=True)
        mask = window.inside(outline)
        lean = (window.x - x) / wide
        flames = (window.y + 22 * np.abs(lean)) / 30
        stops = [(-1.0, "2c7a4b"), (0.0, "145236"), (1.0, "8ab648")]

        def side_of(px: Plane, py: Plane, x: float = x, wide: float = wide) -> Plane:
            return (px - np.float32(x)) / np.float32(wide)

        window.lay(mask, shaded(stops, side_of, 0.3), lean * 1.05, flames, 0.55)


def _leaf(root: tuple[float, float], tip: tuple[float, float], wide: float, bend: float) -> Plane:
    """The outline of a long leaf, bent to the side by `bend` of its length."""
    a, b = np.array(root), np.array(tip)
    along = b - a
    across = np.array([-along[1], along[0]]) / np.hypot(*along)
    t = np.linspace(0, 1, 24)[:, None]
    spine = a + along * t + across * (bend * np.hypot(*along) * np.sin(np.pi * t * 0.9) * t)
    half = wide * np.sin(np.pi * np.clip(t, 0.02, 1) ** 0.8) ** 0.7
    return np.vstack([spine + across * half, (spine - across * half)[::-1]]).astype(np.float32)


def _irises(window: Window) -> None:
    random = window.random
    for foot, lean in ((70, -6), (150, 8), (212, 26), (612, -30), (668, -4), (722, 10)):
        for step in range(5):
            tall = random.uniform(150, 270)
            root = (foot + random.uniform(-22, 22), 1000)
            tip = (root[0] + lean + random.uniform(-46, 46), 1000 - tall)
            shade = ("2f8a4a", "1c6e49", "59a545", "8fbb4d", "257a63")[step]
            window.piece(_leaf(root, tip, random.uniform(7, 11), random.uniform(-0.2, 0.2)), plain(shade))
    flowers = ((96, 742, 1.12, 0), (196, 812, 0.96, 1), (56, 852, 0.82, 2), (660, 736, 1.1, 1), (592, 826, 0.86, 0),
               (716, 838, 0.94, 2))  # fmt: skip
    for x, y, size, kind in flowers:
        window.piece(_leaf((x + 4, 1000), (x, y + 20 * size), 4.6, 0.03), plain("2f7d46"))
        _iris(window, x, y, size, kind)


def _iris(window: Window, x: float, y: float, size: float, kind: int) -> None:
    up, down, throat = (
        ("8f6be0", "4a2fb0", "ffd34d"),
        ("c79bf0", "7a3fc0", "ffdf6b"),
        ("7fa0f5", "2c49c0", "ffe38a"),
    )[kind]

    def petal(outline: list[tuple[float, float]], code: str) -> None:
        line = curve([(x + px * size, y + py * size) for px, py in outline], 8, closed=True)
        window.piece(line, plain(code, 0.12))

    for side in (-1, 1):
        petal([(0, 2), (side * 22, -8), (side * 50, -2), (side * 62, 22), (side * 50, 48), (side * 34, 40),
               (side * 18, 18)], down)  # fmt: skip
        petal([(side * 4, -2), (side * 12, -30), (side * 30, -56), (side * 46, -52), (side * 46, -28),
               (side * 26, -6)], up)  # fmt: skip
    petal([(0, -4), (-17, -28), (-14, -62), (0, -78), (14, -62), (17, -28)], up)
    petal([(0, 6), (-20, 22), (-24, 56), (-8, 80), (0, 84), (8, 80), (24, 56), (20, 22)], down)
    for side in (-1, 0, 1):
        petal([(side * 10, -2), (side * 17 - 6, 12), (side * 24, 26 - abs(side) * 8), (side * 17 + 6, 12)], throat)


def _wisteria(window: Window) -> None:
    for (x0, y0), (x1, y1), bend in (
        ((30, 120), (330, 58), 0.12), ((40, 60), (60, 330), -0.1), ((740, 90), (470, 60), -0.1),
        ((735, 60), (712, 300), 0.1),
    ):  # fmt: skip
        window.piece(_leaf((x0, y0), (x1, y1), 9, bend), plain("6b4a2f"))
    bunches = ((104, 96, 40, 210), (186, 76, 42, 176), (268, 66, 36, 120), (58, 190, 30, 190), (520, 62, 34, 124),
               (600, 74, 42, 190), (682, 92, 40, 226), (726, 210, 28, 170))  # fmt: skip
    for x, y, wide, tall in bunches:
        _leaves(window, x, y - 6, 5, (-0.2, np.pi + 0.2), (62, 96))
        _bunch(window, x, y, wide, tall)
        _leaves(window, x, y - 14, 3, (0.2, np.pi - 0.2), (34, 52))


def _leaves(
    window: Window, x: float, y: float, count: int, fan: tuple[float, float], reach: tuple[float, float]
) -> None:
    random = window.random
    for angle in np.linspace(*fan, count) + random.uniform(-0.2, 0.2, count):
        long = random.uniform(*reach)
        tip = (x + long * np.cos(angle), y + long * np.sin(angle) * 0.75)
        shade = str(random.choice(["4f9b4a", "86b84a", "2c7d4f", "b3c653", "d0c84e"]))
        window.piece(_leaf((x, y), tip, random.uniform(9, 13), random.uniform(-0.25, 0.25)), plain(shade))


def _bunch(window: Window, x: float, y: float, wide: float, tall: float) -> None:
    side = [(0.0, 0.5), (0.12, 0.95), (0.32, 1.0), (0.6, 0.66), (0.85, 0.3), (1.0, 0.06)]
    sway = window.random.uniform(-0.5, 0.5) * wide
    outline = [(x - wide * w + sway * h * h, y + tall * h) for h, w in side]
    outline += [(x + wide * w + sway * h * h, y + tall * h) for h, w in reversed(side)]
    line = curve(outline, 12, closed=True)
    line[:, 0] += 2.6 * np.sin(line[:, 1] / 3.4)
    mask = window.inside(line)
    stops = [(0.0, "e9d8ff"), (0.35, "b79cf2"), (0.7, "7d63dd"), (1.0, "4737b4")]

    def down(px: Plane, py: Plane) -> Plane:
        return (py - np.float32(y)) / np.float32(tall)

    scallop = np.abs((window.x - x) / wide)
    window.lay(mask, shaded(stops, down, 0.12), (window.x - x) / 21, (window.y - 8 * scallop) / 19, 0.6)
