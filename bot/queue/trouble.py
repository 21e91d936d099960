"""What is wrong with the storage, in words that tell the operator what to do, and told no oftener than it helps."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

LEAST_ROOM: Final = 2**17
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN: Final = (errno.EROFS, errno.EACCES, errno.EPERM)
BUSY_SECONDS: Final = 10.0
"""How long the ledger waits for another program that holds it."""
DAMAGED: Final = (
    "The ledger {path} is damaged ({what}); stop the bot, then restore the backup, or move the file and those beside "
    "it that begin with its name elsewhere to begin with an empty one."
)
_UNWRITABLE: Final = (
    "The ledger {path} cannot be written ({what}); let the bot's user write to its folder, or set storage.path to "
    "another folder."
)
_HELD: Final = (
    "Another program has held the ledger {path} for more than {seconds:.0f} s ({what}); end that program, or its "
    "transaction."
)
_LEDGER: Final = {
    sqlite3.SQLITE_FULL: "The disk with the ledger {path} is full; make room there.",
    sqlite3.SQLITE_IOERR: "The disk with the ledger {path} fails or is full ({what}); check it, and the room there.",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM), _UNWRITABLE),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL), _HELD),
}


def ledger_trouble(path: Path, error: Exception) -> str | None:
    """What is wrong with the ledger's file or disk and what to do; None when the error is of another kind."""
    if isinstance(error, OSError):
        return storage_trouble(path.parent, error)
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind, the others say more about it.
    kind = None if code is None else code & 0xFF
    if kind == sqlite3.SQLITE_IOERR and _is_full(path.parent):
        kind = sqlite3.SQLITE_FULL
    sentence = None if kind is None else _LEDGER.get(kind)
    return None if sentence is None else sentence.format(path=path, what=error, seconds=BUSY_SECONDS)


def storage_trouble(place: Path | str, error: Exception) -> str:
    """What is wrong with a folder or store of pictures, and what to do."""
    text = getattr(error, "strerror", None) or str(error).partition("\n")[0]
    if _is(error, FULL):
        return f"The disk with {place} is full ({text}); make room there."
    if _is(error, FORBIDDEN):
        return f"{place} cannot be used ({text}); let the bot's user read and write there, or set another place."
    return f"{place} does not work ({text}); check that it is there and can be reached."


def _is_full(folder: Path) -> bool:
    """Whether there is hardly any room: SQLite calls it an I/O error where it is its index that does not fit."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free < LEAST_ROOM
    return False


def _is(error: Exception, numbers: tuple[int, ...]) -> bool:
    # The object store's library has only the text of the system's error.
    code = getattr(error, "errno", None)
    return code in numbers or any(f"(os error {number})" in str(error) for number in numbers)
