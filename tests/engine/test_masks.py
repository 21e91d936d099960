"""Masks: who paints where, in every mode a mask comes in, and at the size of every layer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from nst_engine.errors import PictureError
from nst_engine.masks import at_layer, region_weights

SIZE = (40, 24)


def right_of(column: int, size: tuple[int, int] = SIZE, light: int = 255) -> Image.Image:
    """Black, and that light from a column on."""
    mask = Image.new("L", size)
    mask.paste(light, (column, 0, *size))
    return mask


def across(weights: torch.Tensor, region: int) -> list[float]:
    """One row of a region, rounded; all rows are the same."""
    rows = weights[region, 0]
    assert torch.equal(rows, rows[:1].expand_as(rows))
    return [round(value, 3) for value in rows[0].tolist()]


def test_each_style_paints_where_its_mask_is_white_and_nobody_where_none_is() -> None:
    left = right_of(0)
    left.paste(0, (10, 0, 40, 24))
    weights = region_weights([left, right_of(30)], SIZE, styles=2)
    assert (weights.shape, weights.dtype) == ((2, 1, 24, 40), torch.float32)
    assert across(weights, 0) == [1.0] * 10 + [0.0] * 30
    assert across(weights, 1) == [0.0] * 30 + [1.0] * 10


def test_no_mask_stands_for_all_that_the_others_leave() -> None:
    weights = region_weights([None, right_of(25, light=51), right_of(35)], SIZE, styles=3)
    assert across(weights, 1) == [0.0] * 25 + [0.2] * 10 + [round(0.2 / 1.2, 3)] * 5
    assert across(weights, 2) == [0.0] * 35 + [round(1 / 1.2, 3)] * 5
    assert across(weights, 0) == [1.0] * 25 + [0.8] * 10 + [0.0] * 5


def test_several_without_a_mask_share_the_rest_equally() -> None:
    weights = region_weights([None, right_of(30), None], SIZE, styles=3)
    assert across(weights, 0) == across(weights, 2) == [0.5] * 30 + [0.0] * 10
    assert torch.equal(region_weights([None, None], SIZE, styles=2), torch.full((2, 1, 24, 40), 0.5))


def test_masks_that_overlap_share_in_proportion() -> None:
    weights = region_weights([right_of(10), right_of(20)], SIZE, styles=2)
    assert across(weights, 0) == [0.0] * 10 + [1.0] * 10 + [0.5] * 20
    assert across(weights, 1) == [0.0] * 20 + [0.5] * 20


@given(
    lights=st.lists(hnp.arrays(np.uint8, (9, 13)), min_size=1, max_size=4),
    free=st.integers(0, 2),
    size=st.tuples(st.integers(1, 21), st.integers(1, 21)),
)
@settings(max_examples=80, deadline=None)
def test_regions_never_add_up_to_more_than_one(lights: list[np.ndarray], free: int, size: tuple[int, int]) -> None:
    masks = [*map(Image.fromarray, lights), *[None] * free]
    try:
        weights = region_weights(masks, size, styles=len(masks))
    except PictureError:
        return
    assert weights.shape == (len(masks), 1, size[1], size[0])
    assert weights.min() >= 0
    total = weights.sum(dim=0)
    assert total.max() <= 1 + 1e-6
    if free:
        torch.testing.assert_close(total, torch.ones_like(total))


ALPHA = Image.merge("LA", [Image.new("L", SIZE, 255), right_of(20)])
MODES = {
    "1": right_of(20).convert("1"),
    "L": right_of(20),
    "P": right_of(20).convert("P"),
    "RGB": right_of(20).convert("RGB"),
    "RGBA": right_of(20).convert("RGBA"),
    "CMYK": right_of(20).convert("CMYK"),
    "LAB": right_of(20).convert("RGB").convert("LAB"),
    "I": right_of(20).convert("I"),
    "F": right_of(20).convert("F"),
    "F to 1": Image.fromarray(np.asarray(right_of(20), np.float32) / 255),
    "I;16": Image.fromarray(np.asarray(right_of(20), np.uint16) * 257),
    "white, in part transparent": ALPHA.convert("RGBA"),
    "gray with alpha": ALPHA,
    "premultiplied": ALPHA.convert("La"),
    "premultiplied colours": ALPHA.convert("RGBA").convert("RGBa"),
}


@pytest.mark.parametrize("mask", MODES.values(), ids=MODES.keys())
def test_masks_of_every_mode_are_read_by_their_light(mask: Image.Image) -> None:
    assert across(region_weights([mask], SIZE, styles=1), 0) == [0.0] * 20 + [1.0] * 20


def test_a_palette_with_a_transparent_colour_does_not_paint_there() -> None:
    left = right_of(0).convert("L")
    left.paste(128, (20, 0, 40, 24))
    shared = left.convert("P")
    shared.info["transparency"] = 128
    assert across(region_weights([shared], SIZE, styles=1), 0) == [1.0] * 20 + [0.0] * 20


def test_gray_paints_in_part_in_8_and_in_16_bits() -> None:
    half = region_weights([right_of(20, light=51)], SIZE, styles=1)
    deep = Image.fromarray(np.where(np.asarray(right_of(20)) > 0, 13107, 0).astype(np.uint16))
    assert across(half, 0) == across(region_weights([deep], SIZE, styles=1), 0) == [0.0] * 20 + [0.2] * 20


def test_a_mask_is_resized_to_the_canvas_bilinearly() -> None:
    weights = region_weights([right_of(1, (2, 1))], (8, 5), styles=1)
    assert across(weights, 0) == pytest.approx([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], abs=0.003)
    # Made smaller, it is averaged: one white column in four is no white column, and none is lost.
    stripes = Image.fromarray(np.tile(np.array([0, 0, 0, 255], np.uint8), (48, 40)))
    assert region_weights([stripes], (40, 12), styles=1).mean().item() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(("white", "is_refused"), [(0, True), (9, True), (11, False)])
def test_an_empty_mask_is_refused_by_its_number(white: int, is_refused: bool) -> None:
    # Of 100 x 100 pixels, 10 are a thousandth.
    mask = Image.new("L", (100, 100))
    mask.paste(255, (0, 0, white, 1))
    if not is_refused:
        assert region_weights([None, mask], (100, 100), styles=2)[1].sum() == white
        return
    with pytest.raises(PictureError, match=r"^Mask 2 is all but black; make it white where style 2 should"):
        region_weights([None, mask], (100, 100), styles=2)


def test_a_style_without_a_mask_and_without_a_place_is_refused() -> None:
    with pytest.raises(PictureError, match=r"no place for style 2.*make them black where"):
        region_weights([right_of(0), None], SIZE, styles=2)


@pytest.mark.parametrize(
    ("count", "styles", "words"),
    [(1, 2, "^1 mask for 2 styles"), (2, 1, "^2 masks for 1 style "), (0, 3, "^0 masks for 3 styles")],
)
def test_there_must_be_one_mask_for_each_style(count: int, styles: int, words: str) -> None:
    with pytest.raises(PictureError, match=f"{words}.*give one mask for each style, or no masks"):
        region_weights([right_of(0)] * count, SIZE, styles)


@pytest.mark.parametrize("halvings", range(5))
@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 47), (31, 16), (17, 63)])
def test_at_a_layer_each_weight_is_the_mean_over_its_cell(halvings: int, height: int, width: int) -> None:
    weights = torch.rand(2, 1, height, width, generator=torch.manual_seed(halvings))
    layer = at_layer(weights, halvings)
    pooled = torch.zeros(1, 1, height, width)
    for _ in range(halvings):
        pooled = torch.nn.functional.max_pool2d(pooled, 2)
    assert layer.shape[-2:] == pooled.shape[-2:]
    cell = 2**halvings
    for row, column in ((0, 0), (layer.shape[-2] - 1, layer.shape[-1] - 1)):
        place = weights[..., row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
        torch.testing.assert_close(layer[..., row, column], place.mean(dim=(-2, -1)))
