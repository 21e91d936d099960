"""Untrusted bytes become checked pictures, or a refusal that a person understands."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from bot.config import EngineConfig
from bot.errors import BadOption, BadPicture
from bot.languages import N_, _, listed, ngettext, quoted, told
from bot.picture_threads import on_picture_thread
from bot.requests import NOTHING_CHOSEN, Options, StylizeRequest
from bot.speed import Cost
from nst_engine.errors import PictureError, SettingsError
from nst_engine.settings import PRESETS, Preset, Settings, steps_for, style_weight_for

T = TypeVar("T")

MAX_STYLES: Final = 4
MOVING_SIZE: Final = 512
"""The longer side of an animation for which nobody chose a size, at most: every one of its frames is painted."""
NO_SETTINGS: Final = ("strength", "preset")
"""Options that stand for several of the engine's settings; the others are settings themselves."""
WEIGHT_FOR_EACH: Final = N_(
    "There must be one style weight for each style, not {given} for {styles}; give {styles} or none."
)
MASK_FOR_EACH: Final = N_("There must be one mask for each style, not {given} for {styles}; give {styles} or none.")
PHOTO_TROUBLE: Final = N_("The photo: {trouble}")
STYLE_TROUBLE: Final = N_("The style picture: {trouble}")
MASK_TROUBLE: Final = N_("The mask: {trouble}")
_decoding = asyncio.Semaphore(2)
"""Decoded pictures are large; two at a time keep memory bounded."""


@dataclass(frozen=True, slots=True)
class CheckedPhoto:
    """A photo that can be painted: `width` and `height` of its result in pixels, and the frames of an animation."""

    width: int
    height: int
    frames: int = 1

    @property
    def size(self) -> int:
        """The longer side."""
        return max(self.width, self.height)

    def cost(self, settings: Settings) -> Cost:
        """What painting it takes."""
        from nst_engine.schedule import frames_work, later_frame

        steps = settings.steps + (self.frames - 1) * later_frame(settings).steps
        return Cost(steps, frames_work(self.width, self.height, self.frames, settings))


def settings_for(
    options: Options,
    config: EngineConfig,
    suits: Options = NOTHING_CHOSEN,
    presets: Mapping[str, Preset] = PRESETS,
) -> Settings:
    """The engine's settings for what a person chose, the rest by what `suits` the styles, then by the configuration.

    `presets` are those in force. A preset that was chosen goes before the configured size and steps, a size or steps
    that was chosen before the preset, and a style weight before any strength. Raises `BadOption`.
    """
    if options.preset is not None and options.preset not in presets:
        raise BadOption(
            _(
                "There is no preset named {name}; choose {presets}.",
                name=quoted(options.preset),
                presets=listed(list(presets), either=True),
            )
        )
    preset = presets[options.preset or config.default_preset]
    size, steps = preset.size, preset.steps
    if options.preset is None:
        size, steps = config.default_size or size, config.default_steps or steps
    strengths = (options.strength, suits.strength, config.default_strength)
    strength = next(each for each in strengths if each is not None)
    try:
        settings = Settings(size=size, steps=steps_for(options.look, steps), style_weight=style_weight_for(strength))
        return replace(settings, **(settings_in(suits) | settings_in(options)))
    except SettingsError as error:
        raise BadOption(told(error)) from None


def settings_in(options: Options) -> dict[str, Any]:
    """Those of the options that are set and are the engine's settings of the same name."""
    names = [field.name for field in dataclasses.fields(Options) if field.name not in NO_SETTINGS]
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def check_counts(request: StylizeRequest, settings: Settings) -> None:
    """Refuse styles that are none or too many, and weights or masks that are not one for each; raises `BadPicture`
    and `BadOption`.
    """
    count = len(request.styles)
    if not count:
        raise BadPicture(_("There is no style; name one of the gallery or send a second picture."))
    if count > MAX_STYLES:
        raise BadPicture(
            ngettext(
                "This is {count} style; at most {most} can be blended.",
                "These are {count} styles; at most {most} can be blended.",
                count,
                most=MAX_STYLES,
            )
        )
    check_one_each(WEIGHT_FOR_EACH, len(settings.style_weights), count)
    check_one_each(MASK_FOR_EACH, len(request.masks), count)


def check_one_each(sentence: str, given: int, styles: int) -> None:
    """Raise `BadOption` with the sentence when there are some of something, but not one for each style."""
    if given not in (0, styles):
        raise BadOption(_(sentence, given=given, styles=styles))


def moving_size(size: int, *, is_chosen: bool) -> int:
    """The longer side of an animation in pixels, for which a size was chosen or found by itself."""
    return size if is_chosen else min(size, MOVING_SIZE)


async def check_photo(data: bytes, settings: Settings, max_pixels: int, *, is_size_chosen: bool) -> CheckedPhoto:
    """Decode a photo whole, all frames of an animation, which is smaller where nobody chose its size.

    Raises `BadPicture` and `BadOption`.
    """
    moving = moving_size(settings.size, is_chosen=is_size_chosen)
    photo = await _decode(partial(_measure, size=settings.size, moving=moving), data, PHOTO_TROUBLE)
    pixels = photo.width * photo.height
    if pixels > max_pixels:
        largest = math.floor(settings.size * math.sqrt(max_pixels / pixels))
        raise BadOption(
            _(
                "At size {size} this picture would have {width}x{height} pixels, more than this bot paints; "
                "ask for a size of at most {largest}.",
                size=settings.size,
                width=photo.width,
                height=photo.height,
                largest=largest,
            )
        )
    return photo


async def check_style(data: bytes) -> None:
    """Decode a style picture whole; raises `BadPicture`."""
    await _decode(_look, data, STYLE_TROUBLE)


async def convert_style(convert: Callable[[bytes], T], data: bytes) -> T:
    """What a function makes of a style picture that it decodes, blocking; raises `BadPicture`."""
    return await _decode(convert, data, STYLE_TROUBLE)


async def check_mask(data: bytes) -> None:
    """Decode a mask whole; raises `BadPicture`."""
    await _decode(_look, data, MASK_TROUBLE)


# Pillow and numpy take a good part of the bot's start, so they are loaded with the first picture, on its thread.


def _measure(data: bytes, size: int, moving: int) -> CheckedPhoto:
    """What a photo will be like when its longer side has `size` pixels, or `moving` ones if it is an animation."""
    from nst_engine.animation import open_animation
    from nst_engine.images import fit, open_picture

    animation = open_animation(data)
    if animation is None:
        return CheckedPhoto(*fit(*open_picture(data).size, size))
    return CheckedPhoto(*fit(*animation.frames[0].size, moving), len(animation.frames))


def _look(data: bytes) -> None:
    from nst_engine.images import open_picture

    open_picture(data)


async def _decode(read: Callable[[bytes], T], data: bytes, complaint: str) -> T:
    async with _decoding:
        try:
            return await on_picture_thread(read, data)
        except PictureError as error:
            raise BadPicture(_(complaint, trouble=told(error))) from None
