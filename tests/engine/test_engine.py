"""Real runs at small size with the real network."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nst_engine import engine as engine_module
from nst_engine import lbfgs as lbfgs_module
from nst_engine.engine import Engine, Progress, choose_device, choose_precision
from nst_engine.errors import Cancelled, DeviceError, PictureError
from nst_engine.images import fit_area
from nst_engine.settings import Settings
from nst_engine.studies import Pictures, Study

SMALL = Settings(size=64, steps=6)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"), dtype=float)


def test_the_total_falls_by_nine_tenths(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    result = nst.stylize(otters, [starry_night], Settings(size=96, steps=30))
    summary = result.summary
    assert result.picture.size == (96, 54)
    assert (summary.width, summary.height, summary.device, summary.precision) == (96, 54, "cpu", "float32")
    fall = summary.fall("total")
    assert fall is not None and fall >= 90
    assert {len(values) for values in summary.losses.values()} == {31}
    assert summary.first("content") == pytest.approx(0, abs=1)
    totals = np.array(summary.losses["content"]) + np.array(summary.losses["style"])
    np.testing.assert_allclose(totals, summary.losses["total"], rtol=1e-4)


@pytest.mark.slow
def test_adam_lowers_the_total_too(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    summary = nst.stylize(otters, [starry_night], Settings(size=64, steps=30, optimizer="adam")).summary
    fall = summary.fall("total")
    assert fall is not None and fall >= 80


def test_the_score_is_the_loss_of_the_picture(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    """A picture that never moved scores what the run began with, where neither has to resize anything."""
    start = otters.resize((64, 36), Image.Resampling.BILINEAR)
    style = starry_night.resize(fit_area(*starry_night.size, 64 * 36))
    first = nst.stylize(start, [style], Settings(size=64, steps=1)).summary
    score = nst.score(start, [style], start)
    assert score.content == pytest.approx(0, abs=1)
    assert score.style == pytest.approx(first.first("style"), rel=1e-4)
    assert score.total == pytest.approx(first.first("total"), rel=1e-4)


@pytest.mark.slow
def test_weights_move_the_result(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    plain = nst.stylize(otters, [starry_night], Settings(size=64, steps=20))
    faithful = nst.stylize(otters, [starry_night], Settings(size=64, steps=20, content_weight=1000))
    smooth = nst.stylize(otters, [starry_night], Settings(size=64, steps=20, tv_weight=1e5))
    scores = [nst.score(otters, [starry_night], result.picture) for result in (plain, faithful)]
    assert scores[1].content < scores[0].content
    assert scores[1].style > scores[0].style
    roughness = [np.abs(np.diff(pixels(result.picture), axis=1)).mean() for result in (plain, smooth)]
    assert roughness[1] < 0.8 * roughness[0]


@pytest.mark.slow
def test_two_styles_blend(nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image) -> None:
    blend = nst.stylize(otters, [starry_night, waves], Settings(size=64, steps=15)).picture
    single = nst.stylize(otters, [starry_night], Settings(size=64, steps=15)).picture
    assert nst.score(otters, [waves], blend).style < nst.score(otters, [waves], single).style


def test_a_seed_gives_a_variation_and_the_same_seed_the_same_picture(
    nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    results = [
        pixels(nst.stylize(otters, [starry_night], Settings(size=64, steps=4, seed=seed)).picture)
        for seed in (0, 7, 7, 8)
    ]
    assert np.array_equal(results[1], results[2])
    assert np.abs(results[0] - results[1]).mean() > 0.5
    assert np.abs(results[1] - results[3]).mean() > 0.5


def test_progress_comes_after_every_step_with_a_picture(
    nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    seen: list[Progress] = []
    previews: list[Image.Image] = []

    def on_progress(progress: Progress) -> None:
        seen.append(progress)
        previews.append(progress.picture())

    result = nst.stylize(otters, [starry_night], Settings(size=64, steps=9), on_progress)
    assert [progress.step for progress in seen] == list(range(1, 10))
    assert [progress.share for progress in seen] == pytest.approx([step / 9 for step in range(1, 10)])
    assert [progress.losses["total"] for progress in seen] == result.summary.losses["total"][:-1]
    assert {preview.size for preview in previews} == {(64, 36)}
    assert np.abs(pixels(previews[0]) - pixels(previews[-1])).mean() > 1
    assert np.array_equal(pixels(previews[-1]), pixels(result.picture))


def test_cancel_stops_within_one_step(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    steps: list[int] = []
    with pytest.raises(Cancelled):
        nst.stylize(otters, [starry_night], SMALL, lambda p: steps.append(p.step), lambda: len(steps) >= 2)
    assert steps == [1, 2]


def test_alpha_is_kept(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    clear = otters.copy()
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    picture = nst.stylize(clear, [starry_night], SMALL).picture
    assert picture.mode == "RGBA"
    alpha = np.asarray(picture.getchannel("A"), float)
    assert alpha[0].mean() < 10 and alpha[-1].mean() > 245


def test_the_style_keeps_its_shape(otters: Image.Image, starry_night: Image.Image) -> None:
    pictures = Pictures(otters, (starry_night.resize((400, 100)),), (), Settings())
    height, width = Study(pictures, 80, 45, torch.device("cpu")).style(0).shape[2:]
    assert width / height == pytest.approx(4, rel=0.05)
    assert (width, height) == fit_area(400, 100, 80 * 45)


@pytest.mark.parametrize("size", [(61, 37), (33, 64), (16, 64), (47, 47), (1, 64), (64, 3)])
def test_odd_sizes_work(nst: Engine, starry_night: Image.Image, otters: Image.Image, size: tuple[int, int]) -> None:
    content = otters.resize(size)
    result = nst.stylize(content, [starry_night], Settings(size=max(size), steps=2))
    assert result.picture.size == size


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_give_finite_losses(nst: Engine, level: int, starry_night: Image.Image) -> None:
    flat = Image.new("RGB", (64, 48), (level,) * 3)
    for content, style in ((flat, starry_night), (flat, flat), (starry_night, flat)):
        summary = nst.stylize(content, [style], Settings(size=48, steps=3)).summary
        assert all(math.isfinite(value) for values in summary.losses.values() for value in values)


def test_a_step_that_diverges_is_taken_back(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lbfgs_module, "FIRST_MOVE", 1e4)
    summary = nst.stylize(otters, [starry_night], Settings(size=48, steps=30)).summary
    assert all(math.isfinite(value) for value in summary.losses["total"])
    assert summary.last("total") < summary.first("total")


def test_pictures_and_settings_that_do_not_fit_are_refused(
    nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    with pytest.raises(PictureError, match="no style picture"):
        nst.stylize(otters, [], Settings(size=64, steps=1))
    with pytest.raises(PictureError, match="2 style weights for 1 styles; give one for each"):
        nst.stylize(otters, [starry_night], Settings(size=64, steps=1, style_weights=(1, 2)))
    with pytest.raises(PictureError, match="give one mask for each style"):
        nst.stylize(otters, [starry_night], Settings(size=64, steps=1), masks=[None, None])
    with pytest.raises(PictureError, match="no frames"):
        nst.stylize_frames([], [starry_night])


@pytest.mark.slow
def test_bfloat16_runs_where_it_is_asked_for(otters: Image.Image, starry_night: Image.Image) -> None:
    """Statistics stay in float32, so that the losses agree with the exact ones to some percent."""
    half = Engine(device="cpu", precision="bfloat16")
    result = half.stylize(otters, [starry_night], Settings(size=48, steps=5))
    assert result.summary.precision == "bfloat16"
    exact = Engine(device="cpu", precision="float32")
    first = exact.stylize(otters, [starry_night], Settings(size=48, steps=1)).summary.first("style")
    assert result.summary.first("style") == pytest.approx(first, rel=0.05)
    fall = result.summary.fall("total")
    assert fall is not None and fall > 50
    start = exact.score(otters, [starry_night], otters.resize((48, 27), Image.Resampling.LANCZOS))
    assert half.score(otters, [starry_night], result.picture).total < start.total


def test_devices_and_precisions_are_chosen_or_refused() -> None:
    cpu = torch.device("cpu")
    assert choose_device("cpu") == cpu
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    has_units = "avx512_bf16" in flags or "amx_bf16" in flags
    assert choose_precision("auto", cpu) == ("bfloat16" if has_units else "float32")
    for name in ("gpu", "cuda:77", "mps"):
        with pytest.raises(DeviceError, match="choose"):
            choose_device(name)
    with pytest.raises(DeviceError, match="float16"):
        choose_precision("float16", cpu)


@pytest.mark.slow
def test_the_score_agrees_with_an_independent_implementation(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, tmp_path: Path
) -> None:
    """The package pastiche computes the same objective times 0.01; there too a style has the content's area."""
    pastiche = pytest.importorskip("pastiche.pastiche")
    content, style = otters.resize((96, 54)), starry_night.resize(fit_area(*starry_night.size, 96 * 54))
    picture = Image.blend(content, starry_night.resize((96, 54)), 0.4)
    for name, image in (("content", content), ("style", style), ("picture", picture)):
        image.save(tmp_path / f"{name}.png")
    artist = pastiche.PasticheArtist(
        str(tmp_path / "content.png"), [str(tmp_path / "style.png")], init=str(tmp_path / "picture.png"), device="cpu"
    )
    ours = nst.score(content, [style], picture)
    assert artist.loss * 100 == pytest.approx(ours.total, rel=0.005)
    weight, artist.content_weight = artist.content_weight, 0
    assert artist._calc_loss().item() * 100 == pytest.approx(ours.style, rel=0.005)
    artist.content_weight, artist.style_weights = weight, [0.0]
    assert artist._calc_loss().item() * 100 == pytest.approx(ours.content, rel=0.005)


def test_the_forecast_tells_of_blocks_and_of_smaller_pictures(nst: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(size=2048, steps=50)
    monkeypatch.setattr(engine_module, "free_memory", lambda _: 1 << 50)
    whole = nst.forecast((4000, 3000), settings)
    assert (whole.width, whole.height, whole.block) == (2048, 1536, None)
    for share, blocks, told in ((2.0, False, ""), (0.7, True, "in blocks of"), (0.01, True, "will be smaller")):
        monkeypatch.setattr(engine_module, "free_memory", lambda _, share=share: int(share * whole.bytes))
        forecast = nst.forecast((4000, 3000), settings)
        assert (forecast.block is not None) == blocks
        assert told in forecast.note and bool(forecast.note) == bool(told)


@pytest.mark.slow
def test_little_memory_leads_to_blocks_and_the_same_picture(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(size=320, steps=2)
    whole = nst.stylize(otters, [starry_night], settings)
    told = nst.forecast(otters.size, settings)
    monkeypatch.setattr("nst_engine.run.free_memory", lambda _: int(0.9 * told.bytes))
    cut = nst.stylize(otters, [starry_night], settings)
    assert whole.summary.notes == ()
    assert "in blocks of" in cut.summary.notes[0] and "the same" in cut.summary.notes[0]
    assert np.abs(pixels(whole.picture) - pixels(cut.picture)).max() <= 2
    monkeypatch.setattr("nst_engine.run.free_memory", lambda _: int(0.4 * told.bytes))
    small = nst.stylize(otters, [starry_night], settings)
    assert small.picture.width < 320
    assert f"Painted at {small.picture.width} pixels instead of 320" in small.summary.notes[0]
    monkeypatch.setattr("nst_engine.run.free_memory", lambda _: 1)
    with pytest.raises(DeviceError, match="too small to paint at all"):
        nst.stylize(otters, [starry_night], settings)
