"""Each option of a run changes what it says, seen in the picture or its losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from nst_engine.colour import colour_moments, luminance
from nst_engine.engine import Engine
from nst_engine.errors import PreviewError
from nst_engine.images import to_tensor
from nst_engine.settings import Settings

pytestmark = pytest.mark.slow

SIDE = 96


def tensor(picture: Image.Image) -> torch.Tensor:
    return to_tensor(picture.convert("RGB"))


def paint(
    nst: Engine, content: Image.Image, *styles: Image.Image, steps: int = 15, masks: object = (), **options: object
) -> Image.Image:
    settings = Settings(**{"size": SIDE, "steps": steps, **options})  # type: ignore[arg-type]
    return nst.stylize(content, styles, settings, masks=masks).picture  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> Image.Image:
    return paint(nst, otters, starry_night)


def colour_distance(picture: Image.Image, like: Image.Image) -> float:
    """How far apart the mean colours are, in levels."""
    return float((colour_moments(tensor(picture)).mean - colour_moments(tensor(like)).mean).norm())


@pytest.mark.parametrize("colours", ["content", "luminance"])
def test_the_contents_colours_are_kept(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, plain: Image.Image, colours: str
) -> None:
    kept = paint(nst, otters, starry_night, colours=colours)
    photo = otters.resize(plain.size)
    assert colour_distance(kept, photo) < 0.5 * colour_distance(plain, photo)
    assert np.abs(np.asarray(kept, float) - np.asarray(photo, float)).mean() > 5


def test_light_alone_is_painted(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    """Hue and chroma are the photo's wherever the light leaves room for them."""
    kept = paint(nst, otters, starry_night, colours="luminance")
    photo = tensor(otters.resize(kept.size, Image.Resampling.BILINEAR))
    chroma, wanted = (each - luminance(each) for each in (tensor(kept), photo))
    assert (chroma * wanted).sum() / wanted.square().sum() > 0.8
    assert (chroma - wanted).abs().mean() < 3


def test_the_style_scale_is_the_size_of_the_strokes(nst: Engine) -> None:
    """Stripes of a known period on a flat content: the spectrum moves with the scale."""
    places = np.arange(800)
    light = np.broadcast_to(127 + 120 * np.sin(2 * np.pi * places / 50), (800, 800)).astype(np.uint8)
    stripes = Image.fromarray(light).convert("RGB")
    flat = Image.new("RGB", (SIDE, SIDE), (127, 127, 127))

    def period(scale: float) -> float:
        """Of the waves across, in pixels: by their mean frequency, each by its power."""
        picture = paint(nst, flat, stripes, style_scale=scale, seed=1, steps=40)
        waves = np.asarray(picture.convert("L"), float)
        power = (np.abs(np.fft.rfft(waves - waves.mean(), axis=1)) ** 2).sum(axis=0)
        return SIDE * float(power.sum() / (power * np.arange(len(power))).sum())

    once, twice = period(1.0), period(2.0)
    assert once == pytest.approx(50 * SIDE / 800, rel=0.2)
    assert twice > 1.3 * once


def test_masks_put_each_style_where_its_mask_is_white(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image
) -> None:
    left = Image.new("L", (100, 50), 0)
    left.paste(255, (0, 0, 50, 50))
    guided = paint(nst, otters, starry_night, waves, masks=[left, None], content_weight=0.05)
    swapped = paint(nst, otters, waves, starry_night, masks=[left, None], content_weight=0.05)
    half = guided.width // 2
    for picture, first, second in ((guided, starry_night, waves), (swapped, waves, starry_night)):
        for box, own, other in (((0, 0, half, 54), first, second), ((half, 0, 2 * half, 54), second, first)):
            part = picture.crop(box)
            photo = otters.resize(picture.size).crop(box)
            assert nst.score(photo, [own], part).style < nst.score(photo, [other], part).style


def test_what_no_mask_covers_is_hardly_painted(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    left = Image.new("L", (100, 50), 0)
    left.paste(255, (0, 0, 30, 50))
    picture = paint(nst, otters, starry_night, masks=[left])
    change = np.abs(np.asarray(picture, float) - np.asarray(otters.resize(picture.size, 2), float)).mean(axis=(0, 2))
    # Not the right edge: the optimiser's coordinates join it to the left one, and it takes more steps to part them.
    assert change[55:80].mean() < 0.2 * change[:25].mean()


def test_style_weights_move_a_blend(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image
) -> None:
    scores = [
        nst.score(otters, [waves], paint(nst, otters, starry_night, waves, style_weights=weights)).style
        for weights in ((1, 0), (1, 1), (0, 1))
    ]
    assert scores[0] > scores[1] > scores[2]


def test_the_start_is_what_it_says(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    """By the losses that the run begins with, and by the first picture's colours."""
    first: dict[str, dict[str, float]] = {}
    for name in ("content", "matched", "style", "noise"):
        settings = Settings(size=SIDE, steps=1, start={name: 1.0})
        summary = nst.stylize(otters, [starry_night], settings).summary
        first[name] = {part: summary.first(part) for part in ("content", "style")}
    assert first["content"]["content"] == pytest.approx(0, abs=1)
    assert first["matched"]["content"] > 1000
    assert first["matched"]["style"] < first["content"]["style"]
    assert first["style"]["style"] < 0.5 * first["content"]["style"]
    assert first["noise"]["style"] > first["content"]["style"]


def test_a_mixed_start_lies_between_its_parts(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    losses = [
        nst.stylize(otters, [starry_night], Settings(size=SIDE, steps=1, start=start)).summary.first("content")
        for start in ({"content": 1.0}, {"content": 0.7, "noise": 0.3}, {"noise": 1.0})
    ]
    assert losses[0] < losses[1] < losses[2]


def test_noise_is_drawn_from_the_seed(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    one, same, other = (
        np.asarray(paint(nst, otters, starry_night, start={"noise": 1.0}, seed=seed, steps=2)) for seed in (3, 3, 4)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_preview_that_is_not_installed_is_told(
    otters: Image.Image, starry_night: Image.Image, tmp_path: object
) -> None:
    bare = Engine(device="cpu", precision="float32", preview=str(tmp_path))
    assert not bare.has_preview
    with pytest.raises(PreviewError, match="make preview"):
        bare.stylize(otters, [starry_night], Settings(size=64, steps=1, start={"preview": 1.0}))


def test_pooling_padding_and_layers_are_used(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, plain: Image.Image
) -> None:
    """Each gives another picture, and the next plain run is not touched by it."""
    for option in (
        {"pooling": "average"},
        {"padding": "replicate"},
        {"content_layers": {"relu2_2": 1.0}},
        {"style_layers": {"relu1_1": 1.0}},
        {"style_layers": {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0, "relu5_1": 9.0}},
        {"moments_weight": 3.0},
    ):
        changed = paint(nst, otters, starry_night, **option)  # type: ignore[arg-type]
        assert np.abs(np.asarray(changed, float) - np.asarray(plain, float)).mean() > 0.5, option
    assert np.array_equal(np.asarray(paint(nst, otters, starry_night)), np.asarray(plain))


def test_replicate_padding_leaves_the_border_like_the_rest(nst: Engine, starry_night: Image.Image) -> None:
    """On a flat content the border stands out with zeros; measured as the border's distance from the inside's mean."""
    flat = Image.new("RGB", (SIDE, SIDE), (230, 230, 230))

    def border(padding: str) -> float:
        pixels = np.asarray(paint(nst, flat, starry_night, padding=padding, steps=10), float)
        inside = pixels[16:-16, 16:-16].mean(axis=(0, 1))
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        return float(np.abs(edge.mean(axis=0) - inside).mean())

    assert border("replicate") < border("zeros")


def test_moments_alone_bring_the_means_near(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    settings = Settings(size=SIDE, steps=15, style_weight=0.0, moments_weight=1.0)
    summary = nst.stylize(otters, [starry_night], settings).summary
    fall = summary.fall("style")
    assert fall is not None and fall > 80


def test_total_variation_smooths(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, plain: Image.Image
) -> None:
    smooth = paint(nst, otters, starry_night, tv_weight=1e5)
    rough, calm = (np.abs(np.diff(np.asarray(each, float), axis=1)).mean() for each in (plain, smooth))
    assert calm < 0.8 * rough


def test_scales_leave_the_coarse_picture_in_the_fine_one(
    nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    """With the same steps the coarse-to-fine picture is the better one when both are looked at from afar."""
    one, three = (paint(nst, otters, starry_night, size=192, steps=15, scales=scales) for scales in (1, 3))
    afar = [picture.resize((48, 27), Image.Resampling.BOX) for picture in (one, three)]
    assert nst.score(otters, [starry_night], afar[1]).style < nst.score(otters, [starry_night], afar[0]).style


def test_scales_are_told(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    shares: list[float] = []
    sizes: list[tuple[int, int]] = []

    def on_progress(progress: object) -> None:
        shares.append(progress.share)  # type: ignore[attr-defined]
        sizes.append(progress.picture().size)  # type: ignore[attr-defined]

    settings = Settings(size=128, steps=8, scales=2)
    summary = nst.stylize(otters, [starry_night], settings, on_progress).summary
    assert [scale[1:] for scale in summary.scales] == [(64, 36), (128, 72)]
    second = summary.scales[1][0]
    assert sizes == [(64, 36)] * second + [(128, 72)] * (8 - second)
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    steps = np.diff([0, *shares])
    assert steps[-1] == pytest.approx(4 * steps[0], rel=0.01)
    assert {len(values) for values in summary.losses.values()} == {9}
