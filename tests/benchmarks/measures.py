"""Numbers of how a result looks beside its photo and its painting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.config import EngineConfig
from bot.gallery import Gallery, Style
from bot.gallery.defaults import suited
from bot.intake import settings_for
from bot.requests import Options
from nst_engine import Engine, Settings
from nst_engine.colour import luminance
from nst_engine.images import SHARP, fit_area, flatten, open_picture, to_tensor
from nst_engine.run import Run
from nst_engine.studies import Pictures

SEEN_AT: Final = (256, 128)
"""The longer sides, in pixels, at which the large shapes of a style are looked for."""
TO_LMS: Final = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB: Final = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
"""Björn Ottosson, "A perceptual color space for image processing" (2020), from linear sRGB."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo and a style of the gallery, by their ids."""

    photo: str
    style: str

    @classmethod
    def read(cls, text: str) -> Pair:
        """The pair that is written photo:style; raises `ValueError` for one that the gallery does not have."""
        photo, _, style = text.partition(":")
        gallery = Gallery.load()
        if photo not in gallery.photos or style not in gallery.styles:
            raise ValueError(f"{text} is not photo:style of the gallery.")
        return cls(photo, style)

    def __str__(self) -> str:
        return f"{self.photo}:{self.style}"

    def pictures(self) -> tuple[Image.Image, Image.Image]:
        """The photo and the painting."""
        gallery = Gallery.load()
        return open_picture(gallery.photos[self.photo].read()), open_picture(gallery.styles[self.style].read())


def loss_of(scorer: Engine, photo: Image.Image, style: Image.Image, settings: Settings, picture: Image.Image) -> float:
    """The total loss of a picture by the objective of a run with these settings, at the precision of the scorer.

    It is the first loss of a run that starts from the picture at one scale.
    """
    one_step = replace(settings, size=max(picture.size), steps=1, scales=1)
    run = Run(scorer.room(), Pictures(photo, (style,), (), one_step), start=lambda study: study.alike(picture))
    *_, summary = run.paint()
    return summary.first("total")


def chosen_settings(style: Style, options: Options) -> Settings:
    """What the bot paints a style with, where a person chose these options."""
    config = EngineConfig()
    return settings_for(options, config, suited([style], config.default_strength))


def style_shares(
    scorer: Engine, photo: Image.Image, style: Image.Image, picture: Image.Image, sides: Sequence[int]
) -> list[float]:
    """The style loss of a picture made as small as each of the longer sides, as a share of the photo's own there.

    Picture, photo and style are made smaller alike, so that nothing is left for the reference's filter to soften: it
    would take for strokes that are too strong what are just as sharp as the style's.
    """
    shares = []
    for side in sides:
        small, own = reduced(picture, side), reduced(as_large_as(photo, picture), side)
        painting = with_area_of(style, small)
        left, unpainted = (scorer.score(own, [painting], each).style for each in (small, own))
        shares.append(left / unpainted)
    return shares


def sides_for(longer: int) -> list[int]:
    """The longer sides to look at a result of that size: half, a quarter, and `SEEN_AT` where it has as many pixels."""
    return sorted({longer // 2, longer // 4, *(side for side in SEEN_AT if side <= longer)}, reverse=True)


def reduced(picture: Image.Image, longer: int) -> Image.Image:
    """The picture with that longer side, resized as a run resizes its pictures."""
    width, height = (max(1, round(side * longer / max(picture.size))) for side in picture.size)
    return picture.resize((width, height), SHARP)


def as_large_as(photo: Image.Image, picture: Image.Image) -> Image.Image:
    """The photo at the size of a picture, as a run sees it."""
    return flatten(photo).resize(picture.size, SHARP)


def with_area_of(style: Image.Image, picture: Image.Image) -> Image.Image:
    """The style with about as many pixels as a picture has, as a run sees it."""
    return flatten(style).resize(fit_area(*style.size, picture.width * picture.height), SHARP)


def light(picture: Image.Image) -> NDArray[np.float64]:
    """The luminance (H, W), in levels of 0..255."""
    return luminance(to_tensor(picture))[0, 0].double().numpy()


def contrast(picture: Image.Image) -> float:
    """The standard deviation of the luminance, in levels of 0..255."""
    return float(light(picture).std())


def chroma(picture: Image.Image) -> float:
    """The mean chroma in OKLab, in hundredths: 0 for gray, 26 for the red of sRGB's (255, 0, 0)."""
    values = np.asarray(flatten(picture), dtype=np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    oklab = np.cbrt(linear @ np.array(TO_LMS).T) @ np.array(TO_OKLAB).T
    return float(100 * np.hypot(oklab[..., 1], oklab[..., 2]).mean())


def structure(picture: Image.Image, photo: Image.Image) -> float:
    """How much of the photo's drawing is kept: the correlation of the slopes of luminance, 1 for all of it."""
    slopes = [np.hypot(*np.gradient(light(each))) for each in (picture, as_large_as(photo, picture))]
    return float(np.corrcoef(slopes[0].ravel(), slopes[1].ravel())[0, 1])
