"""Pictures that people keep as the style of their next job."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from bot import intake
from bot.errors import BadPicture, Refusal, StorageTrouble
from bot.keepsakes import Keepsake, Keepsakes
from bot.takings import Takings


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def test_what_is_kept_outlives_the_bot(tmp_path: Path, painting: bytes) -> None:
    kept = Keepsake(painting, {"is_spoiler": True})
    await Keepsakes(tmp_path / "kept", 72).keep("discord", "1", kept)
    again = Keepsakes(tmp_path / "kept", 72)
    assert await again.find("discord", "1") == kept
    assert await again.find("telegram", "1") is None
    assert await again.find("discord", "2") is None
    await again.forget("discord", "1")
    await again.forget("discord", "1")
    assert await again.find("discord", "1") is None
    assert files_in(tmp_path / "kept") == []


async def test_the_latest_is_kept(tmp_path: Path, painting: bytes, photo: bytes) -> None:
    keepsakes = Keepsakes(tmp_path, 72)
    await keepsakes.keep("discord", "1", Keepsake(painting))
    await keepsakes.keep("discord", "1", Keepsake(photo))
    assert await keepsakes.find("discord", "1") == Keepsake(photo)


async def test_what_was_used_is_kept_no_more_and_what_came_meanwhile_is(
    tmp_path: Path, painting: bytes, photo: bytes
) -> None:
    keepsakes = Keepsakes(tmp_path, 72)
    await keepsakes.keep("discord", "1", Keepsake(painting))
    await keepsakes.keep("discord", "1", Keepsake(photo))
    await keepsakes.use_up("discord", "1", Keepsake(painting))
    assert await keepsakes.find("discord", "1") == Keepsake(photo)
    for _ in range(2):
        await keepsakes.use_up("discord", "1", Keepsake(photo))
        assert await keepsakes.find("discord", "1") is None


async def test_it_is_not_kept_for_ever(tmp_path: Path, painting: bytes) -> None:
    keepsakes = Keepsakes(tmp_path, 2)
    for person in ("1", "2"):
        await keepsakes.keep("discord", person, Keepsake(painting))
    old, _ = files_in(tmp_path)
    os.utime(old, (time.time() - 3 * 3600,) * 2)
    found = [await keepsakes.find("discord", person) for person in ("1", "2")]
    assert sorted(found, key=bool) == [None, Keepsake(painting)]
    await keepsakes.sweep()
    assert not old.exists()


async def test_only_pictures_are_kept(tmp_path: Path, painting: bytes) -> None:
    keepsakes = Keepsakes(tmp_path, 72)
    await keepsakes.keep("discord", "1", Keepsake(painting))
    with pytest.raises(BadPicture):
        await keepsakes.keep("discord", "1", Keepsake(b"words"))
    assert await keepsakes.find("discord", "1") == Keepsake(painting)


async def test_a_folder_that_cannot_be_written(tmp_path: Path, painting: bytes) -> None:
    (tmp_path / "kept").write_text("in the way")
    with pytest.raises(StorageTrouble):
        await Keepsakes(tmp_path / "kept", 72).keep("discord", "1", Keepsake(painting))


async def test_the_names_of_the_files_tell_nothing(tmp_path: Path, painting: bytes) -> None:
    await Keepsakes(tmp_path, 72).keep("discord", "184467440737", Keepsake(painting))
    (file,) = files_in(tmp_path)
    assert "184467440737" not in file.name


async def test_many_keep_something_at_once(tmp_path: Path, painting: bytes) -> None:
    keepsakes = Keepsakes(tmp_path, 72)
    keeping = [keepsakes.keep("discord", person, Keepsake(painting)) for person in "111222"]
    await asyncio.gather(*keeping, *(keepsakes.sweep() for _ in range(4)), keepsakes.forget("discord", "3"))
    assert len(files_in(tmp_path)) == 2


async def test_what_a_crash_left_half_written_goes(tmp_path: Path, painting: bytes) -> None:
    await Keepsakes(tmp_path, 72).keep("discord", "1", Keepsake(painting))
    (file,) = files_in(tmp_path)
    file.with_name(file.name + ".new").write_bytes(painting[:99])
    await Keepsakes(tmp_path, 72).forget("discord", "1")
    assert files_in(tmp_path) == []


async def test_a_picture_that_was_sent_before_an_erasure_is_not_kept_after_it(
    tmp_path: Path, painting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    takings = Takings()
    keepsakes = Keepsakes(tmp_path, 72, takings)
    check = intake.check_style

    async def erased_meanwhile(data: bytes) -> None:
        await check(data)
        takings.outdate("discord", "1")

    monkeypatch.setattr(intake, "check_style", erased_meanwhile)
    with pytest.raises(Refusal, match="ask again"):
        await keepsakes.keep("discord", "1", Keepsake(painting))
    await keepsakes.keep("discord", "2", Keepsake(painting))
    assert len(files_in(tmp_path)) == 1
