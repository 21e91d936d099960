"""Trouble with the storage stands in the log often enough, and is not remembered for ever."""

from __future__ import annotations

import time

import pytest
from structlog.testing import capture_logs

from bot.complaints import AGAIN, Complaints


def test_a_trouble_is_told_again_after_a_while_and_then_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    complaints = Complaints()
    with capture_logs() as logged:
        for _ in range(2):
            for number in range(3):
                complaints.tell(f"job {number}")
        now += AGAIN
        complaints.tell("job 1")
    assert [entry["reason"] for entry in logged] == ["job 0", "job 1", "job 2", "job 1"]
    assert complaints._told == {"job 1": now}
