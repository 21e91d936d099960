"""Pictures named on the command line: files, and styles of the gallery."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image

from bot.errors import BadPicture, UnknownStyle
from bot.gallery import Gallery, Style
from nst_engine.animation import Animation, open_animation
from nst_engine.errors import PictureError
from nst_engine.images import open_picture

T = TypeVar("T")


def read_picture(path: Path) -> Image.Image:
    """The picture in a file; raises `BadPicture` with the file's name."""
    return _read(path, open_picture)


def read_animation(path: Path) -> Animation | None:
    """The animation in a file, None where it is a still picture; raises `BadPicture` with the file's name."""
    return _read(path, open_animation)


def read_style(text: str, gallery: Gallery) -> Image.Image:
    """A style by its file or its name in the gallery; raises `BadPicture` and `UnknownStyle`."""
    style = find_style(text, gallery)
    return read_picture(Path(text) if style is None else style.path)


def find_style(text: str, gallery: Gallery) -> Style | None:
    """The style of the gallery that is named, None where it is a file; raises `UnknownStyle`."""
    if Path(text).exists():
        return None
    try:
        return gallery.find(text)
    except UnknownStyle as error:
        raise UnknownStyle(f"There is no file {text}, and in the gallery: {error}") from None


def _read(path: Path, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise BadPicture(f"{path}: {error.strerror}; give the path of a picture.") from None
    except PictureError as error:
        raise BadPicture(f"{path}: {error}") from None
