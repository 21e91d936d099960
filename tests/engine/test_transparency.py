"""What is transparent takes no part: not in the style's statistics, not in the losses, not in the colours at edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter

from nst_engine.colour import colour_moments
from nst_engine.engine import Engine
from nst_engine.errors import PictureError
from nst_engine.images import RESAMPLING, flatten, to_picture, to_tensor
from nst_engine.losses import gram_loss, moments, moments_loss, total_variation
from nst_engine.masks import at_layer
from nst_engine.objective import Objective, StyleMoments, Weights, style_moments
from nst_engine.settings import STYLE_LAYERS, Settings
from nst_engine.studies import Pictures, Study
from nst_engine.transparency import colours, completed, filled, visibility
from nst_engine.vgg import FeatureNetwork, halvings
from nst_engine.weights import Weights as NetworkWeights

FEW = Settings(size=64, steps=4)
CPU = torch.device("cpu")
GREEN, PINK = (0, 255, 0), (255, 0, 200)


@pytest.fixture(scope="module")
def exact_network(weights: NetworkWeights) -> FeatureNetwork:
    return FeatureNetwork(weights, torch.float64)


def oval(size: tuple[int, int], blur: float = 0) -> Image.Image:
    """An alpha: an oval that can be seen, with an edge that is soft if wanted."""
    alpha = Image.new("L", size)
    width, height = size
    ImageDraw.Draw(alpha).ellipse((width // 5, height // 5, width - width // 5, height - height // 5), fill=255)
    return alpha.filter(ImageFilter.GaussianBlur(blur)) if blur else alpha


def cut_out(picture: Image.Image, alpha: Image.Image, hidden: tuple[int, int, int] | None = None) -> Image.Image:
    """The picture with that alpha, and with that colour in the file wherever it is 0."""
    clear = picture.convert("RGB")
    if hidden is not None:
        clear.paste(hidden, mask=alpha.point(lambda level: 255 * (level == 0)))
    clear.putalpha(alpha)
    return clear


def opaque(picture: Image.Image) -> Image.Image:
    clear = picture.copy()
    clear.putalpha(255)
    return clear


def apart(one: StyleMoments, other: StyleMoments) -> float:
    """How far two styles lie from each other, as a mean over layers of the relative distance of Gram matrices."""
    shares = [float((one[n].gram - other[n].gram).norm() / other[n].gram.norm()) for n in STYLE_LAYERS]
    return sum(shares) / len(shares)


def test_an_opaque_picture_is_read_as_ever(otters: Image.Image) -> None:
    for size in (None, (71, 45)):
        assert torch.equal(colours(opaque(otters), size), to_tensor(otters, size))
        assert torch.equal(colours(otters, size), to_tensor(otters, size))
        assert visibility(opaque(otters), size) is visibility(otters, size) is None


def test_an_opaque_alpha_changes_nothing(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    plain = nst.stylize(otters, [starry_night], FEW)
    clear = nst.stylize(opaque(otters), [opaque(starry_night)], FEW)
    assert clear.picture.mode == "RGBA"
    assert np.array_equal(np.asarray(clear.picture)[..., :3], np.asarray(plain.picture))
    assert clear.summary.losses == plain.summary.losses


@pytest.mark.parametrize("size", [(200, 120), (50, 30), (301, 77), (7, 5)])
def test_colours_go_on_under_soft_edges_and_beyond(size: tuple[int, int]) -> None:
    alpha = oval((200, 120), blur=6)
    red = cut_out(Image.new("RGB", alpha.size, (120, 20, 30)), alpha, GREEN)
    found = colours(red, size)
    assert tuple(found.shape) == (1, 3, size[1], size[0])
    torch.testing.assert_close(
        found, torch.tensor([120.0, 20, 30]).view(1, 3, 1, 1).expand_as(found), atol=0.01, rtol=0
    )


def test_what_is_half_transparent_keeps_its_colours(otters: Image.Image) -> None:
    half = cut_out(otters, Image.new("L", otters.size, 100))
    torch.testing.assert_close(colours(half), to_tensor(otters), atol=0.01, rtol=0)
    torch.testing.assert_close(colours(half, (64, 36)), to_tensor(otters, (64, 36)), atol=1, rtol=0)
    seen = visibility(half, (64, 36))
    assert seen is not None
    torch.testing.assert_close(seen, torch.full((1, 1, 36, 64), 100 / 255))


def test_hidden_pixels_are_like_what_is_seen_next_to_them() -> None:
    left = torch.tensor([200.0, 10, 10]).view(3, 1, 1)
    right = torch.tensor([10.0, 10, 200]).view(3, 1, 1)
    alpha = torch.zeros(1, 1, 32, 64)
    alpha[..., 10:20, :4] = 1
    alpha[..., 10:20, -4:] = 0.5
    picture = torch.zeros(1, 3, 32, 64)
    picture[0, :, :, :32], picture[0, :, :, 32:] = left, right
    found = filled(picture * alpha, alpha)
    assert torch.equal(found[..., 10:20, :4], picture[..., 10:20, :4])
    torch.testing.assert_close(found[..., 10:20, -4:], picture[..., 10:20, -4:])
    assert (found[0, :, :, :8] - left).abs().max() < 20
    assert (found[0, :, :, -8:] - right).abs().max() < 20
    assert found[:, 0].min() >= 10 and found.max() <= 200


def test_a_style_is_continued_by_its_mirror_image(starry_night: Image.Image) -> None:
    size = (90, 60)
    whole = to_tensor(starry_night, size)
    alpha = Image.new("L", size)
    alpha.paste(255, (30, 0, 60, 60))
    found = completed(cut_out(starry_night.resize(size), alpha, GREEN))
    shown = to_tensor(starry_night.resize(size))[..., 30:60]
    assert torch.equal(found[..., 30:60], shown)
    assert torch.equal(found[..., 1:30], shown[..., 1:].flip(-1))
    assert torch.equal(found[..., 60:89], shown[..., :-1].flip(-1))
    assert torch.equal(completed(starry_night, size), whole)
    strip = Image.new("L", size)
    strip.paste(255, (0, 0, 4, 60))
    assert (completed(cut_out(starry_night.resize(size), strip, GREEN)).std(dim=(2, 3)) > 5).all()


def test_a_styles_colours_are_those_that_can_be_seen(starry_night: Image.Image) -> None:
    alpha = oval(starry_night.size)
    style = cut_out(starry_night, alpha, GREEN)
    seen = np.asarray(starry_night.convert("RGB"), float)[np.asarray(alpha) == 255].mean(axis=0)
    study = Study(Pictures(starry_night, (style,), (), Settings()), 128, 100, CPU)
    found = colour_moments(study.style(0), study.style_visible(0)).mean
    assert np.abs(found.numpy() - seen).max() < 1
    assert np.abs(np.asarray(flatten(style), float).mean(axis=(0, 1)) - seen).min() > 30


def test_a_styles_statistics_are_those_of_what_can_be_seen(nst: Engine, starry_night: Image.Image) -> None:
    """Much nearer to the whole painting's than with white around it, and the same whatever the file hides."""
    alpha = oval(starry_night.size)

    def statistics(style: Image.Image) -> StyleMoments:
        study = Study(Pictures(starry_night, (style,), (), Settings()), 192, 152, CPU, RESAMPLING)
        return style_moments(nst.room().network, study.style(0), STYLE_LAYERS)

    whole, white = statistics(starry_night), statistics(flatten(cut_out(starry_night, alpha)))
    green, pink = (statistics(cut_out(starry_night, alpha, hidden)) for hidden in (GREEN, PINK))
    assert all(torch.equal(green[name].gram, pink[name].gram) for name in STYLE_LAYERS)
    assert apart(green, whole) < 0.5 * apart(white, whole)


@pytest.mark.parametrize("way", [{"colours": "content"}, {"colours": "luminance"}, {"start": {"matched": 1.0}}])
def test_hidden_colours_never_come_out(
    nst: Engine, otters: Image.Image, waves: Image.Image, way: dict[str, object]
) -> None:
    settings = Settings.from_dict({**FEW.to_dict(), **way, "steps": 2})
    results = []
    for hidden in (GREEN, PINK):
        content = cut_out(otters, oval(otters.size, blur=5), hidden)
        results.append(nst.stylize(content, [cut_out(waves, oval(waves.size), hidden)], settings))
    assert results[0].summary.losses == results[1].summary.losses
    assert results[0].picture.tobytes() == results[1].picture.tobytes()


def test_a_run_and_a_score_look_at_what_is_seen_alone(nst: Engine, otters: Image.Image, waves: Image.Image) -> None:
    """An opaque picture of the very same pixels has another style, as its whole counts."""
    small = otters.resize((64, 36))
    clear = cut_out(small, oval(small.size))
    same = to_picture(colours(clear))
    seen, whole = (nst.stylize(each, [waves], FEW).summary.losses["style"][0] for each in (clear, same))
    assert abs(seen / whole - 1) > 0.01
    scored, plain = (nst.score(each, [waves], same).style for each in (clear, same))
    assert abs(scored / plain - 1) > 0.01


def test_matched_colours_are_matched_where_they_can_be_seen(otters: Image.Image, waves: Image.Image) -> None:
    content, style = (cut_out(picture, oval(picture.size), GREEN) for picture in (otters, waves))
    study = Study(Pictures(content, (style,), (), Settings(start={"matched": 1.0})), 96, 54, CPU)
    start = study.start(lambda content, styles, shares: content)
    found, wanted = colour_moments(start, study.visible), colour_moments(study.style(0), study.style_visible(0))
    torch.testing.assert_close(found.mean, wanted.mean, atol=0.01, rtol=0)
    torch.testing.assert_close(found.covariance, wanted.covariance, atol=1, rtol=1e-3)
    light = Study(Pictures(content, (style,), (), Settings(colours="luminance")), 96, 54, CPU)
    ours, theirs = (
        colour_moments(*pair).mean
        for pair in ((light.style(0), light.style_visible(0)), (light.content, light.visible))
    )
    torch.testing.assert_close(ours, theirs, atol=2, rtol=0)


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


CONTENT, STYLE = 127 + 40 * draw(1, 3, 64, 176, seed=0), 127 + 40 * draw(1, 3, 48, 64, seed=1)
PICTURE = CONTENT + 10 * draw(1, 3, 64, 176, seed=2)
ALL = Weights(2.0, 0.5, 3.0, 4.0, {"relu4_2": 1.0, "relu2_2": 0.5}, {"relu1_1": 1.0, "relu3_1": 2.0})
VISIBLE = torch.zeros(1, 1, 64, 176, dtype=torch.float64)
VISIBLE[..., 8:50, 5:60] = 1
VISIBLE[..., 20:50, 60:80] = 0.4


def objective(network: FeatureNetwork, block: int | None = None, regions: torch.Tensor | None = None) -> Objective:
    target = style_moments(network, STYLE, sorted(ALL.style_layers))
    count = 1 if regions is None else len(regions)
    return Objective(network, CONTENT, [target] * count, ALL, regions, block, visible=VISIBLE)


def test_the_gradient_is_that_of_the_losses_and_0_where_nothing_is_seen(exact_network: FeatureNetwork) -> None:
    of = objective(exact_network)
    losses, gradient = of.evaluate(PICTURE)
    assert torch.allclose(losses, of.losses(PICTURE))
    direction = draw(1, 3, 64, 176, seed=3)
    ahead, behind = (of.losses(PICTURE + sign * 1e-5 * direction)[3] for sign in (1, -1))
    assert (gradient * direction).sum().item() == pytest.approx(((ahead - behind) / 2e-5).item(), rel=1e-4)
    assert gradient[..., :60].abs().min() > 0
    # The places of relu4_2 see 46 pixels beyond their own cells.
    assert gradient[..., 80 + 64 :].abs().max() == 0
    hidden = PICTURE.clone()
    hidden[..., 80 + 64 :] = 255
    assert torch.equal(of.losses(hidden), of.losses(PICTURE))


@pytest.mark.parametrize("masked", [False, True])
def test_blocks_give_the_same(exact_network: FeatureNetwork, masked: bool) -> None:
    regions = None
    if masked:
        regions = torch.zeros(2, 1, 64, 176, dtype=torch.float64)
        regions[0, ..., :40], regions[1, ..., 40:] = 1, 1
    losses, gradient = objective(exact_network, None, regions).evaluate(PICTURE)
    by_blocks = objective(exact_network, 64, regions)
    assert len(by_blocks.blocks) > 1
    losses_of_blocks, gradient_of_blocks = by_blocks.evaluate(PICTURE)
    assert torch.allclose(losses_of_blocks, losses, rtol=1e-10)
    assert torch.allclose(gradient_of_blocks, gradient, rtol=1e-8, atol=1e-12)


def test_losses_are_means_over_what_is_seen(exact_network: FeatureNetwork) -> None:
    """Every place counts by the share of its cell that is seen; what is hidden makes the losses no smaller."""
    target = style_moments(exact_network, STYLE, sorted(ALL.style_layers))
    losses = objective(exact_network).losses(PICTURE)
    content, picture = (exact_network(each, ALL.layers) for each in (CONTENT, PICTURE))
    seen = {name: at_layer(VISIBLE, halvings(name)) for name in ALL.layers}
    expected_content = sum(
        weight * ((picture[name] - content[name]).square().mean(dim=1) * seen[name][0]).sum() / seen[name].sum()
        for name, weight in ALL.content_layers.items()
    )
    pairs = [(weight, moments(picture[name], seen[name][0]), target[name]) for name, weight in ALL.style_layers.items()]
    expected_style = sum(w * (0.5 * gram_loss(own, wanted) + 4 * moments_loss(own, wanted)) for w, own, wanted in pairs)
    assert losses[0].item() == pytest.approx(2 * float(expected_content), rel=1e-10)
    assert losses[1].item() == pytest.approx(float(expected_style), rel=1e-10)


def test_variation_is_that_between_pixels_that_are_seen() -> None:
    visible = torch.zeros_like(VISIBLE)
    visible[..., :40] = 1
    whole, part = total_variation(PICTURE, visible), total_variation(PICTURE[..., :40])
    assert whole.item() == pytest.approx(part.item(), rel=1e-9)


def test_shares_of_regions_are_those_of_what_is_seen(exact_network: FeatureNetwork) -> None:
    """A region that lies where nothing is seen counts nothing, and the other one counts in full."""
    regions = torch.zeros(2, 1, 64, 176, dtype=torch.float64)
    regions[0, ..., :96], regions[1, ..., 96:] = 1, 1
    whole, parted = (objective(exact_network, None, each).losses(PICTURE) for each in (None, regions))
    assert torch.allclose(whole, parted, rtol=1e-10)


@pytest.mark.slow
def test_a_cut_out_has_no_fringe(nst: Engine, otters: Image.Image, starry_night: Image.Image) -> None:
    """The pixels at its edge are no nearer to white than they are when the whole photo is painted."""
    settings = Settings(size=128, steps=30)
    alpha = oval(otters.size)
    whole = nst.stylize(otters, [starry_night], settings).picture
    result = nst.stylize(cut_out(otters, alpha, (255, 255, 255)), [starry_night], settings).picture
    seen = result.getchannel("A")
    inside = seen.filter(ImageFilter.MinFilter(5))
    edge = (np.asarray(seen) > 60) & (np.asarray(inside) < 128)
    assert edge.sum() > 100
    to_white = [255 - np.asarray(each.convert("RGB"), float)[edge].mean() for each in (whole, result)]
    assert to_white[1] > to_white[0] - 12


def test_what_is_transparent_all_over_is_refused(nst: Engine, otters: Image.Image, waves: Image.Image) -> None:
    glass = cut_out(otters, Image.new("L", otters.size))
    for content, style in ((glass, waves), (otters, glass)):
        with pytest.raises(PictureError, match="transparent all over"):
            nst.stylize(content, [style], FEW)
    with pytest.raises(PictureError, match="transparent all over"):
        nst.stylize_frames([glass, glass], [waves], FEW)


def test_frames_may_be_empty(nst: Engine, otters: Image.Image, waves: Image.Image) -> None:
    empty, cut = cut_out(otters, Image.new("L", otters.size), GREEN), cut_out(otters, oval(otters.size), GREEN)
    frames = nst.stylize_frames([empty, cut, empty], [waves], FEW).frames
    assert [frame.getchannel("A").getextrema() for frame in frames] == [(0, 0), (0, 255), (0, 0)]
    greenest = (np.asarray(frames[1], float)[..., 1] - np.asarray(frames[1], float)[..., [0, 2]].max(axis=2)).max()
    assert greenest < 120


def test_the_score_sees_what_can_be_seen(nst: Engine, otters: Image.Image, waves: Image.Image) -> None:
    small, painting = otters.resize((96, 54)), waves.resize((96, 64))
    picture = nst.stylize(small, [painting], Settings(size=96, steps=2)).picture
    scores = []
    for hidden in (GREEN, PINK):
        content, style = cut_out(small, oval(small.size), hidden), cut_out(painting, oval(painting.size), hidden)
        scores.append(nst.score(content, [style], cut_out(picture, oval(picture.size), hidden)))
    assert scores[0] == scores[1]


def test_pictures_on_the_way_are_as_transparent_as_the_result(
    nst: Engine, otters: Image.Image, waves: Image.Image
) -> None:
    shown: list[Image.Image] = []
    clear = cut_out(otters, oval(otters.size))
    result = nst.stylize(clear, [waves], FEW, lambda progress: shown.append(progress.picture()))
    assert {picture.getchannel("A").tobytes() for picture in shown} == {result.picture.getchannel("A").tobytes()}
