"""The descent at one scale: one update of the picture a step, with a guard against divergence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import torch

from nst_engine.errors import EngineError
from nst_engine.gamut import gamut_penalty
from nst_engine.lbfgs import LBFGS
from nst_engine.objectives import Minimised
from nst_engine.settings import Optimizer
from nst_engine.spectrum import Change, SpectralChange

ADAM_RATE: Final = 4.0
"""Adam's step, in levels of 0..255."""
DIVERGED: Final = 10.0
"""A total so many times the lowest one seen is taken back, as one that is not finite."""
SMALLEST_RATE: Final = 4.0**-20
EASE: Final = 0.5
"""How much L-BFGS's objective is eased (`Objective.ease`) in the first half of its steps; then that falls to 0."""
EASED_STEPS: Final = 60
"""Runs of fewer steps are eased, and damped, in proportion: there the beginning is more of the whole."""
LATE_RATE: Final = 1 / 3
"""The share of L-BFGS's full step in the second half, where the falling ease makes full ones overshoot."""


class Adam:
    """torch's Adam as a mover."""

    def __init__(self, like: torch.Tensor) -> None:
        self._moved = torch.zeros_like(like).requires_grad_()
        self._adam = torch.optim.Adam([self._moved], lr=ADAM_RATE)

    def curvature(self, gradient: torch.Tensor) -> torch.Tensor:
        """0: it goes by the gradients alone."""
        return gradient.new_zeros(1)

    def move(self, gradient: torch.Tensor, rate: float, curvature: float) -> torch.Tensor:
        """The move for the gradient at the present point, `rate` times the full one."""
        self._adam.param_groups[0]["lr"] = rate * ADAM_RATE
        before = self._moved.detach().clone()
        self._moved.grad = gradient
        self._adam.step()
        return self._moved.detach() - before

    def state(self) -> dict[str, Any]:
        """Its state as tensors and plain values."""
        return {"moved": self._moved.detach(), "adam": self._adam.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        with torch.no_grad():
            self._moved.copy_(state["moved"])
        self._adam.load_state_dict(state["adam"])


class Descent:
    """Minimises an objective from a start (1, 3, H, W), step by step.

    The picture stays unclamped while it moves: clamping between evaluations would break L-BFGS's curvature. A step
    that diverges, or has losses that are not finite, is taken back and tried again at a quarter of the rate, which
    then grows again. `rows` has the losses before every step, `restarts` tells how often a step was taken back.
    `steps` is how many are planned, `gamut` the weight of the penalty on values outside 0..255, which is no part of the
    losses that are told.
    """

    def __init__(
        self,
        objective: Minimised,
        start: torch.Tensor,
        optimizer: Optimizer,
        history: int,
        steps: int,
        gamut: float = 0.0,
    ) -> None:
        self.objective = objective
        self.start = start
        self.steps = steps
        self.rows: list[list[float]] = []
        self._optimizer = optimizer
        self._history = history
        self._gamut = gamut
        self._change = Change(start) if optimizer == "adam" else SpectralChange(start)
        self._point = torch.zeros_like(start)
        self._best, self._lowest = self._point.clone(), math.inf
        self._rate = 1.0
        self.restarts = 0
        self.mover = self._new_mover()

    @property
    def done(self) -> int:
        """The steps done."""
        return len(self.rows)

    def picture(self) -> torch.Tensor:
        """The picture as it stands."""
        return self._change.picture(self._point)

    def best_picture(self) -> torch.Tensor:
        """The picture with the lowest total so far."""
        return self._change.picture(self._best)

    def step(self) -> list[float]:
        """Update the picture once; return the losses that it had before.

        Raises `EngineError` when not even the start has finite losses.
        """
        values, cost, gradient, curvature = self._evaluate()
        while not (math.isfinite(cost) and cost <= DIVERGED * self._lowest):
            if not self.rows or self._rate < SMALLEST_RATE:
                raise EngineError("The losses of this picture are not finite; try another picture or smaller weights.")
            self._rate /= 4
            self._point = self._best.clone()
            self.restarts += 1
            self.mover = self._new_mover()
            values, cost, gradient, curvature = self._evaluate()
        if cost < self._lowest:
            self._best, self._lowest = self._point, cost
        self._point = self._point + self.mover.move(gradient, self._damped(self._rate), curvature)
        self._rate = min(2 * self._rate, 1.0)
        self.rows.append(values)
        return values

    def result(
        self, delivered: Callable[[torch.Tensor], torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, list[float]]:
        """The last picture, or the best one where that is better, and its losses: as it is `delivered`, if given."""
        picture, values = self._judged(self.picture(), delivered)
        if not values[-1] <= self._lowest:
            best, of_best = self._judged(self.best_picture(), delivered)
            if not values[-1] <= of_best[-1]:
                return best, of_best
        return picture, values

    def _judged(
        self, picture: torch.Tensor, delivered: Callable[[torch.Tensor], torch.Tensor] | None
    ) -> tuple[torch.Tensor, list[float]]:
        return picture, self.objective.losses(picture if delivered is None else delivered(picture)).tolist()

    def drop_history(self) -> None:
        """Free what the optimiser remembers; the picture stays."""
        self.mover = Adam(self.start[..., :1, :1])

    def state(self) -> dict[str, Any]:
        """Where it stands: plain values and tensors, without the history's pairs."""
        return {
            "start": self.start,
            "rows": self.rows,
            "point": self._point,
            "best": self._best,
            "lowest": self._lowest,
            "rate": self._rate,
            "restarts": self.restarts,
            "mover": self.mover.state(),
            "tail": None if self.objective.tail is None else self.objective.tail.state(),
        }

    def load(self, state: dict[str, Any], pairs: dict[int, torch.Tensor]) -> None:
        """Go on from a state, with the history's pairs by their numbers."""
        device = self.start.device
        self.rows = [list(row) for row in state["rows"]]
        self._point, self._best = state["point"].to(device), state["best"].to(device)
        self._lowest, self._rate, self.restarts = state["lowest"], state["rate"], state["restarts"]
        if self.objective.tail is not None and state["tail"] is not None:
            self.objective.tail.load(state["tail"], device)
        if isinstance(self.mover, LBFGS):
            self.mover.load(state["mover"], pairs)
        else:
            self.mover.load(state["mover"])

    def _evaluate(self) -> tuple[list[float], float, torch.Tensor, float]:
        """The losses at the point, their sum with the gamut's penalty, the gradient of that in the point's coordinates,
        and the mover's curvature: one transfer.
        """
        if self._optimizer == "lbfgs":
            self.objective.ease = EASE * self._calm * min(1.0, 2 * max(0.0, 1 - self.done / self.steps))
        picture = self.picture()
        losses, slope = self.objective.evaluate(picture)
        penalty, slope_of_penalty = gamut_penalty(picture, self._gamut)
        gradient = self._change.slope(slope + slope_of_penalty)
        *values, outside, curvature = torch.cat([losses, penalty, self.mover.curvature(gradient)]).tolist()
        return values, values[-1] + outside, gradient, curvature

    @property
    def _calm(self) -> float:
        """How much of the full easing and damping a run of so many steps gets."""
        return min(1.0, self.steps / EASED_STEPS)

    def _damped(self, rate: float) -> float:
        is_late = self._optimizer == "lbfgs" and 2 * self.done >= self.steps
        return min(rate, 1 - (1 - LATE_RATE) * self._calm) if is_late else rate

    def _new_mover(self) -> LBFGS | Adam:
        return Adam(self.start) if self._optimizer == "adam" else LBFGS(self.start, self._history)
