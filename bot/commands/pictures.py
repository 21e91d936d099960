"""Pictures named on the command line: files, and styles of the gallery."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from bot.errors import BadPicture, UnknownStyle
from bot.gallery import Gallery
from nst_engine.errors import PictureError
from nst_engine.images import open_picture


def read_picture(path: Path) -> Image.Image:
    """The picture in a file; raises `BadPicture` with the file's name."""
    try:
        return open_picture(path.read_bytes())
    except OSError as error:
        raise BadPicture(f"{path}: {error.strerror}; give the path of a picture.") from None
    except PictureError as error:
        raise BadPicture(f"{path}: {error}") from None


def read_style(text: str, gallery: Gallery) -> Image.Image:
    """A style by its file or its name in the gallery; raises `BadPicture` and `UnknownStyle`."""
    path = Path(text)
    if path.exists():
        return read_picture(path)
    try:
        return read_picture(gallery.find(text).path)
    except UnknownStyle as error:
        raise UnknownStyle(f"There is no file {text}, and in the gallery: {error}") from None
