"""The form that a visitor sends: multipart bytes become a photo, styles and options, within a bound."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import BodyPartReader, web

from adapters.web.refusals import PageRefusal
from bot.requests import READERS, Options, read_option

MAX_BODY: Final = 40 * 1024 * 1024
MAX_PARTS: Final = 40
MAX_TEXT: Final = 400
_CHUNK: Final = 64 * 1024
_UNREADABLE: Final = "The form could not be read; reload the page and send it again."


@dataclass(slots=True)
class Form:
    """What was sent: `photo` as bytes or `photo_id` of an example, styles by name or as bytes, and a `token`.

    Each `mask` belongs to the style of the same place, an empty one to all that no other mask covers. The token is
    drawn by the page, once for each set of choices, so that sending them twice is one job.
    """

    photo: bytes = field(default=b"", repr=False)
    photo_id: str = ""
    styles: list[str | bytes] = field(default_factory=list, repr=False)
    masks: list[bytes | None] = field(default_factory=list, repr=False)
    chosen: dict[str, Any] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def options(self) -> Options:
        """The options that were filled in."""
        return Options(**self.chosen)

    def put(self, name: str, value: bytes) -> None:
        """Take one part of the form; raises `PageRefusal` for a field or a value that it does not know."""
        if name == "photo":
            self.photo = value
        elif name == "style_image":
            self.styles += [value] if value else []
        elif name == "mask":
            self.masks.append(value or None)
        else:
            self._put_text(name, _text(name, value))

    def _put_text(self, name: str, text: str) -> None:
        if name == "photo_id":
            self.photo_id = text
        elif name == "style":
            self.styles += [text] if text else []
        elif name == "token":
            self.token = text or self.token
        elif name not in READERS:
            raise PageRefusal(f"The form has no field named {name[:40]!r}; reload the page.")
        elif text:
            self.chosen[name] = read_option(name, text)


async def read_form(request: web.Request) -> Form:
    """Read the form in `request`; raises `PageRefusal`, with 413 for a body of more than `MAX_BODY` bytes."""
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise _too_large()
    if request.content_type != "multipart/form-data":
        raise PageRefusal(_UNREADABLE)
    form, room, parts = Form(), MAX_BODY, 0
    try:
        async for part in await request.multipart():
            parts += 1
            if not isinstance(part, BodyPartReader) or not part.name or parts > MAX_PARTS:
                raise PageRefusal(_UNREADABLE)
            value = await _read(part, room)
            room -= len(value)
            form.put(part.name, value)
    except (ValueError, AssertionError):
        raise PageRefusal(_UNREADABLE) from None
    return form


async def _read(part: BodyPartReader, room: int) -> bytes:
    value = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        value += chunk
        if len(value) > room:
            raise _too_large()
    return bytes(value)


def _text(name: str, value: bytes) -> str:
    if len(value) > MAX_TEXT:
        raise PageRefusal(f"The field {name[:40]!r} is too long; reload the page.")
    return value.decode("utf-8", "replace").strip()


def _too_large() -> PageRefusal:
    limit = f"{MAX_BODY // 1024 // 1024} MB"
    return PageRefusal(f"That is more than {limit} of pictures in one go; choose smaller ones.", "picture", status=413)
