"""A picture of each option, for docs/options.md: `python -m tests.benchmarks.options_sheet --size 224 --steps 60`.

Each sheet is a row of labelled panels that differ in that option alone; everything else is as in `Easel.settings`.
`--only NAME` makes one of them anew.
"""

from __future__ import annotations

import argparse
import functools
import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageOps

from bot.gallery import Gallery
from nst_engine import Engine, Settings, style_weight_for
from nst_engine.images import open_picture
from nst_engine.settings import steps_for
from tests.benchmarks.sheets import Panel, Panels, row

OUT: Final = Path(__file__).parents[2] / "docs/images/options"
PANEL: Final = 256
QUALITY: Final = 85
MOST_BYTES: Final = 60_000
STRENGTH: Final = 75
BOLD: Final = 85
PHOTO: Final = "lake_sherburne"
STYLE: Final = "starry_night"
OTHER: Final = "stained_glass"
DIFFERENCE: Final = 4
"""How many times the difference of two frames is enlarged."""
GRAIN: Final = 8.0
"""The standard deviation of an animation's grain, in levels of 0..255."""


@functools.cache
def named(name: str) -> Image.Image:
    """A photo or a style of the gallery."""
    gallery = Gallery.load()
    return open_picture((gallery.photos.get(name) or gallery.styles[name]).read())


@dataclass(frozen=True)
class Easel:
    """Paints with one engine at one size; what was painted before is not painted again."""

    engine: Engine
    size: int
    steps: int
    painted: dict[str, Image.Image]

    def settings(self, **changes: Any) -> Settings:
        """The settings of all panels, but for some changes."""
        base = {"size": self.size, "steps": self.steps, "style_weight": style_weight_for(STRENGTH), "scales": 1}
        return Settings.from_dict(base | changes)

    def paint(self, photo: str = PHOTO, styles: Sequence[str] = (STYLE,), **changes: Any) -> Image.Image:
        """A photo of the gallery in some of its styles."""
        settings = self.settings(**changes)
        key = f"{photo} {styles} {settings}"
        if key not in self.painted:
            pictures = [named(style) for style in styles]
            self.painted[key] = self.engine.stylize(named(photo), pictures, settings).picture
        return self.painted[key]

    def each(self, option: str, values: Mapping[str, Any], **how: Any) -> list[Panel]:
        """A panel for each value of an option, by its label."""
        return [(label, self.paint(**how, **{option: value})) for label, value in values.items()]


def strength(easel: Easel) -> Panels:
    weights = {f"strength {part}": style_weight_for(part) for part in (0, 25, 50, 75, 100)}
    return easel.each("style_weight", weights)


def colours(easel: Easel) -> Panels:
    names = {name: name for name in ("style", "content", "luminance")}
    return [("photo", named("astronaut")), *easel.each("colours", names, photo="astronaut")]


def look(easel: Easel) -> Panels:
    how = {"style_weight": style_weight_for(BOLD), "scales": 2}
    return [
        (name, easel.paint(photo, look=name, steps=steps_for(name, easel.steps), **how))
        for photo in ("astronaut", "oakland_zoo_otters")
        for name in ("gatys", "faithful")
    ]


def style_scale(easel: Easel) -> Panels:
    return easel.each("style_scale", {f"style scale {scale}": scale for scale in (0.5, 1.0, 2.0)})


def blend(easel: Easel) -> Panels:
    shares = {"only the first": (1.0, 0.0), "2,1": (2.0, 1.0), "1,2": (1.0, 2.0), "only the second": (0.0, 1.0)}
    return easel.each("style_weights", shares, styles=(STYLE, OTHER))


def masks(easel: Easel) -> Panels:
    width, height = named(PHOTO).size
    left = Image.new("L", (width, height))
    left.paste(255, (0, 0, width // 2, height))
    styles = [named(STYLE), named(OTHER)]
    result = easel.engine.stylize(named(PHOTO), styles, easel.settings(), masks=[left, None]).picture
    first = easel.paint()
    return [
        ("without a mask", first),
        ("mask of the first style", ImageOps.expand(left, width // 128, fill=128)),
        ("mask, and - for the second", result),
    ]


def start(easel: Easel) -> Panels:
    names = ("content", "matched", "style", "noise", "preview")
    return easel.each("start", {name: {name: 1.0} for name in names})


def seed(easel: Easel) -> Panels:
    return easel.each("seed", {f"seed {number}": number for number in (0, 1, 2)})


def content_layers(easel: Easel) -> Panels:
    return easel.each("content_layers", {name: {name: 1.0} for name in ("relu2_2", "relu4_2", "relu5_2")})


def style_layers(easel: Easel) -> Panels:
    chosen = {
        "relu1_1, relu2_1": {"relu1_1": 1.0, "relu2_1": 1.0},
        "relu1_1 to relu5_1": Settings().style_layers,
        "relu4_1, relu5_1": {"relu4_1": 1.0, "relu5_1": 1.0},
    }
    return easel.each("style_layers", chosen)


def moments_weight(easel: Easel) -> Panels:
    weight = style_weight_for(STRENGTH)
    alone = easel.paint(style_weight=0.0, moments_weight=weight * 10)
    both = easel.paint(moments_weight=weight * 10)
    return [("Gram alone", easel.paint()), (f"and moments {weight * 10:.2g}", both), ("moments alone", alone)]


def tv_weight(easel: Easel) -> Panels:
    return easel.each("tv_weight", {f"tv weight {weight:g}": weight for weight in (0, 10, 100, 1000)})


def pooling(easel: Easel) -> Panels:
    return easel.each("pooling", {name: name for name in ("max", "average")})


def padding(easel: Easel) -> Panels:
    whole = easel.each("padding", {name: name for name in ("zeros", "replicate")})
    return [*whole, *((f"{label}, a corner", _corner(picture)) for label, picture in whole)]


def optimizer(easel: Easel) -> Panels:
    marks = (max(1, easel.steps // 5), easel.steps)
    return [
        (f"{name}, {steps} steps", easel.paint(optimizer=name, steps=steps))
        for name in ("lbfgs", "adam")
        for steps in marks
    ]


def scales(easel: Easel) -> Panels:
    large = replace(easel, size=2 * easel.size, steps=easel.steps // 2)
    whole = easel.paint(), large.paint(), large.paint(scales=2, steps=large.steps * 2)
    labels = (f"{easel.size} px", f"{large.size} px, 1 scale", f"{large.size} px, 2 scales, same work")
    return list(zip(labels, whole, strict=True))


def timelapse(easel: Easel) -> Panels:
    seen: list[Panel] = []
    marks = (1, 5, 15, easel.steps)

    def look(progress: Any) -> None:
        if progress.step in marks:
            seen.append((f"step {progress.step}", progress.picture()))

    easel.engine.stylize(named(PHOTO), [named(STYLE)], easel.settings(), on_progress=look)
    return seen


def animation(easel: Easel) -> Panels:
    """The second of two frames that differ in their grain alone, painted after the first and by itself."""
    width, height = named(PHOTO).size
    first = named(PHOTO).resize((easel.size, easel.size * height // width), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(0).normal(0, GRAIN, (first.height, first.width, 1))
    second = Image.fromarray((np.asarray(first) + grain).clip(0, 255).astype(np.uint8))
    styles, settings = [named(STYLE)], easel.settings()
    together = easel.engine.stylize_frames([first, second], styles, settings).frames
    apart = easel.engine.stylize(second, styles, settings).picture
    panels = [("difference of the frames", second, first), ("painted together", together[1], together[0])]
    panels.append(("painted apart", apart, together[0]))
    return [(label, _difference(one, other)) for label, one, other in panels]


def alpha(easel: Easel) -> Panels:
    photo = named("astronaut").convert("RGBA")
    oval = Image.new("L", photo.size)
    ImageDraw.Draw(oval).ellipse((40, 10, 470, 500), fill=255)
    photo.putalpha(oval)
    result = easel.engine.stylize(photo, [named(STYLE)], easel.settings()).picture
    return [("photo with transparency", photo), ("painted", result)]


SHEETS: Final[Mapping[str, Callable[[Easel], Panels]]] = {
    sheet.__name__: sheet
    for sheet in (
        *(strength, look, colours, style_scale, blend, masks, start, seed, style_layers, content_layers),
        *(moments_weight, tv_weight, pooling, padding, scales, optimizer, timelapse, animation, alpha),
    )
}


def _corner(picture: Image.Image) -> Image.Image:
    return picture.crop((0, 0, picture.width // 4, picture.height // 4))


def _difference(one: Image.Image, other: Image.Image) -> Image.Image:
    return ImageChops.difference(one, other).point(lambda level: min(255, DIFFERENCE * level))


def to_sheet(panels: Panels) -> bytes:
    """The row as a JPEG of fewer than `MOST_BYTES`, its panels made smaller where they must be."""
    width = PANEL
    while True:
        out = io.BytesIO()
        row(panels, width).save(out, "JPEG", quality=QUALITY, optimize=True)
        if out.tell() < MOST_BYTES:
            return out.getvalue()
        width -= 8


def main() -> None:
    """Paint the sheets and tell how long each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--only", choices=SHEETS, metavar="NAME", nargs="+", help=", ".join(SHEETS))
    chosen = parser.parse_args()
    easel = Easel(Engine(), chosen.size, chosen.steps, {})
    OUT.mkdir(parents=True, exist_ok=True)
    for name in chosen.only or SHEETS:
        began = time.monotonic()
        sheet = to_sheet(SHEETS[name](easel))
        (OUT / f"{name}.jpg").write_bytes(sheet)
        print(f"{name}: {len(sheet) / 1000:.0f} KB, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
