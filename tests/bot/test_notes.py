"""Notes on what people are in the middle of."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from bot.errors import Refusal, StorageTrouble
from bot.notes import KEPT_SECONDS, Notes
from bot.takings import Takings


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
    await later.sweep()
    assert not old.parent.exists()


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


async def test_many_notes_at_once(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    await asyncio.gather(*(notes.write("telegram", "1", "chat", {"number": number}) for number in range(40)))
    assert len(files_in(tmp_path)) == 1
    for _ in range(10):
        writing = [notes.write("telegram", "1", f"{number}", {}) for number in range(4)]
        await asyncio.gather(*writing, notes.forget("telegram", "1"), notes.sweep())
    await notes.forget("telegram", "1")
    assert files_in(tmp_path) == []


async def test_what_cannot_be_deleted_is_told(tmp_path: Path) -> None:
    await Notes(tmp_path).write("telegram", "1", "chat", {})
    (file,) = files_in(tmp_path)
    file.parent.rename(tmp_path / "elsewhere")
    file.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageTrouble):
        await Notes(tmp_path).forget("telegram", "1")


async def test_what_was_sent_before_an_erasure_is_not_noted_after_it(tmp_path: Path) -> None:
    takings = Takings()
    notes = Notes(tmp_path, takings)
    with takings.open("telegram", "1"):
        takings.outdate("telegram", "1")
        with pytest.raises(Refusal, match="ask again"):
            await notes.write("telegram", "1", "chat", {})
        await notes.write("telegram", "2", "chat", {})
    await notes.write("telegram", "1", "chat", {})
    assert len(files_in(tmp_path)) == 2
    assert takings.count() == 0
