"""Notes on what people are in the middle of."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bot.errors import StorageTrouble
from bot.notes import KEPT_SECONDS, Notes


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_a_note_outlives_the_bot(tmp_path: Path) -> None:
    await Notes(tmp_path / "notes").write("telegram", "1", "chat", {"photos": ["a"], "until": 2.5})
    again = Notes(tmp_path / "notes")
    assert await again.read("telegram", "1", "chat") == {"photos": ["a"], "until": 2.5}
    for other in (("telegram", "1", "album"), ("telegram", "2", "chat"), ("discord", "1", "chat")):
        assert await again.read(*other) is None
    await again.write("telegram", "1", "chat", {})
    assert await again.read("telegram", "1", "chat") == {}


async def test_all_of_one_person_is_forgotten(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    for person in ("1", "2"):
        for subject in ("chat", "album"):
            await notes.write("telegram", person, subject, {"of": person})
    await notes.forget("telegram", "1")
    await notes.forget("telegram", "3")
    assert await notes.read("telegram", "1", "chat") is None
    assert await notes.read("telegram", "2", "album") == {"of": "2"}
    assert len(files_in(tmp_path)) == 2


async def test_notes_are_not_kept_for_ever(tmp_path: Path) -> None:
    await Notes(tmp_path).write("telegram", "1", "chat", {"old": True})
    (old,) = files_in(tmp_path)
    os.utime(old, (time.time() - KEPT_SECONDS - 1,) * 2)
    later = Notes(tmp_path)
    assert await later.read("telegram", "1", "chat") is None
    await later.write("telegram", "2", "chat", {})
    assert not old.exists()


async def test_a_damaged_note_is_none(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    await notes.write("telegram", "1", "chat", {"a": 1})
    (file,) = files_in(tmp_path)
    for damage in (b"", b'{"a": ', b"[1]", b"\xff"):
        file.write_bytes(damage)
        assert await notes.read("telegram", "1", "chat") is None


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("in the way")
    with pytest.raises(StorageTrouble):
        await Notes(tmp_path / "notes").write("telegram", "1", "chat", {})


async def test_the_names_of_the_files_tell_nothing(tmp_path: Path) -> None:
    await Notes(tmp_path).write("telegram", "184467440737", "chat", {})
    (file,) = files_in(tmp_path)
    assert "184467440737" not in str(file.relative_to(tmp_path))
