"""Small notes on what people are in the middle of, so that a restart in between loses nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.errors import StorageTrouble
from nst_engine.files import write_synced

KEPT_SECONDS: Final = 48 * 3600.0
SWEEP_SECONDS: Final = 3600.0

Note = Mapping[str, Any]
"""Plain JSON values."""
_T = TypeVar("_T")


class Notes:
    """One note for each person and subject, in a folder, for two days after it was written last.

    The names of the files do not tell whose they are. Every method raises `StorageTrouble`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._swept = 0.0

    async def write(self, platform: str, person: str, subject: str, note: Note) -> None:
        """Write a note instead of the one before, durably."""
        await self._call(lambda: self._write(self._path(platform, person, subject), note))

    async def read(self, platform: str, person: str, subject: str) -> Note | None:
        """What was noted, or None."""
        return await self._call(lambda: _read(self._path(platform, person, subject)))

    async def are_there(self, platform: str, person: str) -> bool:
        """Whether anything is noted of a person."""
        return await self._call(lambda: any(not _is_old(path) for path in self._of(platform, person).glob("*")))

    async def forget(self, platform: str, person: str) -> None:
        """Delete all that was noted of a person."""
        await self._call(lambda: shutil.rmtree(self._of(platform, person), ignore_errors=True))

    async def _call(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise StorageTrouble(f"The folder {self._folder}: {error.strerror}; check storage.path.") from error

    def _of(self, platform: str, person: str) -> Path:
        return self._folder / _hashed(f"{platform}:{person}")

    def _path(self, platform: str, person: str, subject: str) -> Path:
        return self._of(platform, person) / _hashed(subject)

    def _write(self, path: Path, note: Note) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_synced(path, json.dumps(dict(note)).encode())
        if time.monotonic() - self._swept > SWEEP_SECONDS or not self._swept:
            self._swept = time.monotonic()
            self._sweep()

    def _sweep(self) -> None:
        """Delete what was noted too long ago, whoever it is of."""
        for path in self._folder.glob("*/*"):
            if _is_old(path):
                path.unlink(missing_ok=True)


def _read(path: Path) -> Note | None:
    try:
        if _is_old(path):
            return None
        note = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return note if isinstance(note, dict) else None


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - KEPT_SECONDS
    except FileNotFoundError:
        return True


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
