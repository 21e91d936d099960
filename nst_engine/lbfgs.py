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
        # Steps in the first half of the rows, changes of the gradient in the second.
        self._pairs = torch.zeros(2 * history, like.numel(), device=like.device)
        self._products = torch.zeros(2 * history, history, dtype=torch.float64, device=like.device)
        self.count = 0
        self._last_move: torch.Tensor | None = None
        self._last_gradient: torch.Tensor | None = None

    def move(self, gradient: torch.Tensor, rate: float) -> torch.Tensor:
        """The move for the gradient at the present point, `rate` times the full one; the next call expects it done."""
        flat = gradient.reshape(-1)
        if self._last_gradient is not None:
            assert self._last_move is not None
            self._take_in(self._last_move, flat - self._last_gradient)
        if self.count == 0:
            direction = -FIRST_MOVE * flat.numel() / flat.abs().sum().clamp(min=1e-30) * flat
        else:
            direction = self._direction(flat)
        self._last_gradient = flat.clone()
        self._last_move = rate * direction
        return self._last_move.view(self._shape)

    def _take_in(self, move: torch.Tensor, change: torch.Tensor) -> None:
        if float(move @ change) <= LEAST_CURVATURE:
            return
        row, history = self.count % self.history, self.history
        self._pairs[row], self._pairs[history + row] = move, change
        # Every old product with this row is out of date: s_i y_new and y_i y_new in the column, y_new y_i in the row.
        column = (self._pairs @ change).double()
        self._products[:, row] = column
        self._products[history + row, :] = column[history:]
        self.count += 1

    def _direction(self, gradient: torch.Tensor) -> torch.Tensor:
        history, known = self.history, min(self.count, self.history)
        first = self.count - known
        order = torch.arange(first, first + known, device=gradient.device) % history
        upper = self._products[order][:, order].triu()
        changes = self._products[order + history][:, order]
        along = (self._pairs @ gradient).double()
        steps_along, changes_along = along[order], along[order + history]
        newest = order[-1]
        scale = self._products[newest, newest] / self._products[history + newest, newest]
        half = torch.linalg.solve_triangular(upper, steps_along.unsqueeze(1), upper=True)
        middle = upper.diagonal().unsqueeze(1) * half + scale * (changes @ half - changes_along.unsqueeze(1))
        of_steps = torch.linalg.solve_triangular(upper.T, middle, upper=False).squeeze(1)
        coefficients = torch.zeros(2 * history, dtype=torch.float64, device=gradient.device)
        coefficients[order] = of_steps
        coefficients[order + history] = -scale * half.squeeze(1)
        product = coefficients.to(gradient.dtype) @ self._pairs
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
        return self._pairs[[row, self.history + row]]

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
            self._pairs[row], self._pairs[self.history + row] = pair[0], pair[1]
