"""Animated pictures: a GIF, APNG, animated WebP or AVIF taken apart into whole frames, and frames put together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image

from nst_engine.decode import MAX_PIXELS, check_size, normalise, picture_file
from nst_engine.encode import Kind, to_bytes
from nst_engine.errors import PictureError

__all__ = ["MAX_FRAMES", "Animation", "Kind", "open_animation", "to_bytes"]

MAX_FRAMES: Final = 60
FORMATS: Final = ("GIF", "PNG", "WEBP", "AVIF")
SHORTEST_MS: Final = 20
HURRIED_MS: Final = 100
"""How long browsers show a frame that asks for less than `SHORTEST_MS`."""


@dataclass(frozen=True, slots=True)
class Animation:
    """Whole frames, all of one size and one mode (RGB, or RGBA if any is transparent), upright, in sRGB.

    `durations_ms` says how long each is shown, `loop` how often they are played (0: for ever).
    """

    frames: tuple[Image.Image, ...]
    durations_ms: tuple[int, ...]
    loop: int = 0


def open_animation(data: bytes) -> Animation | None:
    """The animation in `data`, or None when the picture there is still.

    Raises `PictureError` with a sentence for a person, also for more than `MAX_FRAMES` frames or too many pixels.
    """
    with picture_file(data) as image:
        if image.format not in FORMATS or not getattr(image, "is_animated", False):
            return None
        loop = _loop(image)
        frames, durations = _read(image)
    if len(frames) < 2:
        return None
    size = frames[0].size
    mode = "RGBA" if any(frame.mode == "RGBA" for frame in frames) else "RGB"
    # Some GIFs grow in the middle; as in browsers, what is outside of the first frame is not shown.
    same = tuple((frame if frame.size == size else frame.crop((0, 0, *size))).convert(mode) for frame in frames)
    return Animation(same, tuple(durations), loop)


def _read(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    first = int(getattr(image, "default_image", False))  # an APNG's picture for those who cannot show animations
    if image.format != "GIF":  # whose frames can be counted only by walking through all of them
        _check_frames(getattr(image, "n_frames", 1) - first, image)
    frames: list[Image.Image] = []
    durations: list[int] = []
    while True:
        try:
            image.seek(first + len(frames))
        except EOFError:
            return frames, durations
        _check_frames(len(frames) + 1, image)
        image.load()
        duration = image.info.get("duration", 0)
        frames.append(normalise(image))
        durations.append(HURRIED_MS if duration < SHORTEST_MS else round(duration))


def _check_frames(count: int, image: Image.Image) -> None:
    check_size(*image.size)
    if count > MAX_FRAMES:
        raise PictureError(
            "This animation has more than {most} frames; send a shorter one, or one frame of it.", most=MAX_FRAMES
        )
    if count * math.prod(image.size) > MAX_PIXELS:
        raise PictureError(
            "The frames of this animation have more than {most} megapixels in all; send a smaller or a shorter one.",
            most=MAX_PIXELS // 1_000_000,
        )


def _loop(image: Image.Image) -> int:
    """How often the file is to be played: a GIF says how often to repeat, the others how often to play."""
    loop = image.info.get("loop")
    if image.format == "GIF":
        return 1 if loop is None else int(loop) + 1 if loop else 0
    return int(loop or 0)
