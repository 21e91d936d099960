"""The presets in force, by made-up paces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.app import open_atelier
from bot.config import Config
from bot.presets import LARGER, forecast, presets_for, presets_in_force
from bot.requests import Options, StylizeRequest
from bot.speed import Machine, Pace, keep_pace, latest_pace
from nst_engine.settings import PRESETS, Preset
from tests.standins.instant_engine import InstantEngineDriver

FAST = Pace(0.001, 0.001)
SLOW = Pace(0.05, 3.0)
CPU = Machine.here("cpu", "float32")
CUDA = Machine.here("cuda:0 (NVIDIA H200)", "bfloat16")


def config_of(folder: Path, **sections: Any) -> Config:
    return Config.model_validate({"storage": {"path": folder}, **sections})


def larger() -> dict[str, Preset]:
    return {name: each.preset for name, each in LARGER.items()}


def test_every_preset_has_a_larger_one() -> None:
    assert list(LARGER) == list(PRESETS)
    for name, preset in PRESETS.items():
        assert preset.size < LARGER[name].preset.size and preset.steps < LARGER[name].preset.steps


def test_a_fast_machine_has_the_larger_presets_and_another_one_has_not() -> None:
    assert presets_for(FAST) == larger()
    assert presets_for(SLOW) == presets_for(None) == PRESETS


@pytest.mark.parametrize("name", LARGER)
def test_each_preset_is_larger_where_it_takes_less_than_its_seconds(name: str) -> None:
    one = Pace(0.0, 1.0)
    limit = LARGER[name].seconds / forecast(LARGER[name].preset, one)
    assert presets_for(one.scaled(limit * 0.99))[name] == LARGER[name].preset
    assert presets_for(one.scaled(limit * 1.01))[name] == PRESETS[name]


@pytest.mark.parametrize("pace", [Pace(0.0, 1.0), Pace(1.0, 0.0), Pace(0.05, 1.0)])
def test_at_any_pace_a_better_preset_is_larger(pace: Pace) -> None:
    for exponent in range(-80, 10):
        presets = presets_for(pace.scaled(1.2**exponent))
        sizes = [preset.size for preset in presets.values()]
        assert sizes == sorted(sizes)


def test_the_latest_pace_is_of_what_the_configuration_names(tmp_path: Path) -> None:
    assert latest_pace(tmp_path, "auto", "auto") is None
    keep_pace(tmp_path, CUDA, FAST)
    keep_pace(tmp_path, CPU, SLOW)
    assert latest_pace(tmp_path, "auto", "auto") == latest_pace(tmp_path, "cpu", "float32") == SLOW
    assert latest_pace(tmp_path, "cuda", "auto") == latest_pace(tmp_path, "cuda:0", "bfloat16") == FAST
    assert latest_pace(tmp_path, "cuda:1", "auto") is latest_pace(tmp_path, "cpu", "bfloat16") is None
    keep_pace(tmp_path, CUDA, FAST)
    assert latest_pace(tmp_path, "auto", "auto") == FAST
    keep_pace(tmp_path, Machine("cpu", "float32", "1.0"), SLOW)
    assert latest_pace(tmp_path, "auto", "auto") == FAST, "another version of torch says nothing"


def test_what_is_in_force_goes_by_the_configuration(tmp_path: Path) -> None:
    keep_pace(tmp_path, CUDA, FAST)
    assert presets_in_force(config_of(tmp_path)) == larger()
    assert presets_in_force(config_of(tmp_path, engine={"device": "cpu"})) == PRESETS
    assert presets_in_force(config_of(tmp_path, queue={"url": "redis://nowhere:1/0"})) == PRESETS
    small = presets_in_force(config_of(tmp_path, engine={"max_pixels": 1024 * 1024}))
    assert small == {**PRESETS, "draft": LARGER["draft"].preset}


async def test_the_bot_decides_once_at_its_start(tmp_path: Path, photo: bytes) -> None:
    engine = InstantEngineDriver()
    keep_pace(tmp_path, CPU, FAST)
    try:
        async with open_atelier(config_of(tmp_path), engine) as atelier:
            standard = LARGER["standard"].preset
            for _ in range(2):
                settings = atelier.studio.default_settings
                assert (settings.size, settings.steps) == (standard.size, standard.steps)
                assert atelier.studio.presets == larger()
                keep_pace(tmp_path, CPU, SLOW)
            request = StylizeRequest("test", "here", "ann", "1", photo, ("waves",), options=Options(preset="draft"))
            assert (await atelier.studio.submit(request)).settings["size"] == LARGER["draft"].preset.size
    finally:
        await engine.stop()
