"""The objective, as a sentence: content of one picture, style of others, little total variation, each with a weight.

Gatys, Ecker, Bethge: "Image Style Transfer Using Convolutional Neural Networks" (CVPR 2016). Statistics are computed
in float32 whatever the precision of the activations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from nst_engine.summary import LOSS_NAMES
from nst_engine.vgg import CONTENT_LAYER, STYLE_LAYERS, FeatureNetwork

Features = Mapping[str, torch.Tensor]


def gram(features: torch.Tensor) -> torch.Tensor:
    """The Gram matrix G = F F^T / (H W) of activations (1, C, H, W): shape (C, C)."""
    channels = features.shape[1]
    columns = at_least_float32(features).permute(0, 2, 3, 1).reshape(-1, channels)
    return columns.T @ columns / columns.shape[0]


def at_least_float32(features: torch.Tensor) -> torch.Tensor:
    """The activations in float32, or as they are when they are more precise."""
    return features.to(torch.promote_types(features.dtype, torch.float32))


class ContentLoss(nn.Module):
    """mean((F - F_content)^2) at one layer."""

    target: torch.Tensor

    def __init__(self, features: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("target", at_least_float32(features).detach())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The loss, a scalar, of activations of the target's shape."""
        return (at_least_float32(features) - self.target).square().mean()


class StyleLoss(nn.Module):
    """sum over layers of w_l mean((G_l - G_l,style)^2), with w_l = 1000 / C_l^2.

    Several styles are blended by the mean of their Gram matrices.
    """

    def __init__(self, styles: Sequence[Features], layers: Sequence[str] = STYLE_LAYERS) -> None:
        super().__init__()
        self.layers = tuple(layers)
        for layer in self.layers:
            grams = torch.stack([gram(style[layer]) for style in styles])
            self.register_buffer(layer, grams.mean(dim=0).detach())

    def forward(self, features: Features) -> torch.Tensor:
        """The loss, a scalar, of the activations of all its layers."""
        return torch.stack([self._layer_loss(layer, features[layer]) for layer in self.layers]).sum()

    def _layer_loss(self, layer: str, features: torch.Tensor) -> torch.Tensor:
        weight = 1000 / features.shape[1] ** 2
        return weight * (gram(features) - self.get_buffer(layer)).square().mean()


class TotalVariationLoss(nn.Module):
    """mean of the squared differences of neighbours, across and down, over a picture (1, 3, H, W)."""

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The loss, a scalar, in squared levels of 0..255."""
        across = (picture[..., :, 1:] - picture[..., :, :-1]).square().mean()
        down = (picture[..., 1:, :] - picture[..., :-1, :]).square().mean()
        return across + down


class Objective(nn.Module):
    """content_weight * content + style_weight * style + tv_weight * total variation, of a picture (1, 3, H, W)."""

    def __init__(
        self,
        network: FeatureNetwork,
        content: torch.Tensor,
        styles: Sequence[torch.Tensor],
        *,
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        tv_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            self.content_loss = ContentLoss(network(content)[CONTENT_LAYER])
            self.style_loss = StyleLoss([network(style) for style in styles])
        self.total_variation_loss = TotalVariationLoss()
        self.content_weight = content_weight
        self.style_weight = style_weight
        self.tv_weight = tv_weight

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The weighted losses in the order of `LOSS_NAMES` (their sum last), as a vector of 4."""
        features = self.network(picture)
        parts = [
            self.content_weight * self.content_loss(features[CONTENT_LAYER]),
            self.style_weight * self.style_loss(features),
            self.tv_weight * self.total_variation_loss(picture),
        ]
        losses = torch.stack([*parts, torch.stack(parts).sum()])
        assert len(losses) == len(LOSS_NAMES)
        return losses
