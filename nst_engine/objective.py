"""The objective, as a sentence: content of one picture, style of others, little total variation, each with a weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from nst_engine.blocks import Block, blocks, margin
from nst_engine.losses import Moments, columns, content_loss, gram_loss, moment_sums, moments_loss, total_variation
from nst_engine.masks import at_layer
from nst_engine.settings import CONTENT_LAYER, STYLE_LAYERS
from nst_engine.vgg import FeatureNetwork, depth, halvings

StyleMoments = Mapping[str, Moments]
"""A style, as the objective knows it: the moments of each layer."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of the objective weighs; the defaults are the reference objective."""

    content: float = 1.0
    style: float = 1.0
    tv: float = 0.0
    moments: float = 0.0
    content_layers: Mapping[str, float] = field(default_factory=lambda: {CONTENT_LAYER: 1.0})
    style_layers: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(STYLE_LAYERS, 1.0))

    @property
    def layers(self) -> set[str]:
        """The layers that are looked at."""
        return {*self.content_layers, *self.style_layers}


def style_moments(
    network: FeatureNetwork, style: torch.Tensor, layers: Sequence[str], block: int | None = None
) -> StyleMoments:
    """The moments of a style picture (1, 3, H, W), in blocks of about `block` pixels if given."""
    with torch.no_grad():
        return _Moments(network, style, layers, None).over(
            blocks(style.shape[-2], style.shape[-1], block, margin(depth(layers)))
        )


def blended(styles: Sequence[StyleMoments], shares: Sequence[float]) -> StyleMoments:
    """Several styles as one, each with its share."""
    return {name: Moments.blend([style[name] for style in styles], shares) for name in styles[0]}


class Objective:
    """The weighted losses of a picture (1, 3, H, W) and their gradient, from the whole picture or exactly by blocks.

    `styles` has the style of each region and `regions` the weights (R, 1, H, W), 0..1, of the regions' places; None
    stands for one region, the whole picture. A region's style loss counts by its share of the picture. What is
    optimised has two passes when `block` (the side of a block's core, in pixels) is given: first the statistics over
    all blocks, then each block's part of the gradient against these.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        content: torch.Tensor,
        styles: Sequence[StyleMoments],
        weights: Weights | None = None,
        regions: torch.Tensor | None = None,
        block: int | None = None,
    ) -> None:
        self.network = network
        self.styles = styles
        self.weights = weights or Weights()
        self.blocks = blocks(content.shape[-2], content.shape[-1], block, margin(depth(self.weights.layers)))
        self._regions = _Regions(regions, content.shape[-2:])
        self._targets = self._content_targets(content)

    def losses(self, picture: torch.Tensor) -> torch.Tensor:
        """The weighted losses in the order of `LOSS_NAMES` (their sum last), as a vector of 4."""
        with torch.no_grad():
            sums = _Moments(self.network, picture, sorted(self.weights.style_layers), self._regions)
            content = torch.zeros((), device=picture.device)
            for block in self.blocks:
                features = self._features(picture, block)
                sums.add(features, block)
                content = content + self._content_part(features, block)
            return self._joined(content, self._style_loss(sums.normalised()), total_variation(picture))

    def evaluate(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same losses, and the gradient of their sum: (1, 3, H, W)."""
        gradient, variation = self._variation(picture)
        sums = _Moments(self.network, picture, sorted(self.weights.style_layers), self._regions)
        kept = None
        for block in self.blocks:
            if len(self.blocks) == 1:
                kept = self._features_with_graph(picture, block)
                sums.add(kept[1], block)
            else:
                with torch.no_grad():
                    sums.add(self._features(picture, block), block)
        style, slopes = self._style_slopes(sums.normalised())
        content = torch.zeros((), device=picture.device)
        for block in self.blocks:
            outer, features = kept or self._features_with_graph(picture, block)
            content = content + self._content_part({name: part.detach() for name, part in features.items()}, block)
            self._backward(features, slopes, block)
            assert outer.grad is not None
            rows, across = block.outer
            gradient[..., rows, across] += outer.grad
        return self._joined(content, style, variation), gradient

    def _features(self, picture: torch.Tensor, block: Block) -> dict[str, torch.Tensor]:
        rows, across = block.outer
        features: dict[str, torch.Tensor] = self.network(picture[..., rows, across], self.weights.layers)
        return features

    def _features_with_graph(self, picture: torch.Tensor, block: Block) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        rows, across = block.outer
        outer = picture[..., rows, across].detach().requires_grad_()
        return outer, self.network(outer, self.weights.layers)

    def _content_targets(self, content: torch.Tensor) -> dict[str, torch.Tensor]:
        """The content's activations, whole, in float32 or better."""
        targets: dict[str, torch.Tensor] = {}
        with torch.no_grad():
            for block in self.blocks:
                features = self._features(content, block)
                for name in self.weights.content_layers:
                    part = features[name][(..., *block.inner(halvings(name)))]
                    if len(self.blocks) == 1:
                        targets[name] = part.to(torch.promote_types(part.dtype, torch.float32))
                        continue
                    sides = [side >> halvings(name) for side in content.shape[-2:]]
                    if name not in targets:
                        dtype = torch.promote_types(part.dtype, torch.float32)
                        targets[name] = torch.empty(1, part.shape[1], *sides, dtype=dtype, device=part.device)
                    targets[name][(..., *block.place(halvings(name)))] = part
        return targets

    def _content_part(self, features: Mapping[str, torch.Tensor], block: Block) -> torch.Tensor:
        """This block's part of the content loss, not yet weighed by `Weights.content`."""
        parts = []
        for name, weight in self.weights.content_layers.items():
            target = self._targets[name][(..., *block.place(halvings(name)))]
            share = target.numel() / self._targets[name].numel()
            found = features[name][(..., *block.inner(halvings(name)))]
            parts.append(weight * share * content_loss(found, target))
        return torch.stack(parts).sum()

    def _style_loss(self, found: Sequence[StyleMoments]) -> torch.Tensor:
        """The style loss of each region's moments; `Weights.style` and `Weights.moments` are in it."""
        parts = []
        for region, share in enumerate(self._regions.shares):
            for name, weight in self.weights.style_layers.items():
                own, target = found[region][name], self.styles[region][name]
                loss = self.weights.style * gram_loss(own, target)
                if self.weights.moments:
                    loss = loss + self.weights.moments * moments_loss(own, target)
                parts.append(share * weight * loss)
        return torch.stack(parts).sum()

    def _style_slopes(self, found: Sequence[StyleMoments]) -> tuple[torch.Tensor, list[dict[str, Moments]]]:
        """The style loss and its gradient with respect to the moments: small matrices, left to autograd."""
        leaves = [
            {
                name: Moments(own.mean.detach().requires_grad_(), own.gram.detach().requires_grad_())
                for name, own in region.items()
            }
            for region in found
        ]
        loss = self._style_loss(leaves)
        flat = [part for region in leaves for own in region.values() for part in (own.mean, own.gram)]
        slopes = iter(torch.autograd.grad(loss, flat, materialize_grads=True))
        return loss.detach(), [{name: Moments(next(slopes), next(slopes)) for name in region} for region in leaves]

    def _backward(
        self, features: Mapping[str, torch.Tensor], slopes: Sequence[Mapping[str, Moments]], block: Block
    ) -> None:
        """Bring the losses' gradient to the picture: each layer's part joins when the pass comes by."""
        deepest = depth(features.keys())
        for name, here in features.items():
            if name != deepest:
                # Detached: a hook that held its own tensor would keep the whole pass alive.
                slope_of = partial(self._slope, name, here.detach(), slopes, block)
                here.register_hook(partial(_joined_slopes, slope_of))  # type: ignore[no-untyped-call]
        features[deepest].backward(self._slope(deepest, features[deepest].detach(), slopes, block))  # type: ignore[no-untyped-call]

    def _slope(
        self, name: str, features: torch.Tensor, slopes: Sequence[Mapping[str, Moments]], block: Block
    ) -> torch.Tensor:
        """The gradient of the losses with respect to one layer's activations, 0 in the block's margin: a new tensor."""
        inner, place = block.inner(halvings(name)), block.place(halvings(name))
        own = features[(..., *inner)]
        slope = None
        if name in self.weights.style_layers:
            slope = self._style_slope(name, own, slopes, place)
        if name in self.weights.content_layers:
            whole = self._targets[name]
            factor = 2 * self.weights.content * self.weights.content_layers[name] / whole.numel()
            apart = own.to(whole.dtype) - whole[(..., *place)]
            slope = apart.mul_(factor) if slope is None else slope.add_(apart, alpha=factor)
        assert slope is not None
        if own.shape == features.shape:
            return slope.to(features.dtype)
        padded = torch.zeros_like(features)
        padded[(..., *inner)] = slope
        return padded

    def _style_slope(
        self, name: str, own: torch.Tensor, slopes: Sequence[Mapping[str, Moments]], place: tuple[slice, slice]
    ) -> torch.Tensor:
        """The style loss's part: one product a region, of the activations with a matrix of channels by channels."""
        matrix = columns(own)
        total: torch.Tensor | None = None
        for region, parts in enumerate(slopes):
            places = self._regions.places(name, region)
            gram_slope = parts[name].gram / places
            part = torch.addmm(parts[name].mean / places, matrix, gram_slope + gram_slope.T)
            weights = self._regions.at(name, region, place)
            if weights is not None:
                part *= weights.reshape(-1, 1)
            total = part if total is None else total.add_(part)
        assert total is not None
        return total.view(1, *own.shape[-2:], -1).permute(0, 3, 1, 2)

    def _variation(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The gradient of the weighted total variation, and the variation."""
        if not self.weights.tv:
            return torch.zeros_like(picture), total_variation(picture)
        leaf = picture.detach().requires_grad_()
        variation = total_variation(leaf)
        (gradient,) = torch.autograd.grad(self.weights.tv * variation, leaf)
        return gradient, variation.detach()

    def _joined(self, content: torch.Tensor, style: torch.Tensor, variation: torch.Tensor) -> torch.Tensor:
        parts = [self.weights.content * content, style, self.weights.tv * variation]
        return torch.stack([*parts, torch.stack(parts).sum()])


def _joined_slopes(slope_of: Callable[[], torch.Tensor], slope: torch.Tensor) -> torch.Tensor:
    return slope_of().add_(slope)


class _Regions:
    """The weights of the regions' places at each layer, whole; no weights at all where there is one region."""

    def __init__(self, weights: torch.Tensor | None, size: Sequence[int]) -> None:
        self._size = (size[0], size[1])
        self._at: dict[int, torch.Tensor] = {} if weights is None else {0: weights}
        self.shares = [1.0] if weights is None else weights.mean(dim=(1, 2, 3)).tolist()

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


class _Moments:
    """Sums up the moments of a picture, block by block."""

    def __init__(
        self, network: FeatureNetwork, picture: torch.Tensor, layers: Sequence[str], regions: _Regions | None
    ) -> None:
        self._network = network
        self._picture = picture
        self._layers = layers
        self._regions = regions or _Regions(None, picture.shape[-2:])
        self._sums: list[dict[str, Moments]] = [{} for _ in range(len(self._regions))]

    def add(self, features: Mapping[str, torch.Tensor], block: Block) -> None:
        """Add a block's part."""
        for name in self._layers:
            inner, place = block.inner(halvings(name)), block.place(halvings(name))
            own = features[name].detach()[(..., *inner)]
            for region, sums in enumerate(self._sums):
                new = moment_sums(own, self._regions.at(name, region, place))
                known = sums.get(name)
                sums[name] = new if known is None else Moments(known.mean + new.mean, known.gram + new.gram)

    def normalised(self) -> list[dict[str, Moments]]:
        """Each region's moments."""
        return [
            {
                name: Moments(part.mean / places, part.gram / places)
                for name, part in sums.items()
                for places in (self._regions.places(name, region),)
            }
            for region, sums in enumerate(self._sums)
        ]

    def over(self, parts: Sequence[Block]) -> StyleMoments:
        """The moments of the whole picture."""
        for block in parts:
            rows, across = block.outer
            self.add(self._network(self._picture[..., rows, across], self._layers), block)
        return self.normalised()[0]
