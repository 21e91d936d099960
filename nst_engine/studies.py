"""The pictures of a run, brought to one scale: content, styles, regions and start as tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from PIL import Image
from torch.nn import functional

from nst_engine.colour import (
    blend_moments,
    colour_moments,
    luminance,
    match_colours,
    match_luminance,
    match_moments,
    with_colours_of,
)
from nst_engine.errors import PictureError
from nst_engine.images import MIN_SIDE, RESAMPLING, SHARP, fit_area, to_picture
from nst_engine.masks import region_weights
from nst_engine.settings import Settings
from nst_engine.transparency import check_visible, colours, completed, visibility

NOISE_LEVELS: Final = 6.0
"""How strong the noise is that a seed adds to the start, in levels of 0..255."""

FeedForward = Callable[[torch.Tensor, Sequence[torch.Tensor], Sequence[float]], torch.Tensor]
"""The preview of a content (1, 3, H, W) in styles with their shares, all of values 0..255."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a run is given: Pillow pictures (RGB or RGBA), one mask or None for each style or no masks at all.

    Raises `PictureError` when they do not fit one another or the settings.
    """

    content: Image.Image
    styles: tuple[Image.Image, ...]
    masks: tuple[Image.Image | None, ...]
    settings: Settings = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.styles)
        if not count:
            raise PictureError("There is no style picture; give at least one.")
        shares = self.settings.style_weights
        if shares and len(shares) != count:
            raise PictureError(
                "There are {shares} style weights for {count} styles; give one for each.",
                shares=len(shares),
                count=count,
            )
        for picture in (self.content, *self.styles):
            check_visible(picture)
        if self.masks:
            region_weights(self.masks, (64, 64), count)

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each style."""
        return self.settings.style_weights or (1.0,) * len(self.styles)

    def style_size(self, style: Image.Image, width: int, height: int) -> tuple[int, int]:
        """Width and height at which a style is looked at for a result of that size; its shape is kept."""
        return fit_area(*style.size, round(width * height * self.settings.style_scale**2))


class Study:
    """The pictures at one scale of width times height pixels, on a device.

    What is painted has at least `MIN_SIDE` pixels to each side: smaller pictures are continued by their edges.
    `visible` (1, 1, H, W), 0..1, is how much of each of the content's pixels can be seen, None for all of them.
    `resampling` is how they are resized.
    """

    def __init__(
        self,
        pictures: Pictures,
        width: int,
        height: int,
        device: torch.device,
        resampling: Image.Resampling = SHARP,
    ) -> None:
        self.width, self.height = width, height
        self.settings = pictures.settings
        self._pictures = pictures
        self._device = device
        self._resampling = resampling
        self._photo = _continued(colours(pictures.content, (width, height), resampling)).to(device)
        alpha = visibility(pictures.content, (width, height))
        self.visible = None if alpha is None else _continued(alpha).to(device)

    @property
    def content(self) -> torch.Tensor:
        """The content (1, 3, H, W) as the objective compares with it."""
        return luminance(self._photo) if self.settings.colours == "luminance" else self._photo

    def style(self, number: int) -> torch.Tensor:
        """A style (1, 3, h, w), continued where it cannot be seen, its colours changed as the settings say."""
        style = self._pictures.styles[number]
        size = self._pictures.style_size(style, self.width, self.height)
        tensor = completed(style, size, self._resampling).to(self._device)
        weights = self.style_visible(number)
        match self.settings.colours:
            case "content":
                return match_colours(tensor, self._photo, weights, self.visible).clamp(0, 255)
            case "luminance":
                return match_luminance(luminance(tensor), self.content, weights, self.visible).clamp(0, 255)
            case _:
                return tensor

    def style_visible(self, number: int) -> torch.Tensor | None:
        """How much of each of a style's pixels can be seen, (1, 1, h, w) of 0..1; None for all of them."""
        style = self._pictures.styles[number]
        alpha = visibility(style, self._pictures.style_size(style, self.width, self.height))
        return None if alpha is None else alpha.to(self._device)

    def style_key(self, number: int) -> str | None:
        """A name for a style as it is looked at here, the same for the same; None where it depends on the content."""
        if self.settings.colours != "style":
            return None
        style = self._pictures.styles[number]
        pixels = hashlib.sha256(style.tobytes()).hexdigest()
        return f"{pixels} {style.mode} {style.size} {self._pictures.style_size(style, self.width, self.height)}"

    def regions(self) -> torch.Tensor | None:
        """Where each style paints, (R, 1, H, W), or None without masks."""
        masks = self._pictures.masks
        if not masks:
            return None
        return _continued(region_weights(masks, (self.width, self.height), len(masks))).to(self._device)

    def start(self, feed_forward: FeedForward) -> torch.Tensor:
        """The start (1, 3, H, W): the parts of `Settings.start` by their shares, and faint noise by the seed."""
        settings = self.settings
        total = sum(settings.start.values())
        start = torch.zeros_like(self._photo)
        for name, share in settings.start.items():
            if share:
                start += share / total * self._start_part(name, feed_forward)
        if settings.seed and not settings.start.get("noise"):
            start += NOISE_LEVELS * self._random(torch.randn)
        return start

    def _start_part(self, name: str, feed_forward: FeedForward) -> torch.Tensor:
        shares = self._pictures.shares
        styles = [self.style(number) for number in range(len(shares))] if name not in ("content", "noise") else []
        match name:
            case "content":
                return self.content
            case "matched":
                moments = [colour_moments(style, self.style_visible(number)) for number, style in enumerate(styles)]
                return match_moments(self.content, *blend_moments(moments, shares), self.visible)
            case "style":
                parts = [
                    share * _covering(style, self.content.shape[-2:])
                    for style, share in zip(styles, shares, strict=True)
                ]
                return torch.stack(parts).sum(dim=0) / sum(shares)
            case "noise":
                return 255 * self._random(torch.rand)
            case _:
                return feed_forward(self.content, styles, shares)

    def _random(self, draw: Callable[..., torch.Tensor]) -> torch.Tensor:
        """Drawn on the CPU, so that every device gets the same."""
        generator = torch.Generator().manual_seed(self.settings.seed)
        return draw(self._photo.shape, generator=generator).to(self._device)

    def alike(self, picture: Image.Image) -> torch.Tensor:
        """A picture of this study's size, or of its canvas's, as a tensor like the content."""
        return _continued(colours(picture)).to(self._device)

    def finer(self, picture: torch.Tensor, coarse: Study) -> torch.Tensor:
        """A coarser scale's picture as a start here: this content, and the change that was made there, enlarged.

        Enlarging the picture itself would lose the content's fine detail. Clamped: the few steps of a fine scale would
        else be spent on bringing colours back into range.
        """
        return (self.content + _resized(picture - coarse.content, self.content.shape[-2:])).clamp(0, 255)

    def moved(self, result: torch.Tensor, before: Study) -> torch.Tensor:
        """The last frame's result as a start here: with the change that the content made since."""
        return result + self.content - before.content

    def finished(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture as it is shown: without what continued it, in the content's colours if only light was painted."""
        if self.settings.colours == "luminance":
            picture = with_colours_of(picture, self._photo)
        return picture[..., : self.height, : self.width]

    def delivered(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture as people get it, in 8 bits, in the form in which the objective sees it: (1, 3, H, W)."""
        got = self.alike(self.shown(picture))
        return luminance(got) if self.settings.colours == "luminance" else got

    def shown(self, picture: torch.Tensor) -> Image.Image:
        """The same as a Pillow picture, with the content's alpha if it has one."""
        return with_alpha_of(self._pictures.content, to_picture(self.finished(picture)))


def with_alpha_of(content: Image.Image, picture: Image.Image) -> Image.Image:
    """The picture with a content's alpha, if it has one, in mode RGBA."""
    if content.mode == "RGBA":
        picture.putalpha(content.getchannel("A").resize(picture.size, RESAMPLING))
    return picture


def _continued(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor (N, C, H, W) with its last row and column repeated until each side has `MIN_SIDE` pixels."""
    height, width = tensor.shape[-2:]
    more = (0, max(MIN_SIDE - width, 0), 0, max(MIN_SIDE - height, 0))
    return functional.pad(tensor, more, mode="replicate") if any(more) else tensor


def _covering(style: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """The middle of a style, as large as covers the size (H, W) without being stretched."""
    height, width = size
    scale = max(height / style.shape[-2], width / style.shape[-1])
    sides = [max(whole, round(side * scale)) for whole, side in zip(size, style.shape[-2:], strict=True)]
    large = _resized(style, sides)
    top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
    return large[..., top : top + height, left : left + width]


def _resized(picture: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    # Bilinear with antialias rather than bicubic: no overshoot, and deterministic forward on every device.
    return functional.interpolate(picture, tuple(size), mode="bilinear", antialias=True)
