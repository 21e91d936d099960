"""The feature network: torchvision's VGG-19, cut after the last layer that is used, its ReLU layers by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import torch
import torchvision
from torch import nn

from nst_engine.weights import CONV_INDICES, CONVS_PER_BLOCK, Weights

CONTENT_LAYER: Final = "relu4_2"
STYLE_LAYERS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

RELU_INDICES: Final[Mapping[str, int]] = dict(
    zip(
        [f"relu{block}_{n}" for block, count in enumerate(CONVS_PER_BLOCK, 1) for n in range(1, count + 1)],
        [index + 1 for index in CONV_INDICES],
        strict=True,
    )
)
"""Each ReLU's place in torchvision's `vgg19().features`."""


class FeatureNetwork(nn.Module):
    """VGG-19 from the picture to the last of `layers`; weights frozen, channels last.

    Called with a picture of shape (1, 3, H, W) and values 0..255 it returns the activations after each named ReLU, of
    shape (1, C, h, w) in the network's precision. No ReLU works in place: one behind a tapped convolution would turn
    "conv" into "relu" unseen.
    """

    mean: torch.Tensor

    def __init__(self, weights: Weights, layers: Iterable[str], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.taps = {RELU_INDICES[name]: name for name in layers}
        with torch.device("meta"):
            features = torchvision.models.vgg19().features
        kept = [nn.ReLU() if isinstance(part, nn.ReLU) else part for part in features[: max(self.taps) + 1]]
        self.features = nn.Sequential(*kept)
        wanted = self.features.state_dict().keys()
        self.features.load_state_dict({name: weights.state[name] for name in wanted}, assign=True)
        self.register_buffer("mean", torch.tensor(weights.mean).view(1, 3, 1, 1), persistent=False)
        self.features.to(dtype).to(memory_format=torch.channels_last)
        self.requires_grad_(False)
        self.dtype = dtype

    def forward(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """The activations of a picture (1, 3, H, W) by layer name."""
        x = (picture - self.mean).to(dtype=self.dtype, memory_format=torch.channels_last)
        tapped: dict[str, torch.Tensor] = {}
        for index, part in enumerate(self.features):
            x = part(x)
            if index in self.taps:
                tapped[self.taps[index]] = x
        return tapped
