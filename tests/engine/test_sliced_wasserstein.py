"""The faithful look's objective through the real network: its formula, its gradient, its blocks, regions and blends."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
import torch
from PIL import Image

from nst_engine.engine import Engine
from nst_engine.losses import content_loss, total_variation
from nst_engine.objective import Weights
from nst_engine.settings import STYLE_LAYERS, Settings, style_weight_for
from nst_engine.sliced_wasserstein import (
    DIRECTIONS,
    RATIO_EXPONENTS,
    STRIDES,
    UNIT,
    SlicedWasserstein,
    Values,
    blended_values,
    directions,
    faithful_weights,
    quantiles,
    resampled,
    style_values,
)
from nst_engine.vgg import FeatureNetwork, halvings
from nst_engine.weights import Weights as NetworkWeights


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def network(weights: NetworkWeights) -> FeatureNetwork:
    return FeatureNetwork(weights, torch.float64)


CONTENT, STYLE, OTHER = 127 + 40 * draw(1, 3, 40, 52), 127 + 40 * draw(1, 3, 40, 52, seed=1), 90 + draw(1, 3, 48, 32)
PICTURE = CONTENT + 10 * draw(1, 3, 40, 52, seed=2)
ALL = Weights(2.0, 0.5, 3.0, 0.0, {"relu4_2": 1.0, "relu2_2": 0.5}, {"relu1_1": 1.0, "relu2_1": 2.0, "relu5_1": 0.5})
LEFT = torch.zeros(1, 40, 52, dtype=torch.float64)
LEFT[..., :16] = 1


def style_of(network: FeatureNetwork, picture: torch.Tensor, weights: Weights = ALL) -> Values:
    return style_values(network, picture, sorted(weights.style_layers))


def ordered_along(features: torch.Tensor, layer: str) -> list[torch.Tensor]:
    """A layer's values in order, written out place by place."""
    stride, found = STRIDES[halvings(layer)], []
    for number, along in enumerate(directions(halvings(layer))):
        rows, columns = (
            range(number // stride, features.shape[2], stride),
            range(number % stride, features.shape[3], stride),
        )
        own = torch.stack([features[0, :, row, column] for row in rows for column in columns])
        found.append(torch.stack([torch.tensor(sorted((own @ one).tolist())) for one in along]).double())
    return found


def test_the_losses_are_the_formulas_weighed_and_summed(network: FeatureNetwork) -> None:
    found = SlicedWasserstein(network, CONTENT, [style_of(network, STYLE)], ALL).losses(PICTURE)
    content, style, picture = (network(each, ALL.layers) for each in (CONTENT, STYLE, PICTURE))
    expected_content = sum(
        2 * UNIT * weight * content_loss(picture[name], content[name]) / content[name].var(correction=0).clamp(min=1)
        for name, weight in ALL.content_layers.items()
    )
    expected_style = torch.zeros(())
    for name, weight in ALL.style_layers.items():
        pairs = list(zip(ordered_along(picture[name], name), ordered_along(style[name], name), strict=True))
        apart = torch.stack([(own - wanted).square().mean() for own, wanted in pairs]).mean()
        spread = torch.stack([wanted.var(dim=1, correction=0).mean() for _, wanted in pairs]).mean()
        expected_style = expected_style + 0.5 * UNIT * weight * apart / spread.clamp(min=1)
    expected = [torch.as_tensor(expected_content), expected_style, 3 * total_variation(PICTURE)]
    assert torch.allclose(found[:3], torch.stack(expected).double(), rtol=1e-5)
    assert found[3].item() == pytest.approx(found[:3].sum().item())


def test_directions_are_orthonormal_and_each_place_has_some(network: FeatureNetwork) -> None:
    for layer in STYLE_LAYERS:
        sets = directions(halvings(layer))
        flat = sets.flatten(0, 1)
        assert len(flat) == DIRECTIONS and len(sets) == STRIDES[halvings(layer)] ** 2
        basis = flat[: sets.shape[2]]
        assert torch.allclose(basis @ basis.T, torch.eye(len(basis), dtype=torch.float64), atol=1e-12)
    flat_picture = style_of(network, torch.full((1, 3, 40, 52), 127.0, dtype=torch.float64))
    assert sum(values.shape[1] for values in flat_picture["relu1_1"]) == 40 * 52


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("side", [None, 16])
def test_the_gradient_is_that_of_finite_differences(network: FeatureNetwork, masked: bool, side: int | None) -> None:
    regions = torch.stack([LEFT, 1 - 0.7 * LEFT]) if masked else None
    styles = [style_of(network, style) for style in ((STYLE, OTHER) if masked else (STYLE,))]
    shallow = dataclasses.replace(ALL, content_layers={"relu2_2": 1.0}, style_layers={"relu1_1": 1.0, "relu2_1": 2.0})
    objective = SlicedWasserstein(network, CONTENT, styles, ALL if side is None else shallow, regions, side)
    assert (len(objective.blocks) > 1) == (side is not None)
    losses, gradient = objective.evaluate(PICTURE)
    direction, step = draw(1, 3, 40, 52, seed=3), 1e-6
    ahead, behind = (objective.losses(PICTURE + sign * step * direction)[3] for sign in (1, -1))
    assert torch.allclose(losses, objective.losses(PICTURE))
    assert (gradient * direction).sum().item() == pytest.approx(((ahead - behind) / (2 * step)).item(), rel=1e-3)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.slow
def test_blocks_give_the_gradient_of_the_whole_picture(network: FeatureNetwork, masked: bool) -> None:
    """In odd sizes too; the layers are shallow ones, whose margin leaves blocks smaller than the picture."""
    content, picture = (127 + 40 * draw(1, 3, 77, 109, seed=seed) for seed in (5, 6))
    weights = Weights(2.0, 0.5, 3.0, 0.0, {"relu2_2": 1.0}, {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 2.0})
    regions = None
    if masked:
        regions = torch.rand(2, 1, 77, 109, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) / 2
    styles = [style_of(network, style, weights) for style in ((STYLE, OTHER) if masked else (STYLE,))]
    whole, cut = (SlicedWasserstein(network, content, styles, weights, regions, side) for side in (None, 32))
    assert len(cut.blocks) > 1 == len(whole.blocks)
    (losses, gradient), (losses_cut, gradient_cut) = whole.evaluate(picture), cut.evaluate(picture)
    assert torch.allclose(losses, losses_cut, rtol=1e-10)
    assert torch.allclose(losses, cut.losses(picture), rtol=1e-10)
    assert (gradient - gradient_cut).abs().max() < 1e-10 * gradient.abs().max()
    in_blocks = style_values(network, content, ["relu1_1", "relu3_1"], 32)
    at_once = style_values(network, content, ["relu1_1", "relu3_1"])
    assert all(torch.allclose(*pair) for name in at_once for pair in zip(in_blocks[name], at_once[name], strict=True))


def test_a_style_has_no_distance_from_itself_and_regions_do_not_see_each_other(network: FeatureNetwork) -> None:
    alone = SlicedWasserstein(network, CONTENT, [style_of(network, STYLE)], ALL)
    assert alone.losses(STYLE)[1].item() == pytest.approx(0, abs=1e-12)
    assert alone.losses(CONTENT)[0].item() == 0
    whole = torch.ones_like(LEFT)
    styles = [style_of(network, STYLE), style_of(network, OTHER)]
    masked = SlicedWasserstein(network, CONTENT, styles, ALL, torch.stack([whole, 0 * whole]))
    assert masked.losses(PICTURE)[1].item() == pytest.approx(alone.losses(PICTURE)[1].item(), rel=1e-6)
    right = SlicedWasserstein(network, CONTENT, styles, ALL, torch.stack([0 * whole, whole]))
    assert right.losses(PICTURE)[1].item() > 2 * alone.losses(PICTURE)[1].item()


def test_blended_styles_lie_between(network: FeatureNetwork) -> None:
    one, other = style_of(network, STYLE), style_of(network, OTHER)
    for name in one:
        for own, wanted in zip(blended_values([one, one], [3, 1])[name], one[name], strict=True):
            assert torch.allclose(own, wanted)
    apart = [
        _apart(one["relu1_1"], blended_values([one, other], shares)["relu1_1"])
        for shares in ((1, 0), (3, 1), (1, 3), (0, 1))
    ]
    assert apart[0] == 0
    assert apart[1:] == pytest.approx([apart[3] / 16, apart[3] * 9 / 16, apart[3]])


def _apart(one: Sequence[torch.Tensor], other: Sequence[torch.Tensor]) -> float:
    pairs = zip(one, (resampled(each, one[0].shape[1]) for each in other), strict=True)
    return sum((first - second).square().mean().item() for first, second in pairs)


def test_quantiles_are_interpolated_between_the_middles_of_parts() -> None:
    values = torch.tensor([[1.0, 3.0, 7.0, 9.0]])
    assert quantiles(values, torch.tensor([[0.0, 0.125, 0.25, 0.5, 1.0]])).tolist() == [[1, 1, 2, 5, 9]]
    assert resampled(values, 2).tolist() == [[2.0, 8.0]]
    assert resampled(values, 4) is values


def test_a_style_of_one_value_has_finite_losses(network: FeatureNetwork) -> None:
    """At relu5_1 16 pixels are one place, whose values do not vary."""
    flat = torch.full_like(CONTENT, 127.0)
    objective = SlicedWasserstein(network, flat, [style_of(network, STYLE[..., :16, :16])], ALL)
    losses, gradient = objective.evaluate(PICTURE)
    assert torch.isfinite(losses).all() and torch.isfinite(gradient).all()


def test_only_the_ratio_of_the_weights_counts_and_more_style_weight_is_more_style() -> None:
    weights = [faithful_weights(Weights(style=style_weight_for(strength))).style for strength in range(0, 101, 10)]
    assert weights[0] == pytest.approx(10 ** RATIO_EXPONENTS[0]) and weights[-1] == pytest.approx(
        10 ** RATIO_EXPONENTS[1]
    )
    assert all(higher / lower == pytest.approx(weights[1] / weights[0]) for lower, higher in pairwise(weights))
    assert faithful_weights(Weights(content=4, style=4)).style == pytest.approx(4 * weights[-1])
    assert faithful_weights(Weights(style=0)).style == 0
    assert faithful_weights(Weights(content=0, style=3)).style == 3
    assert weights[-1] < faithful_weights(Weights(style=10)).style < faithful_weights(Weights(style=20)).style


@pytest.mark.slow
def test_equal_steps_of_strength_are_about_equal_steps_away_from_the_photo(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image
) -> None:
    distances = [0.0, 0.0, 0.0]
    for style in (starry_night, waves):
        for place, strength in enumerate((0, 50, 100)):
            settings = Settings(size=96, steps=12, style_weight=style_weight_for(strength), look="faithful")
            painted = nst.stylize(otters, [style], settings)
            losses = painted.summary.losses
            assert losses["total"][-1] == min(losses["total"]) and losses["style"][-1] < losses["style"][0]
            distances[place] += sqrt(nst.score(otters, [style], painted.picture).content)
    steps = [further - nearer for nearer, further in pairwise([0.0, *distances])]
    assert min(steps) > 0 and max(steps) < 3 * min(steps), distances


@pytest.mark.slow
def test_masks_and_scales_go_with_the_look(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image
) -> None:
    left = Image.new("L", (64, 64))
    left.paste(255, (0, 0, 32, 64))
    settings = Settings(size=96, steps=8, scales=2, look="faithful")

    def paint(*styles: Image.Image, masks: Sequence[Image.Image | None]) -> np.ndarray:
        return np.asarray(nst.stylize(otters, styles, settings, masks=masks).picture, float)

    one = paint(starry_night, waves, masks=[left, None])
    assert np.abs(one - paint(waves, starry_night, masks=[None, left])).mean() < 1, "only the order differs"
    assert np.abs(one - paint(waves, starry_night, masks=[left, None])).mean() > 3
    assert np.abs(one - paint(starry_night, waves, masks=[])).mean() > 3


SHALLOW = Weights(2.0, 0.5, 3.0, 0.0, {"relu2_2": 1.0}, {"relu1_1": 1.0, "relu2_1": 1.0})


def test_what_cannot_be_seen_takes_no_part(network: FeatureNetwork) -> None:
    """Neither in the losses nor in their gradient; what can be seen everywhere counts as without an alpha."""
    style = style_of(network, STYLE, SHALLOW)
    cut = SlicedWasserstein(network, CONTENT, [style], SHALLOW, visible=LEFT[None])
    hidden = PICTURE.clone()
    hidden[..., 40:] = 255 - hidden[..., 40:]
    torch.testing.assert_close(cut.losses(hidden), cut.losses(PICTURE))
    losses, gradient = cut.evaluate(PICTURE)
    torch.testing.assert_close(losses, cut.losses(PICTURE))
    assert not gradient[..., 40:].any() and gradient[..., :16].any()
    opaque = torch.ones(1, 1, 40, 52, dtype=torch.float64)
    whole, plain = (SlicedWasserstein(network, CONTENT, [style], SHALLOW, visible=each) for each in (opaque, None))
    torch.testing.assert_close(whole.evaluate(PICTURE)[1], plain.evaluate(PICTURE)[1])


def test_the_magnitude_is_the_style_loss_of_nothing(network: FeatureNetwork) -> None:
    style = style_of(network, STYLE, SHALLOW)
    objective = SlicedWasserstein(network, CONTENT, [style], SHALLOW)
    expected = 0.0
    for name, weight in SHALLOW.style_layers.items():
        squares = torch.stack([values.square().mean() for values in style[name]]).mean()
        spread = torch.stack([values.var(dim=1, correction=0).mean() for values in style[name]]).mean()
        expected += 0.5 * UNIT * weight * float(squares / spread)
    assert objective.style_magnitude() == pytest.approx(expected, rel=1e-9)
