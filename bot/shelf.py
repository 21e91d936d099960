"""Folders of small files that are changed one work after the other."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from bot.complaints import Complaints
from nst_engine.files import DRAFT, write_synced

T = TypeVar("T")


class Shelf:
    """A folder that this process alone writes. Its coroutines raise `StorageTrouble`, which is told in the log."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._turn = Lock()
        self._is_swept = False
        self.complaints: Final = Complaints()

    async def do(self, work: Callable[..., T], *arguments: object) -> T:
        """Have a work done on a thread, while no other one is."""
        # In turn on the thread and not on the loop: a work goes on to its end though its caller gives up.
        return await self.look(self._alone, work, *arguments)

    async def look(self, work: Callable[..., T], *arguments: object) -> T:
        """Have a work that only reads done on a thread, beside others; each file is there whole or not at all."""
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as error:
            reason = f"The folder {self.folder}: {error.strerror}; check storage.path."
            raise self.complaints.trouble(reason) from error

    def _alone(self, work: Callable[..., T], *arguments: object) -> T:
        with self._turn:
            if not self._is_swept:
                for draft in self.folder.rglob(f"*{DRAFT}"):
                    draft.unlink()
                self._is_swept = True
            return work(*arguments)


def write(path: Path, data: bytes) -> None:
    """Replace a file, durably, in a folder that is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_synced(path, data)


def remove_folder(path: Path) -> None:
    """Remove a folder with all that is in it, whether it is there or not."""
    with suppress(FileNotFoundError):
        shutil.rmtree(path)
