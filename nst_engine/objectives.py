"""The objective of each look, and what a descent asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import torch

from nst_engine.objective import Objective, StyleMoments, Weights, blended
from nst_engine.sliced_wasserstein import SlicedWasserstein, blended_values, faithful_weights, style_values
from nst_engine.studies import Study
from nst_engine.tail import Tail
from nst_engine.vgg import FeatureNetwork

Targets = Callable[[Study, int, int | None], StyleMoments]
"""What has a style's moments, given the study, the style's number and the block."""


STYLE_BLOCK: Final = 1024
"""In what blocks a style is looked at where the picture is painted whole, in pixels: it may be the larger one."""


class Minimised(Protocol):
    """What a descent minimises: see `objective.Objective`."""

    ease: float
    tail: Tail | None

    def style_magnitude(self) -> float:
        """The weighted style loss of activations that are all 0: how much is at stake for the style."""
        ...

    def losses(self, picture: torch.Tensor) -> torch.Tensor:
        """The weighted losses in the order of `LOSS_NAMES` (their sum last), as a vector of 4."""
        ...

    def evaluate(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same losses, and the gradient of their sum: (1, 3, H, W)."""
        ...


def objective_for(
    network: FeatureNetwork, study: Study, shares: Sequence[float], targets: Targets, block: int | None
) -> Minimised:
    """The objective of the settings' look, in blocks of about `block` pixels if given.

    Each style has one of the `shares` where there are no regions, and a region of its own where there are.
    """
    settings, regions = study.settings, study.regions()
    numbers = range(len(shares))
    weights = Weights(
        settings.content_weight,
        settings.style_weight,
        settings.tv_weight,
        settings.moments_weight,
        settings.content_layers,
        settings.style_layers,
    )
    if settings.look == "faithful":
        layers, parts = sorted(settings.style_layers), block or STYLE_BLOCK
        values = [style_values(network, study.style(number), layers, parts) for number in numbers]
        wanted = values if regions is not None else [blended_values(values, shares)]
        return SlicedWasserstein(
            network, study.content, wanted, faithful_weights(weights), regions, block, study.visible
        )
    styles = [targets(study, number, block) for number in numbers]
    moments = styles if regions is not None else [blended(styles, shares)]
    tail = Tail(weights.content_layers, weights.style_layers) if settings.optimizer == "lbfgs" else None
    return Objective(network, study.content, moments, weights, regions, block, tail, study.visible)
