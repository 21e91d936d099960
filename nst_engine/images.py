"""Between bytes, pictures and tensors. A picture is a Pillow image in mode RGB or RGBA, upright, in sRGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from nst_engine.errors import PictureError

if TYPE_CHECKING:
    import torch

MAX_PIXELS: Final = 80_000_000
MIN_SIDE: Final = 16
"""The shorter side that the network needs at least: four halvings leave one pixel of relu5_1."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
RESAMPLING: Final = Image.Resampling.BILINEAR
"""How pictures are resized; with another filter losses would not compare with those of the reference objective."""
DRAFT_SIDE: Final = 4096


def open_picture(data: bytes) -> Image.Image:
    """The picture in `data` (any of `FORMATS`), decoded whole: upright, in sRGB, mode RGB, or RGBA if it has alpha.

    Of an animation the first frame is taken. Raises `PictureError` with a sentence for a person.
    """
    if not data:
        raise PictureError("The picture is empty; send a JPEG, PNG or WebP picture.")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(*image.size)
        image.draft("RGB", (DRAFT_SIDE, DRAFT_SIDE))
        image.load()
        return _to_rgb(_upright(image))
    except UnidentifiedImageError:
        raise PictureError("This file is not a picture that can be read; send a JPEG, PNG or WebP picture.") from None
    except Image.DecompressionBombError:
        raise PictureError(_too_large("This picture")) from None
    except PictureError:
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise PictureError("This picture is damaged or incomplete; save it again and send that.") from error


def _upright(image: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF data say; where these are damaged, leave it as it is."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureError(_too_large(f"This picture of {width}x{height} pixels"))
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"This picture of {width}x{height} pixels is too small; send one of at least {MIN_SIDE} on each side."
        )


def _too_large(subject: str) -> str:
    return f"{subject} is too large; send one of at most {MAX_PIXELS // 1_000_000} megapixels."


def _to_rgb(image: Image.Image) -> Image.Image:
    has_alpha = "transparency" in image.info or image.mode in ("LA", "PA", "La", "RGBA", "RGBa")
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image)
    if has_alpha:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        colours = _to_srgb(image.convert("RGB"), profile)
        if alpha.getextrema() == (255, 255):
            return colours
        colours.putalpha(alpha)
        return colours
    if image.mode not in ("RGB", "CMYK", "L"):
        image = image.convert("RGB")
    return _to_srgb(image, profile)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the embedded ICC profile; a damaged or unfitting profile counts as none, as in browsers."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return _without_info(converted)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return _without_info(image.convert("RGB"))


def _without_info(image: Image.Image) -> Image.Image:
    image.info.clear()
    return image


def _from_deep(image: Image.Image) -> Image.Image:
    """Gray of 16 or 32 bits or of floats (0..1 or 0..255) to RGB of 8 bits."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    top = float(values.max())
    scale = 255.0 if image.mode == "F" and top <= 1 else 1.0 if top <= 255 else 255 / 65535
    return Image.fromarray(np.clip(values * scale, 0, 255).round().astype(np.uint8)).convert("RGB")


def fit(width: int, height: int, longer_side: int) -> tuple[int, int]:
    """Width and height with the longer one at `longer_side` and the shape kept, in pixels.

    Raises `PictureError` when the shorter side would have fewer than `MIN_SIDE` pixels.
    """
    scale = longer_side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(size) < MIN_SIDE:
        raise PictureError(
            f"This picture is too narrow: at {longer_side} pixels its shorter side would have {min(size)}, and "
            f"{MIN_SIDE} are needed; choose a larger size or crop it."
        )
    return size


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


def to_tensor(picture: Image.Image, size: tuple[int, int] | None = None) -> torch.Tensor:
    """A picture as float32 of shape (1, 3, height, width), values 0..255, resized to `size` (width, height)."""
    import torch

    flat = flatten(picture)
    if size is not None and size != flat.size:
        flat = flat.resize(size, RESAMPLING)
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
