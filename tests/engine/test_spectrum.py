"""The coordinates in which L-BFGS works: what they stand for, and that they save steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from nst_engine import optimise as optimise_module
from nst_engine.engine import Engine
from nst_engine.settings import Settings
from nst_engine.spectrum import SpectralChange


def draw(height: int, width: int, seed: int) -> torch.Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 24), (24, 17), (33, 35)])
def test_zero_is_the_start_and_frequencies_are_scaled_by_their_root(height: int, width: int) -> None:
    start, point = draw(height, width, 0), draw(height, width, 1)
    picture_of = SpectralChange(start)
    assert torch.equal(picture_of(torch.zeros_like(start)), start)
    change = np.fft.fft2((picture_of(point) - start).numpy())
    gain = np.abs(change / np.fft.fft2(point.numpy()))[0, 0]
    # Four times the frequency, half the gain.
    assert gain[0, 4] / gain[0, 1] == pytest.approx(0.5, rel=1e-5)
    assert gain[4, 0] / gain[1, 0] == pytest.approx(0.5, rel=1e-5)


def test_without_an_exponent_the_coordinates_are_the_change_itself() -> None:
    start, point = draw(18, 21, 0), draw(18, 21, 1)
    assert torch.allclose(SpectralChange(start, 0)(point), start + point)


def test_its_gradient_is_that_of_finite_differences() -> None:
    picture_of = SpectralChange(draw(6, 5, 0))
    assert torch.autograd.gradcheck(picture_of, draw(6, 5, 1).requires_grad_())


def test_it_saves_steps(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(size=96, steps=40)
    spectral = nst.stylize(otters, [starry_night], settings).summary
    monkeypatch.setattr(optimise_module, "EXPONENT", 0)
    plain = nst.stylize(otters, [starry_night], settings).summary
    assert spectral.losses["total"][30] < plain.losses["total"][40]
