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
from nst_engine.winograd import RectifiedConvolutions, pays

RELU_INDICES: Final[Mapping[str, int]] = dict(zip(LAYERS, [index + 1 for index in CONV_INDICES], strict=True))
"""Each ReLU's place in torchvision's `vgg19().features`."""
CHANNELS: Final = (64, 128, 256, 512, 512)
"""The channels of the layers before which the sides were halved so often."""
AVERAGE_GAIN: Final = 1.4
"""What an average of four activations is multiplied by, so that the layers behind it see values like a maximum's.

Measured on the bundled pictures: with it the root mean squares of relu2_1 to relu5_1 are 1.08, 1.03, 1.05 and 0.75
times those with maxima; with 1 they are 0.77, 0.52, 0.38 and 0.20, with 2 they are 1.5, 2.1, 3.1 and 3.1.
"""
HASTENED: Final = LAYERS[2:]
"""The layers that Winograd's algorithm hastens: those of 64 channels gain nothing by it and would take most memory."""
TRIED: Final = "relu3_2"
"""The layer whose convolution is tried to see which way is faster."""


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
        self.rectified: RectifiedConvolutions | None = None
        with torch.device("meta"):
            features = torchvision.models.vgg19().features[: RELU_INDICES[LAYERS[-1]] + 1]
        self.features = nn.Sequential(*[nn.ReLU() if isinstance(part, nn.ReLU) else part for part in features])
        self.features.load_state_dict(weights.state, assign=True)
        self.register_buffer("mean", torch.tensor(weights.mean).view(1, 3, 1, 1), persistent=False)
        self.features.to(dtype).to(memory_format=torch.channels_last)
        self.requires_grad_(False)
        self.dtype = dtype

    def hasten(self, always: bool = False) -> None:
        """Do the convolutions by Winograd's algorithm from now on, if it is installed and faster here, or `always`.

        For float32 on a CPU. It takes some 400 MB more and two thirds of the time.
        """
        inner = {name: self.convolution(name) for name in HASTENED}
        try:
            rectified = RectifiedConvolutions(inner)
        except (ImportError, OSError):
            return
        self.rectified = rectified if always or pays(rectified, TRIED, inner[TRIED]) else None

    def forward(self, picture: torch.Tensor, layers: Collection[str]) -> dict[str, torch.Tensor]:
        """The activations of `layers` (C, h and w of their own: (1, C, h, w)), in the network's precision."""
        x = (picture - self.mean).to(dtype=self.dtype, memory_format=torch.channels_last)
        tapped: dict[str, torch.Tensor] = {}
        for name in LAYERS[: LAYERS.index(depth(layers)) + 1]:
            if name == LAYERS[0] and self.padding == "replicate":
                first = self.convolution(name)
                x = torch.relu(functional.conv2d(_with_edges_repeated(x), first.weight, first.bias))
            elif self.rectified is not None and name in HASTENED:
                x = self.rectified(name, self._pooled(name, x))
            else:
                x = self.features[RELU_INDICES[name]](self.convolution(name)(self._pooled(name, x)))
            if name in layers:
                tapped[name] = x
        return tapped

    def convolution(self, layer: str) -> nn.Conv2d:
        """A layer's convolution, without its ReLU."""
        convolution = self.features[RELU_INDICES[layer] - 1]
        assert isinstance(convolution, nn.Conv2d)
        return convolution

    def _pooled(self, layer: str, x: torch.Tensor) -> torch.Tensor:
        """What a layer's convolution works on: at the start of a block, half of the size."""
        if layer == LAYERS[0] or not layer.endswith("_1"):
            return x
        if self.pooling == "average":
            return functional.avg_pool2d(x, 2) * AVERAGE_GAIN
        return functional.max_pool2d(x, 2)


def _with_edges_repeated(x: torch.Tensor) -> torch.Tensor:
    """One row and column more on each side, by concatenation: the backward of a padding layer is not deterministic."""
    x = torch.cat([x[..., :1, :], x, x[..., -1:, :]], dim=-2)
    return torch.cat([x[..., :1], x, x[..., -1:]], dim=-1)
