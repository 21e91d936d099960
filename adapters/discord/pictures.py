"""Pictures that fit into a message."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from nst_engine.images import flatten, to_jpeg

QUALITIES: Final = (95, 92, 88, 82, 75, 65, 50)
SHRINK: Final = 0.75
WEBP_SIDE: Final = 16_383
"""The longest side that WebP knows."""


def picture_within(png: bytes, limit: int) -> tuple[bytes, str]:
    """The best JPEG or WebP of the picture that has at most `limit` bytes, and the ending of its name.

    At each quality JPEG comes first, as more programs open it. Made smaller when no quality is enough; transparent
    parts become white. Blocking: call it in a thread.
    """
    picture = flatten(Image.open(io.BytesIO(png)))
    while True:
        for quality in QUALITIES:
            jpeg = to_jpeg(picture, quality, full_colour=quality > 90)
            if len(jpeg) <= limit:
                return jpeg, "jpg"
            if max(picture.size) <= WEBP_SIDE:
                webp = _webp(picture, quality=quality)
                if len(webp) <= limit:
                    return webp, "webp"
        if picture.size == (1, 1):
            return jpeg, "jpg"
        width, height = (max(int(side * SHRINK), 1) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)


def lossless_webp(png: bytes) -> bytes | None:
    """The very same pixels as WebP, which is often smaller; None where WebP cannot hold them. Blocking."""
    picture = Image.open(io.BytesIO(png))
    if max(picture.size) > WEBP_SIDE:
        return None
    return _webp(picture, lossless=True, exact=True)


def parts_of(data: bytes, limit: int) -> list[bytes]:
    """The bytes cut into pieces of at most `limit`."""
    return [data[at : at + limit] for at in range(0, len(data), limit)]


def _webp(picture: Image.Image, **how: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", method=4, **how)
    return out.getvalue()
