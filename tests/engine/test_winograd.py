"""Winograd's convolutions against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nst_engine.engine import Engine
from nst_engine.objective import Objective, style_moments
from nst_engine.settings import LAYERS, STYLE_LAYERS
from nst_engine.vgg import HASTENED, FeatureNetwork
from nst_engine.weights import Weights
from nst_engine.winograd import RectifiedConvolutions


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).detach().norm() / expected.detach().norm())


@pytest.mark.parametrize(("channels", "out", "height", "width"), [(64, 64, 24, 32), (64, 128, 13, 15), (16, 8, 1, 3)])
def test_a_convolution_and_its_slope_are_torchs(channels: int, out: int, height: int, width: int) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(channels, out, 3, padding=1).requires_grad_(False)
    ours = RectifiedConvolutions({"one": layer})
    x = torch.randn(1, channels, height, width, requires_grad=True)
    found, expected = ours("one", x), torch.relu(layer(x))
    assert found.shape == expected.shape
    assert relative(found, expected) < 1e-5
    slope = torch.randn_like(expected)
    (found_slope,) = torch.autograd.grad(found, x, slope)
    (expected_slope,) = torch.autograd.grad(expected, x, slope)
    assert relative(found_slope, expected_slope) < 1e-5


def test_inputs_in_any_layout_are_read_right() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 8, 3, padding=1).requires_grad_(False)
    ours, x = RectifiedConvolutions({"one": layer}), torch.randn(1, 8, 9, 10)
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(ours.run("one", last), ours.run("one", x))
    assert torch.equal(ours.run("one", x[..., 1:, 1:]), ours.run("one", x[..., 1:, 1:].contiguous()))


def test_an_output_outlives_its_library(weights: Weights) -> None:
    layer = nn.Conv2d(8, 8, 3, padding=1).requires_grad_(False)
    ours, x = RectifiedConvolutions({"one": layer}), torch.randn(1, 8, 9, 10)
    kept = ours.run("one", x)
    copy = kept.clone()
    for _ in range(20):
        ours.run("one", torch.randn(1, 8, 9, 10))
    del ours
    assert torch.equal(kept, copy)


def test_the_hastened_network_has_the_same_layers_losses_and_gradient(weights: Weights) -> None:
    plain, fast = FeatureNetwork(weights), FeatureNetwork(weights)
    fast.rectified = RectifiedConvolutions({name: fast.convolution(name) for name in HASTENED})
    generator = torch.Generator().manual_seed(0)
    content, style, picture = (255 * torch.rand(1, 3, 45, 70, generator=generator) for _ in range(3))
    for name, expected in plain(picture, LAYERS).items():
        assert relative(fast(picture, [name])[name], expected) < 1e-5, name
    found, expected = (
        Objective(network, content, [style_moments(network, style, STYLE_LAYERS)]).evaluate(picture)
        for network in (fast, plain)
    )
    assert torch.allclose(found[0], expected[0], rtol=1e-5)
    assert relative(found[1], expected[1]) < 1e-3


def test_only_float32_on_the_cpu_is_hastened(nst: Engine) -> None:
    assert nst._network.rectified is not None
    assert Engine(device="cpu", precision="bfloat16")._network.rectified is None
