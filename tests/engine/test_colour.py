"""Colours: the statistics that are matched, the least movement, and light that is kept to the level."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from PIL import Image

from nst_engine.colour import (
    FLOOR,
    ColourMoments,
    blend_moments,
    colour_moments,
    luminance,
    match_colours,
    match_luminance,
    match_moments,
    with_colours_of,
)
from nst_engine.images import to_tensor

BLACK = torch.zeros(1, 3, 12, 15)
FLAT = torch.tensor([200.0, 30.0, 90.0]).view(1, 3, 1, 1).expand(1, 3, 12, 15)
GRAY = torch.linspace(0, 255, 180).view(1, 1, 12, 15).repeat(1, 3, 1, 1)
YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])

small_pictures = hnp.arrays(np.uint8, (1, 3, 5, 7)).map(lambda values: torch.from_numpy(values).float())


def to_yiq(picture: torch.Tensor) -> torch.Tensor:
    return torch.einsum("ij,bjhw->bihw", YIQ.to(picture), picture)


@pytest.fixture(scope="module")
def photo_pixels(otters: Image.Image) -> torch.Tensor:
    return to_tensor(otters, (120, 90))


@pytest.fixture(scope="module")
def painting_pixels(starry_night: Image.Image) -> torch.Tensor:
    return to_tensor(starry_night, (101, 75))


def test_moments_are_those_of_numpy(painting_pixels: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    # Several chunks, the last one not full.
    monkeypatch.setattr("nst_engine.colour.CHUNK", 1000)
    mean, covariance = colour_moments(painting_pixels)
    pixels = painting_pixels.double().numpy()[0].reshape(3, -1)
    assert mean.dtype == covariance.dtype == torch.float64
    np.testing.assert_allclose(mean, pixels.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(pixels, bias=True), rtol=1e-9)


def test_matching_gives_the_mean_and_covariance_of_the_other(
    photo_pixels: torch.Tensor, painting_pixels: torch.Tensor
) -> None:
    result = match_colours(painting_pixels, photo_pixels)
    assert (result.shape, result.dtype) == (painting_pixels.shape, torch.float32)
    torch.testing.assert_close(colour_moments(result), colour_moments(photo_pixels), rtol=1e-3, atol=1e-3)


@given(picture=small_pictures, like=small_pictures)
@settings(max_examples=60, deadline=None)
def test_matching_is_finite_for_any_picture_and_exact_for_colourful_ones(
    picture: torch.Tensor, like: torch.Tensor
) -> None:
    result = match_colours(picture, like)
    assert result.isfinite().all()
    got, wanted, source = colour_moments(result), colour_moments(like), colour_moments(picture)
    torch.testing.assert_close(got.mean, wanted.mean, rtol=1e-3, atol=1e-2)
    if torch.linalg.eigvalsh(source.covariance)[0] >= FLOOR:
        size = wanted.covariance.norm() + FLOOR
        assert (got.covariance - wanted.covariance).norm() / size < 1e-3


def test_a_picture_matched_to_itself_stays_as_it_is(photo_pixels: torch.Tensor) -> None:
    # Also one with less than the floor's variance in some directions, such as faintly tinted gray.
    tint = torch.tensor([0.3, -0.2, 0.1]).view(1, 3, 1, 1) * torch.randn(
        GRAY.shape[-2:], generator=torch.manual_seed(0)
    )
    for picture in (photo_pixels, GRAY, GRAY + tint, FLAT, BLACK):
        torch.testing.assert_close(match_colours(picture, picture), picture, rtol=0, atol=1e-2)


def linear_part(picture: torch.Tensor, mapped: torch.Tensor) -> torch.Tensor:
    """The matrix (3, 3) that takes the picture's colours to the mapped ones, found by least squares."""
    before, after = (p.double()[0].flatten(1) - colour_moments(p).mean.unsqueeze(1) for p in (picture, mapped))
    solution: torch.Tensor = torch.linalg.lstsq(before.T, after.T).solution.T
    return solution


def test_the_map_is_the_one_of_least_movement(photo_pixels: torch.Tensor, painting_pixels: torch.Tensor) -> None:
    result = match_colours(painting_pixels, photo_pixels)
    matrix = linear_part(painting_pixels, result)
    # By Brenier's theorem a linear map moves least exactly when it is symmetric and positive.
    torch.testing.assert_close(matrix, matrix.T, rtol=0, atol=1e-4)
    assert torch.linalg.eigvalsh(matrix).min() > 0
    mean, covariance = colour_moments(photo_pixels)
    source = colour_moments(painting_pixels)
    cholesky = torch.linalg.cholesky(covariance) @ torch.linalg.inv(torch.linalg.cholesky(source.covariance))
    apart = painting_pixels.double()[0].flatten(1) - source.mean.unsqueeze(1)
    other = (cholesky @ apart + mean.unsqueeze(1)).view(painting_pixels.shape)
    torch.testing.assert_close(colour_moments(other).covariance, covariance, rtol=1e-6, atol=1e-6)
    moved, moved_more = ((each - painting_pixels).square().mean() for each in (result, other))
    assert moved < moved_more


@pytest.mark.parametrize("picture", [BLACK, FLAT, GRAY], ids=["black", "flat", "gray"])
def test_flat_gray_and_black_pictures_take_the_mean_and_no_wild_colours(
    picture: torch.Tensor, painting_pixels: torch.Tensor
) -> None:
    result = match_colours(picture, painting_pixels)
    wanted = colour_moments(painting_pixels)
    torch.testing.assert_close(colour_moments(result).mean, wanted.mean, rtol=0, atol=1e-2)
    # No more spread than wanted in any direction, and none where the picture has none.
    assert torch.linalg.eigvalsh(wanted.covariance - colour_moments(result).covariance).min() > -2 * FLOOR
    if picture is not GRAY:
        torch.testing.assert_close(result, result[..., :1, :1].expand_as(result), rtol=0, atol=1e-3)


@pytest.mark.parametrize("like", [BLACK, FLAT, GRAY], ids=["black", "flat", "gray"])
def test_a_picture_matched_to_a_flat_gray_or_black_one_becomes_so(
    like: torch.Tensor, painting_pixels: torch.Tensor
) -> None:
    result = match_colours(painting_pixels, like)
    got, wanted = colour_moments(result), colour_moments(like)
    torch.testing.assert_close(got.mean, wanted.mean, rtol=0, atol=1e-2)
    torch.testing.assert_close(got.covariance, wanted.covariance, rtol=1e-3, atol=1e-2)


def test_rounding_is_not_blown_up_into_colours(painting_pixels: torch.Tensor) -> None:
    noise = torch.rand(GRAY.shape, generator=torch.manual_seed(0)) - 0.5
    plain = match_colours(GRAY, painting_pixels)
    noisy = match_colours(GRAY + noise, painting_pixels)
    wanted = torch.linalg.eigvalsh(colour_moments(painting_pixels).covariance).max().sqrt()
    assert (noisy - plain).std() < 0.25 * wanted


def test_matching_one_picture_moves_no_other_ones_values(photo_pixels: torch.Tensor) -> None:
    before = photo_pixels.clone()
    mean, covariance = colour_moments(GRAY)
    match_moments(photo_pixels, mean, covariance)
    assert torch.equal(photo_pixels, before)
    torch.testing.assert_close(ColourMoments(mean, covariance), colour_moments(GRAY))


def test_blended_moments_are_those_of_all_pixels_together(photo_pixels: torch.Tensor) -> None:
    both = torch.cat([photo_pixels, GRAY.repeat(1, 1, 1, photo_pixels.shape[-1] // 15)], dim=-2)
    # 90 rows of one and 12 of the other.
    blend = blend_moments([colour_moments(photo_pixels), colour_moments(GRAY)], [90, 12])
    torch.testing.assert_close(blend, colour_moments(both))


def test_the_blend_of_one_is_itself_and_a_share_of_zero_counts_nothing(photo_pixels: torch.Tensor) -> None:
    one = colour_moments(photo_pixels)
    torch.testing.assert_close(blend_moments([one], [0.2]), one)
    torch.testing.assert_close(blend_moments([one, colour_moments(GRAY)], [3, 0]), one)


def test_luminance_is_the_y_of_yiq(photo_pixels: torch.Tensor) -> None:
    gray = luminance(photo_pixels)
    assert torch.equal(gray[:, :1].expand_as(gray), gray)
    torch.testing.assert_close(gray[:, :1], to_yiq(photo_pixels)[:, :1], rtol=0, atol=1e-3)
    assert torch.equal(luminance(GRAY), GRAY)


def test_matched_luminance_has_the_contents_mean_and_deviation(
    photo_pixels: torch.Tensor, painting_pixels: torch.Tensor
) -> None:
    content, style = luminance(photo_pixels), luminance(painting_pixels)
    result = match_luminance(style, content)
    assert torch.equal(result[:, :1].expand_as(result), result)
    light = (style - style.mean()) * content.std(correction=0) / style.std(correction=0) + content.mean()
    torch.testing.assert_close(result, light, rtol=0, atol=1e-2)


@pytest.mark.parametrize("style", [BLACK, luminance(FLAT), GRAY], ids=["black", "flat", "gray"])
@pytest.mark.parametrize("content", [BLACK, luminance(FLAT), GRAY], ids=["black", "flat", "gray"])
def test_luminance_of_flat_pictures_takes_the_mean(style: torch.Tensor, content: torch.Tensor) -> None:
    result = match_luminance(style, content)
    torch.testing.assert_close(result.mean(), content.mean(), rtol=0, atol=1e-2)
    wanted = content.std() if style is GRAY else torch.tensor(0.0)
    torch.testing.assert_close(result.std(), wanted, rtol=1e-3, atol=1e-2)


def test_faint_grain_is_not_blown_up_into_light_and_shade() -> None:
    grain = 128 + 0.1 * torch.randn(1, 1, 12, 15, generator=torch.manual_seed(0)).repeat(1, 3, 1, 1)
    assert match_luminance(grain, GRAY).std() < 0.15 * GRAY.std()


@given(gray=small_pictures, content=small_pictures)
@settings(max_examples=60, deadline=None)
def test_light_is_kept_and_colours_only_grow_paler(gray: torch.Tensor, content: torch.Tensor) -> None:
    gray = luminance(gray)
    result = with_colours_of(gray, content)
    assert 0 <= result.min() <= result.max() <= 255
    before, after = to_yiq(content), to_yiq(result)
    torch.testing.assert_close(after[:, :1], gray[:, :1], rtol=0, atol=1e-3)
    # The same hue: I and Q at one ratio, at most as large.
    (i, q), (i_before, q_before) = after[0, 1:], before[0, 1:]
    torch.testing.assert_close(i * q_before, q * i_before, rtol=0, atol=0.5)
    assert (torch.hypot(i, q) <= torch.hypot(i_before, q_before) + 1e-2).all()
    assert (i * i_before + q * q_before >= -0.5).all()


def test_no_rounding_leads_out_of_the_range() -> None:
    draw = torch.manual_seed(0)
    gray, content = (torch.randint(0, 256, (1, 3, 300, 300), generator=draw).float() for _ in range(2))
    result = with_colours_of(luminance(gray), content)
    assert result.min() == 0
    assert result.max() == 255


def test_colours_that_fit_are_kept_whole_and_others_as_far_as_they_fit() -> None:
    content = torch.tensor([[100.0, 120.0, 90.0], [200.0, 20.0, 20.0]]).T.reshape(1, 3, 1, 2)
    result = with_colours_of(luminance(content) + torch.tensor([40.0, 120.0]).view(1, 1, 1, 2), content)
    torch.testing.assert_close(result[..., 0], content[..., 0] + 40)
    red, green, blue = result[0, :, 0, 1].tolist()
    assert red == pytest.approx(255)
    assert green == pytest.approx(blue)
    assert green < red


def test_the_contents_own_light_gives_the_content_and_light_beyond_white_is_white(photo_pixels: torch.Tensor) -> None:
    torch.testing.assert_close(with_colours_of(luminance(photo_pixels), photo_pixels), photo_pixels, rtol=0, atol=1e-2)
    assert with_colours_of(torch.full_like(photo_pixels, 300.0), photo_pixels).min() == 255
    assert with_colours_of(torch.full_like(photo_pixels, -40.0), photo_pixels).max() == 0
