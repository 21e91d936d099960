"""A run's state on disk, so that it can be stopped at any instant and taken up again."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from nst_engine.files import write_synced
from nst_engine.lbfgs import LBFGS
from nst_engine.optimise import Descent

STATE: Final = "state"
FORMAT: Final = 3
"""Of the state and of what it stands for; a state of another format is of another run."""
EVERY: Final = 5.0
"""Seconds between two saves, once a run is older than twice that."""
FIRST: Final = 0.5
"""Seconds before the first save."""
SHARE: Final = 0.05
"""The most of a run's time that saving may take."""

State = dict[str, Any]


def fingerprint(pictures: Iterable[Image.Image | None], *values: object) -> str:
    """What a run is made of, as a hash: its pictures' pixels and the other values."""
    digest = hashlib.sha256(repr((FORMAT, *values)).encode())
    for picture in pictures:
        digest.update(b"none" if picture is None else f"{picture.mode}{picture.size}".encode() + picture.tobytes())
    return digest.hexdigest()


class Checkpoint:
    """A folder with a `state`, and a file of L-BFGS's pairs beside it.

    A pair is written once, when it is new, to a place that the last state does not need; the state replaces the one
    before in one rename after the pairs are synced. So a kill at any instant leaves a state with all its pairs. `of`
    is the run's fingerprint: no other run is continued by it. A folder that cannot be written is given up, with the
    reason in `trouble`.
    """

    def __init__(self, folder: Path, of: str) -> None:
        self.trouble = ""
        self._folder = folder
        self._of = of
        self._pairs_name, self._saved = "", 0
        self._began = self._last = time.monotonic()
        self._cost = 0.0

    def load(self) -> State | None:
        """The state that lies there, if it is of this very run and whole."""
        try:
            state = torch.load(self._folder / STATE, map_location="cpu", weights_only=True)
        except Exception:  # there is none, or it is damaged, which raises nearly anything
            return None
        return state if isinstance(state, dict) and state.get("of") == self._of else None

    def is_due(self) -> bool:
        """Whether it is time to save: soon, then every `EVERY` seconds; less often where saving takes long."""
        now = time.monotonic()
        wait = min(EVERY, max(FIRST, (now - self._began) / 2))
        return not self.trouble and now - self._last >= max(wait, self._cost / SHARE)

    def save(self, scale: int, values: State, descent: Descent | None = None) -> None:
        """Write the caller's plain `values` and where the descent of that scale stands."""
        if self.trouble:
            return
        began = time.monotonic()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            state: State = {**values, "of": self._of, "scale": scale, "descent": None, "pairs": ""}
            if descent is not None:
                state["pairs"] = self._write_pairs(scale, descent)
                state["descent"] = descent.state()
            out = io.BytesIO()
            torch.save(state, out)
            write_synced(self._folder / STATE, out.getvalue())
            for old in self._folder.glob("pairs-*"):
                if old.name != state["pairs"]:
                    old.unlink()
        except OSError as error:
            self.trouble = f"The run's state could not be kept ({error.strerror}): a crash would start it over."
            self.remove()
        self._last = time.monotonic()
        self._cost = self._last - began

    def resume(self, descent: Descent, state: State) -> bool:
        """Have a descent go on from a state of its scale; False when its pairs are not all there."""
        pairs: dict[int, torch.Tensor] = {}
        if state["pairs"]:
            try:
                pairs = self._read_pairs(state["pairs"], state["descent"]["mover"]["count"], descent)
            except (OSError, ValueError):
                return False
        descent.load(state["descent"], pairs)
        self._pairs_name, self._saved = state["pairs"], max(pairs, default=-1) + 1
        return True

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write_pairs(self, scale: int, descent: Descent) -> str:
        mover = descent.mover
        if not isinstance(mover, LBFGS):
            return ""
        name = f"pairs-{scale}-{descent.restarts}"
        if name != self._pairs_name:
            self._pairs_name, self._saved = name, 0
        path = self._folder / name
        with path.open("r+b" if path.exists() and self._saved else "wb") as file:
            for number in range(max(self._saved, mover.count - mover.history), mover.count):
                pair = mover.pair(number).cpu().numpy()
                file.seek(_slot(number, mover.history) * pair.nbytes)
                file.write(pair.tobytes())
            file.flush()
            os.fsync(file.fileno())
        self._saved = mover.count
        return name

    def _read_pairs(self, name: str, count: int, descent: Descent) -> dict[int, torch.Tensor]:
        assert isinstance(descent.mover, LBFGS)
        history, size = descent.mover.history, descent.start.numel()
        pairs = {}
        with (self._folder / name).open("rb") as file:
            for number in range(max(0, count - history), count):
                file.seek(_slot(number, history) * 8 * size)
                values = np.frombuffer(file.read(8 * size), dtype=np.float32)
                pairs[number] = torch.from_numpy(values.reshape(2, size).copy())
        return pairs


def _slot(number: int, history: int) -> int:
    """Where a pair lies: in a ring of twice the history, so that no pair of the last state is written over."""
    return number % (2 * history)
