"""Every loss against its formula, written out with loops or NumPy, and its gradient by finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_engine.losses import (
    LEAST_VARIANCE,
    Moments,
    content_loss,
    gram_loss,
    moment_sums,
    moments,
    moments_loss,
    total_variation,
)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_gram_is_the_mean_product_of_channels() -> None:
    features = draw(1, 3, 4, 5)
    expected = np.zeros((3, 3))
    for a in range(3):
        for b in range(3):
            expected[a, b] = sum(float(features[0, a, y, x] * features[0, b, y, x]) for y in range(4) for x in range(5))
    np.testing.assert_allclose(moments(features).gram.numpy(), expected / 20, rtol=1e-12)


def test_mean_and_deviation_are_those_of_the_channels() -> None:
    features = 100 * draw(1, 3, 4, 5)
    found = moments(features)
    matrix = features[0].flatten(1).numpy()
    np.testing.assert_allclose(found.mean.numpy(), matrix.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.std.numpy(), np.sqrt(matrix.var(axis=1) + LEAST_VARIANCE), rtol=1e-12)


def test_weights_count_places_in_part() -> None:
    features, weights = draw(1, 3, 4, 5), torch.zeros(1, 4, 5, dtype=torch.float64)
    weights[0, :2], weights[0, 2] = 1, 0.5
    weighed = moments(features, weights)
    matrix, shares = features[0].flatten(1).numpy(), weights.flatten().numpy()
    np.testing.assert_allclose(weighed.mean.numpy(), np.average(matrix, axis=1, weights=shares), rtol=1e-12)
    expected = (matrix * shares) @ matrix.T / shares.sum()
    np.testing.assert_allclose(weighed.gram.numpy(), expected, rtol=1e-12)


def test_statistics_of_half_precision_are_computed_in_float32() -> None:
    # 500 is about the largest mean activation; its square sums beyond what 16 bits hold.
    features = torch.full((1, 2, 64, 64), 500.0, dtype=torch.float16)
    found = moments(features)
    assert found.gram.dtype == found.mean.dtype == torch.float32
    assert torch.allclose(found.gram, torch.full((2, 2), 250_000.0))


@given(channels=st.integers(1, 6), height=st.integers(1, 7), width=st.integers(1, 7))
@settings(max_examples=25, deadline=None)
def test_moments_are_symmetric_and_blind_to_place(channels: int, height: int, width: int) -> None:
    features = draw(1, channels, height, width)
    shuffled = features.flatten(2)[..., torch.randperm(height * width)].view_as(features)
    found, same = moments(features), moments(shuffled)
    assert torch.allclose(found.gram, found.gram.T)
    assert torch.allclose(found.gram, same.gram) and torch.allclose(found.mean, same.mean)


def test_sums_of_parts_add_up_to_the_whole() -> None:
    features = draw(1, 3, 6, 5)
    parts = [moment_sums(part) for part in features.split(2, dim=2)]
    whole = moment_sums(features)
    assert torch.allclose(torch.stack([part.gram for part in parts]).sum(dim=0), whole.gram)
    assert torch.allclose(torch.stack([part.mean for part in parts]).sum(dim=0), whole.mean)


def test_a_blend_has_the_moments_of_both_pictures_together() -> None:
    one, two = draw(1, 4, 6, 5), 3 + draw(1, 4, 6, 5, seed=1)
    blend = Moments.blend([moments(one), moments(two)], (2, 2))
    together = moments(torch.cat([one, two], dim=2))
    assert torch.allclose(blend.gram, together.gram) and torch.allclose(blend.std, together.std)
    mostly = Moments.blend([moments(one), moments(two)], (3, 1))
    assert torch.allclose(mostly.mean, 0.75 * moments(one).mean + 0.25 * moments(two).mean)


def test_content_loss_is_the_mean_squared_difference() -> None:
    target, features = draw(1, 3, 4, 5), draw(1, 3, 4, 5, seed=1)
    expected = ((features.numpy() - target.numpy()) ** 2).sum() / 60
    assert content_loss(features, target).item() == pytest.approx(expected, rel=1e-12)


def test_gram_loss_is_weighted_by_the_channels() -> None:
    style, features = draw(1, 4, 6, 5), draw(1, 4, 7, 2, seed=1)
    f, s = (part[0].flatten(1).numpy() for part in (features, style))
    difference = f @ f.T / f.shape[1] - s @ s.T / s.shape[1]
    expected = 1000 / 4**2 * (difference**2).mean()
    assert gram_loss(moments(features), moments(style)).item() == pytest.approx(expected, rel=1e-12)


def test_moments_loss_is_that_of_means_and_deviations() -> None:
    style, features = 20 * draw(1, 4, 6, 5), 30 * draw(1, 4, 7, 2, seed=1)
    f, s = (part[0].flatten(1).numpy() for part in (features, style))
    means = ((f.mean(axis=1) - s.mean(axis=1)) ** 2).mean()
    deviations = ((np.sqrt(f.var(axis=1) + LEAST_VARIANCE) - np.sqrt(s.var(axis=1) + LEAST_VARIANCE)) ** 2).mean()
    assert moments_loss(moments(features), moments(style)).item() == pytest.approx(
        1000 * (means + deviations), rel=1e-9
    )


def test_total_variation_is_the_mean_squared_step_to_the_neighbours() -> None:
    picture = draw(1, 3, 4, 5)
    pixels = picture[0].numpy()
    across = np.mean(
        [(pixels[c, y, x + 1] - pixels[c, y, x]) ** 2 for c in range(3) for y in range(4) for x in range(4)]
    )
    down = np.mean([(pixels[c, y + 1, x] - pixels[c, y, x]) ** 2 for c in range(3) for y in range(3) for x in range(5)])
    assert total_variation(picture).item() == pytest.approx(across + down, rel=1e-12)


def test_the_gradients_are_those_of_finite_differences() -> None:
    features, style = draw(1, 3, 4, 5).requires_grad_(), moments(draw(1, 3, 4, 5, seed=2))
    assert torch.autograd.gradcheck(lambda part: content_loss(part, draw(1, 3, 4, 5, seed=1)), features)
    assert torch.autograd.gradcheck(total_variation, features)
    assert torch.autograd.gradcheck(lambda part: gram_loss(moments(part), style), features)
    assert torch.autograd.gradcheck(lambda part: moments_loss(moments(part), style), features)


def test_a_flat_layer_has_a_finite_slope() -> None:
    flat = torch.full((1, 2, 3, 3), 7.0, requires_grad=True)
    moments_loss(moments(flat), moments(draw(1, 2, 3, 3).float())).backward()
    assert flat.grad is not None and torch.isfinite(flat.grad).all()
