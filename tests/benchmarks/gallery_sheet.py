"""The gallery on one sheet, each style with its own defaults: `make gallery-sheet`, or with options
`python -m tests.benchmarks.gallery_sheet --size 384 --styles lilac mosaic --photos astronaut lake_sherburne`.

`--strip` has the first photo and its pictures in these styles side by side instead, as at the top of the README:
`--strip --styles starry_night great_wave the_kiss stained_glass engraving the_scream --out docs/images/strip.jpg`.

What is painted is kept in a folder and not painted again while photo, style and settings are the same, so that the
sheet goes on where it was stopped. After a change of the engine, empty that folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.config import EngineConfig
from bot.gallery import Gallery, Style
from bot.gallery.defaults import suited
from bot.requests import Options
from nst_engine import Engine, Settings
from nst_engine.images import open_picture
from tests.benchmarks.measures import chosen_settings
from tests.benchmarks.sheets import row

ROOT: Final = Path(__file__).parents[2]
PHOTOS: Final = ("astronaut", "lake_sherburne", "roman_colosseum")
"""A face, a landscape, a building."""
SIZE: Final = 320
STEPS: Final = 64
PANEL: Final = 256
"""The width of a panel on the sheet; it is at most three quarters as high."""
LABEL: Final = 20
GAP: Final = 4
BETWEEN: Final = 16
QUALITY: Final = 85

Row = tuple[str, Sequence[Image.Image]]


@dataclass(frozen=True, slots=True)
class Wall:
    """What is painted in one style after the other, at one size; `kept` is where finished pictures lie."""

    gallery: Gallery
    photos: Sequence[Style]
    size: int
    steps: int
    kept: Path

    def settings(self, style: Style) -> Settings:
        """How the bot paints this style at this size where its person chooses nothing."""
        return chosen_settings(style, Options(size=self.size, steps=self.steps))

    def file(self, photo: Style, style: Style) -> Path:
        """Where the photo in this style is kept: another file for other pictures and for other settings."""
        digest = hashlib.sha256(json.dumps(self.settings(style).to_dict(), sort_keys=True).encode())
        for picture in (photo, style):
            digest.update(hashlib.sha256(picture.read()).digest())
        return self.kept / f"{style.id}-{photo.id}-{digest.hexdigest()[:16]}.png"

    def paint(self, engine: Engine, photo: Style, style: Style) -> None:
        """Paint the photo in this style and keep it, whole or not at all."""
        pictures = [open_picture(each.read()) for each in (photo, style)]
        result = engine.stylize(pictures[0], pictures[1:], self.settings(style)).picture
        file = self.file(photo, style)
        unfinished = file.with_suffix(".part")
        result.save(unfinished, "PNG")
        unfinished.replace(file)

    def row(self, style: Style) -> Row:
        """The style's label, its picture, and the photos in it."""
        pictures = [Image.open(self.file(photo, style)).convert("RGB") for photo in self.photos]
        strength = suited([style], EngineConfig().default_strength).strength
        return f"{style.label} (strength {strength})", [open_picture(style.read()), *pictures]


def lay_out(rows: Sequence[Row], panel: int = PANEL) -> Image.Image:
    """The rows on one sheet in two columns, the first half of them in the left one."""
    font = ImageFont.truetype(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), 12)
    across, down = max(len(pictures) for _, pictures in rows), -(-len(rows) // 2)
    cell, step = (panel, panel * 3 // 4), panel * 3 // 4 + LABEL + GAP
    wide = across * (panel + GAP) - GAP
    sheet = Image.new("RGB", (wide if len(rows) < 2 else 2 * wide + BETWEEN, down * step - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (label, pictures) in enumerate(rows):
        left, top = number // down * (wide + BETWEEN), number % down * step
        draw.text((left + 2, top + 3), label, fill="black", font=font)
        for place, picture in enumerate(pictures):
            shown = ImageOps.contain(picture.convert("RGB"), cell, Image.Resampling.LANCZOS)
            beside = left + place * (panel + GAP) + (panel - shown.width) // 2
            sheet.paste(shown, (beside, top + LABEL + (cell[1] - shown.height) // 2))
    return sheet


def strip(wall: Wall, styles: Sequence[Style], panel: int = PANEL) -> Image.Image:
    """The first photo, and beside it its pictures in these styles."""
    photo = wall.photos[0]
    pictures = [(style.title, Image.open(wall.file(photo, style)).convert("RGB")) for style in styles]
    return row([("photo", open_picture(photo.read())), *pictures], panel)


def paint_missing(wall: Wall, styles: Sequence[Style]) -> int:
    """Paint what is not kept yet, and return how many pictures that were."""
    wall.kept.mkdir(parents=True, exist_ok=True)
    missing = [(photo, style) for style in styles for photo in wall.photos if not wall.file(photo, style).exists()]
    engine = Engine() if missing else None
    for number, (photo, style) in enumerate(missing, 1):
        assert engine is not None
        began = time.monotonic()
        wall.paint(engine, photo, style)
        seconds = time.monotonic() - began
        print(f"{number} of {len(missing)}: {photo.id} in the style of {style.id}, {seconds:.0f} s", flush=True)
    return len(missing)


def hang(wall: Wall, styles: Sequence[Style], out: Path, panel: int = PANEL, *, is_strip: bool = False) -> int:
    """Paint what is not kept yet, write the sheet or strip, and return how many pictures were painted."""
    painted = paint_missing(wall, styles)
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet = strip(wall, styles, panel) if is_strip else lay_out([wall.row(style) for style in styles], panel)
    sheet.save(out, "JPEG", quality=QUALITY, optimize=True)
    print(f"{out}: {sheet.width}x{sheet.height} pixels, {out.stat().st_size / 1000:.0f} KB")
    return painted


def main(arguments: Sequence[str] | None = None) -> None:
    """Paint the styles that were named, or all, and put them on the sheet."""
    gallery = Gallery.load()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SIZE, help="the longer side that is painted, in pixels")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--styles", nargs="+", choices=gallery.styles, metavar="STYLE", default=list(gallery.styles))
    parser.add_argument("--photos", nargs="+", choices=gallery.photos, metavar="PHOTO", default=list(PHOTOS))
    parser.add_argument("--panel", type=int, default=PANEL, help="the width of a picture on the sheet, in pixels")
    parser.add_argument(
        "--kept", type=Path, default=ROOT / "out/gallery-sheet", help="where finished pictures are kept"
    )
    parser.add_argument("--strip", action="store_true", help="the first photo in these styles, side by side")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images/gallery.jpg")
    chosen = parser.parse_args(arguments)
    photos = [gallery.photos[name] for name in chosen.photos]
    wall = Wall(gallery, photos, chosen.size, chosen.steps, chosen.kept)
    hang(wall, [gallery.styles[name] for name in chosen.styles], chosen.out, chosen.panel, is_strip=chosen.strip)


if __name__ == "__main__":
    main()
