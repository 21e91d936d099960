"""The layers behind the last content layer: much work for little of the losses, so not looked at every time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import torch

from nst_engine.losses import Moments
from nst_engine.settings import LAYERS
from nst_engine.vgg import depth

EVERY: Final = 4
"""In one evaluation out of so many the tail is looked at."""
SMALL: Final = 0.2
"""As long as its losses are no more than this share of all."""


class Tail:
    """What is known of the layers behind `joint`, the deepest content layer, where there are such style layers.

    Between two looks their losses are taken to be linear in the activations of `joint`: with `slope`, and with the
    statistics that were last seen in `moments`.
    """

    def __init__(self, content_layers: Collection[str], style_layers: Collection[str]) -> None:
        self.joint = depth(content_layers) if content_layers else ""
        behind = LAYERS[LAYERS.index(self.joint) + 1 :] if self.joint else ()
        self.layers = frozenset(style_layers) & frozenset(behind)
        self.slope: torch.Tensor | None = None
        self.moments: Sequence[Mapping[str, Moments]] = ()
        self._left = 0
        self._share: torch.Tensor | None = None

    @property
    def rests(self) -> bool:
        """Whether the next evaluation does without the tail."""
        self._judge()
        return self._left > 0

    def passed(self) -> None:
        """One more evaluation went without the tail."""
        self._left -= 1

    def seen(self, found: Sequence[Mapping[str, Moments]], share: torch.Tensor) -> None:
        """The tail was looked at: these are all layers' moments, by regions, and the tail's share of the losses."""
        self.moments = [{name: region[name] for name in self.layers} for region in found]
        self._share = share

    def _judge(self) -> None:
        """Read the share only when it is asked for: by then a device has got there, and nothing waits."""
        if self._share is not None:
            self._left = EVERY - 1 if float(self._share) <= SMALL else 0
            self._share = None

    def state(self) -> dict[str, Any]:
        """What `load` needs: tensors and plain values."""
        self._judge()
        moments = [{name: [part.mean, part.gram] for name, part in region.items()} for region in self.moments]
        return {"left": self._left, "slope": self.slope, "moments": moments}

    def load(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from a state."""
        self._left = state["left"]
        self.slope = None if state["slope"] is None else state["slope"].to(device)
        self.moments = [
            {name: Moments(mean.to(device), gram.to(device)) for name, (mean, gram) in region.items()}
            for region in state["moments"]
        ]
