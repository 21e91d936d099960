"""Pictures that fit into a message."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from nst_engine.images import flatten, to_jpeg

QUALITIES: Final = (95, 92, 88, 82, 75, 65, 50)
SHRINK: Final = 0.75


def jpeg_within(png: bytes, limit: int) -> bytes:
    """The best JPEG of the picture that has at most `limit` bytes; made smaller when no quality is enough.

    Transparent parts become white. Blocking: call it in a thread.
    """
    picture = flatten(Image.open(io.BytesIO(png)))
    while True:
        for quality in QUALITIES:
            data = to_jpeg(picture, quality, full_colour=quality > 90)
            if len(data) <= limit:
                return data
        if picture.size == (1, 1):
            return data
        width, height = (max(int(side * SHRINK), 1) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
