"""L-BFGS against torch's own, and its state written down and taken up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from nst_engine.lbfgs import LBFGS

SIZE = 500
CURVES = torch.rand(SIZE, generator=torch.Generator().manual_seed(0)) * 1000 + 0.01
START = torch.randn(SIZE, generator=torch.Generator().manual_seed(1))


def valley(point: torch.Tensor) -> torch.Tensor:
    return (CURVES * point.square()).sum() / 2 + point.pow(4).sum()


def slope(point: torch.Tensor, of: Callable[[torch.Tensor], torch.Tensor] = valley) -> tuple[float, torch.Tensor]:
    leaf = point.clone().requires_grad_()
    value = of(leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.item(), gradient


def move(mover: LBFGS, gradient: torch.Tensor, rate: float = 1.0) -> torch.Tensor:
    return mover.move(gradient, rate, float(mover.curvature(gradient)))


def descend(mover: LBFGS, point: torch.Tensor, steps: int, first_rate: float = 1.0) -> tuple[list[float], torch.Tensor]:
    values = []
    for step in range(steps):
        value, gradient = slope(point)
        values.append(value)
        point = point + move(mover, gradient, first_rate if step == 0 else 1.0)
    return values, point


@pytest.mark.parametrize("history", [5, 20, 100])
def test_it_goes_where_torchs_goes(history: int) -> None:
    """With the history filled, running over and never full."""
    ours, _ = descend(LBFGS(START, history), START, 45, first_rate=1e-3)
    point = START.clone().requires_grad_()
    theirs = torch.optim.LBFGS(
        [point], lr=1e-3 * SIZE, max_iter=1, history_size=history, tolerance_grad=0, tolerance_change=0
    )
    values = []
    for _ in range(45):

        def closure() -> torch.Tensor:
            theirs.zero_grad()
            value = valley(point)
            value.backward()
            return value

        values.append(theirs.step(closure).item())
        theirs.param_groups[0]["lr"] = 1.0
    assert ours == pytest.approx(values, rel=2e-3)
    assert ours[-1] < ours[0] / 1e4


def test_the_first_move_is_one_level_a_coordinate() -> None:
    first = move(LBFGS(START, 10), slope(START)[1])
    assert first.abs().mean().item() == pytest.approx(1.0)
    assert (first * slope(START)[1]).sum() < 0


def test_a_flat_slope_moves_nothing() -> None:
    mover = LBFGS(START, 10)
    for _ in range(3):
        assert not move(mover, torch.zeros(SIZE)).any()


def test_it_keeps_the_shape_of_a_picture() -> None:
    picture = torch.randn(1, 3, 4, 5)
    assert move(LBFGS(picture, 3), picture).shape == picture.shape


@pytest.mark.parametrize(("before", "history"), [(1, 10), (6, 10), (30, 8)])
def test_it_goes_on_from_its_state(before: int, history: int) -> None:
    mover = LBFGS(START, history)
    _, point = descend(mover, START, before, first_rate=1e-3)
    copy = LBFGS(START, history)
    kept = range(max(0, mover.count - history), mover.count)
    copy.load(mover.state(), {number: mover.pair(number).clone() for number in kept})
    on, _ = descend(mover, point, 8)
    again, _ = descend(copy, point, 8)
    assert on == again
