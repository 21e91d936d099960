"""`atelier stylize` with all that a person can ask of it."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
from PIL import Image

from nst_engine.preview import is_installed
from tests.end_to_end.test_command_line import PHOTO, atelier
from tests.standins.pictures import half, moving

SMALL = ("--size", "48", "--steps", "4")


@pytest.fixture
def box(tmp_path: Path) -> str:
    path = tmp_path / "box.gif"
    path.write_bytes(moving())
    return str(path)


@pytest.mark.slow
def test_every_option_is_taken_at_once(tmp_path: Path) -> None:
    mask, out, film = tmp_path / "mask.png", tmp_path / "out.webp", tmp_path / "film.mp4"
    mask.write_bytes(half())
    looks = ["--preset", "draft", "--strength", "60", "--colours", "luminance", "--style-scale", "2", "--seed", "1"]
    looks += ["--style-weights", "2,1", "--start", "content=0.7,noise=0.3", "--mask", str(mask), "--mask", "-"]
    formula = ["--pooling", "average", "--padding", "replicate", "--moments-weight", "1", "--tv-weight", "1"]
    formula += ["--content-layers", "relu3_1", "--style-layers", "relu1_1=1,relu2_1=2", "--scales", "1"]
    files = ["-o", str(out), "--timelapse", str(film), "--checkpoint", str(tmp_path / "kept"), "--json"]
    done = atelier("stylize", PHOTO, "waves", "lilac", *SMALL, *looks, *formula, *files)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 4
    assert Image.open(out).size == (48, 32)
    with av.open(str(film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) >= 4


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "frames"), [("png", 4), ("jpg", 1)])
def test_an_animation_is_written_as_its_name_says(tmp_path: Path, box: str, ending: str, frames: int) -> None:
    out = tmp_path / f"out.{ending}"
    done = atelier("stylize", box, "waves", "-o", str(out), *SMALL)
    assert done.returncode == 0, done.stderr
    with Image.open(out) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((48, 32), frames)


@pytest.mark.slow
def test_an_animation_is_written_as_a_film(tmp_path: Path, box: str) -> None:
    out = tmp_path / "out.mp4"
    done = atelier("stylize", box, "waves", "-o", str(out), *SMALL)
    assert done.returncode == 0, done.stderr
    with av.open(str(out)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) >= 4


@pytest.mark.slow
@pytest.mark.skipif(not is_installed(), reason="needs the feed-forward look: run `atelier fetch-preview`")
def test_the_feed_forward_look_is_written(tmp_path: Path) -> None:
    look = tmp_path / "look.png"
    done = atelier("stylize", PHOTO, "waves", "-o", str(tmp_path / "out.png"), "--preview", str(look), *SMALL)
    assert done.returncode == 0, done.stderr
    assert Image.open(look).size == (48, 32)


@pytest.mark.slow
def test_without_the_feed_forward_look_it_is_told_how_to_get_it(tmp_path: Path) -> None:
    look, out = str(tmp_path / "look.png"), str(tmp_path / "out.png")
    arguments = ["stylize", PHOTO, "waves", "-o", out, "--preview", look, *SMALL]
    done = atelier(*arguments, ATELIER_ENGINE__PREVIEW=str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "atelier fetch-preview" in done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--mask", "-", "--mask", "-"], "There must be one mask for each style, not 2 for 1; give 1 or none."),
        (["--mask", "nowhere.png"], "nowhere.png: No such file or directory"),
        (["--style-weights", "1,2,3"], "There must be one style weight for each style, not 3 for 1"),
        (["--style-weights", "much"], "Style weights must be numbers such as 2,1, not 'much'."),
        (["--start", "snow"], "Start 'snow' is unknown; choose content, matched"),
        (["--strength", "high"], "Strength must be a number, not 'high'."),
        (["--colours", "sepia"], "Colours 'sepia' is unknown"),
        (["--timelapse", "film.mov"], "film.mov: the name must end in .mp4 or .webp or .gif."),
    ],
)
def test_an_option_that_is_wrong_is_told_in_one_sentence(tmp_path: Path, options: list[str], sentence: str) -> None:
    done = atelier("stylize", PHOTO, "waves", "-o", str(tmp_path / "out.png"), *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("out", "more", "sentence"),
    [
        ("out.bmp", [], "the name must end in .png or .jpg or .jpeg or .webp."),
        ("out.gif", ["--timelapse", "film.mp4"], "A time-lapse is made of a still picture; leave --timelapse out"),
    ],
)
def test_what_an_animation_cannot_become_is_told(
    tmp_path: Path, box: str, out: str, more: list[str], sentence: str
) -> None:
    done = atelier("stylize", box, "waves", "-o", str(tmp_path / out), *more)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_still_picture_is_no_animation(tmp_path: Path) -> None:
    done = atelier("stylize", PHOTO, "waves", "-o", str(tmp_path / "out.gif"))
    assert done.returncode == 2
    assert "the name must end in .png or .jpg or .jpeg or .webp." in done.stderr
