"""The sheet of the gallery: what is painted for it, what is kept, and how it is laid out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.gallery import Gallery
from nst_engine.settings import style_weight_for
from tests.benchmarks.gallery_sheet import Wall, hang, lay_out

GALLERY = Gallery.load()
COFFEE, LAKE = (GALLERY.photos[name] for name in ("coffee", "lake_sherburne"))
INK, SCREAM = (GALLERY.styles[name] for name in ("ink_landscape", "the_scream"))


def wall(kept: Path, **changes: int) -> Wall:
    return Wall(GALLERY, [COFFEE, LAKE], **{"size": 48, "steps": 2, **changes}, kept=kept)


def test_each_style_is_painted_with_its_own_defaults(tmp_path: Path) -> None:
    settings = wall(tmp_path).settings(INK)
    assert (settings.size, settings.steps, settings.start) == (48, 2, {"matched": 1.0})
    weights = []
    for style in (INK, SCREAM):
        assert style.defaults.strength is not None
        weights.append(style_weight_for(style.defaults.strength))
    assert [wall(tmp_path).settings(style).style_weight for style in (INK, SCREAM)] == weights
    assert weights[0] != weights[1]


def test_other_pictures_and_other_settings_are_painted_anew(tmp_path: Path) -> None:
    here = wall(tmp_path)
    assert here.file(COFFEE, INK) == wall(tmp_path).file(COFFEE, INK)
    other = replace(INK, path=SCREAM.path)
    softer = replace(INK, defaults=replace(INK.defaults, strength=50))
    files = {here.file(COFFEE, style) for style in (INK, SCREAM, other, softer)}
    files |= {
        here.file(LAKE, INK),
        wall(tmp_path, size=64).file(COFFEE, INK),
        wall(tmp_path, steps=3).file(COFFEE, INK),
    }
    assert len(files) == 7


def test_the_rows_stand_in_two_columns() -> None:
    panels = [Image.new("RGB", (80, 80), colour) for colour in ("red", "lime", "blue")]
    rows = [(f"row {number}", panels) for number in range(5)]
    sheet = lay_out(rows, panel=40)
    step = 30 + 20 + 4
    assert sheet.size == (2 * (3 * 44 - 4) + 16, 3 * step - 4)
    middles = [(20 + 44 * place, 20 + 15) for place in range(3)]
    for left, down in [(0, 0), (0, 2), (3 * 44 - 4 + 16, 1)]:
        found = [sheet.getpixel((left + x, down * step + y)) for x, y in middles]
        assert found == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    beside_the_sixth = (3 * 44 - 4 + 16 + 20, 2 * step + 35)
    assert sheet.getpixel(beside_the_sixth) == (255, 255, 255)
    assert lay_out(rows[:1], panel=40).width == 3 * 44 - 4


@pytest.mark.slow
def test_what_is_kept_is_not_painted_again(tmp_path: Path) -> None:
    here, out = wall(tmp_path / "kept"), tmp_path / "sheet.jpg"
    assert hang(here, [INK], out, panel=64) == 2
    assert Image.open(out).format == "JPEG"
    here.file(LAKE, INK).unlink()
    assert hang(here, [INK], out, panel=64) == 1
    assert hang(here, [INK], out, panel=64) == 0
    assert [path.suffix for path in (tmp_path / "kept").iterdir()] == [".png", ".png"]
