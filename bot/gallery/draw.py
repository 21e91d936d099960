"""`python -m bot.gallery.draw` draws the gallery's own pictures anew; named pictures alone when names are given.

Each comes out the same every time on the same versions of numpy and Pillow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import Image

from bot.gallery.hands import engraving, mosaic, pointillism, stained_glass

FOLDER: Final = Path(__file__).parent / "drawn"
QUALITY: Final = 90

HANDS: Final[Mapping[str, Callable[[], Image.Image]]] = MappingProxyType(
    {
        "stained_glass": stained_glass.draw,
        "mosaic": mosaic.draw,
        "pointillism": pointillism.draw,
        "engraving": engraving.draw,
    }
)
"""What draws each picture, by the style's id, which is its file's name, too."""


def draw(name: str, folder: Path = FOLDER) -> Path:
    """Draw one picture into `folder` and return its file; takes some ten seconds."""
    path = folder / f"{name}.jpg"
    HANDS[name]().save(path, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return path


def main(names: list[str]) -> int:
    """Draw the named pictures, or all; the exit code is 2 when there is no such picture."""
    for name in names or HANDS:
        if name not in HANDS:
            sys.stderr.write(f"There is no picture named {name}; there are {', '.join(HANDS)}.\n")
            return 2
        sys.stdout.write(f"{draw(name)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
