"""A job accepted before a kill -9 is done and answered after the restart, once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.gallery import Gallery

ROOT = Path(__file__).parents[2]


@contextmanager
def bot(data: Path, photo: Path, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.end_to_end.crash_bot", str(data), str(photo), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    """What the bot prints, up to the first line with that word."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if word in line:
            return lines
    raise AssertionError(f"the bot ended before it said {word!r}: {lines}")


@pytest.mark.slow
def test_jobs_are_done_and_answered_after_a_kill(tmp_path: Path, gallery: Gallery) -> None:
    photo = gallery.photos["coffee"].path
    with bot(tmp_path, photo, 3) as first:
        lines = lines_until(first, "running")
        os.kill(first.pid, signal.SIGKILL)
        assert first.stdout is not None
        lines += [line.strip() for line in first.stdout]
    with bot(tmp_path, photo, 3) as second:
        lines += lines_until(second, "all answered")
    accepted = {line.split()[1] for line in lines if line.startswith("accepted")}
    answers = Counter(line.split()[1] for line in lines if line.startswith("answered"))
    assert len(accepted) == 3, "the same messages are the same jobs after the restart"
    assert set(answers) == accepted
    assert all(line.endswith("done") for line in lines if line.startswith("answered"))
    assert sum(answers.values()) == 3
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND replied > 0").fetchone() == (3,)
    db.close()


@pytest.mark.slow
def test_no_engine_process_outlives_its_bot(tmp_path: Path, gallery: Gallery) -> None:
    with bot(tmp_path, gallery.photos["coffee"].path, 1) as process:
        lines_until(process, "running")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 1
        os.kill(process.pid, signal.SIGKILL)
    descriptor = os.pidfd_open(int(children[0])) if Path(f"/proc/{children[0]}").exists() else None
    if descriptor is not None:
        import select

        assert select.select([descriptor], [], [], 30)[0], "the engine is still there"
        os.close(descriptor)
