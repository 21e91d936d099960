"""The levels that a file can hold, 0..255, as a soft bound on the picture while it is optimised."""

from __future__ import annotations

from typing import Final

import torch

SHARE: Final = 7e-10
LEAST: Final = 1e-4
"""The penalty's weight as a share of the style's magnitude, for the sum of squares, and at least for their mean.

How they were found: docs/performance.md.
"""


def gamut_weight(style_magnitude: float, values: int) -> float:
    """The weight of the penalty on a picture of so many values, for a style of that magnitude.

    It is the style that pulls colours out of range, by its weight and by how strong its Gram matrices are
    (`Objective.style_magnitude`): so clamping costs little at every strength and with every style.
    """
    return style_magnitude * max(SHARE, LEAST / values)


def gamut_penalty(picture: torch.Tensor, weight: float) -> tuple[torch.Tensor, torch.Tensor]:
    """`weight` times the sum of squared distances of a picture's values from 0..255, (1,), and its gradient.

    Without it a run ends at values that no file can hold, and clamping them raises the losses by up to 150 %. The sum
    rather than the mean: large pictures, which get few steps, need more of it.
    """
    excess = picture - picture.clamp(0, 255)
    return weight * excess.square().sum().reshape(1), (2 * weight) * excess
