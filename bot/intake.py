"""Untrusted bytes become checked pictures, or a refusal that a person understands."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

from bot.config import EngineConfig
from bot.errors import BadOption, BadPicture
from bot.requests import Options
from nst_engine.errors import PictureError, SettingsError
from nst_engine.images import fit, open_picture
from nst_engine.settings import PRESETS, Settings, style_weight_for

MAX_STYLES = 4
_decoding = asyncio.Semaphore(2)
"""Decoded pictures are large; two at a time keep memory bounded."""


def settings_for(options: Options, config: EngineConfig) -> Settings:
    """The engine's settings for what a person chose, the rest by the configuration.

    A preset that was chosen goes before the configured size and steps, a size or steps that was chosen before the
    preset. Raises `BadOption`.
    """
    if options.preset is not None and options.preset not in PRESETS:
        raise BadOption(f"There is no preset named {options.preset!r}; choose {', '.join(PRESETS)}.")
    preset = PRESETS[options.preset or config.default_preset]
    size, steps = preset.size, preset.steps
    if options.preset is None:
        size, steps = config.default_size or size, config.default_steps or steps
    try:
        settings = Settings(size=size, steps=steps)
        if options.strength is not None:
            settings = replace(settings, style_weight=style_weight_for(options.strength))
        names = ("optimizer", "content_weight", "style_weight", "tv_weight", "seed", "size", "steps")
        chosen = {name: getattr(options, name) for name in names}
        return replace(settings, **{name: value for name, value in chosen.items() if value is not None})
    except SettingsError as error:
        raise BadOption(str(error)) from None


async def check_photo(data: bytes, settings: Settings, max_pixels: int) -> tuple[int, int]:
    """Decode a photo whole; return the width and height of its result. Raises `BadPicture` and `BadOption`."""
    size = await _decode(data, "photo")
    try:
        width, height = fit(*size, settings.size)
    except PictureError as error:
        raise BadPicture(f"The photo: {error}") from None
    if width * height > max_pixels:
        largest = math.floor(settings.size * math.sqrt(max_pixels / (width * height)))
        raise BadOption(
            f"At size {settings.size} this picture would have {width}x{height} pixels, more than this bot paints; "
            f"ask for a size of at most {largest}."
        )
    return width, height


async def check_style(data: bytes) -> None:
    """Decode a style picture whole; raises `BadPicture`."""
    await _decode(data, "style picture")


async def _decode(data: bytes, what: str) -> tuple[int, int]:
    async with _decoding:
        try:
            picture = await asyncio.to_thread(open_picture, data)
        except PictureError as error:
            raise BadPicture(f"The {what}: {error}") from None
    return picture.size
