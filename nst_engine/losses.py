"""The losses, each a formula over activations: content, Gram, mean with standard deviation, total variation.

Gatys, Ecker, Bethge: "Image Style Transfer Using Convolutional Neural Networks" (CVPR 2016). Mean and standard
deviation: Huang, Belongie: "Arbitrary Style Transfer in Real-Time with Adaptive Instance Normalization" (ICCV 2017).
Statistics are computed in float32 (or better) whatever the precision of the activations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch

LAYER_WEIGHT: Final = 1000.0
"""w_l = LAYER_WEIGHT / C_l^2, as the paper's first author published it."""
MOMENTS_WEIGHT: Final = 1000.0
"""Brings the loss of means and deviations to the size of that of Gram matrices (docs/options.md)."""
LEAST_VARIANCE: Final = 1.0
"""Added to variances below their root, whose slope has no bound at 0; activations go up to hundreds."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The statistics of a layer's activations over all places: `mean` (C,) and `gram` (C, C) = F F^T / places."""

    mean: torch.Tensor
    gram: torch.Tensor

    @property
    def std(self) -> torch.Tensor:
        """The standard deviation of each channel, (C,)."""
        variance = self.gram.diagonal() - self.mean.square()
        return (variance.clamp(min=0) + LEAST_VARIANCE).sqrt()

    @classmethod
    def blend(cls, parts: Sequence[Moments], shares: Sequence[float]) -> Moments:
        """The moments of a mixture in which each part has its share; shares need not sum to 1."""
        total = sum(shares)
        weighed = [(part, share / total) for part, share in zip(parts, shares, strict=True)]
        mean = torch.stack([share * part.mean for part, share in weighed]).sum(dim=0)
        return cls(mean, torch.stack([share * part.gram for part, share in weighed]).sum(dim=0))


def columns(features: torch.Tensor) -> torch.Tensor:
    """Activations (1, C, h, w) as a matrix (h w, C) in float32 or better; no copy where they lie in one piece."""
    precise = features.to(torch.promote_types(features.dtype, torch.float32))
    if precise.is_contiguous():
        return precise.view(features.shape[1], -1).T
    return precise.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def moment_sums(features: torch.Tensor, weights: torch.Tensor | None = None) -> Moments:
    """The sums over all places of F and F F^T, each place by its weight (1, h, w) if weights are given."""
    matrix = columns(features)
    weighed = matrix if weights is None else matrix * weights.reshape(-1, 1)
    return Moments(weighed.sum(dim=0), weighed.T @ matrix)


def moments(features: torch.Tensor, weights: torch.Tensor | None = None) -> Moments:
    """The moments of activations (1, C, h, w), each place by its weight (1, h, w) if weights are given."""
    sums = moment_sums(features, weights)
    places = float(features[0, 0].numel()) if weights is None else weights.sum()
    return Moments(sums.mean / places, sums.gram / places)


def content_loss(features: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """mean((F - F_content)^2), a scalar, of activations of the same shape.

    Where weights (1, h, w) are given, what is averaged is first multiplied by each place's own.
    """
    squares = (features.to(target.dtype) - target).square()
    return (squares if weights is None else squares * weights).mean()


def gram_loss(found: Moments, target: Moments) -> torch.Tensor:
    """w_l mean((G_l - G_l,style)^2) with w_l = 1000 / C_l^2, a scalar."""
    weight = LAYER_WEIGHT / found.mean.numel() ** 2
    return weight * (found.gram - target.gram).square().mean()


def moments_loss(found: Moments, target: Moments) -> torch.Tensor:
    """1000 (mean((mu - mu_style)^2) + mean((sigma - sigma_style)^2)), a scalar."""
    means = (found.mean - target.mean).square().mean()
    return MOMENTS_WEIGHT * (means + (found.std - target.std).square().mean())


def total_variation(picture: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """mean of the squared differences of neighbours, across and down, over a picture (1, 3, H, W): a scalar.

    Where weights (1, 1, H, W) are given, each pair of neighbours counts by the product of theirs.
    """
    across = (picture[..., :, 1:] - picture[..., :, :-1]).square()
    down = (picture[..., 1:, :] - picture[..., :-1, :]).square()
    if weights is None:
        return across.mean() + down.mean()
    beside, below = weights[..., :, 1:] * weights[..., :, :-1], weights[..., 1:, :] * weights[..., :-1, :]
    return (across * beside).sum() / _pairs(beside) + (down * below).sum() / _pairs(below)


def _pairs(weights: torch.Tensor) -> torch.Tensor:
    """How many differences of neighbours count, over the three channels."""
    return 3 * weights.sum().clamp(min=1)
