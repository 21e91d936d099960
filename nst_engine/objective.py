"""The objective, as a sentence: content of one picture, style of others, little total variation, each with a weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from nst_engine.blocks import Block, blocks, margin
from nst_engine.easing import Eased
from nst_engine.losses import (
    LAYER_WEIGHT,
    Moments,
    columns,
    content_loss,
    gram_loss,
    moment_sums,
    moments_loss,
    total_variation,
)
from nst_engine.regions import Regions
from nst_engine.settings import CONTENT_LAYER, STYLE_LAYERS
from nst_engine.tail import Tail
from nst_engine.vgg import CHANNELS, FeatureNetwork, depth, halvings

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

    def joined(self, content: torch.Tensor, style: torch.Tensor, variation: torch.Tensor) -> torch.Tensor:
        """The losses in the order of `LOSS_NAMES`, their sum last: a vector of 4. The style's is weighed already."""
        parts = [self.content * content, style, self.tv * variation]
        return torch.stack([*parts, torch.stack(parts).sum()])


def content_targets(
    network: FeatureNetwork, content: torch.Tensor, weights: Weights, parts: Sequence[Block]
) -> dict[str, torch.Tensor]:
    """The activations of a content (1, 3, H, W) at its layers, whole, in float32 or better, seen in blocks."""
    targets: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        for block in parts:
            features = network(content[(..., *block.outer)], weights.layers)
            for name in weights.content_layers:
                part = features[name][(..., *block.inner(halvings(name)))]
                part = part.to(torch.promote_types(part.dtype, torch.float32))
                if len(parts) == 1:
                    targets[name] = part
                    continue
                if name not in targets:
                    sides = [side >> halvings(name) for side in content.shape[-2:]]
                    targets[name] = part.new_empty(1, part.shape[1], *sides)
                targets[name][(..., *block.place(halvings(name)))] = part
    return targets


def style_moments(
    network: FeatureNetwork,
    style: torch.Tensor,
    layers: Sequence[str],
    block: int | None = None,
) -> StyleMoments:
    """The moments of a style picture (1, 3, H, W), in blocks of about `block` pixels if given."""
    with torch.no_grad():
        return _Moments(network, style, layers, Regions(None, style.shape[-2:])).over(
            blocks(style.shape[-2], style.shape[-1], block, margin(depth(layers)))
        )


def blended(styles: Sequence[StyleMoments], shares: Sequence[float]) -> StyleMoments:
    """Several styles as one, each with its share."""
    return {name: Moments.blend([style[name] for style in styles], shares) for name in styles[0]}


class Objective:
    """The weighted losses of a picture (1, 3, H, W) and their gradient, from the whole picture or exactly by blocks.

    `styles` has the style of each region and `regions` the weights (R, 1, H, W), 0..1, of the regions' places; None
    stands for one region, the whole picture. A region's style loss counts by its share of the picture. With `visible`
    (1, 1, H, W), 0..1, every pixel counts in all losses as much as can be seen of it, and shares are those of what can
    be seen. What is optimised has two passes when `block` (the side of a block's core, in pixels) is given: first the
    statistics over all blocks, then each block's part of the gradient against these.

    With `ease` above 0 the gradient is another one than the losses': see `easing.Eased`. With a tail, what `evaluate`
    finds is in part the last known: see `tail.Tail`; `losses` is always exact.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        content: torch.Tensor,
        styles: Sequence[StyleMoments],
        weights: Weights | None = None,
        regions: torch.Tensor | None = None,
        block: int | None = None,
        tail: Tail | None = None,
        visible: torch.Tensor | None = None,
    ) -> None:
        self.network = network
        self.styles = styles
        self.weights = weights or Weights()
        self.blocks = blocks(content.shape[-2], content.shape[-1], block, margin(depth(self.weights.layers)))
        self.ease = 0.0
        # By blocks a tail saves less, and would have to be kept for each block.
        self.tail = tail if tail is not None and tail.layers and len(self.blocks) == 1 else None
        self._visible = visible
        self._regions = Regions(regions, content.shape[-2:], visible)
        self._seen = Regions(None, content.shape[-2:], visible)
        self._targets = content_targets(network, content, self.weights, self.blocks)
        self._content_values = {
            name: target.shape[1] * float(self._seen.places(name, 0)) for name, target in self._targets.items()
        }
        self._eased: list[dict[str, Eased]] | None = None

    def style_magnitude(self) -> float:
        """The weighted style loss of activations that are all 0: how much is at stake for the style."""
        nothing = [
            {name: Moments(torch.zeros_like(part.mean), torch.zeros_like(part.gram)) for name, part in style.items()}
            for style in self.styles
        ]
        return float(self._style_loss(nothing))

    def losses(self, picture: torch.Tensor) -> torch.Tensor:
        """The weighted losses in the order of `LOSS_NAMES` (their sum last), as a vector of 4."""
        with torch.no_grad():
            sums = _Moments(self.network, picture, sorted(self.weights.style_layers), self._regions)
            content = torch.zeros((), device=picture.device)
            for block in self.blocks:
                features = self._features(picture, block)
                sums.add(features, block)
                content = content + self._content_part(features, block)
            return self.weights.joined(
                content, self._style_loss(sums.normalised()), total_variation(picture, self._visible)
            )

    def evaluate(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same losses, and the gradient of their sum: (1, 3, H, W)."""
        gradient, variation = self._variation(picture)
        layers, rests = self.weights.layers, self.tail is not None and self.tail.rests
        if self.tail is not None and rests:
            layers = layers - self.tail.layers
        seen = sorted(layers & self.weights.style_layers.keys())
        sums = _Moments(self.network, picture, seen, self._regions)
        kept = None
        for block in self.blocks:
            if len(self.blocks) == 1:
                kept = self._features_with_graph(picture, block, layers)
                sums.add(kept[1], block)
            else:
                with torch.no_grad():
                    sums.add(self._features(picture, block), block)
        found = sums.normalised()
        if self.tail is not None and rests:
            found = [{**old, **new} for old, new in zip(self.tail.moments, found, strict=True)]
        style, slopes = self._style_slopes(found, seen)
        content = torch.zeros((), device=picture.device)
        for block in self.blocks:
            outer, features = kept or self._features_with_graph(picture, block, layers)
            content = content + self._content_part({name: part.detach() for name, part in features.items()}, block)
            self._backward(features, slopes, block)
            assert outer.grad is not None
            rows, across = block.outer
            gradient[..., rows, across] += outer.grad
        losses = self.weights.joined(content, style, variation)
        if self.tail is not None:
            if rests:
                self.tail.passed()
            else:
                self.tail.seen(found, self._style_loss(found, self.tail.layers) / losses[-1])
        return losses, gradient

    def _features(self, picture: torch.Tensor, block: Block) -> dict[str, torch.Tensor]:
        rows, across = block.outer
        features: dict[str, torch.Tensor] = self.network(picture[..., rows, across], self.weights.layers)
        return features

    def _features_with_graph(
        self, picture: torch.Tensor, block: Block, layers: Collection[str]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        rows, across = block.outer
        outer = picture[..., rows, across].detach().requires_grad_()
        return outer, self.network(outer, layers)

    def _content_part(self, features: Mapping[str, torch.Tensor], block: Block) -> torch.Tensor:
        """This block's part of the content loss, not yet weighed by `Weights.content`."""
        parts = []
        for name, weight in self.weights.content_layers.items():
            place = block.place(halvings(name))
            target = self._targets[name][(..., *place)]
            share = target.numel() / self._content_values[name]
            found = features[name][(..., *block.inner(halvings(name)))]
            parts.append(weight * share * content_loss(found, target, self._seen.at(name, 0, place)))
        return torch.stack(parts).sum()

    def _style_loss(self, found: Sequence[StyleMoments], layers: Collection[str] | None = None) -> torch.Tensor:
        """The style loss of each region's moments, of some layers or of all; the weights are in it."""
        parts = []
        for region, share in enumerate(self._regions.shares):
            for name, weight in self.weights.style_layers.items():
                if layers is not None and name not in layers:
                    continue
                own, target = found[region][name], self.styles[region][name]
                loss = self.weights.style * gram_loss(own, target)
                if self.weights.moments:
                    loss = loss + self.weights.moments * moments_loss(own, target)
                parts.append(share * weight * loss)
        return torch.stack(parts).sum()

    def _style_slopes(
        self, found: Sequence[StyleMoments], seen: Collection[str]
    ) -> tuple[torch.Tensor, list[dict[str, Moments]]]:
        """The style loss, and its gradient with respect to the moments of the layers in `seen`."""
        leaves = [
            {
                name: Moments(own.mean.detach().requires_grad_(), own.gram.detach().requires_grad_())
                for name, own in region.items()
            }
            for region in found
        ]
        loss = self._style_loss(leaves)
        flat = [part for region in leaves for own in region.values() for part in (own.mean, own.gram)]
        flows = iter(torch.autograd.grad(loss, flat, materialize_grads=True))
        slopes = [{name: Moments(next(flows), next(flows)) for name in region} for region in leaves]
        slopes = [{name: part for name, part in region.items() if name in seen} for region in slopes]
        if self.ease:
            slopes = [
                {name: Moments(part.mean, eased[name](part.gram, self.ease)) for name, part in region.items()}
                for region, eased in zip(slopes, self._easing(), strict=True)
            ]
        return loss.detach(), slopes

    def _easing(self) -> list[dict[str, Eased]]:
        if self._eased is None:
            self._eased = [
                {name: Eased(style[name].gram, self._content_bend(name, region)) for name in self.weights.style_layers}
                for region, style in enumerate(self.styles)
            ]
        return self._eased

    def _content_bend(self, layer: str, region: int) -> float:
        """How much the content loss bends along an activation, in units in which a region's Gram loss at a layer bends
        by the square of what its activations have along the same direction, as a mean over places.
        """
        weights = self.weights
        content = weights.content * sum(w / self._content_values[name] for name, w in weights.content_layers.items())
        channels = CHANNELS[halvings(layer)]
        share, places = self._regions.shares[region], float(self._regions.places(layer, region))
        gram = 2 * share * weights.style * weights.style_layers[layer] * LAYER_WEIGHT / (channels**4 * places)
        return content / gram if gram else math.inf

    def _backward(
        self, features: Mapping[str, torch.Tensor], slopes: Sequence[Mapping[str, Moments]], block: Block
    ) -> None:
        """Bring the losses' gradient to the picture: each layer's part joins when the pass comes by."""
        deepest = depth(features.keys())
        for name, here in features.items():
            if name != deepest:
                # Detached: a hook that held its own tensor would keep the whole pass alive.
                slope_of = partial(self._slope, name, here.detach(), slopes, block)
                here.register_hook(partial(self._joined_slope, name, slope_of))  # type: ignore[no-untyped-call]
        slope = self._slope(deepest, features[deepest].detach(), slopes, block)
        if self.tail is not None and self.tail.slope is not None and self.tail.joint == deepest:
            slope = slope.add_(self.tail.slope)
        features[deepest].backward(slope)  # type: ignore[no-untyped-call]

    def _joined_slope(self, name: str, slope_of: Callable[[], torch.Tensor], slope: torch.Tensor) -> torch.Tensor:
        if self.tail is not None and self.tail.joint == name:
            self.tail.slope = slope.detach().clone()
        return slope_of().add_(slope)

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
            factor = 2 * self.weights.content * self.weights.content_layers[name] / self._content_values[name]
            apart = own.to(whole.dtype) - whole[(..., *place)]
            seen = self._seen.at(name, 0, place)
            if seen is not None:
                apart *= seen
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
            part = _product(parts[name].mean / places, matrix, gram_slope + gram_slope.T)
            weights = self._regions.at(name, region, place)
            if weights is not None:
                part *= weights.reshape(-1, 1)
            total = part if total is None else total.add_(part)
        assert total is not None
        return total.T.reshape(1, -1, *own.shape[-2:])

    def _variation(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The gradient of the weighted total variation, and the variation."""
        if not self.weights.tv:
            return torch.zeros_like(picture), total_variation(picture, self._visible)
        leaf = picture.detach().requires_grad_()
        variation = total_variation(leaf, self._visible)
        (gradient,) = torch.autograd.grad(self.weights.tv * variation, leaf)
        return gradient, variation.detach()


def _product(row: torch.Tensor, matrix: torch.Tensor, symmetric: torch.Tensor) -> torch.Tensor:
    """row + matrix @ symmetric, laid out in memory as the matrix is."""
    if matrix.is_contiguous():
        return torch.addmm(row, matrix, symmetric)
    return torch.addmm(row.unsqueeze(1), symmetric, matrix.T).T


class _Moments:
    """Sums up the moments of a picture, block by block."""

    def __init__(self, network: FeatureNetwork, picture: torch.Tensor, layers: Sequence[str], regions: Regions) -> None:
        self._network = network
        self._picture = picture
        self._layers = layers
        self._regions = regions
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
