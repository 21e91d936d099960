"""Labelled pictures side by side and one below the other, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

LABEL: Final = 22
GAP: Final = 4
FONT_SIZE: Final = 13

Panel = tuple[str, Image.Image]
Panels = Sequence[Panel]


def row(panels: Panels, width: int) -> Image.Image:
    """The panels side by side, each of that width, with their labels above."""
    font = ImageFont.load_default(size=FONT_SIZE)
    small = [ImageOps.contain(_on_squares(picture), (width, 2 * width)) for _, picture in panels]
    height = max(picture.height for picture in small)
    sheet = Image.new("RGB", (len(panels) * (width + GAP) - GAP, height + LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    for place, ((label, _), picture) in enumerate(zip(panels, small, strict=True)):
        left = place * (width + GAP)
        draw.text((left + 2, 3), label, fill="black", font=font)
        sheet.paste(picture, (left, LABEL))
    return sheet


def heading(text: str, width: int) -> Image.Image:
    """A line of text as a strip of that width, white on gray."""
    strip = Image.new("RGB", (width, LABEL), "dimgray")
    ImageDraw.Draw(strip).text((2, 3), text, fill="white", font=ImageFont.load_default(size=FONT_SIZE))
    return strip


def stacked(rows: Sequence[Image.Image]) -> Image.Image:
    """Rows one below the other."""
    sheet = Image.new("RGB", (max(each.width for each in rows), sum(each.height + GAP for each in rows) - GAP), "white")
    top = 0
    for each in rows:
        sheet.paste(each, (0, top))
        top += each.height + GAP
    return sheet


def _on_squares(picture: Image.Image) -> Image.Image:
    """The picture without transparency: gray squares show through."""
    squares = Image.new("RGB", picture.size, "white")
    draw, side = ImageDraw.Draw(squares), max(8, picture.width // 24)
    for left in range(0, picture.width, side):
        for top in range(left // side % 2 * side, picture.height, 2 * side):
            draw.rectangle((left, top, left + side - 1, top + side - 1), fill="lightgray")
    squares.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return squares
