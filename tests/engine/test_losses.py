"""Every loss against its formula, written out with loops or NumPy, and its gradient by finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_engine.losses import ContentLoss, Objective, StyleLoss, TotalVariationLoss, gram
from nst_engine.vgg import CONTENT_LAYER, STYLE_LAYERS, FeatureNetwork
from nst_engine.weights import Weights


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_gram_is_the_mean_product_of_channels() -> None:
    features = draw(1, 3, 4, 5)
    expected = np.zeros((3, 3))
    for a in range(3):
        for b in range(3):
            expected[a, b] = sum(float(features[0, a, y, x] * features[0, b, y, x]) for y in range(4) for x in range(5))
    np.testing.assert_allclose(gram(features).numpy(), expected / 20, rtol=1e-12)


def test_gram_of_half_precision_is_computed_in_float32() -> None:
    # 500 is about the largest mean activation; its square sums beyond what 16 bits hold.
    features = torch.full((1, 2, 64, 64), 500.0, dtype=torch.float16)
    assert gram(features).dtype == torch.float32
    assert torch.allclose(gram(features), torch.full((2, 2), 250_000.0))


@given(channels=st.integers(1, 6), height=st.integers(1, 7), width=st.integers(1, 7))
@settings(max_examples=25, deadline=None)
def test_gram_is_symmetric_and_blind_to_place(channels: int, height: int, width: int) -> None:
    features = draw(1, channels, height, width)
    shuffled = features.flatten(2)[..., torch.randperm(height * width)].view_as(features)
    assert torch.allclose(gram(features), gram(features).T)
    assert torch.allclose(gram(features), gram(shuffled))


def test_content_loss_is_the_mean_squared_difference() -> None:
    target, features = draw(1, 3, 4, 5), draw(1, 3, 4, 5, seed=1)
    expected = ((features.numpy() - target.numpy()) ** 2).sum() / 60
    assert ContentLoss(target)(features).item() == pytest.approx(expected, rel=1e-12)


def test_style_loss_is_the_weighted_sum_over_layers() -> None:
    shapes = {"relu1_1": (4, 6, 5), "relu2_1": (8, 3, 3)}
    style = {name: draw(1, *shape) for name, shape in shapes.items()}
    features = {name: draw(1, shape[0], 7, 2, seed=1) for name, shape in shapes.items()}
    expected = 0.0
    for name, (channels, *_) in shapes.items():
        f, s = (part[name][0].flatten(1).numpy() for part in (features, style))
        difference = f @ f.T / f.shape[1] - s @ s.T / s.shape[1]
        expected += 1000 / channels**2 * (difference**2).mean()
    assert StyleLoss([style], tuple(shapes))(features).item() == pytest.approx(expected, rel=1e-12)


def test_several_styles_blend_by_the_mean_of_their_moments() -> None:
    one, two, features = ({"relu1_1": draw(1, 4, 6, 5, seed=seed)} for seed in range(3))
    blended = StyleLoss([one, two], ("relu1_1",))
    middle = (gram(one["relu1_1"]) + gram(two["relu1_1"])) / 2
    expected = 1000 / 16 * ((gram(features["relu1_1"]) - middle) ** 2).mean()
    assert blended(features).item() == pytest.approx(expected.item(), rel=1e-12)


def test_total_variation_is_the_mean_squared_step_to_the_neighbours() -> None:
    picture = draw(1, 3, 4, 5)
    pixels = picture[0].numpy()
    across = np.mean(
        [(pixels[c, y, x + 1] - pixels[c, y, x]) ** 2 for c in range(3) for y in range(4) for x in range(4)]
    )
    down = np.mean([(pixels[c, y + 1, x] - pixels[c, y, x]) ** 2 for c in range(3) for y in range(3) for x in range(5)])
    assert TotalVariationLoss()(picture).item() == pytest.approx(across + down, rel=1e-12)


def test_the_gradients_of_the_parts_are_those_of_finite_differences() -> None:
    features = draw(1, 3, 4, 5).requires_grad_()
    content, variation = ContentLoss(draw(1, 3, 4, 5, seed=1)), TotalVariationLoss()
    style = StyleLoss([{"relu1_1": draw(1, 3, 4, 5, seed=2)}], ("relu1_1",))
    assert torch.autograd.gradcheck(content, features)
    assert torch.autograd.gradcheck(variation, features)
    assert torch.autograd.gradcheck(lambda part: style({"relu1_1": part}), features)


@pytest.fixture(scope="module")
def exact_network(weights: Weights) -> FeatureNetwork:
    return FeatureNetwork(weights, {CONTENT_LAYER, *STYLE_LAYERS}, torch.float64)


@pytest.mark.parametrize("index", range(4))
def test_the_gradient_of_the_objective_is_that_of_finite_differences(exact_network: FeatureNetwork, index: int) -> None:
    """Through the real network, in float64, for each of content, style, total variation and their sum."""
    content, style = 127 + 40 * draw(1, 3, 24, 20), 127 + 40 * draw(1, 3, 16, 32, seed=1)
    objective = Objective(exact_network, content, [style], content_weight=2.0, style_weight=0.5, tv_weight=3.0)
    picture = (content + 10 * draw(1, 3, 24, 20, seed=2)).requires_grad_()
    direction = draw(1, 3, 24, 20, seed=3)
    (gradient,) = torch.autograd.grad(objective(picture)[index], picture)
    step = 1e-4
    with torch.no_grad():
        difference = objective(picture + step * direction)[index] - objective(picture - step * direction)[index]
    assert (gradient * direction).sum().item() == pytest.approx(difference.item() / (2 * step), rel=1e-4)


def test_the_objective_weighs_and_sums_its_parts(exact_network: FeatureNetwork) -> None:
    content, style = 127 + 40 * draw(1, 3, 24, 20), 127 + 40 * draw(1, 3, 16, 32, seed=1)
    picture = content + 5 * draw(1, 3, 24, 20, seed=2)
    plain = Objective(exact_network, content, [style], tv_weight=1.0)(picture)
    weighed = Objective(exact_network, content, [style], content_weight=3, style_weight=5, tv_weight=7)(picture)
    assert torch.allclose(weighed[:3], plain[:3] * torch.tensor([3.0, 5.0, 7.0]))
    assert weighed[3].item() == pytest.approx(weighed[:3].sum().item())
