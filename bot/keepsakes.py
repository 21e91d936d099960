"""Pictures that people keep as the style of their next job."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot import intake
from bot.shelf import Shelf, write
from bot.takings import Taking, Takings

LEAST_HOURS: Final = 1.0
"""So long is kept what somebody keeps, however short results are kept."""


@dataclass(frozen=True, slots=True)
class Keepsake:
    """A picture that somebody keeps; `note` is what the platform wants to know of it again, in plain JSON values."""

    picture: bytes = field(repr=False)
    note: Mapping[str, Any] = field(default_factory=dict)


class Keepsakes:
    """One picture for each person at most, in a folder, until it is used or `hours` have passed.

    The names of the files do not tell whose they are. Every method raises `StorageTrouble`.
    """

    def __init__(self, folder: Path, hours: float, takings: Takings | None = None) -> None:
        self._shelf = Shelf(folder)
        self._seconds = 3600 * max(hours, LEAST_HOURS)
        self._takings = takings or Takings()

    async def keep(self, platform: str, person: str, keepsake: Keepsake) -> None:
        """Keep a picture instead of the one before, durably.

        Raises `BadPicture` too, for what is none, and a `Refusal` where its person had everything deleted meanwhile.
        """
        with self._takings.open(platform, person) as taking:
            await intake.check_style(keepsake.picture)
            await self._shelf.do(_write, self._path(platform, person), keepsake, taking)

    async def find(self, platform: str, person: str) -> Keepsake | None:
        """What a person keeps, or None."""
        return await self._shelf.look(self._read, self._path(platform, person))

    async def kept_until(self, platform: str, person: str) -> float | None:
        """When what a person keeps is deleted (seconds since the epoch), or None where that is nothing."""
        return await self._shelf.look(self._until, self._path(platform, person))

    async def forget(self, platform: str, person: str) -> None:
        """Delete what a person keeps, if anything."""
        await self._shelf.do(self._path(platform, person).unlink, True)

    async def use_up(self, platform: str, person: str, used: Keepsake) -> None:
        """Delete what a person keeps, unless they keep something else by now."""
        await self._shelf.do(self._use_up, self._path(platform, person), used)

    async def sweep(self) -> None:
        """Delete what was kept for too long, whoever kept it."""
        await self._shelf.do(self._sweep)

    def _path(self, platform: str, person: str) -> Path:
        return self._shelf.folder / hashlib.sha256(f"{platform}:{person}".encode()).hexdigest()

    def _read(self, path: Path) -> Keepsake | None:
        try:
            if self._until(path) is None:
                return None
            note, _, picture = path.read_bytes().partition(b"\n")
            return Keepsake(picture, json.loads(note))
        except (FileNotFoundError, ValueError):
            return None

    def _use_up(self, path: Path, used: Keepsake) -> None:
        if self._read(path) == used:
            path.unlink(missing_ok=True)

    def _until(self, path: Path) -> float | None:
        try:
            until = path.stat().st_mtime + self._seconds
        except FileNotFoundError:
            return None
        return until if until > time.time() else None

    def _sweep(self) -> None:
        for path in self._shelf.folder.glob("*"):
            if self._until(path) is None:
                path.unlink()


def _write(path: Path, keepsake: Keepsake, taking: Taking) -> None:
    taking.check()
    write(path, json.dumps(dict(keepsake.note)).encode() + b"\n" + keepsake.picture)
