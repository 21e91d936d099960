"""Between bytes, pictures and tensors. A picture is a Pillow image in mode RGB or RGBA, upright, in sRGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from nst_engine.decode import normalise, picture_file

if TYPE_CHECKING:
    import torch

MIN_SIDE: Final = 16
"""The shorter side that the network needs at least: four halvings leave one pixel of relu5_1."""
RESAMPLING: Final = Image.Resampling.BILINEAR
"""How the reference objective resizes pictures; with another filter scores would not compare with it."""
SHARP: Final = Image.Resampling.LANCZOS
"""How pictures are resized for painting: strokes keep an edge that the reference's filter takes from them."""
DRAFT_SIDE: Final = 4096


def open_picture(data: bytes) -> Image.Image:
    """The picture in `data` (any of `decode.FORMATS`): upright, in sRGB, mode RGB, or RGBA if it has alpha.

    Of an animation the first frame is taken. Raises `PictureError` with a sentence for a person.
    """
    with picture_file(data) as image:
        image.draft("RGB", (DRAFT_SIDE, DRAFT_SIDE))
        image.load()
        return normalise(image)


def fit(width: int, height: int, longer_side: int) -> tuple[int, int]:
    """Width and height with the longer one at `longer_side` and the shape kept, in pixels; no side is below 1."""
    scale = longer_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def fit_area(width: int, height: int, area: int) -> tuple[int, int]:
    """Width and height with about `area` pixels in all and the shape kept.

    No side is below `MIN_SIDE`; a picture so thin that this would take more pixels is made shorter instead.
    """
    scale = (area / (width * height)) ** 0.5
    longest = max(area // MIN_SIDE, MIN_SIDE)
    fitted_width, fitted_height = (min(max(MIN_SIDE, round(side * scale)), longest) for side in (width, height))
    return fitted_width, fitted_height


def flatten(picture: Image.Image) -> Image.Image:
    """The picture in mode RGB, on white where it is transparent."""
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def to_tensor(
    picture: Image.Image, size: tuple[int, int] | None = None, resampling: Image.Resampling = RESAMPLING
) -> torch.Tensor:
    """A picture as float32 of shape (1, 3, height, width), values 0..255, resized to `size` (width, height)."""
    import torch

    flat = flatten(picture)
    if size is not None and size != flat.size:
        flat = flat.resize(size, resampling)
    pixels = torch.from_numpy(np.array(flat, dtype=np.float32))
    return pixels.permute(2, 0, 1).unsqueeze(0).contiguous()


def to_picture(tensor: torch.Tensor) -> Image.Image:
    """A tensor of shape (1, 3, height, width), values about 0..255, as an RGB picture: clamped and rounded."""
    import torch

    pixels = tensor.detach()[0].clamp(0, 255).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy())


def to_png(picture: Image.Image) -> bytes:
    """The picture as PNG bytes."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def to_jpeg(picture: Image.Image, quality: int = 85, longest: int | None = None, *, full_colour: bool = False) -> bytes:
    """The picture as JPEG bytes, on white where transparent, its longer side at most `longest` pixels if given.

    `full_colour` keeps the colours at the resolution of the light.
    """
    flat = flatten(picture)
    if longest is not None and max(flat.size) > longest:
        scale = longest / max(flat.size)
        flat = flat.resize((max(1, round(flat.width * scale)), max(1, round(flat.height * scale))), RESAMPLING)
    out = io.BytesIO()
    # Without `optimize`: it fails on pictures full of noise, whose JPEG is larger than its buffer.
    flat.save(out, "JPEG", quality=quality, subsampling=0 if full_colour else 2)
    return out.getvalue()
