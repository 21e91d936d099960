"""What runs under way keep on the worker's own machine, so that they go on there after a crash."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path
from typing import Final

from bot.complaints import Complaints

FOLDER: Final = "checkpoints"
"""The folder in storage.path where runs under way keep their state."""
LEAST_HOURS: Final = 1.0
"""So long is kept what may be another worker's, however short the time of keeping."""

TRIES: Final = 3
"""How often a folder is removed in which the engine may just be writing."""
EVERY: Final = 600.0
"""Seconds between two sweeps."""


class Checkpoints:
    """A folder for each job that is painted here, below `root`. Its methods block for as long as the disk does."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._complaints = Complaints()

    def folder(self, job_id: str) -> Path:
        """Where a job's run may keep what it likes; the folder is not made here."""
        return self._root.resolve() / job_id

    def remove(self, job_id: str) -> None:
        """Remove what is kept of a job, whether there is anything or not. Raises `StorageTrouble`."""
        folder, trouble = self.folder(job_id), None
        for _ in range(TRIES):
            try:
                shutil.rmtree(folder)
            except OSError as error:
                if not os.path.lexists(folder):
                    return
                trouble = error
            else:
                return
        reason = f"The folder {folder} cannot be removed ({trouble}); check storage.path."
        raise self._complaints.trouble(reason) from trouble

    async def keep_swept(self, hours: float) -> None:
        """Sweep now and then until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await asyncio.to_thread(self.sweep, hours)
            except OSError as error:
                self._complaints.tell(f"The folder {self._root} cannot be read ({error}); check storage.path.")

    def sweep(self, hours: float) -> None:
        """Remove what nobody came back for in so many hours."""
        if not self._root.is_dir():
            return
        stale = time.time() - 3600 * max(hours, LEAST_HOURS)
        for folder in self._root.iterdir():
            if _last_written(folder) < stale:
                shutil.rmtree(folder, ignore_errors=True)


def _last_written(folder: Path) -> float:
    """When anything in a folder was written last, in seconds since the epoch; now, where it is just going away."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
    except OSError:
        return time.time()
