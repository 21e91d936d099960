"""The picture as it forms, as a short film."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Final, Literal, Protocol

from PIL import Image

from nst_engine.encode import encode_mp4, to_bytes
from nst_engine.errors import EngineError
from nst_engine.files import write_synced
from nst_engine.images import fit, flatten

__all__ = ["FilmKind", "Sight", "TimeLapse", "encode_mp4", "kept_steps"]

FilmKind = Literal["mp4", "webp", "gif"]

MAX_FRAMES: Final = 60
LONGEST_SIDE: Final = 640
FIRST_MS: Final = 700
LAST_MS: Final = 1500
MIDDLE_MS: Final = 3000
"""How long the frames between the first and the last take together."""
SLOWEST_MS: Final = 400
QUALITY: Final = 92
FILE_NAME: Final = re.compile(r"(\d{6})\.jpg")


class Sight(Protocol):
    """What a time-lapse wants to know of a run's progress; making the picture may cost something."""

    @property
    def step(self) -> int:
        """How many steps are done."""

    def picture(self) -> Image.Image:
        """The picture as it stands."""


class TimeLapse:
    """Keeps small frames of a run: every one of its first steps, then ever fewer, at most `MAX_FRAMES` in all.

    `steps`: how many the run will take. `folder`: where the frames are also written as files named by their steps;
    those that lie there are taken up, so that a run that goes on has its film whole. A folder that cannot be used is
    done without. `longest`: the longer side of the film in pixels; it is never enlarged.

    A call at a step forgets the frames from that step on: the run has gone back, and they show what is no more.
    """

    def __init__(self, steps: int, folder: Path | None = None, longest: int = LONGEST_SIDE) -> None:
        self.steps = steps
        self._due = kept_steps(steps)
        self._folder = folder
        self._longest = longest
        self._frames: dict[int, bytes] = {} if folder is None else _read_folder(folder, steps)

    def __call__(self, progress: Sight) -> None:
        """Keep the frame of this step if it is due."""
        step = progress.step
        self._forget_from(step)
        due = max((due for due in self._due if due <= step), default=None)
        if due is not None and due > max(self._frames, default=-1):
            self._keep(step, progress.picture())

    def begin(self, photo: Image.Image) -> None:
        """Have the film begin with the photo, unless it has begun already."""
        if not self._frames:
            self._keep(0, photo)

    def finish(self, picture: Image.Image) -> None:
        """Take the result as the last frame."""
        self._forget_from(self.steps)
        self._keep(self.steps, picture)

    def film(self, kind: FilmKind = "mp4") -> bytes:
        """The film so far as MP4, or as animated WebP or GIF, which are played for ever.

        Raises `EngineError` while there is no frame.
        """
        if not self._frames:
            raise EngineError("There is nothing to film yet; ask for the time-lapse after the first step.")
        pictures = [_open(data) for _, data in sorted(self._frames.items())]
        size = _even(pictures[-1].size)
        frames = [
            picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS) for picture in pictures
        ]
        return to_bytes(frames, _durations(len(frames)), kind)

    def _keep(self, step: int, picture: Image.Image) -> None:
        frame = flatten(picture)
        if max(frame.size) > self._longest:
            frame = frame.resize(fit(*frame.size, self._longest), Image.Resampling.LANCZOS, reducing_gap=2)
        out = io.BytesIO()
        frame.save(out, "JPEG", quality=QUALITY, subsampling=0)
        self._frames[step] = out.getvalue()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                write_synced(self._folder / f"{step:06d}.jpg", out.getvalue())

    def _forget_from(self, step: int) -> None:
        for later in [kept for kept in self._frames if kept >= step]:
            del self._frames[later]
            if self._folder is not None:
                with contextlib.suppress(OSError):
                    (self._folder / f"{later:06d}.jpg").unlink(missing_ok=True)


def kept_steps(steps: int) -> tuple[int, ...]:
    """The steps whose frames are kept beside the last: at growing distances, fewer than `MAX_FRAMES`."""
    low, high = 0.0, 1.0
    for _ in range(30):
        growth = (low + high) / 2
        if len(_with_growth(steps, growth)) < MAX_FRAMES:
            high = growth
        else:
            low = growth
    return _with_growth(steps, high)


def _with_growth(steps: int, growth: float) -> tuple[int, ...]:
    kept = [0]
    while (following := kept[-1] + max(1, round(kept[-1] * growth))) < steps:
        kept.append(following)
    return tuple(kept)


def _durations(count: int) -> list[int]:
    """How long each of `count` frames is shown, in ms: the first and the last longer than the rest."""
    if count == 1:
        return [LAST_MS]
    middle = count - 2
    each = min(SLOWEST_MS, max(20, round(MIDDLE_MS / middle, -1))) if middle else 0
    return [FIRST_MS, *[int(each)] * middle, LAST_MS]


def _even(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (max(2, side - side % 2) for side in size)
    return width, height


def _open(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=("JPEG",))
    picture.load()
    return picture


def _read_folder(folder: Path, steps: int) -> dict[int, bytes]:
    frames: dict[int, bytes] = {}
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            name = FILE_NAME.fullmatch(path.name)
            if name is None or int(name[1]) > steps:
                continue
            with contextlib.suppress(Exception):  # a damaged frame is done without
                data = path.read_bytes()
                _open(data)
                frames[int(name[1])] = data
    return frames
