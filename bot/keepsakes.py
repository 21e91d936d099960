"""Pictures that people keep as the style of their next job."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

from bot import intake
from bot.errors import StorageTrouble
from nst_engine.files import write_synced

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

    def __init__(self, folder: Path, hours: float) -> None:
        self._folder = folder
        self._seconds = 3600 * max(hours, LEAST_HOURS)
        self._turn = Lock()

    async def keep(self, platform: str, person: str, keepsake: Keepsake) -> None:
        """Keep a picture instead of the one before, durably. Raises `BadPicture` too, for what is none."""
        await intake.check_style(keepsake.picture)
        await self._call(self._write, self._path(platform, person), keepsake)

    async def find(self, platform: str, person: str) -> Keepsake | None:
        """What a person keeps, or None."""
        found: Keepsake | None = await self._call(self._read, self._path(platform, person))
        return found

    async def kept_until(self, platform: str, person: str) -> float | None:
        """When what a person keeps is deleted (seconds since the epoch), or None where that is nothing."""
        until: float | None = await self._call(self._until, self._path(platform, person))
        return until

    async def forget(self, platform: str, person: str) -> None:
        """Delete what a person keeps, if anything."""
        await self._call(self._path(platform, person).unlink, True)

    async def use_up(self, platform: str, person: str, used: Keepsake) -> None:
        """Delete what a person keeps, unless they keep something else by now."""
        await self._call(self._use_up, self._path(platform, person), used)

    async def sweep(self) -> None:
        """Delete what was kept for too long."""
        await self._call(self._sweep)

    async def _call(self, work: Any, *arguments: Any) -> Any:
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as error:
            raise StorageTrouble(f"The folder {self._folder}: {error.strerror}; check storage.path.") from error

    def _path(self, platform: str, person: str) -> Path:
        return self._folder / hashlib.sha256(f"{platform}:{person}".encode()).hexdigest()

    def _write(self, path: Path, keepsake: Keepsake) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        with self._turn:
            write_synced(path, json.dumps(dict(keepsake.note)).encode() + b"\n" + keepsake.picture)

    def _read(self, path: Path) -> Keepsake | None:
        self._sweep()
        try:
            note, _, picture = path.read_bytes().partition(b"\n")
            return Keepsake(picture, json.loads(note))
        except (FileNotFoundError, ValueError):
            return None

    def _use_up(self, path: Path, used: Keepsake) -> None:
        with self._turn:
            if self._read(path) == used:
                path.unlink(missing_ok=True)

    def _until(self, path: Path) -> float | None:
        self._sweep()
        try:
            return path.stat().st_mtime + self._seconds
        except FileNotFoundError:
            return None

    def _sweep(self) -> None:
        """Delete what was kept for too long, whoever kept it."""
        if not self._folder.is_dir():
            return
        oldest = time.time() - self._seconds
        for path in self._folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
