"""An easier objective on the way: a Gram loss that does not bend a thousand times more one way than another."""

from __future__ import annotations

from typing import Final

import torch

CALM: Final = 10.0
"""Directions that bend less than so many times the content loss are left as they are."""
LEAST: Final = 1e-3
"""The same as a share of the strongest direction: a style of few strong directions would be eased to a standstill."""


class Eased:
    """Slopes of a Gram loss with respect to the Gram matrix (C, C), made those of an eased loss.

    Along the eigenvectors of the style's Gram matrix G* a Gram loss bends in proportion to their eigenvalues, which at
    relu4_1 span five orders of magnitude: what an optimiser has most trouble with. With ease p the loss is instead
    tr((A (G - G*))^2) with A = (1 + G* / calm)^-p, `calm` being the eigenvalue up to which nothing changes. Both are
    0 at G*; p has to fall to 0 for the other losses to be weighed as they should be in the end.
    `bend` is the content loss's, in the Gram matrix's units. What it gains: docs/performance.md.
    """

    def __init__(self, gram: torch.Tensor, bend: float) -> None:
        values, self._vectors = _directions(gram)
        calm = max(CALM * bend, LEAST * float(values[-1]), 1e-30)
        self._steep = 1 + values.clamp(min=0) / calm
        self._known: tuple[float, torch.Tensor] | None = None

    def __call__(self, slope: torch.Tensor, ease: float) -> torch.Tensor:
        """The eased slope (C, C), symmetric as the slope is."""
        if self._known is None or self._known[0] != ease:
            self._known = ease, (self._vectors * self._steep**-ease) @ self._vectors.T
        return self._known[1] @ slope @ self._known[1]


def _directions(gram: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The eigenvalues (C,), rising, and eigenvectors (C, C) of a Gram matrix; of one that has none, zeros and axes.

    In double precision: small pictures have Gram matrices of a few directions only, for which the solver in single
    precision now and then finds no end.
    """
    try:
        values, vectors = torch.linalg.eigh(gram.double())
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return torch.zeros_like(gram[0]), torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    return values.to(gram), vectors.to(gram)
