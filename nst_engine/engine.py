"""The engine: a device, a precision, a network kept warm, and `stylize`."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import torch
from PIL import Image

from nst_engine.checkpoint import Checkpoint, fingerprint
from nst_engine.errors import DeviceError, PictureError
from nst_engine.frames import Frame, FrameProgress, FrameStore, joined
from nst_engine.images import RESAMPLING, fit, to_picture
from nst_engine.memory import free_memory, plan
from nst_engine.objective import Objective, StyleMoments, blended, style_moments
from nst_engine.objectives import STYLE_BLOCK
from nst_engine.preview import PreviewNetwork, is_installed
from nst_engine.run import Progress, Room, Run
from nst_engine.schedule import later_frame, schedule
from nst_engine.settings import STYLE_LAYERS, Settings
from nst_engine.studies import Pictures, Study, with_alpha_of
from nst_engine.summary import LossSummary
from nst_engine.threads import limit_threads
from nst_engine.transparency import is_invisible
from nst_engine.vgg import FeatureNetwork
from nst_engine.weights import load_weights

__all__ = ["Engine", "Forecast", "FramesResult", "Progress", "Result", "Score", "choose_device", "choose_precision"]

PRECISIONS: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CPU_BF16_FLAGS: Final = ("avx512_bf16", "amx_bf16")
KEPT_TARGETS: Final = 64
"""How many styles' statistics are kept, about 2 MB each."""


@dataclass(frozen=True, slots=True)
class Result:
    """The painted picture (RGB, or RGBA where the content had alpha) and its losses."""

    picture: Image.Image
    summary: LossSummary


@dataclass(frozen=True, slots=True)
class FramesResult:
    """The painted frames, of one size, and the losses of all of them, one after the other."""

    frames: tuple[Image.Image, ...]
    summary: LossSummary


@dataclass(frozen=True, slots=True)
class Score:
    """The reference objective: content and style at weight 1, and their sum. Lower is better."""

    content: float
    style: float
    total: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will take: `bytes` of memory beyond the loaded engine's, of `available` ones.

    The result has `width` times `height` pixels and is painted whole, or in blocks of `block` pixels; `note` says in a
    sentence what is not as it was asked for.
    """

    width: int
    height: int
    block: int | None
    bytes: int
    available: int
    note: str


class Engine:
    """Neural style transfer on one device. Not for several threads at once.

    `device` is `auto` (CUDA when there is one), `cpu`, `cuda` or `cuda:N`; `precision` is `auto`, `float32` or
    `bfloat16`; `weights` as for `load_weights`. `deterministic` gives the same picture, bit for bit, for the same
    pictures and settings on the same device and machine, at some cost on CUDA. `preview` is the folder of the
    feed-forward look's files, empty for the default one. The process's first engine has torch compute on no more
    threads than there are cores for it. Raises `DeviceError` and `WeightsError`.
    """

    def __init__(
        self,
        device: str = "auto",
        precision: str = "auto",
        weights: str = "bundled",
        *,
        deterministic: bool = False,
        preview: str = "",
    ) -> None:
        limit_threads()
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        self.deterministic = deterministic
        if deterministic:
            # Read by CUDA's matrix products when they are first used.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        self._weights = load_weights(weights)
        self._network = self._build(PRECISIONS[self.precision])
        self._targets: OrderedDict[str, StyleMoments] = OrderedDict()
        self._preview_folder = Path(preview).expanduser() if preview else None
        self._preview_network: PreviewNetwork | None = None
        self.weights_name = self._weights.name
        self.weights_hash = self._weights.sha256

    @property
    def device_name(self) -> str:
        """The device as people know it, such as `cpu` or `cuda:0 (NVIDIA H200)`."""
        if self.device.type != "cuda":
            return str(self.device)
        return f"{self.device} ({torch.cuda.get_device_name(self.device)})"

    @property
    def has_preview(self) -> bool:
        """Whether the feed-forward look is installed."""
        return is_installed(self._preview_folder)

    def stylize(
        self,
        content: Image.Image,
        styles: Sequence[Image.Image],
        settings: Settings | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        *,
        masks: Sequence[Image.Image | None] = (),
        checkpoint: Path | None = None,
    ) -> Result:
        """Repaint `content` in the style of `styles`, which are blended where there are several.

        Pictures are of mode RGB or RGBA; the content is resized to `settings.size` on its longer side, its shape and
        alpha kept; styles keep their shapes. What is transparent takes no part, in content as in styles. With `masks`,
        one for each style, each paints where its own is white; None stands for where no other one paints. `on_progress`
        is called after every step, `cancel` asked before. In the folder `checkpoint` the run's state is kept as it
        goes, and taken up if it is of this very run.
        Raises `PictureError`, `PreviewError`, `DeviceError` when the memory is too small for any size, and `Cancelled`.
        """
        pictures = Pictures(content, tuple(styles), tuple(masks), settings or Settings())
        state = None if checkpoint is None else Checkpoint(checkpoint, self._fingerprint(pictures))
        with self._ready(pictures.settings):
            study, picture, summary = Run(self.room(), pictures, on_progress, cancel, state).paint()
            return Result(study.shown(picture), summary)

    def stylize_frames(
        self,
        frames: Sequence[Image.Image],
        styles: Sequence[Image.Image],
        settings: Settings | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        *,
        masks: Sequence[Image.Image | None] = (),
        checkpoint: Path | None = None,
    ) -> FramesResult:
        """Repaint the frames of an animation, all of one size, as `stylize` does.

        Each frame after the first starts from the last result with the change of the content since, and needs a
        quarter of the steps; so it does not flicker. Progress counts the steps of all frames. Some of them may be
        transparent all over.
        """
        if not frames:
            raise PictureError("There are no frames; give at least one.")
        settings = settings or Settings()
        seen = _seen(frames)
        later = later_frame(settings)
        all_steps = settings.steps + later.steps * (len(frames) - 1)
        pictures = Pictures(seen[0], tuple(styles), tuple(masks), settings)
        of = self._fingerprint(pictures, *frames[1:])
        store = FrameStore(checkpoint, of)
        shown: list[Image.Image] = []
        summaries: list[LossSummary] = []
        before: tuple[Study, torch.Tensor] | None = None
        with self._ready(settings):
            for number, content in enumerate(seen):
                if summaries:
                    size = max(summaries[0].width, summaries[0].height)
                    pictures = replace(pictures, content=content, settings=replace(later, size=size))
                frame = store.load(number)
                if frame is None:
                    report = None
                    if on_progress is not None:
                        done = sum(each.steps for each in summaries)
                        report = FrameProgress(on_progress, done, all_steps, sum(each.seconds for each in summaries))
                    state = None if checkpoint is None else Checkpoint(checkpoint / "frame", f"{of} {number}")
                    start = None if before is None else partial(_after, before)
                    _, picture, summary = Run(self.room(), pictures, report, cancel, state, start).paint()
                    frame = Frame(to_picture(picture), summary)
                    store.keep(number, frame)
                study = Study(pictures, frame.summary.width, frame.summary.height, self.device)
                before = study, study.alike(frame.picture)
                summaries.append(frame.summary)
                shown.append(with_alpha_of(frames[number], study.shown(before[1])))
        store.remove()
        return FramesResult(tuple(shown), joined(summaries))

    def forecast(self, size: tuple[int, int], settings: Settings | None = None) -> Forecast:
        """What a run on a content of that size (width, height) will take at its largest scale."""
        settings = settings or Settings()
        scale = schedule(*fit(*size, settings.size), settings)[-1]
        available = free_memory(self.device)
        made = plan(scale.width, scale.height, scale.steps, settings, self._network, available)
        note = ""
        if made.bytes > available:
            note = f"The memory is too small for {scale.width}x{scale.height} pixels; the picture will be smaller."
        elif made.block is not None:
            note = f"The picture will be painted in blocks of {made.block} pixels, which takes longer."
        return Forecast(scale.width, scale.height, made.block, made.bytes, available, note)

    def preview(
        self, content: Image.Image, styles: Sequence[Image.Image], settings: Settings | None = None
    ) -> Image.Image:
        """The feed-forward look of a content in its styles, at `settings.size`: rough, and there at once.

        Raises `PreviewError` when it is not installed.
        """
        pictures = Pictures(content, tuple(styles), (), settings or Settings())
        study = Study(pictures, *fit(*content.size, pictures.settings.size), self.device)
        look = self._feed_forward(study.content, [study.style(n) for n in range(len(styles))], pictures.shares)
        return study.shown(look)

    def score(self, content: Image.Image, styles: Sequence[Image.Image], picture: Image.Image) -> Score:
        """The reference objective of `picture` in float32: content and styles are resized to fit its size."""
        pictures = Pictures(content, tuple(styles), (), Settings())
        network = self._network if self._network.dtype == torch.float32 else self._build(torch.float32)
        network.pooling, network.padding = "max", "zeros"
        study = Study(pictures, *picture.size, self.device, RESAMPLING)
        targets = [style_moments(network, study.style(number), STYLE_LAYERS) for number in range(len(styles))]
        objective = Objective(network, study.content, [blended(targets, pictures.shares)], visible=study.visible)
        part_content, part_style, _, total = objective.losses(study.alike(picture)).tolist()
        return Score(part_content, part_style, total)

    @contextmanager
    def _ready(self, settings: Settings) -> Iterator[None]:
        """The network as the settings want it, and torch in deterministic mode where that was asked for."""
        self._network.pooling, self._network.padding = settings.pooling, settings.padding
        if not self.deterministic:
            yield
            return
        were, benchmark = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(were)
            torch.backends.cudnn.benchmark = benchmark

    def room(self) -> Room:
        """What a `Run` works with."""
        return Room(self._network, self.device, self.device_name, self.precision, self._feed_forward, self._target)

    def _target(self, study: Study, number: int, block: int | None) -> StyleMoments:
        """The statistics of a style at the study's size, from where they were kept if they were computed before."""
        settings = study.settings
        layers = sorted(settings.style_layers)
        key = study.style_key(number)
        if key is not None:
            key = f"{key} {layers} {settings.pooling} {settings.padding}"
            if key in self._targets:
                self._targets.move_to_end(key)
                return self._targets[key]
        style = study.style(number)
        if block is None and style.shape[-2:].numel() > study.content.shape[-2:].numel():
            block = STYLE_BLOCK
        found = style_moments(self._network, style, layers, block)
        if key is not None:
            self._targets[key] = found
            if len(self._targets) > KEPT_TARGETS:
                self._targets.popitem(last=False)
        return found

    def _feed_forward(
        self, content: torch.Tensor, styles: Sequence[torch.Tensor], shares: Sequence[float]
    ) -> torch.Tensor:
        if self._preview_network is None:
            self._preview_network = PreviewNetwork.load(self._preview_folder, self.device)
        look: torch.Tensor = self._preview_network(content / 255, [style / 255 for style in styles], shares)
        return 255 * look

    def _build(self, dtype: torch.dtype) -> FeatureNetwork:
        network = FeatureNetwork(self._weights, dtype).to(self.device)
        if self.device.type == "cpu" and dtype == torch.float32:
            # What is timed can come out either way, and so would the last digits.
            network.hasten(always=self.deterministic)
        return network

    def _fingerprint(self, pictures: Pictures, *frames: Image.Image) -> str:
        made_of = (pictures.settings, self.device.type, self.precision, self.weights_hash)
        return fingerprint([pictures.content, *pictures.styles, *pictures.masks, *frames], *made_of)


def _seen(frames: Sequence[Image.Image]) -> list[Image.Image]:
    """The frames, those that are transparent all over replaced by the last, or else the next one, that is not."""
    last = next((frame for frame in frames if not is_invisible(frame)), frames[0])
    seen: list[Image.Image] = []
    for frame in frames:
        last = last if is_invisible(frame) else frame
        seen.append(last)
    return seen


def _after(before: tuple[Study, torch.Tensor], study: Study) -> torch.Tensor:
    return study.moved(before[1], before[0])


def choose_device(name: str) -> torch.device:
    """The device of that name, `auto` for CUDA when there is one; raises `DeviceError` when it is not here."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError("There is no device named {name!r}; choose auto, cpu or cuda.", name=name) from None
    if device.type == "cuda":
        index = device.index or 0
        if index >= torch.cuda.device_count():
            raise DeviceError("The device {name} is not on this machine; choose auto or cpu.", name=name)
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
