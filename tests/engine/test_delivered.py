"""The losses that are told are those of the picture that people get: clamped, in 8 bits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from PIL import Image

from bot.gallery import Gallery
from nst_engine.colour import luminance
from nst_engine.engine import Engine
from nst_engine.gamut import gamut_penalty, gamut_weight
from nst_engine.images import RESAMPLING, fit, fit_area, open_picture, to_picture, to_tensor
from nst_engine.objective import Objective, Weights, style_moments
from nst_engine.objectives import objective_for
from nst_engine.run import Run
from nst_engine.settings import STYLE_LAYERS, Settings
from nst_engine.studies import Pictures, Study

CLOSE = 1.05
"""What the picture that is delivered may have more than what is told of it."""


def test_the_penalty_is_the_squared_distance_from_the_gamut() -> None:
    picture = (600 * torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0)) - 200).requires_grad_()
    beyond = torch.where(picture < 0, picture, torch.where(picture > 255, picture - 255, 0.0))
    written_out = 12.5 * beyond.square().sum()
    (gradient,) = torch.autograd.grad(written_out, picture)
    penalty, slope = gamut_penalty(picture.detach(), 12.5)
    assert penalty.shape == (1,)
    torch.testing.assert_close(penalty[0], written_out.detach())
    torch.testing.assert_close(slope, gradient)


def test_what_a_file_can_hold_costs_nothing() -> None:
    picture = 255 * torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    penalty, slope = gamut_penalty(picture, 1e9)
    assert not penalty.any() and not slope.any()


def test_the_penalty_grows_with_the_style(nst: Engine, starry_night: Image.Image) -> None:
    style = style_moments(nst.room().network, to_tensor(starry_night, (80, 64)), STYLE_LAYERS)
    content = to_tensor(starry_night, (64, 64))
    whole, part = (
        Objective(nst.room().network, content, [style], Weights(style=weight)).style_magnitude()
        for weight in (1.0, 0.02)
    )
    written_out = sum(1000 / len(each.mean) ** 2 * each.gram.square().mean().item() for each in style.values())
    assert whole == pytest.approx(written_out, rel=1e-4)
    weights = [gamut_weight(magnitude, 3 * 64 * 64) for magnitude in (whole, part)]
    assert weights[1] == pytest.approx(0.02 * weights[0], rel=1e-4) and weights[1] > 0
    # The sum counts in large pictures, the mean in small ones.
    assert gamut_weight(whole, 3 * 2048**2) == gamut_weight(whole, 3 * 1024**2) < gamut_weight(whole, 3 * 96**2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("photo", "style", "changes"),
    [
        ("coffee", "stained_glass", {}),
        ("lake_sherburne", "waves", {"style_weight": 0.03}),
        ("coffee", "stained_glass", {"look": "faithful", "steps": 20}),
    ],
)
def test_clamping_costs_next_to_nothing(
    nst: Engine, gallery: Gallery, photo: str, style: str, changes: dict[str, Any]
) -> None:
    """All of them paint far beyond the gamut where nothing holds them; without the penalty this fails."""
    pictures = Pictures(
        open_picture(gallery.photos[photo].read()),
        (open_picture(gallery.styles[style].read()),),
        (),
        Settings.from_dict({"size": 128, "steps": 50, **changes}),
    )
    study, picture, summary = Run(nst.room(), pictures).paint()
    objective = objective_for(nst.room().network, study, [1.0], nst.room().targets, None)
    free, saved = (objective.losses(each)[-1].item() for each in (picture, study.delivered(picture)))
    assert saved < CLOSE * free
    assert summary.last("total") == pytest.approx(saved, rel=1e-3)


def test_what_is_told_is_the_score_of_the_file(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    """Where nothing has to be resized: for painting that is done by a sharper filter than the reference's."""
    content = otters.resize(fit(*otters.size, 96), RESAMPLING)
    style = starry_night.resize(fit_area(*starry_night.size, content.width * content.height), RESAMPLING)
    result = nst.stylize(content, [style], Settings(size=96, steps=20))
    score = nst.score(content, [style], result.picture)
    assert result.summary.last("content") == pytest.approx(score.content, rel=1e-3)
    assert result.summary.last("style") == pytest.approx(score.style, rel=1e-3)


@pytest.mark.slow
def test_the_light_that_is_told_is_the_delivered_one(
    nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    """With the photo's colours put back, the losses are of the light of the picture in colour."""
    settings = Settings(size=64, steps=8, colours="luminance")
    pictures = Pictures(otters, (starry_night,), (), settings)
    study, picture, summary = Run(nst.room(), pictures).paint()
    target = style_moments(nst.room().network, study.style(0), STYLE_LAYERS)
    objective = Objective(nst.room().network, study.content, [target])
    light = luminance(study.alike(study.shown(picture)))
    assert summary.last("total") == pytest.approx(objective.losses(light)[-1].item(), rel=1e-4)


@pytest.mark.slow
def test_the_second_half_goes_down_and_not_to_and_fro(nst: Engine, otters: Image.Image, waves: Image.Image) -> None:
    """Full steps there overshoot, as the objective changes under them: then three times as many steps go up."""
    totals = nst.stylize(otters, [waves], Settings(size=96, steps=60)).summary.losses["total"]
    late = range(30, 60)
    assert sum(totals[step] > min(totals[:step]) for step in late) <= len(late) / 5


def test_painting_keeps_the_edges_that_the_reference_filter_softens(nst: Engine, starry_night: Image.Image) -> None:
    """Strokes are as sharp as the sharper filter leaves them, while scores stay comparable."""
    pictures = Pictures(starry_night, (starry_night,), (), Settings(size=128))
    device = nst.room().device
    sharp, reference = Study(pictures, 128, 96, device), Study(pictures, 128, 96, device, RESAMPLING)
    for one, other in ((sharp.content, reference.content), (sharp.style(0), reference.style(0))):
        assert one.diff(dim=-1).abs().mean() > 1.1 * other.diff(dim=-1).abs().mean()
    assert nst.score(starry_night, [starry_night], to_picture(reference.content)).content == pytest.approx(0, abs=1e3)
