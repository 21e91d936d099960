"""What of a picture can be seen, and colours where nothing can: what is transparent takes no part in painting.

Filling by a pyramid, "push-pull": Gortler, Grzeszczuk, Szeliski, Cohen: "The Lumigraph" (SIGGRAPH 1996).
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from nst_engine.errors import PictureError
from nst_engine.images import RESAMPLING, to_tensor


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


def _resized(values: np.ndarray, size: tuple[int, int] | None) -> torch.Tensor:
    """Values (H, W) resized as pictures are, but not rounded: (1, 1, height, width)."""
    if size is not None and size != values.shape[::-1]:
        values = np.asarray(Image.fromarray(values).resize(size, RESAMPLING))
    return torch.from_numpy(values.copy()).clamp(min=0)[None, None]
