"""Pictures in the form in which Telegram takes them: as a photo or animation where it can, as a file where it must."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image

from adapters.telegram.limits import TelegramLimits
from bot.requests import Answer
from nst_engine.images import to_jpeg

_PHOTO_QUALITY = 95
_FILE_QUALITIES = (92, 80, 60)
_WEBP_SIDE = 16_383
"""The longest side that WebP knows."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes to send, or the id of a file that Telegram has, with a name; as a document they stay untouched."""

    data: bytes | str = field(repr=False)
    name: str
    kind: Literal["photo", "animation", "document"] = "photo"


def answer_upload(answer: Answer, limits: TelegramLimits) -> Upload:
    """What the answer shows: the animation where it has one that Telegram takes, else the picture. Blocking."""
    assert answer.picture is not None, "asked only for finished pictures"
    name = f"atelier-{answer.job_id}"
    if answer.film is not None and len(answer.film) <= limits.document_bytes:
        return Upload(answer.film, f"{name}.mp4", "animation")
    return photo_upload(answer.picture, name, limits)


def whole_file(answer: Answer, limits: TelegramLimits) -> Upload:
    """The best that there is, as a file: the animation as WebP, or the picture. Blocking."""
    assert answer.picture is not None, "asked only for finished pictures"
    name = f"atelier-{answer.job_id}"
    if answer.animation is not None and len(answer.animation) <= limits.document_bytes:
        return Upload(answer.animation, f"{name}.webp", "document")
    return file_upload(answer.picture, name, limits)


def lossless_file(answer: Answer, limits: TelegramLimits) -> Upload:
    """The picture without any loss: as PNG, else as WebP where that is smaller; maybe too large even so. Blocking."""
    assert answer.picture is not None, "asked only for finished pictures"
    name = f"atelier-{answer.job_id}"
    if answer.animation is not None:
        return Upload(answer.animation, f"{name}.webp", "document")
    png = Upload(answer.picture, f"{name}.png", "document")
    if len(png.data) <= limits.document_bytes:
        return png
    webp = _lossless_webp(answer.picture)
    return png if webp is None or len(webp) >= len(png.data) else Upload(webp, f"{name}.webp", "document")


def photo_upload(png: bytes, name: str, limits: TelegramLimits) -> Upload:
    """The picture as a photo, else as a file. Blocking: call it in a thread.

    `name` comes without an extension. A PNG beyond the photo limit becomes a JPEG before it becomes a file.
    """
    with Image.open(io.BytesIO(png)) as image:
        width, height = image.size
    if width + height <= limits.photo_sides and max(width, height) <= limits.photo_ratio * min(width, height):
        if len(png) <= limits.photo_bytes:
            return Upload(png, f"{name}.png")
        jpeg = _jpeg(png, _PHOTO_QUALITY)
        if len(jpeg) <= limits.photo_bytes:
            return Upload(jpeg, f"{name}.jpg")
    return file_upload(png, name, limits)


def file_upload(png: bytes, name: str, limits: TelegramLimits) -> Upload:
    """The picture as a file: the PNG itself, or a JPEG where that is beyond the limit. Blocking."""
    if len(png) <= limits.document_bytes:
        return Upload(png, f"{name}.png", "document")
    for quality in _FILE_QUALITIES:
        jpeg = _jpeg(png, quality)
        if len(jpeg) <= limits.document_bytes:
            break
    return Upload(jpeg, f"{name}.jpg", "document")


def _jpeg(png: bytes, quality: int) -> bytes:
    with Image.open(io.BytesIO(png)) as image:
        return to_jpeg(image, quality, full_colour=True)


def _lossless_webp(png: bytes) -> bytes | None:
    """The very same pixels as WebP; None where WebP cannot hold them."""
    with Image.open(io.BytesIO(png)) as image:
        if max(image.size) > _WEBP_SIDE:
            return None
        out = io.BytesIO()
        image.save(out, "WEBP", lossless=True, exact=True, method=4)
    return out.getvalue()
