"""One order, painted: what the engine process does with its engine. Imports torch through it, and nobody else does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from PIL import Image

from bot.queue.frames import Header
from bot.queue.pictures import Pictures
from nst_engine.animation import Animation, open_animation, to_bytes
from nst_engine.errors import PreviewError
from nst_engine.film import TimeLapse
from nst_engine.images import open_picture, to_jpeg, to_png
from nst_engine.settings import Settings
from nst_engine.summary import LossSummary

if TYPE_CHECKING:
    from nst_engine.engine import Engine, Progress

PROGRESS_EVERY: Final = 0.5
PREVIEW_EVERY: Final = 2.0
PREVIEW_SIDE: Final = 384

log = structlog.get_logger(__name__)

Send = Callable[[Header, bytes], None]
Parts = dict[str, bytes]
"""What an answer holds, by the names of `bot.queue.orders.PARTS`."""


class Reporter:
    """Passes progress on, at most every `PROGRESS_EVERY` seconds, with a preview every `PREVIEW_EVERY`."""

    def __init__(self, send: Send, job: str, steps: int) -> None:
        self._send = send
        self._job = job
        self._steps = steps
        self._last_progress = self._last_preview = -PREVIEW_EVERY
        self._began, self._share_before, self._is_first = time.monotonic(), 0.0, True

    def first_look(self, picture: Image.Image) -> None:
        """Show what the picture will be like, before the first step."""
        self._tell(0, 0.0, None, {}, to_jpeg(picture, longest=PREVIEW_SIDE))

    def begin(self) -> None:
        """Start the clock: what came before is no measure of what is left."""
        self._began = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Tell how the run goes, when it is time to."""
        now = time.monotonic()
        seconds_left = self._seconds_left(now, progress)
        if now - self._last_progress < PROGRESS_EVERY and progress.step != progress.steps:
            return
        self._last_progress = now
        preview = b""
        if now - self._last_preview >= PREVIEW_EVERY:
            self._last_preview = now
            preview = to_jpeg(progress.picture(), longest=PREVIEW_SIDE)
        self._steps = progress.steps
        self._tell(progress.step, progress.share, seconds_left, progress.losses, preview)

    def _seconds_left(self, now: float, progress: Progress) -> float | None:
        """By the pace of this attempt alone, which begins in the middle when it takes up an earlier one."""
        if self._is_first and progress.step > 1:
            self._began, self._share_before = now, progress.share
        self._is_first = False
        done = progress.share - self._share_before
        return (now - self._began) / done * (1 - progress.share) if done > 0 else None

    def _tell(self, step: int, share: float, left: float | None, losses: dict[str, float], preview: bytes) -> None:
        header = {"type": "progress", "job": self._job, "step": step, "steps": self._steps, "share": share}
        self._send({**header, "seconds_left": left, "losses": losses}, preview)


@dataclass(frozen=True, slots=True)
class Painting:
    """What is to be painted, and the `folder` where the run keeps its state, if anywhere.

    `is_filmed`: a time-lapse is made of it.
    """

    pictures: Pictures
    settings: Settings
    folder: Path | None
    is_filmed: bool

    def paint(self, engine: Engine, reporter: Reporter, cancel: Callable[[], bool]) -> tuple[LossSummary, Parts]:
        """Paint it; raises `EngineError`."""
        animation = open_animation(self.pictures.photo)
        content = open_picture(self.pictures.photo) if animation is None else animation.frames[0]
        styles = [open_picture(data) for data in self.pictures.styles]
        if self._is_new and engine.has_preview and not self.pictures.masks:
            self._first_look(engine, content, styles, reporter)
        reporter.begin()
        if animation is None:
            return self._still(engine, content, styles, reporter, cancel)
        return self._frames(engine, animation, styles, reporter, cancel)

    @property
    def _is_new(self) -> bool:
        """Whether no earlier attempt left anything to go on from."""
        return self.folder is None or not self.folder.exists()

    @property
    def _masks(self) -> list[Image.Image | None]:
        return [None if data is None else open_picture(data) for data in self.pictures.masks]

    def _kept(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / name

    def _first_look(
        self, engine: Engine, content: Image.Image, styles: Sequence[Image.Image], reporter: Reporter
    ) -> None:
        small = replace(self.settings, size=min(self.settings.size, PREVIEW_SIDE))
        try:
            reporter.first_look(engine.preview(content, styles, small))
        except PreviewError as error:
            log.warning("no first look", reason=str(error))

    def _still(
        self,
        engine: Engine,
        content: Image.Image,
        styles: Sequence[Image.Image],
        reporter: Reporter,
        cancel: Callable[[], bool],
    ) -> tuple[LossSummary, Parts]:
        lapse = TimeLapse(self.settings.steps, self._kept("timelapse"))
        lapse.begin(content)

        def on_progress(progress: Progress) -> None:
            reporter(progress)
            if self.is_filmed:
                lapse(progress)

        result = engine.stylize(
            content, styles, self.settings, on_progress, cancel, masks=self._masks, checkpoint=self._kept("run")
        )
        parts = {"picture": to_png(result.picture), "curve": result.summary.curve()}
        if self.is_filmed:
            lapse.finish(result.picture)
            parts["timelapse"] = lapse.film("mp4")
        return result.summary, parts

    def _frames(
        self,
        engine: Engine,
        animation: Animation,
        styles: Sequence[Image.Image],
        reporter: Reporter,
        cancel: Callable[[], bool],
    ) -> tuple[LossSummary, Parts]:
        result = engine.stylize_frames(
            animation.frames,
            styles,
            self.settings,
            reporter,
            cancel,
            masks=self._masks,
            checkpoint=self._kept("run"),
        )
        parts = {"picture": to_png(result.frames[0]), "curve": result.summary.curve()}
        parts["animation"] = to_bytes(result.frames, animation.durations_ms, "webp", animation.loop)
        parts["film"] = to_bytes(result.frames, animation.durations_ms, "mp4")
        return result.summary, parts
