"""The pace of a machine: measured within its time, kept over starts, and found for that machine alone."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.commands import measure as measure_module
from bot.commands.measure import measure, pace_of
from bot.speed import FILE, Cost, Machine, Pace, find_pace, keep_pace
from nst_engine.engine import Engine

MACHINE = Machine("cuda:0 (NVIDIA H200)", "bfloat16", "2.15.0")
PACE = Pace(0.01, 0.25)


def test_a_pace_comes_back_for_its_machine_alone(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    assert find_pace(folder, MACHINE) is None
    keep_pace(folder, MACHINE, PACE)
    assert find_pace(folder, MACHINE) == PACE
    for other in ({"device": "cpu"}, {"precision": "float32"}, {"torch": "2.16.0"}):
        assert find_pace(folder, replace(MACHINE, **other)) is None


def test_a_machine_that_is_measured_again_has_the_new_pace(tmp_path: Path) -> None:
    other = replace(MACHINE, device="cpu")
    for machine, pace in ((MACHINE, PACE), (other, Pace(1.0, 2.0)), (MACHINE, Pace(0.02, 0.5))):
        keep_pace(tmp_path, machine, pace)
    assert (find_pace(tmp_path, MACHINE), find_pace(tmp_path, other)) == (Pace(0.02, 0.5), Pace(1.0, 2.0))
    assert len(json.loads((tmp_path / FILE).read_text())) == 2
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "{}", "7", "[7, null]", '[{"device": "cpu"}]', "\udcff"],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, errors="surrogateescape")
    assert find_pace(tmp_path, MACHINE) is None
    keep_pace(tmp_path, MACHINE, PACE)
    assert find_pace(tmp_path, MACHINE) == PACE


@pytest.mark.parametrize("pace", [Pace(0, 0), Pace(-1, 2), Pace(0, float("nan")), Pace(float("inf"), 1)])
def test_a_pace_that_cannot_be_is_not_believed(tmp_path: Path, pace: Pace) -> None:
    keep_pace(tmp_path, MACHINE, pace)
    assert find_pace(tmp_path, MACHINE) is None


def test_the_two_largest_sizes_tell_both_parts() -> None:
    true = Pace(0.1, 4.0)
    small, large, larger = [(size, true.seconds(Cost(1, size))) for size in (0.02, 0.08, 0.32)]
    for known in ((small, large), ((0.02, 5.0), large, larger)):
        found = pace_of(known)
        assert (found.step, found.megapixel_step) == (pytest.approx(0.1), pytest.approx(4.0))


@pytest.mark.parametrize("known", [[(0.1, 0.5)], [(0.02, 0.6), (0.1, 0.5)], [(0.02, 0.01), (0.1, 0.5)]])
def test_times_that_make_no_line_are_told_by_the_largest_size(known: list[tuple[float, float]]) -> None:
    assert pace_of(known) == Pace(0.0, pytest.approx(5.0))


@pytest.mark.slow
def test_sizes_are_measured_as_long_as_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_module, "SIZES", (48, 96, 16_384))
    engine = Engine("cpu")
    photo, style = [Image.effect_noise((96, 72), 60).convert("RGB") for _ in range(2)]
    pace = measure(engine, photo, style, time.monotonic() + 20)
    assert pace is not None and pace.seconds(Cost(1, 96 * 72 / 1e6)) > 0
    assert measure(engine, photo, style, time.monotonic()) is None
