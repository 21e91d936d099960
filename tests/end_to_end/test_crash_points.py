"""The process ends at any side effect of a job, and every accepted job is answered once all the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.crash_points import EFFECTS

ROOT = Path(__file__).parents[2]
SELDOM = {"preview"}
"""Effects that a job of the fast engine does not have."""


def prove(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.end_to_end.crash_points", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.slow
def test_a_crash_at_any_point_loses_nothing_and_answers_once() -> None:
    report = prove()
    assert not report["failures"], report["failures"][0]
    for when in ("before", "after"):
        reached = {point.removeprefix(f"{when} ") for point in report["points"]}
        missing = {name for name in EFFECTS.keys() - SELDOM if not any(point.startswith(name) for point in reached)}
        assert not missing, f"no point {when}"
    assert len(report["unreached"]) <= len(report["points"]) // 10


@pytest.mark.slow
def test_a_second_crash_after_the_restart_loses_nothing_either() -> None:
    report = prove("--pairs", "12", "--seed", "5")
    assert not report["failures"], report["failures"][0]
    assert report["tried"] >= 12
