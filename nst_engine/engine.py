"""The engine: a device, a precision, a network kept warm, and `stylize`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch
from PIL import Image

from nst_engine.errors import DeviceError, PictureError
from nst_engine.images import RESAMPLING, fit, fit_area, to_picture, to_tensor
from nst_engine.losses import Objective
from nst_engine.optimise import optimise, start_from
from nst_engine.settings import Settings
from nst_engine.summary import LOSS_NAMES, LossSummary
from nst_engine.vgg import CONTENT_LAYER, STYLE_LAYERS, FeatureNetwork
from nst_engine.weights import load_weights

PRECISIONS: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CPU_BF16_FLAGS: Final = ("avx512_bf16", "amx_bf16")


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run goes, handed over after every step.

    `losses` maps the names of `LOSS_NAMES` to the latest known weighted values; `seconds` have passed since the run
    began. `picture()` makes the picture as it stands, which costs a copy from the device.
    """

    step: int
    steps: int
    seconds: float
    losses: dict[str, float]
    picture: Callable[[], Image.Image] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """The painted picture (RGB, or RGBA where the content had alpha) and its losses."""

    picture: Image.Image
    summary: LossSummary


@dataclass(frozen=True, slots=True)
class Score:
    """The reference objective: content and style at weight 1, and their sum. Lower is better."""

    content: float
    style: float
    total: float


class Engine:
    """Neural style transfer on one device. Not for several threads at once.

    `device` is `auto` (CUDA when there is one), `cpu`, `cuda` or `cuda:N`; `precision` is `auto`, `float32` or
    `bfloat16`; `weights` as for `load_weights`. Raises `DeviceError` and `WeightsError`.
    """

    def __init__(self, device: str = "auto", precision: str = "auto", weights: str = "bundled") -> None:
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        self._weights = load_weights(weights)
        self._network = self._build(PRECISIONS[self.precision])
        self.weights_name = self._weights.name
        self.weights_hash = self._weights.sha256

    @property
    def device_name(self) -> str:
        """The device as people know it, such as `cpu` or `cuda:0 (NVIDIA H200)`."""
        if self.device.type != "cuda":
            return str(self.device)
        return f"{self.device} ({torch.cuda.get_device_name(self.device)})"

    def stylize(
        self,
        content: Image.Image,
        styles: Sequence[Image.Image],
        settings: Settings | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> Result:
        """Repaint `content` in the style of `styles` (blended when several), starting from the content.

        Pictures are of mode RGB or RGBA; the content is resized to `settings.size` on its longer side, each style to
        the same area, both with their shapes kept. `on_progress` is called after every step, `cancel` asked before.
        Raises `PictureError`, `DeviceError` when the device's memory is too small, and `Cancelled`.
        """
        settings = settings or Settings()
        began = time.monotonic()
        size = fit(*content.size, settings.size)

        def on_step(step: int, values: list[float], picture: Callable[[], torch.Tensor]) -> None:
            if on_progress is not None:
                losses = dict(zip(LOSS_NAMES, values, strict=True))
                seconds = time.monotonic() - began
                on_progress(Progress(step, settings.steps, seconds, losses, lambda: to_picture(picture())))

        try:
            tensor = to_tensor(content, size).to(self.device)
            objective = Objective(
                self._network,
                tensor,
                self._style_tensors(styles, size),
                content_weight=settings.content_weight,
                style_weight=settings.style_weight,
                tv_weight=settings.tv_weight,
            )
            picture, history = optimise(objective, start_from(tensor, settings.seed), settings, on_step, cancel)
        except torch.cuda.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise DeviceError(
                f"The memory of {self.device_name} is too small for {size[0]}x{size[1]} pixels; choose a smaller size."
            ) from error
        losses = {name: [row[place] for row in history] for place, name in enumerate(LOSS_NAMES)}
        seconds = time.monotonic() - began
        summary = LossSummary(losses, settings.steps, seconds, self.device_name, self.precision, *size)
        return Result(_with_alpha_of(content, to_picture(picture)), summary)

    def score(self, content: Image.Image, styles: Sequence[Image.Image], picture: Image.Image) -> Score:
        """The reference objective of `picture` in float32: content and styles are resized to fit its size."""
        fit(*picture.size, max(picture.size))
        network = self._network if self._network.dtype == torch.float32 else self._build(torch.float32)
        target = to_tensor(content, picture.size).to(self.device)
        objective = Objective(network, target, self._style_tensors(styles, picture.size))
        with torch.no_grad():
            part_content, part_style, _, total = objective(to_tensor(picture).to(self.device)).tolist()
        return Score(part_content, part_style, total)

    def _build(self, dtype: torch.dtype) -> FeatureNetwork:
        return FeatureNetwork(self._weights, {CONTENT_LAYER, *STYLE_LAYERS}, dtype).to(self.device)

    def _style_tensors(self, styles: Sequence[Image.Image], size: tuple[int, int]) -> list[torch.Tensor]:
        if not styles:
            raise PictureError("There is no style picture; give at least one.")
        area = size[0] * size[1]
        return [to_tensor(style, fit_area(*style.size, area)).to(self.device) for style in styles]


def choose_device(name: str) -> torch.device:
    """The device of that name, `auto` for CUDA when there is one; raises `DeviceError` when it is not here."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"There is no device named {name!r}; choose auto, cpu or cuda.") from None
    if device.type == "cuda":
        index = device.index or 0
        if index >= torch.cuda.device_count():
            raise DeviceError(f"The device {name} is not on this machine; choose auto or cpu.")
        return torch.device("cuda", index)
    if device.type != "cpu":
        raise DeviceError(f"The device {name!r} is not supported; choose auto, cpu or cuda.")
    return device


def choose_precision(name: str, device: torch.device) -> str:
    """`float32` or `bfloat16`; `auto` takes bfloat16 where the device has units for it."""
    if name == "auto":
        has_units = _cuda_has_bf16(device) if device.type == "cuda" else _cpu_has_bf16()
        return "bfloat16" if has_units else "float32"
    if name not in PRECISIONS:
        raise DeviceError(f"There is no precision named {name!r}; choose auto, float32 or bfloat16.")
    return name


def _cuda_has_bf16(device: torch.device) -> bool:
    return torch.cuda.get_device_capability(device) >= (8, 0)


def _cpu_has_bf16() -> bool:
    """By the flags that Linux tells; without such a unit bfloat16 is slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    return any(flag in flags for flag in CPU_BF16_FLAGS)


def _with_alpha_of(content: Image.Image, picture: Image.Image) -> Image.Image:
    if content.mode == "RGBA":
        picture.putalpha(content.getchannel("A").resize(picture.size, RESAMPLING))
    return picture
