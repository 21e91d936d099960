"""Pictures that tests send: animations, masks."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from nst_engine.animation import to_bytes


def moving(count: int = 4, size: tuple[int, int] = (60, 40), kind: Any = "gif") -> bytes:
    """A box that crosses a sky, again and again."""
    frames = []
    for number in range(count):
        frame = Image.linear_gradient("L").resize(size).convert("RGB")
        left = 6 * number % size[0]
        frame.paste((220, 60, 40 + 3 * number), (left, 5, left + 15, 20))
        frames.append(frame)
    return to_bytes(frames, [80] * count, kind)


def half(size: tuple[int, int] = (64, 36)) -> bytes:
    """A mask that is white on the left."""
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()
