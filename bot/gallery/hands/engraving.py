"""An engraving: a lighthouse on its rock above a running sea, the low sun and great clouds behind."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from bot.gallery.hands.burin import Plate
from bot.gallery.hands.canvas import Mask, Plane, curve, grain, smooth
from bot.gallery.hands.canvas import picture as developed
from bot.gallery.hands.cells import cells

SIZE: Final = (1024, 768)
SEED: Final = 1511
SUN: Final = (318.0, 232.0)
HORIZON: Final = 432.0


def draw() -> Image.Image:
    """The print as a picture of 1024x768 pixels."""
    plate = Plate(*SIZE, np.random.default_rng(SEED))
    _sky(plate)
    _clouds(plate)
    _sea(plate)
    _ship(plate)
    _lighthouse(plate)
    _rock(plate)
    _cloud(plate, (640, 530), (96, 40), 16, (10, 22))
    _swells(plate)
    plate.outlines()
    _gulls(plate)
    return developed(plate.printed(), SIZE)


def _warp(plate: Plate, cell: float, strength: float) -> Plane:
    scale = plate.shape[0] / SIZE[1]
    return np.float32(strength) * grain(plate.shape, cell * scale, plate.random, 2)


def _sky(plate: Plate) -> None:
    x, y = plate.x, plate.y
    dx, dy = x - SUN[0], y - SUN[1]
    away, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    drift = y + _warp(plate, 170, 34) + 18 * np.sin(x / 120)
    for ex, ey, lift, wide in ((610, 190, 62, 96), (730, 90, -44, 80), (130, 200, -34, 100), (470, 60, 30, 60)):
        drift = drift + lift * np.exp(-((x - ex) ** 2 + 1.6 * (y - ey) ** 2) / wide**2)
    rays = angle * 120
    mixed = np.where(away < 190 + 26 * np.sin(angle * 24), rays, drift)
    tone = 0.14 + 0.42 * smooth(90, 500, away) + 0.24 * smooth(270, 20, y) + 0.06 * np.sin(angle * 24)
    tone = np.minimum(tone + _warp(plate, 120, 0.08), 0.66) * smooth(56, 130, away)
    plate.lay(np.ones(plate.shape, bool), tone, mixed, x * 0.5 + y * 0.8 + _warp(plate, 120, 8), 8.2, 0.0)
    plate.lay(away < 54, np.zeros_like(x), y, x, 8.0, 1.8)


def _clouds(plate: Plate) -> None:
    banks = (
        ((760, 300), (330, 150), 20, (40, 84)),
        ((90, 356), (170, 66), 12, (28, 54)),
        ((470, 388), (190, 34), 11, (18, 36)),
        ((560, 96), (150, 34), 9, (18, 36)),
        ((950, 118), (130, 40), 8, (24, 46)),
        ((100, 96), (120, 30), 8, (18, 34)),
    )
    for middle, spread, count, sizes in banks:
        _cloud(plate, middle, spread, count, sizes)


def _cloud(
    plate: Plate, middle: tuple[float, float], spread: tuple[float, float], count: int, sizes: tuple[float, float]
) -> None:
    """A heap of puffs, the far ones first; each is cut in arcs around its middle, bright towards the sun."""
    random = plate.random
    places = []
    for _ in range(count):
        across = random.uniform(-1, 1)
        rise = random.uniform(0, 1) * (1 - across**2)
        places.append((middle[0] + spread[0] * across, middle[1] + spread[1] * (0.5 - 1.1 * rise), rise))
    for x0, y0, rise in sorted(places, key=lambda place: place[1]):
        size = random.uniform(*sizes) * (0.7 + 0.5 * rise)
        box = plate.around(x0, y0, 1.3 * size)
        x, y = plate.x[box], plate.y[box]
        dx, dy = (x - x0) / size, (y - y0) / (size * 0.82)
        away, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
        lumps = 1 + 0.09 * np.abs(np.sin(angle * 3.5 + x0)) + 0.05 * np.abs(np.sin(angle * 8 + y0))
        sunward = np.array([SUN[0] - x0, SUN[1] - y0]) / np.hypot(SUN[0] - x0, SUN[1] - y0)
        light = (dx * sunward[0] + dy * (0.5 * sunward[1] - 0.7)) / np.maximum(lumps, 1)
        tone = 0.34 - 0.52 * light + 0.28 * smooth(0.3, 1.1, dy)
        fade = smooth(middle[1] + spread[1] * 0.62, middle[1] + spread[1] * 0.3, y)
        low = np.hypot(dx + 0.5 * sunward[0], dy - 1.0)
        arcs = low * size
        cover = (away < lumps) & (y < middle[1] + spread[1] * 0.55 + 5 * np.sin(x / 17))
        plate.lay(cover, np.clip(tone, 0, 0.72) * fade, arcs, x * 0.6 + y, 7.0, 1.2, box)


def _sea(plate: Plate) -> None:
    x, y = plate.x, plate.y
    depth = np.maximum(y - HORIZON, 0)
    scale = plate.shape[0] / SIZE[1]
    waves = grain(plate.shape, (14 * scale, 90 * scale), plate.random, 2) * np.sqrt(depth) * 0.35
    rows = 60 * np.log1p(depth / 9) + waves
    glitter = np.exp(-(((x - SUN[0]) / (34 + depth * 0.34)) ** 2))
    tone = 0.60 + 0.18 * np.sin(depth**0.72 * 1.35 + waves * 0.8 + x / 90) - 0.62 * glitter
    plate.lay(y > HORIZON, tone, rows, x * 0.7 + y * 0.5 + waves * 2, 7.0, 1.2)


def _swells(plate: Plate) -> None:
    """Rows of waves that grow towards us: a curling crest with foam, then a dark face cut along its fall."""
    x, y = plate.x, plate.y
    rows = ((520, 9, 120, 0.3, 26), (566, 14, 168, 2.2, 40), (620, 20, 226, 4.3, 60), (684, 27, 300, 1.2, 84),
            (752, 30, 360, 3.4, 90))  # fmt: skip
    nothing = np.zeros_like(x)
    for base, tall, long, shift, reach in rows:
        even = x / long * 2 * np.pi + shift + 0.6 * np.sin(x / (0.41 * long))
        turn = even + 0.75 * np.cos(even)
        peak = ((1 + np.cos(turn)) / 2) ** 1.9
        high = 1 + 0.35 * np.sin(x / (0.83 * long) + shift)
        crest = base - tall * 1.9 * high * peak + _warp(plate, 26 + tall, 0.14 * tall)
        below = y - crest
        lee = smooth(-0.5, 0.9, np.sin(turn))
        hollow = np.exp(-(((below - 0.36 * reach) / (0.40 * reach)) ** 2))
        tone = 0.30 + (0.30 + 0.55 * lee) * smooth(0.04, 0.7, peak) * hollow
        tone = tone + 0.16 * np.sin(below / (0.10 * reach) + 2.2 * _warp(plate, 60, 1.0)) * smooth(0, reach, below)
        tone = tone - 0.34 * np.exp(-(((x - SUN[0] - 20) / 100) ** 2))
        lace = smooth(0.25, 0.6, _warp(plate, 0.34 * reach, 1.0)) * np.exp(-below / (0.5 * reach))
        scallops = np.abs(np.sin(x / (0.040 * long) + 3 * shift)) + 0.5 * np.abs(np.sin(x / (0.017 * long)))
        foam = 0.20 * reach * smooth(0.12, 0.6, peak) * (0.35 + 0.65 * scallops) - 0.01
        cover = np.clip(tone, 0.07, 0.96) * smooth(0.0, 1.0, (below - foam) / (0.14 * reach)) * (1 - 0.9 * lace)
        fall = below + 0.5 * reach * peak * smooth(0, 0.9 * reach, below)
        along = fall * 0.9 + 0.05 * reach * np.sin(x / (0.10 * long)) + _warp(plate, 34, 2.2)
        plate.lay(below > 0, cover, along, x * 0.75 + below * (0.25 + 0.6 * lee), 7.0 + tall / 22, 1.3 + tall / 22)
        plate.lay((below > 0) & (below < foam), nothing, along, along, 8.0, 1.1 + tall / 30)
        _spray(plate, crest, peak, tall)


def _spray(plate: Plate, crest: Plane, peak: Plane, tall: float) -> None:
    """Drops of bare paper thrown up from the tops."""
    random = plate.random
    scale = plate.shape[0] / SIZE[1]
    row = np.clip((crest.mean(axis=0) * scale).astype(int), 0, plate.shape[0] - 1)
    columns = np.arange(plate.shape[1])
    top = peak[row, columns] ** 6
    for column in random.choice(columns, 130, p=top / top.sum()):
        y = crest[row[column], column] - random.exponential(0.45 * tall)
        plate.spark(column / scale + random.normal(0, 0.5 * tall), y, random.uniform(0.5, 0.9 + tall / 20))


def _rock(plate: Plate) -> None:
    profile = [(560, 560), (588, 520), (602, 498), (640, 480), (652, 440), (690, 418), (704, 372), (742, 352),
               (760, 330), (800, 322), (850, 318), (900, 322), (940, 330), (980, 322), (1040, 334)]  # fmt: skip
    line = curve(profile, 10)
    line[:, 1] += 5 * np.sin(line[:, 0] / 7.0) * np.sin(line[:, 0] / 19.0)
    _stone(plate, plate.inside([*line, (1040, 640), (540, 640)]), 46, 0.0)
    for shift, spot in enumerate((((40, 600), (74, 552), (96, 540), (128, 566), (150, 604)),
                                  ((470, 596), (496, 566), (520, 560), (548, 590), (560, 612)))):  # fmt: skip
        line = curve(spot, 8)
        _stone(plate, plate.inside(line), 20, float(shift))


def _stone(plate: Plate, mask: Mask, size: float, shift: float) -> None:
    """Stone in facets, each with its own tone and its own direction of cutting."""
    random = plate.random
    x = plate.x + _warp(plate, 40, 10) + 0.25 * plate.y
    y = plate.y + _warp(plate, 40, 10)
    large = cells(x[mask] / size, y[mask] / (1.7 * size), 0.95, random)
    small = cells(x[mask] / (0.42 * size), y[mask] / (0.7 * size), 0.95, random)
    count, few = int(large.max()) + 1, int(small.max()) + 1
    lean = random.uniform(-0.8, 0.8, count)[large] + random.uniform(-0.12, 0.12, few)[small]
    shade = 0.40 + 0.42 * lean + random.normal(0, 0.05, count)[large]
    shade = shade + random.normal(0, 0.07, few)[small] + 0.16 * smooth(620, 860, plate.x[mask])
    angle = 1.15 + 0.9 * lean
    first, second, tone = (np.zeros(plate.shape, np.float32) for _ in range(3))
    first[mask] = plate.x[mask] * np.cos(angle) + plate.y[mask] * np.sin(angle) * 0.6
    second[mask] = plate.x[mask] * 0.5 - plate.y[mask] * 0.7 + shift
    tone[mask] = np.clip(shade, 0.05, 0.76)
    plate.lay(mask, tone, first, second, 7.6, 2.0)
    plate.split(mask, large)


def _lighthouse(plate: Plate) -> None:
    x, y = plate.x, plate.y
    foot, top, middle = 330.0, 118.0, 858.0
    half = 17 + 17 * (y - top) / (foot - top)
    round_ = np.clip((x - middle) / half, -1, 1)
    tower = (np.abs(x - middle) < half) & (y > top) & (y < foot)
    bulge = y + 7 * np.sqrt(np.maximum(1 - round_**2, 0))
    dark_band = np.mod((bulge - top) / 43, 2) > 1
    tone = 0.04 + 0.62 * smooth(-0.35, 1.0, round_) + 0.5 * dark_band
    plate.lay(tower, tone, bulge, np.arcsin(round_) * 22, 5.6, 1.7)
    for left, right, high, low, grey in ((-27, 27, 108, 120, 0.5), (-15, 15, 78, 108, 0.12), (-19, 19, 72, 79, 0.7)):
        box = (x > middle + left) & (x < middle + right) & (y > high) & (y < low)
        plate.lay(box, grey + 0.3 * smooth(-10, 20, x - middle), y, x, 5.0, 1.4)
    dome = np.hypot((x - middle) / 17, (y - 73) / 20)
    plate.lay((dome < 1) & (y < 73), 0.35 + 0.5 * smooth(-6, 16, x - middle), dome * 20, x, 5.0, 1.4)
    plate.lay(plate.inside([(855, 56), (861, 56), (858.6, 34), (857.4, 34)]), np.ones_like(x), y, x, 5.0, 1.0)
    for pane in (-9, 0, 9):
        plate.lay((np.abs(x - middle - pane) < 1.1) & (y > 79) & (y < 108), np.ones_like(x), y, x, 5.0, 0.6)
    for wy in (158, 214, 270):
        window = (np.abs(x - middle + 3) < 4.6) & (np.abs(y - wy) < 8)
        plate.lay(window, np.ones_like(x), y, x, 5.0, 1.0)
    _house(plate)


def _house(plate: Plate) -> None:
    x, y = plate.x, plate.y
    wall = plate.inside([(906, 288), (980, 288), (980, 332), (906, 332)])
    plate.lay(wall, np.full_like(x, 0.16) + 0.3 * (x > 956), y, x, 5.6, 1.5)
    roof = plate.inside([(896, 290), (914, 258), (968, 258), (988, 290)])
    plate.lay(roof, np.full_like(x, 0.66), x + 0.55 * y, y, 5.4, 1.6)
    plate.lay(plate.inside([(952, 262), (952, 244), (963, 244), (963, 262)]), np.full_like(x, 0.55), y, x, 5.0, 1.5)
    for wx in (920, 940):
        plate.lay((np.abs(x - wx) < 5) & (np.abs(y - 306) < 7), np.full_like(x, 0.95), y, x, 5.0, 1.3)
    plate.lay((np.abs(x - 966) < 6) & (y > 304) & (y < 332), np.full_like(x, 0.9), y, x, 5.0, 1.3)


def _ship(plate: Plate) -> None:
    x, y = plate.x, plate.y
    nothing = np.ones_like(x)
    plate.lay(plate.inside([(424, 452), (520, 450), (508, 466), (436, 467)]), nothing * 0.92, y, x, 5.0, 1.5)
    for mast, high in ((452, 362), (488, 352)):
        plate.lay((np.abs(x - mast) < 1.3) & (y > high) & (y < 452), nothing, y, x, 5.0, 0.8)
    sails = (
        [(450, 372), (450, 404), (430, 408), (436, 388)], [(450, 408), (450, 444), (420, 446), (430, 424)],
        [(486, 360), (486, 398), (462, 402), (468, 378)], [(486, 402), (486, 442), (456, 446), (464, 420)],
        [(490, 366), (494, 440), (534, 446)],
    )  # fmt: skip
    for outline in sails:
        left = min(px for px, _ in outline)
        plate.lay(plate.inside(outline), 0.08 + 0.5 * smooth(left + 4, left + 34, x), x + 0.2 * y, y, 5.4, 1.3)
    for rope in ([(488, 352), (452, 362), (424, 452)], [(488, 352), (520, 400), (538, 446)]):
        plate.stroke(rope, 0.9)


def _gulls(plate: Plate) -> None:
    for x, y, size in ((596, 236, 15), (640, 206, 11), (566, 200, 9), (700, 150, 12), (236, 330, 9), (198, 310, 7),
                       (430, 150, 8), (664, 268, 8)):  # fmt: skip
        for side in (-1, 1):
            wing = [(x, y), (x + side * size * 0.5, y - size * 0.42), (x + side * size * 1.15, y - size * 0.1)]
            plate.stroke(wing, 0.2 * size + 1.1)
