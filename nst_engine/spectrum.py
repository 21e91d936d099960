"""The picture as a change of its start, in coordinates in which L-BFGS finds its way in fewer steps."""

from __future__ import annotations

import math
from typing import Final

import torch

EXPONENT: Final = 0.5


class Change:
    """Start plus change, in pixels: coordinates and change are the same. Zero stands for the start."""

    def __init__(self, start: torch.Tensor) -> None:
        self.start = start

    def picture(self, coordinates: torch.Tensor) -> torch.Tensor:
        """The picture (1, 3, H, W) that coordinates of this shape stand for."""
        return self.start + coordinates

    def slope(self, slope: torch.Tensor) -> torch.Tensor:
        """A gradient with respect to the picture as one with respect to the coordinates."""
        return slope


class SpectralChange(Change):
    """Start plus change, by cosines: coordinates z stand for `start + inverse DCT(z / frequency^p)`.

    Large shapes differ from small ones by orders of magnitude in how much the losses bend, which pixels cannot show to
    an optimiser and frequencies can; p is `EXPONENT`. Cosines, unlike Fourier's waves, do not join opposite borders.
    """

    def __init__(self, start: torch.Tensor, exponent: float = EXPONENT) -> None:
        super().__init__(start)
        height, width = start.shape[-2:]
        self._down, self._across = _cosines(height, start), _cosines(width, start)
        # The frequency of each cosine in cycles a pixel; the slowest stand for the mean too.
        down = torch.arange(height, device=start.device, dtype=start.dtype).unsqueeze(1) / (2 * height)
        across = torch.arange(width, device=start.device, dtype=start.dtype).unsqueeze(0) / (2 * width)
        frequency = torch.sqrt(down**2 + across**2).clamp(min=1 / max(height, width))
        scale = frequency**-exponent
        self._scale = scale / scale.square().mean().sqrt()

    def picture(self, coordinates: torch.Tensor) -> torch.Tensor:
        """The picture (1, 3, H, W) that coordinates of this shape stand for."""
        return self.start + self._down.T @ (self._scale * coordinates) @ self._across

    def slope(self, slope: torch.Tensor) -> torch.Tensor:
        """A gradient with respect to the picture as one with respect to the coordinates."""
        return self._scale * (self._down @ slope @ self._across.T)


def _cosines(length: int, like: torch.Tensor) -> torch.Tensor:
    """The orthonormal discrete cosine transform (DCT-II) as a matrix: a product of it is faster than FFTs here."""
    number = torch.arange(length, device=like.device, dtype=torch.float64)
    matrix = torch.cos(math.pi / length * number.unsqueeze(1) * (number + 0.5)) * math.sqrt(2 / length)
    matrix[0] /= math.sqrt(2)
    return matrix.to(like.dtype)
