"""What of a picture can be seen, and colours where nothing can: what is transparent takes no part in painting.

Filling by a pyramid, "push-pull": Gortler, Grzeszczuk, Szeliski, Cohen: "The Lumigraph" (SIGGRAPH 1996). The nearest
pixels: Rong, Tan: "Jump Flooding in GPU" (I3D 2006).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from nst_engine.errors import PictureError
from nst_engine.images import RESAMPLING, to_tensor

SOLID: Final = 0.5
"""The share of a picture's greatest alpha from which on a pixel is mirrored."""


def has_transparency(picture: Image.Image) -> bool:
    """True if any pixel of a picture in mode RGB or RGBA is not opaque."""
    return picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)


def is_invisible(picture: Image.Image) -> bool:
    """True if every pixel of a picture in mode RGB or RGBA is wholly transparent."""
    return picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (0, 0)


def check_visible(picture: Image.Image) -> None:
    """Raise `PictureError` for a picture that is transparent all over."""
    if is_invisible(picture):
        raise PictureError("This picture is transparent all over; send one in which something can be seen.")


def visibility(picture: Image.Image, size: tuple[int, int] | None = None) -> torch.Tensor | None:
    """The alpha of a picture, 0..1, as float32 of shape (1, 1, height, width), resized to `size` (width, height).

    None for a picture without transparency. Raises `PictureError` for one that is transparent all over.
    """
    if not has_transparency(picture):
        return None
    check_visible(picture)
    return _resized(np.asarray(picture.getchannel("A"), dtype=np.float32) / 255, size)


def colours(
    picture: Image.Image, size: tuple[int, int] | None = None, resampling: Image.Resampling = RESAMPLING
) -> torch.Tensor:
    """A picture as `to_tensor` has it, each pixel's share in the resized ones by its alpha.

    What is wholly transparent has the colours of what can be seen around it, whatever the file has there. Pictures with
    transparency are resized by the reference's filter, since a sharper one has negative shares.
    """
    alpha = visibility(picture, size)
    if alpha is None:
        return to_tensor(picture.convert("RGB"), size, resampling)
    shares = np.asarray(picture.getchannel("A"), dtype=np.float32) / 255
    weighed = [_resized(np.asarray(picture.getchannel(name)) * shares, size) for name in "RGB"]
    return filled(torch.cat(weighed, dim=1), alpha)


def filled(weighed: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """The colours (1, 3, H, W) of a picture whose colours times alpha are `weighed`, continued where alpha is 0.

    `alpha` (1, 1, H, W) is 0..1, above 0 somewhere.
    """
    own = weighed / alpha.clamp(min=torch.finfo(alpha.dtype).tiny)
    if bool(alpha.gt(0).all()):
        return own
    coarse_alpha = functional.avg_pool2d(alpha, 2, ceil_mode=True)
    coarse = filled(functional.avg_pool2d(weighed, 2, ceil_mode=True), coarse_alpha)
    around = functional.interpolate(coarse, alpha.shape[-2:], mode="bilinear", align_corners=False)
    return torch.where(alpha > 0, own, around)


def completed(
    picture: Image.Image, size: tuple[int, int] | None = None, resampling: Image.Resampling = RESAMPLING
) -> torch.Tensor:
    """A style (1, 3, height, width) laid on mirror images of what can be seen of it, as others are laid on white.

    So the network finds the same texture everywhere, edges and borders as those of a whole painting.
    """
    own, alpha = colours(picture, size, resampling), visibility(picture, size)
    if alpha is None:
        return own
    alpha = alpha / alpha.max()
    solid, mirrored = alpha[0, 0] >= SOLID, own
    while not bool(solid.all()):
        rows, columns, reached = _mirror(solid)
        if not bool(reached.any()):
            break
        mirrored = torch.where(reached, mirrored[..., rows, columns], mirrored)
        solid = solid | reached
    return torch.lerp(mirrored, own, alpha)


def _mirror(solid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For each pixel of (H, W) the row and the column opposite, across the nearest solid one; and where these help:
    where a pixel that is not solid has a solid one opposite.
    """
    height, width = solid.shape
    down, across = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    near_row, near_column = _nearest(solid, down, across)
    rows, columns = 2 * near_row - down, 2 * near_column - across
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    return rows, columns, inside & ~solid & solid[rows, columns]


def _nearest(solid: torch.Tensor, down: torch.Tensor, across: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Row and column of the solid pixel that is nearest to each pixel, found in jumps of halved length."""
    height, width = solid.shape
    far = 4 * (height + width)
    row, column = torch.where(solid, down, far), torch.where(solid, across, far)
    jump = 1 << (max(height, width) - 1).bit_length()
    while jump := jump // 2:
        for rows, columns in ((y * jump, x * jump) for y in (-1, 0, 1) for x in (-1, 0, 1)):
            at = (down + rows).clamp(0, height - 1), (across + columns).clamp(0, width - 1)
            other_row, other_column = row[at], column[at]
            nearer = _apart(other_row - down, other_column - across) < _apart(row - down, column - across)
            row, column = torch.where(nearer, other_row, row), torch.where(nearer, other_column, column)
    return row, column


def _apart(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    return rows * rows + columns * columns


def _resized(values: np.ndarray, size: tuple[int, int] | None) -> torch.Tensor:
    """Values (H, W) resized as pictures are, but not rounded: (1, 1, height, width)."""
    if size is not None and size != values.shape[::-1]:
        values = np.asarray(Image.fromarray(values).resize(size, RESAMPLING))
    return torch.from_numpy(values.copy()).clamp(min=0)[None, None]
