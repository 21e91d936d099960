"""A picture in blocks, each with as much around it as its activations see: exact, whatever the block's size."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from nst_engine.settings import CONVS_PER_BLOCK

ALIGNMENT: Final = 16
"""Blocks begin at multiples of it, so that each layer's pooling cells are those of the whole picture."""


def margin(layer: str) -> int:
    """The pixels around a block that the activations of a layer (and those before it) see, up to `ALIGNMENT`'s next.

    80 for relu5_1, whose cells of 16 pixels see 156; 128 for relu5_4, the deepest.
    """
    seen, cell = 1, 1
    for number, convolutions in enumerate(CONVS_PER_BLOCK[: int(layer[4])], 1):
        if number > 1:
            seen, cell = seen + cell, 2 * cell
        seen += 2 * cell * (int(layer[6:]) if number == int(layer[4]) else convolutions)
    return -(-((seen - cell) // 2) // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True, slots=True)
class Span:
    """One side of a block, in pixels: its core from `start` to `stop`, with the margin the outer ones.

    `length` is the whole picture's.
    """

    start: int
    stop: int
    outer_start: int
    outer_stop: int
    length: int

    @property
    def outer(self) -> slice:
        """The block with its margin, in the picture."""
        return slice(self.outer_start, self.outer_stop)

    def inner(self, halvings: int) -> slice:
        """The core, in the activations of the block with its margin."""
        place = self.place(halvings)
        offset = self.outer_start >> halvings
        return slice(place.start - offset, place.stop - offset)

    def place(self, halvings: int) -> slice:
        """The core, in the activations of the whole picture; what is left over at its end belongs to the last block."""
        return slice(self.start >> halvings, self.stop >> halvings)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the picture: its spans down and across."""

    down: Span
    across: Span

    @property
    def outer(self) -> tuple[slice, slice]:
        """The block with its margin, in the picture (H, W)."""
        return self.down.outer, self.across.outer

    def inner(self, halvings: int) -> tuple[slice, slice]:
        """The core, in the activations of the block with its margin."""
        return self.down.inner(halvings), self.across.inner(halvings)

    def place(self, halvings: int) -> tuple[slice, slice]:
        """The core, in the activations of the whole picture."""
        return self.down.place(halvings), self.across.place(halvings)


def blocks(height: int, width: int, side: int | None, around: int) -> list[Block]:
    """The blocks of a picture, their cores about `side` pixels long at most and with `around` pixels of margin.

    There is one block when `side` is None.
    """
    rows, across = spans(height, side, around), spans(width, side, around)
    return [Block(row, column) for row in rows for column in across]


def spans(length: int, side: int | None, around: int) -> list[Span]:
    """A side of `length` pixels cut into about equal parts of at most about `side`, each with its margin."""
    count = 1 if side is None else -(-length // max(side, ALIGNMENT))
    edges = sorted({round(length * place / count / ALIGNMENT) * ALIGNMENT for place in range(count)})
    cuts = [*[edge for edge in edges if length - edge >= ALIGNMENT or edge == 0], length]
    return [
        Span(start, stop, max(start - around, 0), min(stop + around, length), length) for start, stop in pairwise(cuts)
    ]


def largest_outer(height: int, width: int, side: int | None, around: int) -> int:
    """The pixels of the largest block with its margin."""
    rows, across = (
        max(span.outer_stop - span.outer_start for span in spans(length, side, around)) for length in (height, width)
    )
    return rows * across
