"""L-BFGS with its history in one tensor: directions from two passes over it, and a state that can be written down."""

from __future__ import annotations

from typing import Any, Final

import torch

FIRST_MOVE: Final = 1.0
"""How far the first step moves the point, per coordinate on average: levels of 0..255."""
LEAST_CURVATURE: Final = 1e-10


class LBFGS:
    """Turns gradients into moves, one a step, without a line search.

    The product of the inverse Hessian's estimate and a gradient comes from the compact representation of Byrd, Nocedal
    and Schnabel ("Representations of quasi-Newton matrices and their use in limited memory methods", 1994): a few
    products of the history with vectors and two triangular systems as small as the history is long. `history` is the
    number of pairs that are kept, `count` that of all taken in so far, `like` a tensor of the point's shape.
    """

    def __init__(self, like: torch.Tensor, history: int) -> None:
        self._shape = like.shape
        self.history = history
        # A step, the change of the gradient on it, the next step, and so on.
        self._pairs = torch.zeros(2 * history, like.numel(), device=like.device)
        self._products = torch.zeros(2 * history, history, dtype=torch.float64, device=like.device)
        self.count = 0
        self._last_move: torch.Tensor | None = None
        self._last_gradient: torch.Tensor | None = None

    def curvature(self, gradient: torch.Tensor) -> torch.Tensor:
        """How much the objective bent along the last move, (1,), given the gradient behind it; 0 before the first."""
        if self._last_move is None or self._last_gradient is None:
            return gradient.new_zeros(1)
        return (self._last_move @ (gradient.reshape(-1) - self._last_gradient)).reshape(1)

    def move(self, gradient: torch.Tensor, rate: float, curvature: float) -> torch.Tensor:
        """The move for the gradient at the present point, `rate` times the full one; the next call expects it done.

        `curvature` is that of this gradient as a number, which the caller reads together with other ones: each
        reading of its own makes a device wait.
        """
        flat = gradient.reshape(-1)
        if curvature > LEAST_CURVATURE:
            assert self._last_move is not None and self._last_gradient is not None
            self._take_in(self._last_move, flat - self._last_gradient)
        if self.count == 0:
            direction = -FIRST_MOVE * flat.numel() / flat.abs().sum().clamp(min=1e-30) * flat
        else:
            direction = self._direction(flat)
        self._last_gradient = flat.clone()
        self._last_move = rate * direction
        return self._last_move.view(self._shape)

    def _take_in(self, move: torch.Tensor, change: torch.Tensor) -> None:
        row = self.count % self.history
        self.count += 1
        self._pairs[2 * row], self._pairs[2 * row + 1] = move, change
        # Every old product with this row is out of date: s_i y_new and y_i y_new in the column, y_new y_i in the row.
        column = (self._kept @ change).double()
        self._products[: len(column), row] = column
        self._products[2 * row + 1, : len(column) // 2] = column[1::2]

    @property
    def _kept(self) -> torch.Tensor:
        """The rows in use."""
        return self._pairs[: 2 * min(self.count, self.history)]

    def _direction(self, gradient: torch.Tensor) -> torch.Tensor:
        kept = self._kept
        order = torch.arange(self.count - len(kept) // 2, self.count, device=gradient.device) % self.history
        upper = self._products[2 * order][:, order].triu()
        changes = self._products[2 * order + 1][:, order]
        along = (kept @ gradient).double()
        steps_along, changes_along = along[2 * order], along[2 * order + 1]
        newest = order[-1]
        scale = self._products[2 * newest, newest] / self._products[2 * newest + 1, newest]
        half = torch.linalg.solve_triangular(upper, steps_along.unsqueeze(1), upper=True)
        middle = upper.diagonal().unsqueeze(1) * half + scale * (changes @ half - changes_along.unsqueeze(1))
        of_steps = torch.linalg.solve_triangular(upper.T, middle, upper=False).squeeze(1)
        coefficients = torch.empty_like(along)
        coefficients[2 * order] = of_steps
        coefficients[2 * order + 1] = -scale * half.squeeze(1)
        product = coefficients.to(gradient.dtype) @ kept
        return -(product + scale.to(gradient.dtype) * gradient)

    def state(self) -> dict[str, Any]:
        """What `load` needs beside the pairs: small values, the last move and gradient."""
        return {
            "count": self.count,
            "products": self._products,
            "last_move": self._last_move,
            "last_gradient": self._last_gradient,
        }

    def pair(self, number: int) -> torch.Tensor:
        """The pair of that number (from 0, the oldest ever), while it is kept: (2, size)."""
        row = number % self.history
        return self._pairs[2 * row : 2 * row + 2]

    def load(self, state: dict[str, Any], pairs: dict[int, torch.Tensor]) -> None:
        """Go on from a state, with the pairs by their numbers."""
        device = self._pairs.device
        self.count = state["count"]
        self._products = state["products"].clone().to(device)
        self._last_move = state["last_move"] if state["last_move"] is None else state["last_move"].to(device)
        last = state["last_gradient"]
        self._last_gradient = last if last is None else last.to(device)
        for number, pair in pairs.items():
            row = number % self.history
            self._pairs[2 * row : 2 * row + 2] = pair
