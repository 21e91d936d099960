"""The layers behind the last content layer, which are not looked at in every evaluation."""

from __future__ import annotations

import io

import pytest
import torch

from nst_engine.objective import Objective, Weights, style_moments
from nst_engine.settings import STYLE_LAYERS
from nst_engine.tail import EVERY, Tail
from nst_engine.vgg import FeatureNetwork
from nst_engine.weights import Weights as NetworkWeights

HEAVY = Weights(style_layers=dict.fromkeys(STYLE_LAYERS[:-1], 1e-6) | {STYLE_LAYERS[-1]: 1e6})


class Counted(FeatureNetwork):
    """Remembers which layers were asked for."""

    def __init__(self, weights: NetworkWeights) -> None:
        super().__init__(weights)
        self.asked: list[set[str]] = []

    def forward(self, picture: torch.Tensor, layers: set[str]) -> dict[str, torch.Tensor]:  # type: ignore[override]
        self.asked.append(set(layers))
        return super().forward(picture, layers)


def draw(seed: int) -> torch.Tensor:
    return 255 * torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(seed))


def tail_of(weights: Weights) -> Tail:
    return Tail(weights.content_layers, weights.style_layers)


@pytest.fixture
def network(weights: NetworkWeights) -> Counted:
    return Counted(weights)


def objective_of(network: Counted, weights: Weights, tail: Tail | None, block: int | None = None) -> Objective:
    styles = [style_moments(network, draw(1), STYLE_LAYERS)]
    made = Objective(network, draw(0), styles, weights, block=block, tail=tail)
    network.asked.clear()
    return made


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def test_it_is_looked_at_once_in_so_many_evaluations_and_nearly_right_between(network: Counted) -> None:
    resting = objective_of(network, Weights(), tail_of(Weights()))
    picture = draw(2)
    found = [resting.evaluate(picture + step * draw(9) / 255) for step in range(EVERY + 1)]
    assert ["relu5_1" in layers for layers in network.asked] == [True, *[False] * (EVERY - 1), True]
    exact = objective_of(network, Weights(), None)
    expected = [exact.evaluate(picture + step * draw(9) / 255) for step in range(EVERY + 1)]
    for place in (0, EVERY):
        assert torch.equal(found[place][0], expected[place][0]) and torch.equal(found[place][1], expected[place][1])
    for (losses, gradient), (right, slope) in zip(found[1:EVERY], expected[1:EVERY], strict=True):
        assert torch.allclose(losses, right, rtol=0.01)
        assert 0 < relative(gradient, slope) < 0.02


def test_the_losses_that_are_told_in_the_end_are_exact(network: Counted) -> None:
    resting, exact = objective_of(network, Weights(), tail_of(Weights())), objective_of(network, Weights(), None)
    resting.evaluate(draw(2))
    assert torch.equal(resting.losses(draw(3)), exact.losses(draw(3)))


def test_a_tail_that_weighs_much_never_rests(network: Counted) -> None:
    heavy = objective_of(network, HEAVY, tail_of(HEAVY))
    for step in range(3):
        heavy.evaluate(draw(10 + step))
    assert all("relu5_1" in layers for layers in network.asked)


def test_there_is_none_without_layers_behind_the_content_and_none_in_blocks(network: Counted) -> None:
    shallow = Weights(style_layers={"relu1_1": 1.0, "relu4_2": 1.0})
    assert objective_of(network, shallow, tail_of(shallow)).tail is None
    assert not Tail({}, {"relu5_1": 1.0}).layers
    assert objective_of(network, Weights(), tail_of(Weights()), block=32).tail is None


def test_it_goes_on_from_its_state(network: Counted) -> None:
    first = objective_of(network, Weights(), tail_of(Weights()))
    first.evaluate(draw(2))
    assert first.tail is not None
    kept = io.BytesIO()
    torch.save(first.tail.state(), kept)
    second = objective_of(network, Weights(), tail_of(Weights()))
    assert second.tail is not None
    second.tail.load(torch.load(io.BytesIO(kept.getvalue()), weights_only=True), torch.device("cpu"))
    for objective in (first, second):
        network.asked.clear()
        objective.evaluate(draw(3))
        assert "relu5_1" not in network.asked[0]
    assert torch.equal(first.evaluate(draw(4))[1], second.evaluate(draw(4))[1])
