"""The frames of an animation that are painted already: kept, and joined to one summary."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from nst_engine.files import write_synced
from nst_engine.run import Progress
from nst_engine.summary import LOSS_NAMES, LossSummary


@dataclass(frozen=True, slots=True)
class Frame:
    """A painted frame, as it was optimised, rounded to whole levels, and its losses."""

    picture: Image.Image
    summary: LossSummary


class FrameStore:
    """Keeps painted frames in a folder, if there is one, for a run with this fingerprint.

    What cannot be written is painted again after a crash, no more.
    """

    def __init__(self, folder: Path | None, of: str) -> None:
        self._folder = None if folder is None else folder / f"frames-{of[:16]}"

    def load(self, number: int) -> Frame | None:
        """A frame that was painted before."""
        if self._folder is None:
            return None
        try:
            losses = json.loads((self._folder / f"{number}.json").read_text(encoding="utf-8"))
            picture = Image.open(io.BytesIO((self._folder / f"{number}.png").read_bytes()))
            picture.load()
            return Frame(picture, LossSummary.from_dict(losses))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, number: int, frame: Frame) -> None:
        """Write a frame; its losses last, so that one that has them is whole."""
        if self._folder is None:
            return
        out = io.BytesIO()
        frame.picture.save(out, "PNG", compress_level=1)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_synced(self._folder / f"{number}.png", out.getvalue())
            write_synced(self._folder / f"{number}.json", json.dumps(frame.summary.to_dict()).encode())
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)

    def remove(self) -> None:
        """Delete the folder that the frames lie in, and the one around it if nothing else is there."""
        if self._folder is not None:
            shutil.rmtree(self._folder.parent, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class FrameProgress:
    """Tells of one frame's steps as part of all frames' `steps`, of which `before` are done, after `seconds`."""

    on_progress: Callable[[Progress], None]
    before: int
    steps: int
    seconds: float

    def __call__(self, progress: Progress) -> None:
        """Pass a frame's progress on."""
        share = (self.before + progress.share * progress.steps) / self.steps
        step, seconds = self.before + progress.step, self.seconds + progress.seconds
        self.on_progress(replace(progress, step=step, steps=self.steps, share=share, seconds=seconds))


def joined(summaries: Sequence[LossSummary]) -> LossSummary:
    """The losses of frames one after the other: the start of the first, then every step of each."""
    first = summaries[0]
    losses = {
        name: [first.losses[name][0], *(value for each in summaries for value in each.losses[name][1:])]
        for name in LOSS_NAMES
    }
    notes = tuple(dict.fromkeys(note for each in summaries for note in each.notes))
    steps, seconds = sum(each.steps for each in summaries), sum(each.seconds for each in summaries)
    return replace(first, losses=losses, steps=steps, seconds=seconds, notes=notes)
