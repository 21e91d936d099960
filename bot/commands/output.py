"""Where a command writes: names that fit what is written, folders that are there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from PIL import Image

from bot.errors import BadOption
from nst_engine.animation import Kind
from nst_engine.film import FilmKind
from nst_engine.images import flatten

STILL: Final = (".png", ".jpg", ".jpeg", ".webp")
MOVING: Final[Mapping[str, Kind]] = {".gif": "gif", ".webp": "webp", ".png": "apng", ".mp4": "mp4"}
FILMS: Final[Mapping[str, FilmKind]] = {".mp4": "mp4", ".webp": "webp", ".gif": "gif"}


def ending(path: Path) -> str:
    """The ending of a file's name in small letters, with its dot."""
    return path.suffix.lower()


def check_writable(path: Path | None, endings: Collection[str]) -> None:
    """Raise `BadOption` when a file could not be written there, before time is spent on it; None is no file."""
    if path is None:
        return
    if ending(path) not in endings:
        raise BadOption(f"{path}: the name must end in {' or '.join(endings)}.")
    if not path.parent.is_dir():
        raise BadOption(f"{path}: there is no folder {path.parent}; make it first.")


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format of its name; raises `BadOption` when that fails."""
    has_alpha = ending(path) in (".png", ".webp")
    try:
        (picture if has_alpha else flatten(picture)).save(path, quality=95)
    except (OSError, ValueError) as error:
        raise BadOption(f"{path} cannot be written: {error}.") from None


def save_bytes(data: bytes, path: Path) -> None:
    """Write a file; raises `BadOption` when that fails."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadOption(f"{path} cannot be written: {error.strerror}.") from None
