"""The loop: from the start to the picture, one update a step, with progress, cancel and a guard against divergence."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import torch

from nst_engine.errors import Cancelled, EngineError
from nst_engine.losses import Objective
from nst_engine.settings import Settings
from nst_engine.spectrum import EXPONENT, SpectralChange

ADAM_RATE: Final = 4.0
"""Adam's step, in levels of 0..255."""
HISTORY: Final = 100
HISTORY_BYTES: Final = 2 << 30
DIVERGED: Final = 10.0
"""A total so many times the lowest one seen is taken back, as one that is not finite."""
FIRST_MOVE: Final = 1.0
"""How far L-BFGS's first step moves the picture, in levels of 0..255 on average."""
NOISE_LEVELS: Final = 6.0

OnStep = Callable[[int, list[float], Callable[[], torch.Tensor]], None]
"""Told after every step: the steps done, the latest known losses, and how to get the picture as it stands."""


def start_from(content: torch.Tensor, seed: int) -> torch.Tensor:
    """The start: the content (1, 3, H, W), with noise of `NOISE_LEVELS` drawn from any seed but 0."""
    if seed == 0:
        return content.clone()
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(content.shape, generator=generator) * NOISE_LEVELS
    return content + noise.to(content.device)


def optimise(
    objective: Objective,
    start: torch.Tensor,
    settings: Settings,
    on_step: OnStep | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[torch.Tensor, list[list[float]]]:
    """Minimise the objective from `start`; return the picture and its losses, at the start and after every step.

    The picture stays unclamped while it moves: clamping between evaluations would break L-BFGS's curvature. A step
    that diverges is taken back and tried again at a quarter of the rate, which then grows again; the result is the
    best picture seen.
    Raises `Cancelled` before the step after `cancel()` became true, and `EngineError` when not even the start has a
    finite loss.
    """
    picture_of = SpectralChange(start, 0 if settings.optimizer == "adam" else EXPONENT)
    point = torch.zeros_like(start).requires_grad_()
    rate = 1.0
    optimizer = _optimizer(point, settings, rate)
    history: list[list[float]] = []
    best, lowest = point.detach().clone(), math.inf
    for step in range(settings.steps):
        if cancel is not None and cancel():
            raise Cancelled("The run was cancelled.")
        losses, values = _evaluate(objective, picture_of, point)
        if not values[-1] <= DIVERGED * lowest or not math.isfinite(values[-1]):
            if not history:
                raise EngineError("The losses of this picture are not finite; try another picture or smaller weights.")
            rate /= 4
            point = best.clone().requires_grad_()
            optimizer = _optimizer(point, settings, rate)
            losses, values = _evaluate(objective, picture_of, point)
        if values[-1] < lowest:
            best, lowest = point.detach().clone(), values[-1]
        history.append(values)
        optimizer.step(lambda losses=losses: losses[-1])  # type: ignore[misc]
        rate = min(2 * rate, 1.0)
        optimizer.param_groups[0]["lr"] = rate * _rate_after_start(settings)
        if on_step is not None:
            on_step(step + 1, values, partial(picture_of, point.detach()))
    with torch.no_grad():
        picture, best_picture = picture_of(point), picture_of(best)
        values = objective(picture).tolist()
        if not values[-1] <= lowest:
            picture, values = best_picture, objective(best_picture).tolist()
    return picture, [*history, values]


def _evaluate(
    objective: Objective, picture_of: SpectralChange, point: torch.Tensor
) -> tuple[torch.Tensor, list[float]]:
    """The losses of the picture with their gradient left in `point.grad`; one transfer from the device."""
    point.grad = None
    losses: torch.Tensor = objective(picture_of(point))
    losses[-1].backward()  # type: ignore[no-untyped-call]
    return losses, losses.tolist()


def _optimizer(point: torch.Tensor, settings: Settings, rate: float) -> torch.optim.Optimizer:
    if settings.optimizer == "adam":
        return torch.optim.Adam([point], lr=rate * ADAM_RATE)
    pair = 2 * point.numel() * point.element_size()
    history = max(5, min(HISTORY, settings.steps, HISTORY_BYTES // pair))
    # torch divides the first step by the gradient's L1 norm: a move too small for float32 to tell the curvature from.
    first = rate * FIRST_MOVE * point.numel()
    # One evaluation a step, and no tolerance at which it would stop early.
    return torch.optim.LBFGS([point], lr=first, max_iter=1, history_size=history, tolerance_grad=0, tolerance_change=0)


def _rate_after_start(settings: Settings) -> float:
    return ADAM_RATE if settings.optimizer == "adam" else 1.0
