"""From the bytes of a file to a picture in mode RGB or RGBA, upright, in sRGB."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from nst_engine.errors import PictureError

MAX_PIXELS: Final = 80_000_000
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "HEIF")
WEBP_ALPHA: Final = 0x10
WEBP_ANIMATION: Final = 0x02


@contextmanager
def picture_file(data: bytes) -> Iterator[Image.Image]:
    """The file in `data` (any of `FORMATS`), its size checked and nothing decoded yet.

    Whatever its decoder raises inside the block becomes a `PictureError` with a sentence for a person.
    """
    if not data:
        raise PictureError("The picture is empty; send a JPEG, PNG, WebP or HEIC picture.")
    try:
        image = Image.open(io.BytesIO(webp_with_alpha(data)), formats=_formats(data))
        check_size(*image.size)
        yield image
    except UnidentifiedImageError:
        raise PictureError("This file is not a picture that can be read; send a JPEG, PNG, WebP or HEIC.") from None
    except Image.DecompressionBombError:
        raise PictureError(
            "This picture is too large; send one of at most {most} megapixels.", most=MAX_PIXELS // 1_000_000
        ) from None
    except PictureError:
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise PictureError("This picture is damaged or incomplete; save it again and send that.") from error


def webp_with_alpha(data: bytes) -> bytes:
    """An animated WebP marked as having alpha; any other data as they are.

    Encoders cut a frame down to what is seen of it, and leave the mark out when the rest has no transparent pixel: then
    what lies around the frames would count as black.
    """
    if data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and len(data) > 20 and data[20] & WEBP_ANIMATION:
        return data[:20] + bytes([data[20] | WEBP_ALPHA]) + data[21:]
    return data


def _formats(data: bytes) -> tuple[str, ...]:
    """HEIF only for data that may be that: its library takes longer to load than most pictures."""
    if data[4:8] != b"ftyp":
        return FORMATS[:-1]
    _register_heif()
    return FORMATS


@functools.cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


def check_size(width: int, height: int) -> None:
    """Raise `PictureError` where this many pixels are too many or none."""
    if width * height > MAX_PIXELS:
        raise PictureError(
            "This picture of {width}x{height} pixels is too large; send one of at most {most} megapixels.",
            width=width,
            height=height,
            most=MAX_PIXELS // 1_000_000,
        )
    if min(width, height) < 1:
        raise PictureError("This picture has no pixels; save it again and send that.")


def normalise(image: Image.Image) -> Image.Image:
    """A new picture of what `image` shows: upright, in sRGB, mode RGB, or RGBA if any of it is transparent."""
    upright = _upright(image)
    profile = image.info.get("icc_profile")
    if upright.mode.startswith("I") or upright.mode == "F":
        return _from_deep(upright, profile)
    alpha = _alpha(upright)
    if upright.mode == "LA":
        upright = upright.convert("L")  # not to RGB, which the profile of a gray picture does not fit
    elif upright.mode not in ("RGB", "CMYK", "L"):
        upright = (upright.convert("RGBA") if alpha else upright).convert("RGB")
    return _with_alpha(_to_srgb(upright, profile), alpha)


def _upright(image: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF data say; where these are damaged, leave it as it is."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _alpha(image: Image.Image) -> Image.Image | None:
    transparency = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(transparency, tuple) and max(transparency) > 255:
        # Of a PNG of 16 bits: its colours have been brought to 8 bits, this one not.
        image = image.copy()
        image.info["transparency"] = tuple(value >> 8 for value in transparency)
    if transparency is None and image.mode not in ("LA", "PA", "La", "RGBA", "RGBa"):
        return None
    return image.convert("RGBA").getchannel("A")


def _with_alpha(colours: Image.Image, alpha: Image.Image | None) -> Image.Image:
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours.putalpha(alpha)
    return colours


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


def _from_deep(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Gray of 16 or 32 bits or of floats (0..1 or 0..255) to RGB of 8 bits, or RGBA if one gray is transparent."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    top = float(values.max())
    if image.mode.startswith("I;16"):
        scale = 255 / 65535
    else:
        scale = 255.0 if image.mode == "F" and top <= 1 else 1.0 if top <= 255 else 255 / 65535
    gray = Image.fromarray(np.clip(values * scale, 0, 255).round().astype(np.uint8))
    transparency = image.info.get("transparency")
    alpha = None
    if isinstance(transparency, int):
        alpha = Image.fromarray(np.where(values == transparency, 0, 255).astype(np.uint8))
    return _with_alpha(_to_srgb(gray, profile), alpha)
