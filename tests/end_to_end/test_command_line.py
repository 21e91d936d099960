"""The program as a person runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from bot.config import EngineConfig
from bot.gallery import Gallery
from nst_engine.settings import PRESETS
from tests.standins.redis_server import free_port

ROOT = Path(__file__).parents[2]
PHOTO = str(ROOT / "bot/gallery/photos/coffee.jpg")


def atelier(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *arguments]
    values = {**os.environ, "ATELIER_ENGINE__DEVICE": "cpu", **environ}
    return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.slow
def test_stylize_prints_one_json_object_and_score_agrees(tmp_path: Path) -> None:
    out, curve = tmp_path / "out.png", tmp_path / "curve.png"
    options = ["--size", "64", "--steps", "5", "--seed", "3", "--tv-weight", "0.5", "--style-weight", "2"]
    done = atelier("stylize", PHOTO, "waves", PHOTO, "-o", str(out), "--curve", str(curve), *options, "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["steps"], printed["device"], printed["width"]) == (5, "cpu", 64)
    assert printed["seconds"] > 0
    assert len(printed["losses"]["total"]) == 6
    assert printed["losses"]["total"][-1] < printed["losses"]["total"][0]
    assert Image.open(out).size == (64, 43)
    assert Image.open(curve).size == (1120, 700)
    scored = atelier("score", PHOTO, "waves", str(out))
    score = json.loads(scored.stdout)
    assert score["total"] == pytest.approx(score["content"] + score["style"])


@pytest.mark.slow
def test_stylize_prints_the_summary(tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    done = atelier("stylize", PHOTO, "waves", "-o", str(out), "--size", "48", "--steps", "2", "--optimizer", "adam")
    assert done.returncode == 0, done.stderr
    assert "total" in done.stdout
    assert "48x32 pixels, 2 steps" in done.stdout
    assert "100%" in done.stderr
    assert Image.open(out).format == "JPEG"


@pytest.mark.slow
def test_stylize_takes_the_strength_of_the_style_where_none_is_chosen(tmp_path: Path) -> None:
    own = Gallery.load().styles["the_scream"].defaults.strength
    assert own not in (None, EngineConfig().default_strength)
    out, small = str(tmp_path / "out.png"), ["--size", "64", "--steps", "2", "--json"]
    totals = []
    for strength in ([], ["--strength", str(own)]):
        done = atelier("stylize", PHOTO, "the_scream", "-o", out, *small, *strength)
        assert done.returncode == 0, done.stderr
        totals.append(json.loads(done.stdout)["losses"]["total"])
    assert totals[0] == pytest.approx(totals[1], rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stylize", "none.jpg", "waves", "-o", "x.png"], "none.jpg: No such file or directory; give the path"),
        (["stylize", PHOTO, "wavs", "-o", "x.png"], "did you mean Waves"),
        (["stylize", PHOTO, "README.md", "-o", "x.png"], "README.md: This file is not a picture"),
        (["stylize", PHOTO, "waves", "-o", "x.doc"], "the name must end in .png or .jpg"),
        (["stylize", PHOTO, "waves", "-o", "nowhere/x.png"], "there is no folder nowhere"),
        (["stylize", PHOTO, "waves", "-o", "x.png", "--size", "7"], "Size must be a whole number from 32"),
        (["stylize", PHOTO, "waves", "-o", "x.png", "--size", "big"], "Size must be a number, not 'big'."),
        (["paint"], "invalid choice"),
        (["--config", "nowhere.toml", "styles"], "There is no configuration file nowhere.toml"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(arguments: list[str], sentence: str) -> None:
    done = atelier(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_an_unknown_configuration_key_is_told() -> None:
    done = atelier("run", ATELIER_DISCORD__TOKN="x")
    assert done.returncode == 2
    assert "did you mean ATELIER_DISCORD__TOKEN?" in done.stderr


def test_styles_lists_the_gallery() -> None:
    listed = atelier("styles")
    assert "starry_night" in listed.stdout
    assert "The Starry Night, Vincent van Gogh, 1889" in listed.stdout
    facts = json.loads(atelier("styles", "--json").stdout)
    assert len(facts) >= 18
    assert all(style["title"] and style["licence"] for style in facts)


@pytest.mark.slow
def test_check_tells_what_is_there(tmp_path: Path) -> None:
    done = atelier("check", ATELIER_STORAGE__PATH=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in ("http://127.0.0.1:8080", "Oxford VGG-19 (c34748d2a8b1)", "cpu", "not measured yet"):
        assert expected in done.stdout


@pytest.mark.slow
def test_check_measures_the_speed_and_keeps_it(tmp_path: Path) -> None:
    measured = atelier("check", "--speed", ATELIER_STORAGE__PATH=str(tmp_path))
    assert measured.returncode == 0, measured.stdout + measured.stderr
    told = [line for line in measured.stdout.splitlines() if line.startswith(tuple(PRESETS))]
    assert [line.split()[0] for line in told] == list(PRESETS)
    assert all(re.search(r"about \d+ (s|min|h)\b.* for a photo of 4:3$", line) for line in told)
    assert [line.split(":")[0].split(maxsplit=1)[1] for line in told] == [
        f"{preset.size} pixels, {preset.steps} steps" for preset in PRESETS.values()
    ]
    again = atelier("check", ATELIER_STORAGE__PATH=str(tmp_path))
    assert [line for line in again.stdout.splitlines() if line.startswith(tuple(PRESETS))] == told


@pytest.mark.slow
def test_check_names_a_token_that_fails(tmp_path: Path) -> None:
    done = atelier("check", ATELIER_STORAGE__PATH=str(tmp_path), ATELIER_TELEGRAM__TOKEN="no token at all")
    assert done.returncode == 1
    assert "FAILS: Telegram refused the token" in done.stdout


def test_run_serves_the_page_even_when_the_only_token_is_wrong(tmp_path: Path) -> None:
    port = free_port()
    environ = {"ATELIER_STORAGE__PATH": str(tmp_path), "ATELIER_WEB__PORT": str(port), "ATELIER_TELEGRAM__TOKEN": "x"}
    command = [sys.executable, "-m", "bot", "run"]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stderr=subprocess.PIPE, text=True) as bot:
        try:
            assert bot.stderr is not None
            told = []
            for line in bot.stderr:
                told.append(line)
                if "local page is open" in line:
                    break
            assert any("Telegram refused the token" in line for line in told)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                assert b"<html" in page.read()
        finally:
            bot.send_signal(signal.SIGTERM)
        assert bot.wait(timeout=60) == 0
