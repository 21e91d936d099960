"""Settings are checked when made; a summary tells the same as text, JSON and curve."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_engine.errors import SettingsError
from nst_engine.settings import PRESETS, Settings, exact_strength, steps_for, style_weight_for
from nst_engine.summary import LossSummary


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"size": 31}, "Size must be a whole number from 32"),
        ({"size": 100_000}, "from 32 to 16,384 pixels"),
        ({"size": 512.0}, "whole number"),
        ({"steps": 0}, "Steps must be"),
        ({"steps": True}, "Steps must be"),
        ({"optimizer": "sgd"}, "choose lbfgs or adam"),
        ({"style_weight": -1}, "Style weight must be a number from 0"),
        ({"tv_weight": float("nan")}, "Tv weight must be"),
        ({"content_weight": 0, "style_weight": 0}, "both 0"),
        ({"seed": -1}, "Seed must be"),
        ({"sice": 3}, "no setting named 'sice'"),
    ],
)
def test_bad_settings_are_refused_with_what_to_do(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings.from_dict(values)


def test_settings_survive_json() -> None:
    settings = Settings(size=640, steps=7, optimizer="adam", tv_weight=0.5, seed=3)
    assert Settings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_strength_ends_at_the_reference_objective() -> None:
    exponents = [-3.5, -2.875, -2.25, -1.625, 0]
    assert [style_weight_for(s) for s in (0, 25, 50, 75, 100)] == pytest.approx([10**each for each in exponents])
    for outside in (-1, 101):
        with pytest.raises(SettingsError, match="from 0 to 100"):
            style_weight_for(outside)


def test_a_style_weight_stands_for_its_strength() -> None:
    for strength in (0, 30, 75, 90, 100):
        assert exact_strength(style_weight_for(strength)) == pytest.approx(strength)
    assert exact_strength(1e-4) < 0 and exact_strength(2) > 100


def test_the_faithful_look_needs_fewer_steps_and_knows_no_moments() -> None:
    assert (steps_for("gatys", 100), steps_for(None, 100), steps_for("faithful", 100)) == (100, 100, 40)
    assert steps_for("faithful", 1) == 1
    with pytest.raises(SettingsError, match="choose the look gatys"):
        Settings(look="faithful", moments_weight=1.0)
    with pytest.raises(SettingsError, match="Look 'cubist' is unknown"):
        Settings(look="cubist")  # type: ignore[arg-type]


def test_settings_that_were_kept_without_a_look_still_load() -> None:
    kept = Settings(size=300).to_dict()
    del kept["look"]
    assert Settings.from_dict(kept) == Settings(size=300, look="gatys")


def test_presets_are_valid_settings() -> None:
    for preset in PRESETS.values():
        Settings(size=preset.size, steps=preset.steps)


@pytest.fixture
def summary() -> LossSummary:
    losses = {
        "content": [0.0, 50.0, 40.0],
        "style": [2_000_000.0, 20_000.0, 9_960.0],
        "total_variation": [0.0, 0.0, 0.0],
        "total": [2_000_000.0, 20_050.0, 10_000.0],
    }
    return LossSummary(losses, 2, 1.25, "cpu", "float32", 512, 288)


def test_the_text_has_first_last_and_fall(summary: LossSummary) -> None:
    lines = summary.text().splitlines()
    assert lines[1].split() == ["content", "0", "40", "-"]
    assert lines[3].split() == ["total", "2,000,000", "10,000", "99.5", "%"]
    assert lines[-1] == "512x288 pixels, 2 steps in 1.2 s on cpu (float32)"
    assert not any("variation" in line for line in lines)


def test_the_json_comes_back_whole(summary: LossSummary) -> None:
    values = json.loads(json.dumps(summary.to_dict()))
    assert LossSummary.from_dict(values) == summary
    assert values["summary"]["total"] == {"first": 2_000_000.0, "last": 10_000.0, "fall_percent": pytest.approx(99.5)}
    assert values["steps"] == 2
    assert values["device"] == "cpu"


def test_the_curve_is_a_picture_with_a_line_for_each_loss(summary: LossSummary) -> None:
    curve = Image.open(io.BytesIO(summary.curve())).convert("RGB")
    assert curve.size == (1120, 700)
    pixels = np.asarray(curve).reshape(-1, 3)
    assert (np.abs(pixels.astype(int) - (200, 85, 61)).sum(1) < 10).any(), "the style's line is drawn"
    assert not (np.abs(pixels.astype(int) - (122, 158, 58)).sum(1) < 10).any(), "the unused loss is not"


def test_a_curve_of_nothing_but_zeros_is_drawn_too() -> None:
    flat = LossSummary(
        {name: [0.0, 0.0] for name in ("content", "style", "total_variation", "total")},
        1,
        0.1,
        "cpu",
        "float32",
        32,
        32,
    )
    assert flat.fall("total") is None
    assert flat.curve().startswith(b"\x89PNG")
