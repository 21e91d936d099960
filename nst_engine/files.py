"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

DRAFT: Final = ".new"
"""How the names of files end that a crash left half-written."""


def write_synced(path: Path, data: bytes) -> None:
    """Replace a file so that after a crash there is either the old one or the new one, whole."""
    temporary = path.with_name(path.name + DRAFT)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
