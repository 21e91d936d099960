"""One picture's way: scale by scale, with progress, cancel, checkpoint, and less memory when there is not enough."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import torch
from PIL import Image

from nst_engine.checkpoint import Checkpoint, State
from nst_engine.errors import Cancelled, DeviceError
from nst_engine.gamut import gamut_weight
from nst_engine.images import fit
from nst_engine.memory import SMALLEST_BLOCK, Plan, free_memory, plan
from nst_engine.objectives import Targets, objective_for
from nst_engine.optimise import Descent
from nst_engine.schedule import Scale, schedule
from nst_engine.settings import MIN_SIZE
from nst_engine.studies import FeedForward, Pictures, Study
from nst_engine.summary import LOSS_NAMES, LossSummary
from nst_engine.vgg import FeatureNetwork

OUT_OF_MEMORY: Final = (
    "can't allocate memory",
    "could not create a primitive",
    "could not execute a primitive",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""What torch, and oneDNN and cuBLAS inside it, say when memory runs out and the error has no class of its own."""
SMALLER: Final = 0.7
"""What a picture's sides are multiplied by when it does not fit even in the smallest blocks."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run goes, handed over after every step.

    `losses` maps the names of `LOSS_NAMES` to the latest known weighted values; `seconds` have passed since the run
    began; `share`, 0 to 1, of its work is done (steps at a finer scale are more work). `picture()` makes the picture
    as it stands, which costs a copy from the device.
    """

    step: int
    steps: int
    seconds: float
    losses: dict[str, float]
    share: float
    picture: Callable[[], Image.Image] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Room:
    """What a run works with: network, device, the feed-forward look, and where style targets are looked up."""

    network: FeatureNetwork
    device: torch.device
    device_name: str
    precision: str
    feed_forward: FeedForward
    targets: Targets


class _TooLarge(Exception):
    """Not even the smallest blocks fit."""


class Run:
    """Paints one picture. `start` replaces the start of the settings; then there is one scale.

    Raises `Cancelled` and `DeviceError`.
    """

    def __init__(
        self,
        room: Room,
        pictures: Pictures,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        checkpoint: Checkpoint | None = None,
        start: Callable[[Study], torch.Tensor] | None = None,
    ) -> None:
        self._room = room
        self._pictures = pictures
        self._settings = pictures.settings
        self._on_progress = on_progress
        self._cancel = cancel or (lambda: False)
        self._checkpoint = checkpoint
        self._own_start = start
        self._size = self._settings.size
        self._rows: list[list[float]] = []
        self._began = time.monotonic()
        self._notes: list[str] = []
        self._marks: list[tuple[int, int, int]] = []

    def paint(self) -> tuple[Study, torch.Tensor, LossSummary]:
        """Paint; return the last scale's study, the picture (1, 3, H, W) as it was optimised, and the losses."""
        state = self._resumed_state()
        while True:
            try:
                study, picture = self._paint_scales(state)
                break
            except _TooLarge:
                pass
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self._give_back()
            self._shrink()
            state = None
        if self._checkpoint is not None:
            self._note(self._checkpoint.trouble)
            self._checkpoint.remove()
        losses = {name: [row[place] for row in self._rows] for place, name in enumerate(LOSS_NAMES)}
        summary = LossSummary(
            losses,
            self._settings.steps,
            time.monotonic() - self._began,
            self._room.device_name,
            self._room.precision,
            study.width,
            study.height,
            tuple(self._notes),
            tuple(self._marks),
        )
        return study, picture, summary

    def _scales(self) -> tuple[Scale, ...]:
        return schedule(*fit(*self._pictures.content.size, self._size), self._settings)

    def _paint_scales(self, state: State | None) -> tuple[Study, torch.Tensor]:
        study, picture = None, None
        scales = self._scales()
        for number, scale in enumerate(scales):
            if state is not None and number < state["scale"]:
                continue
            coarse, coarse_picture = study, picture
            study = Study(self._pictures, scale.width, scale.height, self._room.device)
            if state is not None:
                picture, state = self._descend(number, scale, study, None, state), None
                continue
            if coarse is not None and coarse_picture is not None:
                start = study.finer(coarse_picture, coarse)
            else:
                start = self._own_start(study) if self._own_start else study.start(self._room.feed_forward)
            self._marks.append((len(self._rows), scale.width, scale.height))
            picture = self._descend(number, scale, study, start, None)
        assert study is not None and picture is not None
        return study, picture

    def _descend(
        self, number: int, scale: Scale, study: Study, start: torch.Tensor | None, state: State | None
    ) -> torch.Tensor:
        """Paint one scale from a start or from a state; with less memory again where there is not enough."""
        if state is not None:
            start = state["descent"]["start"].to(self._room.device)
        assert start is not None
        end = sum(each.steps for each in self._scales()[: number + 1])
        made = self._plan(study, scale)
        while True:
            descent: Descent | None = None
            try:
                descent = self._new_descent(study, start, made, end - len(self._rows))
                if state is not None and self._checkpoint is not None and not self._checkpoint.resume(descent, state):
                    state = None
                self._steps(number, study, descent, end)
                is_last = number == len(self._scales()) - 1
                picture, values = descent.result(study.delivered if is_last else None)
                self._rows = [*self._rows, *descent.rows, *([values] if is_last else [])]
                return picture
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Outside the handler, whose traceback keeps the failed step's tensors alive.
            if descent is not None:
                self._rows = [*self._rows, *descent.rows]
                descent.drop_history()
                self._give_back()
                start, state = descent.best_picture(), None
            del descent
            self._give_back()
            made = self._with_less_memory(study, scale, made)

    def _new_descent(self, study: Study, start: torch.Tensor, made: Plan, steps: int) -> Descent:
        room, shares = self._room, self._pictures.shares
        objective = objective_for(room.network, study, shares, room.targets, made.block)
        gamut = gamut_weight(objective.style_magnitude(), start.numel())
        return Descent(objective, start, self._settings.optimizer, made.history, steps, gamut)

    def _steps(self, number: int, study: Study, descent: Descent, end: int) -> None:
        scales = self._scales()
        total, before = sum(scale.work for scale in scales), sum(scale.work for scale in scales[:number])
        of_step = scales[number].work / scales[number].steps
        first = end - scales[number].steps

        def shown() -> Image.Image:
            return study.shown(descent.picture())

        def report(step: int, values: list[float]) -> None:
            if self._on_progress is not None:
                losses = dict(zip(LOSS_NAMES, values, strict=True))
                share = (before + (step - first) * of_step) / total
                seconds = time.monotonic() - self._began
                self._on_progress(Progress(step, self._settings.steps, seconds, losses, share, shown))

        while (step := len(self._rows) + descent.done) < end:
            if self._cancel():
                raise Cancelled("The run was cancelled.")
            if self._checkpoint is not None and self._checkpoint.is_due():
                self._checkpoint.save(number, self._values(), descent)
            report(step + 1, descent.step())

    def _plan(self, study: Study, scale: Scale) -> Plan:
        available = free_memory(self._room.device)
        height, width = study.content.shape[-2:]
        made = plan(width, height, scale.steps, self._settings, self._room.network, available)
        if made.bytes > available:
            raise _TooLarge
        if made.block is not None:
            self._note(f"Painted in blocks of {made.block} pixels, for want of memory; the picture is the same.")
        return made

    def _with_less_memory(self, study: Study, scale: Scale, made: Plan) -> Plan:
        """What to try after memory ran out: half the block, or a smaller picture."""
        block = (made.block or max(study.width, study.height)) // 2
        if block < SMALLEST_BLOCK:
            raise _TooLarge
        self._note("Memory ran out on the way, so the picture was painted on in smaller blocks.")
        return Plan(made.width, made.height, block, max(made.history // 2, 2), made.bytes)

    def _give_back(self) -> None:
        """Have memory that is no longer used free for other blocks."""
        gc.collect()
        if self._room.device.type == "cuda":
            torch.cuda.empty_cache()

    def _shrink(self) -> None:
        self._size = round(self._size * SMALLER)
        if self._size < MIN_SIZE:
            raise DeviceError(
                "The memory of {device} is too small to paint at all; end other programs that use it.",
                device=self._room.device_name,
            )
        self._rows, self._marks = [], []
        self._notes = [f"Painted at {self._size} pixels instead of {self._settings.size}, for want of memory."]

    def _note(self, sentence: str) -> None:
        if sentence and sentence not in self._notes:
            self._notes.append(sentence)

    def _values(self) -> State:
        return {
            "rows": self._rows,
            "marks": self._marks,
            "notes": self._notes,
            "size": self._size,
            "seconds": time.monotonic() - self._began,
        }

    def _resumed_state(self) -> State | None:
        state = self._checkpoint.load() if self._checkpoint is not None else None
        if state is not None:
            self._rows = [list(row) for row in state["rows"]]
            self._marks = [(mark[0], mark[1], mark[2]) for mark in state["marks"]]
            self._notes = list(state["notes"])
            self._size = state["size"]
            self._began -= state["seconds"]
        return state


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch means that the device's memory is full."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error) for words in OUT_OF_MEMORY)
