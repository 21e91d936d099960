"""Where each style paints, as weights of places at every layer."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from nst_engine.masks import at_layer
from nst_engine.vgg import halvings


class Regions:
    """The weights of the regions' places at each layer, whole; no weights at all where one region is all that is seen.

    `weights` (R, 1, H, W) are the regions', 0..1, None for one region; `visible` (1, 1, H, W) is how much of each pixel
    can be seen, None for all of it. `shares` are the regions' of what can be seen.
    """

    def __init__(self, weights: torch.Tensor | None, size: Sequence[int], visible: torch.Tensor | None = None) -> None:
        self._size = (size[0], size[1])
        self.shares = [1.0]
        if weights is not None:
            seen = weights if visible is None else weights * visible / visible.mean()
            self.shares = seen.mean(dim=(1, 2, 3)).tolist()
        if weights is not None and visible is not None:
            weights = weights * visible
        here = visible if weights is None else weights
        self._at: dict[int, torch.Tensor] = {} if here is None else {0: here}

    def __len__(self) -> int:
        return len(self.shares)

    def at(self, layer: str, region: int, place: tuple[slice, slice]) -> torch.Tensor | None:
        """The weights (1, h, w) of a region in a part of a layer."""
        return self._layer(halvings(layer))[region][(..., *place)] if self._at else None

    def places(self, layer: str, region: int) -> float | torch.Tensor:
        """How many of a layer's places are the region's."""
        level = halvings(layer)
        if not self._at:
            return float((self._size[0] >> level) * (self._size[1] >> level))
        # A region can be too small for a deep layer's places to show it.
        return self._layer(level)[region].sum().clamp(min=1e-3)

    def _layer(self, level: int) -> torch.Tensor:
        if level not in self._at:
            self._at[level] = at_layer(self._at[0], level)
        return self._at[level]
