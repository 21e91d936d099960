"""The feature network: torchvision's VGG-19, its ReLU layers by name, run no further than the last one in use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import torch
import torchvision
from torch import nn
from torch.nn import functional

from nst_engine.settings import LAYERS, Padding, Pooling
from nst_engine.weights import CONV_INDICES, Weights

RELU_INDICES: Final[Mapping[str, int]] = dict(zip(LAYERS, [index + 1 for index in CONV_INDICES], strict=True))
"""Each ReLU's place in torchvision's `vgg19().features`."""
AVERAGE_GAIN: Final = 1.4
"""What an average of four activations is multiplied by, so that the layers behind it see values like a maximum's.

Measured on the bundled pictures: with it the root mean squares of relu2_1 to relu5_1 are 1.08, 1.03, 1.05 and 0.75
times those with maxima; with 1 they are 0.77, 0.52, 0.38 and 0.20, with 2 they are 1.5, 2.1, 3.1 and 3.1.
"""


def halvings(layer: str) -> int:
    """How often the picture's sides were halved before a layer: 0 for relu1_1 to 4 for relu5_1."""
    return int(layer[len("relu")]) - 1


def depth(layers: Collection[str]) -> str:
    """The deepest of some layers."""
    return max(layers, key=LAYERS.index)


class FeatureNetwork(nn.Module):
    """VGG-19 with weights frozen and channels last, for pictures of shape (1, 3, H, W) and values 0..255.

    `pooling` and `padding` are as in `Settings`; change them at will between calls. No ReLU works in place: one behind
    a tapped convolution would turn "conv" into "relu" unseen.
    """

    mean: torch.Tensor

    def __init__(self, weights: Weights, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.pooling: Pooling = "max"
        self.padding: Padding = "zeros"
        with torch.device("meta"):
            features = torchvision.models.vgg19().features[: RELU_INDICES[LAYERS[-1]] + 1]
        self.features = nn.Sequential(*[nn.ReLU() if isinstance(part, nn.ReLU) else part for part in features])
        self.features.load_state_dict(weights.state, assign=True)
        self.register_buffer("mean", torch.tensor(weights.mean).view(1, 3, 1, 1), persistent=False)
        self.features.to(dtype).to(memory_format=torch.channels_last)
        self.requires_grad_(False)
        self.dtype = dtype

    def forward(self, picture: torch.Tensor, layers: Collection[str]) -> dict[str, torch.Tensor]:
        """The activations of `layers` (C, h and w of their own: (1, C, h, w)), in the network's precision."""
        taps = {RELU_INDICES[name]: name for name in layers}
        x = (picture - self.mean).to(dtype=self.dtype, memory_format=torch.channels_last)
        tapped: dict[str, torch.Tensor] = {}
        for index, part in enumerate(self.features[: max(taps) + 1]):
            if index == 0 and self.padding == "replicate":
                assert isinstance(part, nn.Conv2d)
                x = functional.conv2d(_with_edges_repeated(x), part.weight, part.bias)
            elif isinstance(part, nn.MaxPool2d) and self.pooling == "average":
                x = functional.avg_pool2d(x, 2) * AVERAGE_GAIN
            else:
                x = part(x)
            if index in taps:
                tapped[taps[index]] = x
        return tapped


def _with_edges_repeated(x: torch.Tensor) -> torch.Tensor:
    """One row and column more on each side, by concatenation: the backward of a padding layer is not deterministic."""
    x = torch.cat([x[..., :1, :], x, x[..., -1:, :]], dim=-2)
    return torch.cat([x[..., :1], x, x[..., -1:]], dim=-1)
