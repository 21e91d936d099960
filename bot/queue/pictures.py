"""The pictures that a job is painted from, as bytes, and how they travel to the engine process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Pictures:
    """A photo, its styles and, when there are any, a mask or None for each style."""

    photo: bytes = field(repr=False)
    styles: tuple[bytes, ...] = field(repr=False)
    masks: tuple[bytes | None, ...] = field(default=(), repr=False)

    @property
    def lengths(self) -> dict[str, Any]:
        """What `from_payload` needs to know, as plain JSON values."""
        return {
            "photo": len(self.photo),
            "styles": [len(style) for style in self.styles],
            "masks": [None if mask is None else len(mask) for mask in self.masks],
        }

    @property
    def payload(self) -> bytes:
        """All of them, one after the other."""
        return b"".join([self.photo, *self.styles, *(mask for mask in self.masks if mask is not None)])

    @classmethod
    def from_payload(cls, lengths: dict[str, Any], payload: bytes) -> Self:
        """The pictures that `lengths` and `payload` were made of."""
        pieces = _pieces(payload, [lengths["photo"], *lengths["styles"], *lengths["masks"]])
        return cls(
            photo=next(pieces) or b"",
            styles=tuple([next(pieces) or b"" for _ in lengths["styles"]]),
            masks=tuple(pieces),
        )


def _pieces(payload: bytes, lengths: list[int | None]) -> Iterator[bytes | None]:
    start = 0
    for length in lengths:
        if length is None:
            yield None
        else:
            yield payload[start : start + length]
            start += length
