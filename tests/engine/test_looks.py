"""The benchmarks of looks: their numbers on pictures of which these are known, and small runs of the two commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from bot.gallery import Gallery
from bot.requests import Options
from nst_engine import Engine, Settings
from nst_engine.images import fit_area, open_picture
from tests.benchmarks import looks, scales
from tests.benchmarks.judge import Judge
from tests.benchmarks.measures import (
    Pair,
    as_large_as,
    chroma,
    contrast,
    loss_of,
    reduced,
    sides_for,
    structure,
    style_shares,
)

PAIR = "astronaut:mosaic"


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


@pytest.fixture(scope="module")
def mosaic(gallery: Gallery) -> Image.Image:
    return open_picture(gallery.styles["mosaic"].read())


@pytest.fixture(scope="module")
def small_otters(otters: Image.Image) -> Image.Image:
    return otters.resize((96, 54))


def test_the_judge_knows_what_photos_show(judge: Judge, gallery: Gallery, otters: Image.Image) -> None:
    assert judge.sees(otters) == "otter"
    assert judge.sees(open_picture(gallery.photos["coffee"].read())) == "espresso"


def test_the_judge_tells_a_painting_from_a_photo(judge: Judge, small_otters: Image.Image, mosaic: Image.Image) -> None:
    painting = mosaic.resize((96, 96), Image.Resampling.LANCZOS)
    assert judge.distance(painting, painting) == 0
    left, right = painting.crop((0, 0, 48, 96)), painting.crop((48, 0, 96, 96))
    assert 0 < 2 * judge.distance(left, right) < judge.distance(small_otters, painting)


def test_contrast_and_chroma_of_plain_colours() -> None:
    halves = Image.new("RGB", (8, 8))
    halves.paste("white", (0, 0, 8, 4))
    assert contrast(halves) == pytest.approx(127.5)
    assert chroma(halves) == pytest.approx(0, abs=1e-5)
    # In OKLab the red of sRGB has a = 0.2249 and b = 0.1258.
    red = Image.new("RGB", (8, 8), "red")
    assert contrast(red) == pytest.approx(0, abs=1e-4)
    assert chroma(red) == pytest.approx(25.77, abs=0.01)
    # Half the level is 0.2159 of the light, and OKLab goes by the cubic root of light.
    assert chroma(Image.new("RGB", (8, 8), (128, 0, 0))) == pytest.approx(25.77 * 0.2159 ** (1 / 3), abs=0.01)


def test_structure_is_that_of_the_photo_alone(small_otters: Image.Image) -> None:
    assert structure(small_otters, small_otters) == pytest.approx(1)
    assert structure(ImageOps.invert(small_otters), small_otters) == pytest.approx(1, abs=1e-3)
    blurred = small_otters.filter(ImageFilter.GaussianBlur(1))
    assert 0.2 < structure(blurred, small_otters) < 0.9
    assert abs(structure(ImageOps.mirror(small_otters), small_otters)) < 0.2


def test_made_smaller_it_keeps_its_shape_and_its_light(small_otters: Image.Image) -> None:
    small = reduced(small_otters, 48)
    assert small.size == (48, 27)
    light, wanted = (np.asarray(each, float).mean(axis=(0, 1)) for each in (small, small_otters))
    np.testing.assert_allclose(light, wanted, atol=1)
    assert contrast(small) == pytest.approx(contrast(small_otters), rel=0.1)


@pytest.mark.parametrize(
    ("longer", "sides"), [(96, [48, 24]), (200, [128, 100, 50]), (512, [256, 128]), (768, [384, 256, 192, 128])]
)
def test_the_sides_at_which_results_are_looked_at(longer: int, sides: list[int]) -> None:
    assert sides_for(longer) == sides


def test_the_loss_of_a_picture_is_the_objective_with_the_weights_of_the_run(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, small_otters: Image.Image
) -> None:
    """Where nothing has to be resized, which is done by a sharper filter than the reference's for painting."""
    picture = small_otters.filter(ImageFilter.GaussianBlur(1))
    style = starry_night.resize(fit_area(*starry_night.size, picture.width * picture.height))
    score = nst.score(small_otters, [style], picture)
    settings = Settings(size=96, steps=50, style_weight=0.02, scales=2)
    found = loss_of(nst, small_otters, style, settings, picture)
    assert found == pytest.approx(score.content + 0.02 * score.style, rel=1e-4)


def test_style_losses_are_shares_of_the_photos_own(
    nst: Engine, otters: Image.Image, mosaic: Image.Image, small_otters: Image.Image
) -> None:
    photo = as_large_as(otters, small_otters)
    assert style_shares(nst, otters, mosaic, photo, [96, 48]) == [1, 1]
    painting = mosaic.resize((96, 96), Image.Resampling.LANCZOS)
    assert max(style_shares(nst, otters, mosaic, painting, [96, 48])) < 0.1


def test_a_painting_has_its_own_contrast_and_chroma(nst: Engine, judge: Judge, mosaic: Image.Image) -> None:
    studio = looks.Studio(nst, nst, judge)
    numbers = studio.measure(mosaic.rotate(90), mosaic, mosaic.resize((96, 96), Image.Resampling.LANCZOS))
    assert numbers["contrast"] == numbers["the style's contrast"] > 20
    assert numbers["chroma"] == numbers["the style's chroma"] > 2
    assert numbers["judge"] == 0 < numbers["the photo's judge"]


def test_tables_have_medians_and_both_runs() -> None:
    before = {"a:b": {"judge": 0.5, "seconds": 100.0}, "c:d": {"judge": 0.25, "seconds": 300.0}}
    after = {"a:b": {"judge": 0.125, "seconds": 20.0}, "c:d": {"judge": 0.375, "seconds": 40.0}}
    assert looks.table(before).splitlines() == [
        "| pair | judge | seconds |",
        "| --- | --- | --- |",
        "| a:b | 0.500 | 100 |",
        "| c:d | 0.250 | 300 |",
        "| median | 0.375 | 200 |",
    ]
    assert looks.comparison(before, after).splitlines()[2:] == [
        "| a:b | 0.500 → 0.125 | 100 → 20.0 |",
        "| c:d | 0.250 → 0.375 | 300 → 40.0 |",
        "| median | 0.375 → 0.250 | 200 → 30.0 |",
    ]
    assert looks.comparison(before, {"c:d": after["c:d"]}).splitlines()[3] == "| median | 0.250 → 0.375 | 300 → 40.0 |"


@pytest.mark.slow
def test_looks_are_painted_measured_and_taken_up_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    options = ["--size", "64", "--pairs", PAIR]
    looks.main([*options, "--out", str(first), "--steps", "2"])
    held = json.loads((first / "results.json").read_text("utf-8"))["pairs"][PAIR]
    assert held["settings"] == looks.chosen_settings("mosaic", Options(size=64, steps=2)).to_dict()
    painted = open_picture((first / "astronaut-mosaic.png").read_bytes())
    assert painted.size == (64, 64)
    assert held["numbers"]["contrast"] == contrast(painted)
    assert held["numbers"]["structure"] == structure(painted, Pair.read(PAIR).pictures()[0])
    assert 0.9 < held["numbers"]["delivered / told"] < 1.5
    assert "| median |" in (first / "looks.md").read_text("utf-8")

    painted_at = (first / "astronaut-mosaic.png").stat().st_mtime_ns
    looks.main([*options, "--out", str(first), "--steps", "2", "--resume"])
    assert (first / "astronaut-mosaic.png").stat().st_mtime_ns == painted_at

    capsys.readouterr()
    looks.main([*options, "--out", str(second), "--steps", "12", "--against", str(first)])
    assert "first → second" in capsys.readouterr().out
    later = json.loads((second / "results.json").read_text("utf-8"))["pairs"][PAIR]["numbers"]
    assert later["judge"] < held["numbers"]["judge"] < held["numbers"]["the photo's judge"]
    assert Image.open(second / "looks.jpg").width > Image.open(first / "looks.jpg").width

    looks.main([*options, "--out", str(first), "--steps", "3", "--resume"])
    assert (first / "astronaut-mosaic.png").stat().st_mtime_ns != painted_at


@pytest.mark.slow
def test_the_sheet_of_scales_is_painted_at_equal_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, kept = tmp_path / "sheet.jpg", tmp_path / "panels"
    command = ["--sheet", str(sheet), "--out", str(kept), "--pairs", PAIR, "--sizes", "128", "--scales", "1", "2"]
    scales.main([*command, "--megapixel-steps", "0.1"])
    one, two = (line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:])
    assert one[3] == "6 at 128"
    assert two[3] == "8 at 64, 4 at 128"
    assert 0.08 < float(one[4]) <= 0.1 >= float(two[4]) > 0.08
    panels = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(panels) == 2
    shown = Image.open(sheet)
    assert shown.width == 2 * scales.PANEL + 4

    scales.main([*command, "--megapixel-steps", "0.1"])
    assert panels == {path: path.stat().st_mtime_ns for path in kept.iterdir()}


def test_the_middle_is_shown_as_it_is() -> None:
    wide, narrow = (Image.effect_noise(size, 90).convert("RGB") for size in ((500, 200), (200, 500)))
    np.testing.assert_array_equal(scales.middle(wide), np.asarray(wide)[:, 90:410])
    shown = np.asarray(scales.middle(narrow))
    assert shown.shape == (320, 320, 3)
    np.testing.assert_array_equal(shown[:, 60:260], np.asarray(narrow)[90:410])
    assert (shown[:, :60] == 255).all()
