"""What was accepted is answered, once, whatever is killed and when: the short form of `kill_loop`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.kill_loop import KillLoop


@pytest.mark.slow
@pytest.mark.parametrize("queue", ["memory", "redis"])
async def test_accepted_equals_answered_over_kills(tmp_path: Path, queue: str) -> None:
    report = await KillLoop(tmp_path, seed=5, jobs=30, kills=6, is_redis=queue == "redis").run()
    assert report.is_whole, report
    assert report.accepted == 30 and sum(report.kills.values()) >= 6
