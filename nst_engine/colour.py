"""Colours kept or matched: by mean and covariance, or by painting light and shade alone.

Gatys, Bethge, Hertzmann, Shechtman: "Preserving Color in Neural Artistic Style Transfer" (2016). A picture here is a
tensor of shape (1, 3, H, W), float32, RGB, values 0..255; where weights (1, 1, H, W) are given, each pixel counts by
its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import torch

LUMA: Final = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in the light: the Y of YIQ, as in the paper."""
FLOOR: Final = 1.0
"""A variance (squared levels of 0..255) below which a direction of colours holds rounding rather than colour."""
CHUNK: Final = 1 << 20
"""Pixels that are turned to float64 at a time."""


class ColourMoments(NamedTuple):
    """The mean (3,) and the covariance (3, 3) of a picture's colours, in float64 on the CPU."""

    mean: torch.Tensor
    covariance: torch.Tensor


def colour_moments(picture: torch.Tensor, weights: torch.Tensor | None = None) -> ColourMoments:
    """The mean and the covariance (divided by the number of pixels) of the colours of a picture (1, 3, H, W)."""
    pixels = picture.detach()[0].flatten(1)
    if weights is not None:
        return _weighed_moments(pixels, weights.flatten().double())
    count = pixels.shape[1]
    mean = pixels.mean(dim=1, dtype=torch.float64)
    covariance = torch.zeros(3, 3, dtype=torch.float64, device=picture.device)
    for first in range(0, count, CHUNK):
        apart = pixels[:, first : first + CHUNK].double() - mean.unsqueeze(1)
        covariance += apart @ apart.T / count
    return ColourMoments(mean.cpu(), covariance.cpu())


def _weighed_moments(pixels: torch.Tensor, weights: torch.Tensor) -> ColourMoments:
    """The moments of pixels (3, N) of which each counts by its weight, (N,) in float64."""
    mean = torch.zeros(3, dtype=torch.float64, device=pixels.device)
    second = torch.zeros(3, 3, dtype=torch.float64, device=pixels.device)
    total = weights.sum()
    for first in range(0, pixels.shape[1], CHUNK):
        part, share = pixels[:, first : first + CHUNK].double(), weights[first : first + CHUNK] / total
        mean += part @ share
        second += (part * share) @ part.T
    return ColourMoments(mean.cpu(), (second - torch.outer(mean, mean)).cpu())


def blend_moments(moments: Sequence[ColourMoments], shares: Sequence[float]) -> ColourMoments:
    """The moments of the colours of several pictures together, each with its share (scaled to a sum of 1).

    The blend of Gram matrices is one of second moments, and so is this: pictures whose means differ give a wider
    spread than each has alone.
    """
    weights = torch.tensor(shares, dtype=torch.float64)
    weights = weights / weights.sum()
    means = torch.stack([each.mean for each in moments])
    mean = weights @ means
    apart = means - mean
    within = torch.einsum("k,kij->ij", weights, torch.stack([each.covariance for each in moments]))
    return ColourMoments(mean, within + torch.einsum("k,ki,kj->ij", weights, apart, apart))


def match_colours(
    picture: torch.Tensor,
    like: torch.Tensor,
    weights: torch.Tensor | None = None,
    like_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The picture (1, 3, H, W) with the mean and covariance of the colours of `like` (1, 3, h, w); not clamped.

    See `match_moments`.
    """
    return match_moments(picture, *colour_moments(like, like_weights), weights)


def match_moments(
    picture: torch.Tensor, mean: torch.Tensor, covariance: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """The picture (1, 3, H, W) with colours of that mean (3,) and covariance (3, 3), moved as little as can be.

    The map is x -> A (x - mean_picture) + mean with A = S^-1/2 (S^1/2 L S^1/2)^1/2 S^-1/2, the optimal transport from
    a Gaussian of covariance S to one of covariance L. It is exact when S has a variance of at least `FLOOR` in every
    direction. Where it has less (gray, flat and black pictures), what is missing is added to both S and L, so that
    rounding is not blown up into colours, and a picture matched to itself stays as it is.

    The result is not clamped: a tenth of the colours can lie beyond 0..255, and clamping shifts what was matched. A
    style should be clamped before its features are taken: the painted picture ends within that range, and strokes
    beyond it are lost when it is cut to it. For a start it makes no difference that could be measured.
    """
    source = colour_moments(picture, weights)
    change = _transport(source.covariance, covariance.to(source.covariance)).to(picture)
    apart = picture - source.mean.to(picture).view(1, 3, 1, 1)
    result = mean.to(picture).view(1, 3, 1, 1).expand_as(picture).clone()
    # Channel by channel rather than as a matrix product, which devices may round to fewer bits.
    for channel in range(3):
        result += change[:, channel].view(1, 3, 1, 1) * apart[:, channel : channel + 1]
    return result


def _transport(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The symmetric matrix A (3, 3) with A S A = L, for S and L brought to at least `FLOOR` where S has less."""
    variances, directions = torch.linalg.eigh(source)
    floored = variances.clamp(min=FLOOR)
    target = target + (directions * (floored - variances)) @ directions.T
    root = (directions * floored.sqrt()) @ directions.T
    inverse_root = (directions * floored.rsqrt()) @ directions.T
    values, vectors = torch.linalg.eigh(root @ target @ root)
    middle = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    change: torch.Tensor = inverse_root @ middle @ inverse_root
    return change


def luminance(picture: torch.Tensor) -> torch.Tensor:
    """The light of a picture as a gray picture: (1, 3, H, W) with three equal channels."""
    return _light(picture).repeat(1, 3, 1, 1)


def match_luminance(
    style: torch.Tensor,
    content: torch.Tensor,
    weights: torch.Tensor | None = None,
    content_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """A gray style (1, 3, H, W) with the mean and standard deviation of a gray content (1, 3, h, w); not clamped.

    A style that is all but flat is not stretched beyond what `FLOOR` allows; one matched to itself stays as it is.
    """
    light, wanted = _light(style), _light(content)
    mean, variance = _mean_and_variance(light, weights)
    wanted_mean, wanted_variance = _mean_and_variance(wanted, content_weights)
    missing = max(0.0, FLOOR - variance)
    gain = math.sqrt((wanted_variance + missing) / (variance + missing))
    return ((light - mean) * gain + wanted_mean).repeat(1, 3, 1, 1)


def with_colours_of(gray: torch.Tensor, content: torch.Tensor) -> torch.Tensor:
    """The light of a gray picture (1, 3, H, W) with the colours (I and Q of YIQ) of a content of the same shape.

    The light is clamped to 0..255 and then kept exactly: where the content's colour does not fit at that light, it
    is made paler until it does. Clamping the channels instead would darken highlights and lighten shadows, and turn
    hues, at just the strokes that were painted.
    """
    light = _light(gray).clamp(0, 255)
    # Equal I and Q mean equal distances of red, green and blue from the light.
    chroma = content - _light(content)
    room = torch.where(chroma > 0, 255 - light, light)
    share = (room / chroma.abs().clamp(min=1e-6)).amin(dim=1, keepdim=True).clamp(max=1)
    return (light + share * chroma).clamp(0, 255)


def _light(picture: torch.Tensor) -> torch.Tensor:
    """The Y of YIQ of a picture (1, 3, H, W): shape (1, 1, H, W)."""
    red, green, blue = picture[:, :1], picture[:, 1:2], picture[:, 2:]
    # The shares add up to 1, and so written a gray picture's light is the picture, to the bit.
    return green + LUMA[0] * (red - green) + LUMA[2] * (blue - green)


def _mean_and_variance(light: torch.Tensor, weights: torch.Tensor | None) -> tuple[float, float]:
    if weights is not None:
        shares = weights.double() / weights.double().sum()
        middle = (shares * light).sum()
        return middle.item(), (shares * (light - middle).square()).sum().item()
    variance, mean = torch.var_mean(light.double(), correction=0)
    return mean.item(), variance.item()
