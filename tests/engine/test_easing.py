"""The eased objective: what it is, that it leaves the end alone, and that it saves steps."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from nst_engine import optimise as optimise_module
from nst_engine.easing import CALM, LEAST, Eased
from nst_engine.engine import Engine
from nst_engine.objective import Objective, Weights, style_moments
from nst_engine.settings import Settings
from nst_engine.vgg import FeatureNetwork
from nst_engine.weights import Weights as NetworkWeights


def symmetric(channels: int, seed: int) -> torch.Tensor:
    matrix = torch.randn(channels, 2 * channels, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return matrix @ matrix.T


def test_its_slope_is_that_of_the_formula() -> None:
    style, found, bend, ease = symmetric(6, 0), symmetric(6, 1), 0.2, 0.3
    values, vectors = torch.linalg.eigh(style)
    scale = vectors @ torch.diag((1 + values / (CALM * bend)) ** -ease) @ vectors.T
    leaf = found.clone().requires_grad_()
    apart = scale @ (leaf - style)
    (expected,) = torch.autograd.grad(torch.trace(apart @ apart), leaf)
    assert torch.allclose(Eased(style, bend)(2 * (found - style), ease), expected)


def test_without_ease_and_where_little_bends_nothing_changes() -> None:
    style, slope = symmetric(6, 0), symmetric(6, 1)
    assert torch.allclose(Eased(style, 1.0)(slope, 0.0), slope)
    assert torch.allclose(Eased(style, float("inf"))(slope, 0.4), slope)


def test_the_strongest_directions_are_eased_most_and_never_stopped() -> None:
    style = torch.diag(torch.tensor([1e-9, 1.0, 1e4, 1e8], dtype=torch.float64))
    for bend in (0.0, 1e-3, 1.0):
        eased = Eased(style, bend)(torch.eye(4, dtype=torch.float64), 0.5).diagonal()
        assert (eased.diff() <= 0).all()
        assert eased[0] == pytest.approx(1.0, rel=1e-3)
        assert eased[-1] >= 0.9 * LEAST


def test_small_pictures_with_few_directions_have_them_found() -> None:
    """On one thread the solver in single precision finds no end for some of these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for seed in range(20):
            features = 300 * (torch.randn(512, 6, generator=torch.Generator().manual_seed(seed)) - 1).relu()
            style = features @ features.T
            eased = Eased(style, 1.0)(style, 0.5)
            assert float(eased.trace()) < 0.1 * float(style.trace())
    finally:
        torch.set_num_threads(threads)


def test_what_has_no_directions_is_left_as_it_is() -> None:
    slope = symmetric(6, 1)
    assert torch.equal(Eased(torch.full((6, 6), torch.nan, dtype=torch.float64), 1.0)(slope, 0.5), slope)


def test_the_objective_eases_the_gradient_and_not_the_losses(weights: NetworkWeights) -> None:
    network = FeatureNetwork(weights)
    generator = torch.Generator().manual_seed(0)
    content, style, picture = (255 * torch.rand(1, 3, 40, 56, generator=generator) for _ in range(3))
    objective = Objective(network, content, [style_moments(network, style, sorted(Weights().style_layers))])
    losses, gradient = objective.evaluate(picture)
    objective.ease = 0.3
    eased_losses, eased = objective.evaluate(picture)
    assert torch.equal(losses, eased_losses)
    assert not torch.allclose(eased, gradient, rtol=0.1)
    assert float((eased * gradient).sum()) > 0
    objective.ease = 0.0
    assert torch.equal(objective.evaluate(picture)[1], gradient)


@pytest.mark.slow
def test_what_is_left_when_memory_ran_out_is_eased_as_a_run_of_its_own(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    evaluate = Objective.evaluate

    def evaluate_with_little_memory(self: Objective, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(self.ease)
        if len(seen) == 5:
            raise torch.OutOfMemoryError("full")
        return evaluate(self, picture)

    monkeypatch.setattr(Objective, "evaluate", evaluate_with_little_memory)
    nst.stylize(otters, [starry_night], Settings(size=256, steps=6))
    # Four steps whole, then the other two in blocks, as a run of two.
    ease = optimise_module.EASE / optimise_module.EASED_STEPS
    assert seen == pytest.approx([6 * ease, 6 * ease, 6 * ease, 6 * ease, 4 * ease, 2 * ease, 2 * ease])


@pytest.mark.slow
def test_it_saves_steps(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(size=96, steps=40)
    eased = nst.stylize(otters, [starry_night], settings).summary
    monkeypatch.setattr(optimise_module, "EASE", 0.0)
    plain = nst.stylize(otters, [starry_night], settings).summary
    assert eased.losses["total"][33] < plain.losses["total"][40]
