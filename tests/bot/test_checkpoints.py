"""What runs keep on a worker's machine: found by the job, removed with it, swept when nobody came back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bot.errors import StorageTrouble
from bot.queue.checkpoints import FOLDER, Checkpoints
from tests.bot.test_privacy import Front, a_bot, until


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "kept")


def keep(checkpoints: Checkpoints, job: str, hours_old: float = 0) -> Path:
    folder = checkpoints.folder(job)
    (folder / "run").mkdir(parents=True)
    state = folder / "run/state"
    state.write_bytes(b"state")
    when = time.time() - 3600 * hours_old
    for path in (state, folder / "run", folder):
        os.utime(path, (when, when))
    return folder


def test_a_jobs_folder_is_removed_alone(checkpoints: Checkpoints) -> None:
    one, other = keep(checkpoints, "one"), keep(checkpoints, "other")
    checkpoints.remove("one")
    checkpoints.remove("nobody")
    assert (one.exists(), other.exists()) == (False, True)


@pytest.mark.parametrize(("hours", "old", "stays"), [(72, 71, True), (72, 73, False), (0, 0.5, True), (0, 2, False)])
def test_what_nobody_came_back_for_is_swept(checkpoints: Checkpoints, hours: float, old: float, stays: bool) -> None:
    folder = keep(checkpoints, "job", old)
    checkpoints.sweep(hours)
    assert folder.exists() is stays


def test_a_run_that_still_writes_is_not_swept(checkpoints: Checkpoints) -> None:
    folder = keep(checkpoints, "job", 100)
    (folder / "run/state").write_bytes(b"new")
    checkpoints.sweep(72)
    assert folder.exists()


def test_there_may_be_nothing_to_sweep(checkpoints: Checkpoints) -> None:
    checkpoints.sweep(1)


def test_what_cannot_be_removed_is_told(checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder = keep(checkpoints, "job")
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageTrouble) as trouble:
        checkpoints.remove("job")
    assert str(folder) in trouble.value.reason


async def test_a_bot_sweeps_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.queue.checkpoints.EVERY", 0.02)
    async with a_bot(tmp_path, Front()):
        folder = keep(Checkpoints(tmp_path / FOLDER), "job", 73)
        await until(lambda: not folder.exists())
