"""The faithful look's objective: the style's activations are matched value by value, along many fixed directions.

Sliced Wasserstein distance: Heitz, Vanhoey, Chambon, Belcour: "A Sliced Wasserstein Loss for Neural Texture Synthesis"
(CVPR 2021). A Gram matrix asks only for products of activations, which a few exaggerated places can give; here all the
sorted values must be the style's, and the nearest way there leaves shapes of the photo where the Gram loss dissolves
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import torch

from nst_engine.blocks import Block, blocks, margin
from nst_engine.losses import content_loss, total_variation
from nst_engine.objective import Weights, content_targets
from nst_engine.regions import Regions
from nst_engine.settings import exact_strength
from nst_engine.tail import Tail
from nst_engine.vgg import CHANNELS, FeatureNetwork, depth, halvings

DIRECTIONS: Final = 128
"""Along how many directions the activations of a layer are compared."""
STRIDES: Final = (4, 2, 1, 1, 1)
"""By a layer's halvings: out of so many neighbours down and across each is looked at along directions of its own.

Sorting is most of what this costs, and neighbours in early layers are alike: so they have no more to sort than others.
"""
SEED: Final = 1
"""Of the directions, which are the same in every step and every run."""
UNIT: Final = 1000.0
"""What the losses are multiplied by, so that they are told in numbers one can read."""
RATIO_EXPONENTS: Final = (-0.6, 1.0)
"""The powers of ten that are the style loss's weight here at strength 0 and at strength 100, content weighing 1.

At 192 pixels and 25 steps 0.03, 0.3, 3 and 30 took a portrait 0.08, 0.25, 0.46 and 0.64 away from the photo, by the
root of the content loss: equal powers are about equal steps. Above 10 faces are parted into two of the style's colours.
"""
LEAST_VARIANCE: Final = 1.0
"""A variance that a loss is divided by is at least this, for flat pictures; activations go up to hundreds."""

Values = Mapping[str, Sequence[torch.Tensor]]
"""A style, as this objective knows it: for each layer and set of directions the sorted values (directions, places)."""


@cache
def directions(level: int) -> torch.Tensor:
    """The directions at a layer before which the sides were halved so often: (sets, directions, C), of length 1.

    Orthonormal as far as there are channels. Drawn on the CPU, so that every device has the same.
    """
    channels, generator = CHANNELS[level], torch.Generator().manual_seed(SEED + level)
    bases = []
    for first in range(0, DIRECTIONS, channels):
        count = min(channels, DIRECTIONS - first)
        drawn = torch.randn(channels, count, generator=generator, dtype=torch.float64)
        bases.append(torch.linalg.qr(drawn)[0].T)
    return torch.cat(bases).view(STRIDES[level] ** 2, -1, channels)


class Projection:
    """The activations of a layer, each place's along the directions of its own set: `values` (directions, h, w).

    Which set is a place's is decided by its row and column modulo the stride, so that every place is seen by one.
    """

    def __init__(self, layer: str, picture: torch.Tensor) -> None:
        self.level = halvings(layer)
        self._directions = directions(self.level).to(picture)
        sides = [side >> self.level for side in picture.shape[-2:]]
        self.values = picture.new_zeros(self._directions.shape[1], *sides)

    def take_in(self, features: torch.Tensor, block: Block) -> None:
        """Take in a block's activations (1, C, h, w)."""
        own = features[0][(..., *block.inner(self.level))].permute(1, 2, 0)
        for along, here, place in zip(
            self._directions, self._sets(own), self._block_sets(self.values, block), strict=True
        ):
            place.copy_((here.to(along) @ along.T).permute(2, 0, 1))

    def sets(self, values: torch.Tensor) -> list[torch.Tensor]:
        """Values (directions, h, w), as views by their sets."""
        return [each.movedim(-1, 0) for each in self._sets(values.movedim(0, -1))]

    def slope(self, pulls: torch.Tensor, block: Block, features: torch.Tensor) -> torch.Tensor:
        """A gradient with respect to the values as one with respect to a block's activations, 0 in its margin."""
        slope = torch.zeros_like(features)
        own = slope[0][(..., *block.inner(self.level))].permute(1, 2, 0)
        for along, here, pull in zip(self._directions, self._sets(own), self._block_sets(pulls, block), strict=True):
            here.copy_(pull.permute(1, 2, 0) @ along)
        return slope

    def _block_sets(self, values: torch.Tensor, block: Block) -> list[torch.Tensor]:
        # Blocks begin at multiples of the strides.
        return self.sets(values[(..., *block.place(self.level))])

    def _sets(self, places: torch.Tensor) -> list[torch.Tensor]:
        return by_sets(places, self.level)


def by_sets(places: torch.Tensor, level: int) -> list[torch.Tensor]:
    """A part of a layer (h, w, ...), as views by the sets of its places."""
    stride = STRIDES[level]
    return [places[row::stride, column::stride] for row in range(stride) for column in range(stride)]


def style_values(
    network: FeatureNetwork, style: torch.Tensor, layers: Sequence[str], block: int | None = None
) -> Values:
    """The sorted values of a style picture (1, 3, H, W), in blocks of about `block` pixels if given."""
    found = {name: Projection(name, style) for name in layers}
    with torch.no_grad():
        for part in blocks(style.shape[-2], style.shape[-1], block, margin(depth(layers))):
            features = network(style[(..., *part.outer)], layers)
            for name, projection in found.items():
                projection.take_in(features[name], part)
    return {
        name: [values.flatten(1).sort(dim=1)[0] for values in projection.sets(projection.values)]
        for name, projection in found.items()
    }


def blended_values(styles: Sequence[Values], shares: Sequence[float]) -> Values:
    """Several styles as one, each with its share: the means of their quantiles."""
    total = sum(shares)
    blend: dict[str, list[torch.Tensor]] = {}
    for name in styles[0]:
        blend[name] = []
        for parts in zip(*(style[name] for style in styles), strict=True):
            places = max(part.shape[1] for part in parts)
            weighed = [share / total * resampled(part, places) for part, share in zip(parts, shares, strict=True)]
            blend[name].append(torch.stack(weighed).sum(dim=0))
    return blend


def quantiles(ordered: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """What is at these shares (directions or 1, places), 0..1, of ordered values (directions, any number).

    Each value stands for the middle of its part; between two of them it is interpolated, before and beyond it stays.
    """
    count = ordered.shape[1]
    index = (shares * count - 0.5).clamp(0, count - 1).expand(len(ordered), -1)
    low = index.floor()
    below = low.long()
    return torch.lerp(ordered.gather(1, below), ordered.gather(1, (below + 1).clamp(max=count - 1)), index - low)


def resampled(ordered: torch.Tensor, places: int) -> torch.Tensor:
    """Ordered values (directions, any number) as so many places of the same distribution have them."""
    if ordered.shape[1] == places:
        return ordered
    middles = (torch.arange(places, device=ordered.device, dtype=torch.float64) + 0.5) / places
    return quantiles(ordered, middles.to(ordered.dtype).unsqueeze(0))


class SlicedWasserstein:
    """The weighted losses of a picture (1, 3, H, W) and their gradient, as `objective.Objective` has them.

    A layer's style loss is the mean squared difference of its ordered values and the style's, divided by the variance
    of these; the content loss is divided by the variance of the content's activations. So neither depends on how large
    the activations of a layer are. `styles`, `regions`, `block` and `visible` are as in `Objective`. A region's values
    count by the weights of their places.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        content: torch.Tensor,
        styles: Sequence[Values],
        weights: Weights | None = None,
        regions: torch.Tensor | None = None,
        block: int | None = None,
        visible: torch.Tensor | None = None,
    ) -> None:
        self.network = network
        self.weights = weights or Weights()
        self.blocks = blocks(content.shape[-2], content.shape[-1], block, margin(depth(self.weights.layers)))
        self.ease = 0.0
        self.tail: Tail | None = None
        self._visible = visible
        self._regions = Regions(regions, content.shape[-2:], visible)
        self._seen = Regions(None, content.shape[-2:], visible)
        self._targets = content_targets(network, content, self.weights, self.blocks)
        self._content_values = {
            name: target.shape[1] * float(self._seen.places(name, 0)) for name, target in self._targets.items()
        }
        self._content_weights = {
            name: UNIT * weight / max(float(self._targets[name].var(correction=0)), LEAST_VARIANCE)
            for name, weight in self.weights.content_layers.items()
        }
        self._styles = [self._as_here(style, content) for style in styles]
        self._style_weights = [
            {
                name: UNIT * self.weights.style * share * weight / max(variance(style[name]), LEAST_VARIANCE)
                for name, weight in self.weights.style_layers.items()
            }
            for style, share in zip(styles, self._regions.shares, strict=True)
        ]

    def style_magnitude(self) -> float:
        """The weighted style loss of activations that are all 0: how much is at stake for the style."""
        parts = [
            weight * torch.stack([values.square().mean() for values in style[name]]).mean()
            for style, weights in zip(self._styles, self._style_weights, strict=True)
            for name, weight in weights.items()
        ]
        return float(torch.stack(parts).sum())

    def losses(self, picture: torch.Tensor) -> torch.Tensor:
        """The weighted losses in the order of `LOSS_NAMES` (their sum last), as a vector of 4."""
        with torch.no_grad():
            found = self._projections(picture)
            content = torch.zeros((), device=picture.device)
            for block in self.blocks:
                content = content + self._take_in(found, self._features(picture[(..., *block.outer)]), block)
            return self.weights.joined(content, self._style(found)[0], total_variation(picture, self._visible))

    def evaluate(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same losses, and the gradient of their sum: (1, 3, H, W)."""
        whole = picture.detach().requires_grad_()
        variation = total_variation(whole, self._visible)
        (gradient,) = torch.autograd.grad(self.weights.tv * variation, whole)
        found = self._projections(picture)
        content = torch.zeros((), device=picture.device)
        kept = self._features(whole) if len(self.blocks) == 1 else None
        with torch.no_grad():
            for block in self.blocks:
                features = kept or self._features(picture[(..., *block.outer)])
                content = content + self._take_in(found, features, block)
            style, pulls = self._style(found)
        for block in self.blocks:
            outer = whole
            if kept is None:
                outer = picture[(..., *block.outer)].detach().requires_grad_()
            features = kept or self._features(outer)
            slopes = [self._slope(name, here.detach(), found, pulls, block) for name, here in features.items()]
            (slope,) = torch.autograd.grad(list(features.values()), outer, slopes)
            gradient[(..., *block.outer)] += slope
        return self.weights.joined(content, style, variation.detach()), gradient

    def _features(self, outer: torch.Tensor) -> dict[str, torch.Tensor]:
        features: dict[str, torch.Tensor] = self.network(outer, self.weights.layers)
        return features

    def _projections(self, picture: torch.Tensor) -> dict[str, Projection]:
        return {name: Projection(name, picture) for name in self.weights.style_layers}

    def _as_here(self, style: Values, content: torch.Tensor) -> Values:
        """A style's values, as many as there are places here."""
        found = self._projections(content)
        return {
            name: [
                resampled(ordered, here[0].numel())
                for ordered, here in zip(style[name], projection.sets(projection.values), strict=True)
            ]
            for name, projection in found.items()
        }

    def _take_in(
        self, found: Mapping[str, Projection], features: Mapping[str, torch.Tensor], block: Block
    ) -> torch.Tensor:
        """Take in a block's values; return its part of the content loss, not yet weighed by `Weights.content`."""
        for name, projection in found.items():
            projection.take_in(features[name], block)
        parts = []
        for name, weight in self._content_weights.items():
            target = self._targets[name][(..., *block.place(halvings(name)))]
            own = features[name][(..., *block.inner(halvings(name)))]
            seen = self._seen.at(name, 0, block.place(halvings(name)))
            parts.append(weight * target.numel() / self._content_values[name] * content_loss(own, target, seen))
        return torch.stack(parts).sum()

    def _style(self, found: Mapping[str, Projection]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The style loss, and its gradient with respect to each layer's values: (directions, h, w)."""
        losses: list[torch.Tensor] = []
        pulls = {name: torch.zeros_like(projection.values) for name, projection in found.items()}
        for name, projection in found.items():
            values, pulled = projection.sets(projection.values), projection.sets(pulls[name])
            for number, (here, pull) in enumerate(zip(values, pulled, strict=True)):
                ordered, order = here.flatten(1).sort(dim=1)
                for region, style in enumerate(self._styles):
                    apart, counts = self._apart(name, number, region, ordered, order, style[name][number])
                    weight = self._style_weights[region][name] / (len(values) * len(here))
                    losses.append(weight * (counts * apart.square()).sum())
                    slope = torch.empty_like(ordered).scatter_(1, order, apart * counts)
                    pull.add_(slope.view(here.shape), alpha=2 * weight)
        return torch.stack(losses).sum(), pulls

    def _apart(
        self, name: str, number: int, region: int, ordered: torch.Tensor, order: torch.Tensor, style: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """How far the ordered values of a set are from a region's style, and what share of the region each place is."""
        everywhere = (slice(None), slice(None))
        weights = self._regions.at(name, region, everywhere)
        if weights is None:
            return ordered - style, ordered.new_tensor(1 / ordered.shape[1])
        own = by_sets(weights[0], halvings(name))[number].reshape(-1)
        counts = (own / own.sum().clamp(min=1e-3))[order]
        return ordered - quantiles(style, counts.cumsum(dim=1) - counts / 2), counts

    def _slope(
        self,
        name: str,
        features: torch.Tensor,
        found: Mapping[str, Projection],
        pulls: Mapping[str, torch.Tensor],
        block: Block,
    ) -> torch.Tensor:
        """The gradient of the losses with respect to one layer's activations, 0 in the block's margin."""
        slope = found[name].slope(pulls[name], block, features) if name in found else torch.zeros_like(features)
        if name in self._content_weights:
            whole = self._targets[name]
            inner, place = block.inner(halvings(name)), block.place(halvings(name))
            factor = 2 * self.weights.content * self._content_weights[name] / self._content_values[name]
            apart, seen = features[(..., *inner)] - whole[(..., *place)], self._seen.at(name, 0, place)
            slope[(..., *inner)] += factor * (apart if seen is None else apart * seen)
        return slope


def variance(values: Sequence[torch.Tensor]) -> float:
    """The mean variance of a layer's values along its directions."""
    return float(torch.stack([each.var(dim=1, correction=0).mean() for each in values]).mean())


def faithful_weights(weights: Weights) -> Weights:
    """Weights as settings have them, with the style's as this objective needs it for the same strength."""
    if not weights.content or not weights.style:
        return weights
    low, high = RATIO_EXPONENTS
    exponent = low + (high - low) * exact_strength(weights.style / weights.content) / 100
    return replace(weights, style=weights.content * 10**exponent)
