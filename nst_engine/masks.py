"""From mask pictures to where each style paints.

Gatys, Ecker, Bethge, Hertzmann, Shechtman: "Controlling Perceptual Factors in Neural Style Transfer" (CVPR 2017),
guided Gram matrices. A region's weights are 0..1, one region for each style.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageChops

from nst_engine.errors import PictureError
from nst_engine.images import RESAMPLING

SMALLEST_SHARE: Final = 1 / 1000
"""The share of the picture that a region needs at least; below it a mask is taken for empty."""
WHITES: Final = (1, 255, 65535)
"""What white may be in a mask of integers or floats."""


def region_weights(masks: Sequence[Image.Image | None], size: tuple[int, int], styles: int) -> torch.Tensor:
    """Where each style paints: weights of shape (R, 1, H, W), float32, 0..1, for R = `styles` masks.

    A mask is a picture of any mode, white where its style paints, gray where it paints in part, black or transparent
    where it does not; it is resized to `size` (width, height), without regard to its shape. None stands for all that
    no picture covers, shared equally by several. Where masks overlap by more than 1 in sum, they share the place in
    proportion; where nothing covers it, the weights are 0.
    Raises `PictureError` when there is not one mask for each style, or a region is all but empty.
    """
    if len(masks) != styles:
        count = f"{len(masks)} mask" if len(masks) == 1 else f"{len(masks)} masks"
        wanted = f"{styles} style" if styles == 1 else f"{styles} styles"
        raise PictureError(f"{count} for {wanted} do not fit; give one mask for each style, or no masks at all.")
    weights = torch.zeros(len(masks), 1, size[1], size[0])
    for place, mask in enumerate(masks):
        if mask is not None:
            weights[place, 0] = _light(mask, size)
    covered = weights.sum(dim=0)
    weights /= covered.clamp(min=1)
    rest = [place for place, mask in enumerate(masks) if mask is None]
    if rest:
        weights[rest] = (1 - covered).clamp(min=0) / len(rest)
    for number, (mask, region) in enumerate(zip(masks, weights, strict=True), 1):
        if region.mean() < SMALLEST_SHARE:
            raise _no_place_for(number, has_mask=mask is not None)
    return weights


def at_layer(weights: torch.Tensor, halvings: int) -> torch.Tensor:
    """The weights (R, 1, H, W) after that many poolings of the network: (R, 1, H // 2^halvings, W // 2^halvings).

    Each is the mean over the cell of pixels that its place in the layer stands for; pixels at the right and bottom
    that fill no cell are left out, as poolings of 2x2 leave them out.
    """
    return torch.nn.functional.avg_pool2d(weights, 2**halvings)


def _no_place_for(number: int, *, has_mask: bool) -> PictureError:
    if has_mask:
        return PictureError(
            "Mask {number} is all but black; make it white where style {number} should be painted.", number=number
        )
    return PictureError(
        "The masks leave no place for style {number}, which has no mask of its own; "
        "make them black where style {number} should be painted.",
        number=number,
    )


def _light(mask: Image.Image, size: tuple[int, int]) -> torch.Tensor:
    """How light a mask of any mode is, at that size (width, height): shape (H, W), 0..1; transparent is black."""
    if mask.mode.startswith("I") or mask.mode == "F":
        gray = _from_deep(mask)
    elif "transparency" in mask.info or mask.mode in ("LA", "PA", "La", "RGBA", "RGBa"):
        # Pillow turns La into nothing but LA.
        clear = mask.convert("LA" if mask.mode == "La" else "RGBA").convert("RGBA")
        gray = ImageChops.multiply(clear.convert("L"), clear.getchannel("A"))
    else:
        gray = mask.convert("RGB").convert("L")
    return torch.from_numpy(np.array(gray.resize(size, RESAMPLING), dtype=np.float32) / 255)


def _from_deep(mask: Image.Image) -> Image.Image:
    """Gray of more than 8 bits, or of floats, in 8 bits; white is the least of `WHITES` that no pixel is above."""
    values = np.nan_to_num(np.asarray(mask, dtype=np.float32))
    white = next((level for level in WHITES if values.max() <= level), WHITES[-1])
    return Image.fromarray((values / white * 255).clip(0, 255).round().astype(np.uint8))
