"""The objective through the real network: its gradient, alone and in blocks, its regions and its weights."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_engine.blocks import blocks, largest_outer, margin
from nst_engine.losses import content_loss, gram_loss, moments, moments_loss, total_variation
from nst_engine.masks import at_layer
from nst_engine.objective import Objective, StyleMoments, Weights, blended, style_moments
from nst_engine.settings import LAYERS, STYLE_LAYERS
from nst_engine.vgg import FeatureNetwork, halvings
from nst_engine.weights import Weights as NetworkWeights


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def network(weights: NetworkWeights) -> FeatureNetwork:
    return FeatureNetwork(weights)


@pytest.fixture(scope="module")
def exact_network(weights: NetworkWeights) -> FeatureNetwork:
    return FeatureNetwork(weights, torch.float64)


CONTENT, STYLE, OTHER = 127 + 40 * draw(1, 3, 40, 52), 127 + 40 * draw(1, 3, 32, 48, seed=1), 90 + draw(1, 3, 40, 32)
PICTURE = CONTENT + 10 * draw(1, 3, 40, 52, seed=2)
ALL = Weights(2.0, 0.5, 3.0, 4.0, {"relu4_2": 1.0, "relu2_2": 0.5}, {"relu1_1": 1.0, "relu3_1": 2.0, "relu5_1": 0.5})


def style_of(network: FeatureNetwork, picture: torch.Tensor, weights: Weights = ALL) -> StyleMoments:
    return style_moments(network, picture, sorted(weights.style_layers))


def test_the_losses_are_the_formulas_weighed_and_summed(exact_network: FeatureNetwork) -> None:
    found = Objective(exact_network, CONTENT, [style_of(exact_network, STYLE)], ALL).losses(PICTURE)
    content, style, picture = (exact_network(each, ALL.layers) for each in (CONTENT, STYLE, PICTURE))
    expected_content = 2 * sum(w * content_loss(picture[n], content[n]) for n, w in ALL.content_layers.items())
    pairs = [(w, moments(picture[n]), moments(style[n])) for n, w in ALL.style_layers.items()]
    expected_style = sum(w * (0.5 * gram_loss(own, wanted) + 4 * moments_loss(own, wanted)) for w, own, wanted in pairs)
    expected = [expected_content, expected_style, 3 * total_variation(PICTURE)]
    assert torch.allclose(found[:3], torch.stack([torch.as_tensor(each) for each in expected]), rtol=1e-10)
    assert found[3].item() == pytest.approx(found[:3].sum().item())


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("padding", ["zeros", "replicate"])
def test_the_gradient_is_that_of_finite_differences(exact_network: FeatureNetwork, pooling: str, padding: str) -> None:
    """All the parts at once; the network's own backward is torch's, ours is how the parts join it."""
    exact_network.pooling, exact_network.padding = pooling, padding  # type: ignore[assignment]
    try:
        objective = Objective(exact_network, CONTENT, [style_of(exact_network, STYLE)], ALL)
        losses, gradient = objective.evaluate(PICTURE)
        direction = draw(1, 3, 40, 52, seed=3)
        step = 1e-5
        ahead, behind = (objective.losses(PICTURE + sign * step * direction)[3] for sign in (1, -1))
        assert torch.allclose(losses, objective.losses(PICTURE))
    finally:
        exact_network.pooling, exact_network.padding = "max", "zeros"
    assert (gradient * direction).sum().item() == pytest.approx(((ahead - behind) / (2 * step)).item(), rel=1e-4)


@pytest.mark.parametrize("part", ["content", "style", "tv", "moments"])
def test_each_part_has_a_gradient_of_its_own(exact_network: FeatureNetwork, part: str) -> None:
    alone = dataclasses.replace(ALL, **{name: 0.0 for name in ("content", "style", "tv", "moments") if name != part})
    objective = Objective(exact_network, CONTENT, [style_of(exact_network, STYLE)], alone)
    _, gradient = objective.evaluate(PICTURE)
    direction = draw(1, 3, 40, 52, seed=4)
    ahead, behind = (objective.losses(PICTURE + sign * 1e-5 * direction)[3] for sign in (1, -1))
    assert gradient.abs().max() > 0
    assert (gradient * direction).sum().item() == pytest.approx(((ahead - behind) / 2e-5).item(), rel=1e-4)


SHALLOW = dataclasses.replace(ALL, content_layers={"relu2_2": 1.0}, style_layers={"relu1_1": 1.0, "relu3_1": 2.0})


@pytest.mark.parametrize(
    ("weights_of", "double", "height", "width", "side"),
    [(SHALLOW, True, 77, 141, 32), (ALL, False, 145, 211, 64), (ALL, False, 64, 500, 160)],
)
@pytest.mark.slow
def test_blocks_give_the_gradient_of_the_whole_picture(
    exact_network: FeatureNetwork,
    network: FeatureNetwork,
    weights_of: Weights,
    double: bool,
    height: int,
    width: int,
    side: int,
) -> None:
    """Within rounding, in float64 to the last digits; regions and odd sizes included."""
    chosen, dtype = (exact_network, torch.float64) if double else (network, torch.float32)
    content, picture = (127 + 40 * draw(1, 3, height, width, seed=seed).to(dtype) for seed in (5, 6))
    styles = [style_of(chosen, style.to(dtype), weights_of) for style in (STYLE, OTHER)]
    regions = torch.rand(2, 1, height, width, dtype=dtype, generator=torch.Generator().manual_seed(1)) / 2
    whole = Objective(chosen, content, styles, weights_of, regions)
    cut = Objective(chosen, content, styles, weights_of, regions, block=side)
    assert len(cut.blocks) > 1 == len(whole.blocks)
    losses, gradient = whole.evaluate(picture)
    losses_cut, gradient_cut = cut.evaluate(picture)
    rounding = 1e-10 if double else 1e-4
    assert torch.allclose(losses, losses_cut, rtol=rounding)
    assert torch.allclose(losses, cut.losses(picture), rtol=rounding)
    assert (gradient - gradient_cut).abs().max() < rounding * gradient.abs().max()


@pytest.mark.parametrize("layer", LAYERS)
def test_the_margin_is_what_a_layer_sees(network: FeatureNetwork, layer: str) -> None:
    """A cell's activations do not change when all beyond the margin does, and do when it is 16 pixels smaller."""
    cell, around = 2 ** halvings(layer), margin(layer)
    picture = 127 + 40 * draw(1, 3, 2 * around + 16, 32).float()

    def seen(within: int) -> torch.Tensor:
        changed = picture.clone()
        changed[..., : around - within, :], changed[..., around + cell + within :, :] = 0, 0
        return network(changed, [layer])[layer][..., around // cell, :]

    assert torch.equal(seen(around), network(picture, [layer])[layer][..., around // cell, :])
    assert not torch.equal(seen(around - 16), seen(around))


@given(
    height=st.integers(16, 700),
    width=st.integers(16, 700),
    side=st.integers(16, 400),
    around=st.sampled_from([80, 128]),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.slow
def test_blocks_cover_every_layer_once(height: int, width: int, side: int, around: int) -> None:
    parts = blocks(height, width, side, around)
    for level in range(5):
        covered = torch.zeros(height >> level, width >> level, dtype=torch.int)
        for part in parts:
            place, inner = part.place(level), part.inner(level)
            covered[place] += 1
            outer = torch.zeros(1, 1, *[span.stop - span.start for span in part.outer])
            assert covered[place].shape == at_layer(outer, level)[0, 0][inner].shape
        assert (covered == 1).all()
    outers = [(rows.stop - rows.start) * (across.stop - across.start) for rows, across in (p.outer for p in parts)]
    assert max(outers) == largest_outer(height, width, side, around)
    assert all(edge % 16 == 0 for part in parts for edge in (part.down.start, part.down.outer_start))


@pytest.mark.slow
def test_a_style_in_blocks_has_the_same_moments(exact_network: FeatureNetwork) -> None:
    style = 127 + 40 * draw(1, 3, 90, 333)
    whole, cut = (style_moments(exact_network, style, STYLE_LAYERS, block) for block in (None, 64))
    assert all(torch.allclose(whole[name].gram, cut[name].gram, rtol=1e-10) for name in STYLE_LAYERS)


def test_regions_count_by_their_places_only(network: FeatureNetwork) -> None:
    """Half the picture in each style: one half's gradient depends on its own style alone, but for what both see."""
    regions = torch.zeros(2, 1, 32, 352)
    regions[0, ..., :176], regions[1, ..., 176:] = 1, 1
    content, picture = (127 + 40 * draw(1, 3, 32, 352, seed=seed).float() for seed in (5, 6))
    one, two, third = (style_of(network, each.float()) for each in (STYLE, OTHER, 60 + OTHER))
    first = Objective(network, content, [one, two], ALL, regions).evaluate(picture)[1]
    second = Objective(network, content, [one, third], ALL, regions).evaluate(picture)[1]
    assert torch.allclose(first[..., :96], second[..., :96], rtol=1e-3, atol=1e-6 * first.abs().max().item())
    assert not torch.allclose(first[..., 256:], second[..., 256:], rtol=1e-2)


def test_one_region_over_all_is_no_region(exact_network: FeatureNetwork) -> None:
    style = [style_of(exact_network, STYLE)]
    everywhere = torch.ones(1, 1, 40, 52, dtype=torch.float64)
    plain, guided = (Objective(exact_network, CONTENT, style, ALL, regions) for regions in (None, everywhere))
    assert torch.allclose(plain.evaluate(PICTURE)[0], guided.evaluate(PICTURE)[0], rtol=1e-10)
    assert torch.allclose(plain.evaluate(PICTURE)[1], guided.evaluate(PICTURE)[1], rtol=1e-8)


def test_styles_are_blended_by_their_shares(exact_network: FeatureNetwork) -> None:
    one, two = style_of(exact_network, STYLE), style_of(exact_network, OTHER)
    assert torch.allclose(blended([one, two], (1, 0))["relu3_1"].gram, one["relu3_1"].gram)
    mean = blended([one, two], (1, 3))["relu3_1"].mean
    assert torch.allclose(mean, (one["relu3_1"].mean + 3 * two["relu3_1"].mean) / 4)
