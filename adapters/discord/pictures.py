"""Pictures that fit into a message."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

QUALITIES: Final = (95, 92, 88, 82, 75, 65, 50)
SHRINK: Final = 0.75


def jpeg_within(png: bytes, limit: int) -> bytes:
    """The best JPEG of the picture that has at most `limit` bytes; made smaller when no quality is enough.

    Transparent parts become white. Blocking: call it in a thread.
    """
    with Image.open(io.BytesIO(png)) as opened:
        picture = _opaque(opened)
    while True:
        for quality in QUALITIES:
            data = _jpeg(picture, quality)
            if len(data) <= limit:
                return data
        if picture.size == (1, 1):
            return data
        width, height = (max(int(side * SHRINK), 1) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)


def _opaque(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, subsampling=0 if quality > 90 else 2)
    return out.getvalue()
