"""The picture as a change of its start, in coordinates in which L-BFGS finds its way in fewer steps."""

from __future__ import annotations

from typing import Final

import torch

EXPONENT: Final = 0.5


class SpectralChange:
    """Start plus change: coordinates z of the picture's shape stand for `start + inverse FFT(FFT(z) / frequency^p)`.

    Large shapes differ from small ones by orders of magnitude in how much the losses bend, which pixels cannot show to
    an optimiser and frequencies can. With p at `EXPONENT` some 60 steps do what takes 100 in pixels
    (docs/benchmarks.md); with p at 0 the coordinates are the change in pixels itself. Zero stands for the start.
    """

    def __init__(self, start: torch.Tensor, exponent: float = EXPONENT) -> None:
        height, width = start.shape[-2:]
        down = torch.fft.fftfreq(height, device=start.device).unsqueeze(1)
        across = torch.fft.rfftfreq(width, device=start.device).unsqueeze(0)
        frequency = torch.sqrt(down**2 + across**2).clamp(min=1 / max(height, width))
        scale = frequency**-exponent
        self._start = start
        self._scale = scale / scale.square().mean().sqrt()

    def __call__(self, coordinates: torch.Tensor) -> torch.Tensor:
        """The picture of shape (1, 3, H, W) that these coordinates stand for; differentiable."""
        spectrum = torch.fft.rfft2(coordinates) * self._scale
        change: torch.Tensor = torch.fft.irfft2(spectrum, s=coordinates.shape[-2:])
        return self._start + change
