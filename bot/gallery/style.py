"""One picture of the gallery: what it is called, where it is from, and its bytes."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.errors import BadPicture
from bot.gallery.names import quoted
from bot.languages import _
from bot.requests import Options

THUMBNAIL_QUALITY: Final = 85
THUMBNAILS_KEPT: Final = 512


@dataclass(frozen=True, slots=True)
class Style:
    """A picture to take the style from; a photo of the gallery is described by the same facts.

    `id` has at most 24 characters of a-z, 0-9 and underscore; `source` and `licence` are the facts as stated
    where the picture came from. All but `id`, `title` and `path` may be empty. `defaults` is what suits the style
    where a person chooses nothing: of the options a strength, a style scale, scales and a start, or none of them.
    """

    id: str
    title: str
    artist: str
    year: str
    source: str
    licence: str
    path: Path = field(repr=False)
    defaults: Options = field(default=Options(), repr=False, hash=False)

    @property
    def label(self) -> str:
        """Title, artist and year, as far as they are known: `The Starry Night, Vincent van Gogh, 1889`."""
        return ", ".join(part for part in (self.title, self.artist, self.year) if part)

    def read(self) -> bytes:
        """The picture's file as it is; raises `BadPicture` when it is there no more."""
        try:
            return self.path.read_bytes()
        except OSError:
            raise BadPicture(
                _("The picture of {title} is missing; please choose another style.", title=quoted(self.title))
            ) from None

    def thumbnail(self, side: int = 256) -> bytes:
        """The picture as a JPEG whose longer side has at most `side` pixels, remembered for the next time.

        Blocks while it decodes: call it in a thread. Raises `BadPicture` when the file is no picture now.
        """
        from PIL import Image  # with numpy, a good part of the bot's start, and not needed before the first thumbnail

        try:
            return _thumbnail(self.path, side)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            raise BadPicture(
                _("The picture of {title} cannot be opened; please choose another style.", title=quoted(self.title))
            ) from None


@functools.lru_cache(maxsize=THUMBNAILS_KEPT)
def _thumbnail(path: Path, side: int) -> bytes:
    from PIL import Image, ImageOps

    from nst_engine.images import flatten, to_jpeg

    with Image.open(path) as picture:
        picture.draft("RGB", (side, side))
        upright = flatten(ImageOps.exif_transpose(picture))
    upright.thumbnail((side, side), Image.Resampling.LANCZOS)
    return to_jpeg(upright, THUMBNAIL_QUALITY)
