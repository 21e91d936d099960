"""The coordinates in which L-BFGS works: what they stand for, and that they save steps."""

from __future__ import annotations

import math

import pytest
import torch
from PIL import Image

from nst_engine import optimise as optimise_module
from nst_engine.engine import Engine
from nst_engine.settings import Settings
from nst_engine.spectrum import Change, SpectralChange


def draw(height: int, width: int, seed: int) -> torch.Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def cosine(height: int, width: int, down: int, across: int) -> torch.Tensor:
    """A wave of so many half periods down and across, of length 1."""
    rows = torch.cos(math.pi * down * (torch.arange(height, dtype=torch.float64) + 0.5) / height)
    columns = torch.cos(math.pi * across * (torch.arange(width, dtype=torch.float64) + 0.5) / width)
    wave = rows.unsqueeze(1) * columns
    return (wave / wave.norm()).expand(1, 3, height, width)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 24), (24, 17), (33, 35)])
def test_each_coordinate_is_a_cosine_scaled_by_the_root_of_its_frequency(height: int, width: int) -> None:
    change = SpectralChange(torch.zeros(1, 3, height, width, dtype=torch.float64))
    gains = {}
    for place in [(0, 4), (0, 16), (4, 0), (3, 5)]:
        if place[1] >= width:
            continue
        point = torch.zeros(1, 3, height, width, dtype=torch.float64)
        point[..., place[0], place[1]] = 1.0
        wave = cosine(height, width, *place)
        found = change.picture(point)
        gains[place] = float((found * wave)[0, 0].sum())
        assert torch.allclose(found, gains[place] * wave, atol=1e-12)
    if (0, 16) in gains:  # four times the frequency, half the gain
        assert gains[0, 16] / gains[0, 4] == pytest.approx(0.5, rel=1e-9)
    assert gains[4, 0] / gains[0, 4] == pytest.approx(math.sqrt(height / width), rel=1e-9)


def test_zero_is_the_start() -> None:
    start = draw(18, 21, 0)
    assert torch.equal(SpectralChange(start).picture(torch.zeros_like(start)), start)
    assert torch.equal(Change(start).picture(torch.ones_like(start)), start + 1)


@pytest.mark.parametrize("kind", [Change, SpectralChange])
def test_its_slope_is_that_of_the_picture(kind: type[Change]) -> None:
    change, point, slope = kind(draw(6, 5, 0)), draw(6, 5, 1).requires_grad_(), draw(6, 5, 2)
    (expected,) = torch.autograd.grad(change.picture(point), point, slope)
    assert torch.allclose(change.slope(slope), expected)


def test_a_change_at_one_border_stays_away_from_the_other() -> None:
    slope = torch.zeros(1, 3, 32, 48, dtype=torch.float64)
    slope[..., 0] = 1.0
    change = SpectralChange(torch.zeros_like(slope))
    moved = change.picture(change.slope(slope)).abs().mean(dim=(0, 1, 2))
    assert moved[-1] < 0.05 * moved[0]


@pytest.mark.slow
def test_it_saves_steps(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(size=96, steps=40)
    spectral = nst.stylize(otters, [starry_night], settings).summary
    monkeypatch.setattr(optimise_module, "SpectralChange", Change)
    plain = nst.stylize(otters, [starry_night], settings).summary
    assert spectral.losses["total"][30] < plain.losses["total"][40]
