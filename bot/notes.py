"""Small notes on what people are in the middle of, so that a restart in between loses nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.shelf import Shelf, remove_folder, write
from bot.takings import Taking, Takings

KEPT_SECONDS: Final = 48 * 3600.0

Note = Mapping[str, Any]
"""Plain JSON values."""


class Notes:
    """One note for each person and subject, in a folder, for two days after it was written last.

    The names of the files do not tell whose they are. Every method raises `StorageTrouble`.
    """

    def __init__(self, folder: Path, takings: Takings | None = None) -> None:
        self._shelf = Shelf(folder)
        self._takings = takings or Takings()

    async def write(self, platform: str, person: str, subject: str, note: Note) -> None:
        """Write a note instead of the one before, durably. Raises a `Refusal` where it comes from before an erasure."""
        with self._takings.open(platform, person) as taking:
            await self._shelf.do(_write, self._path(platform, person, subject), note, taking)

    async def read(self, platform: str, person: str, subject: str) -> Note | None:
        """What was noted, or None."""
        return await self._shelf.look(_read, self._path(platform, person, subject))

    async def are_there(self, platform: str, person: str) -> bool:
        """Whether anything is noted of a person."""
        of_person = self._of(platform, person)
        return await self._shelf.look(lambda: any(not _is_old(path) for path in of_person.glob("*")))

    async def forget(self, platform: str, person: str) -> None:
        """Delete all that was noted of a person."""
        await self._shelf.do(remove_folder, self._of(platform, person))

    async def sweep(self) -> None:
        """Delete what was noted too long ago, whoever it is of."""
        await self._shelf.do(self._sweep)

    def _of(self, platform: str, person: str) -> Path:
        return self._shelf.folder / _hashed(f"{platform}:{person}")

    def _path(self, platform: str, person: str, subject: str) -> Path:
        return self._of(platform, person) / _hashed(subject)

    def _sweep(self) -> None:
        for path in self._shelf.folder.glob("*/*"):
            if _is_old(path):
                path.unlink()
        for of_person in self._shelf.folder.glob("*/"):
            if not any(of_person.iterdir()):
                of_person.rmdir()


def _write(path: Path, note: Note, taking: Taking) -> None:
    taking.check()
    write(path, json.dumps(dict(note)).encode())


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
