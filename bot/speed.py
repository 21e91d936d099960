"""How long painting takes: what a job costs, the pace of a machine, and the measured pace kept between starts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from nst_engine.files import write_synced

FILE: Final = "speed.json"
"""In storage.path: the pace of every machine that was measured."""
LEAST_STEP: Final = 0.01
"""Even the smallest step takes about as long as one of so many megapixels."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job takes: its `steps`, and the megapixel-steps that they come to, `work`."""

    steps: int
    work: float

    @property
    def megapixels(self) -> float:
        """The size of a step, as a mean over scales and frames."""
        return self.work / max(self.steps, 1)

    @property
    def effort(self) -> float:
        """What the job is charged for when people take turns, in about megapixel-steps on any machine."""
        return self.work + LEAST_STEP * self.steps


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds that each step takes whatever its size, and those for each megapixel-step."""

    step: float
    megapixel_step: float

    def seconds(self, cost: Cost) -> float:
        """How long a job takes at this pace."""
        return self.step * cost.steps + self.megapixel_step * cost.work

    def scaled(self, factor: float) -> Pace:
        """The pace of a machine that takes `factor` times as long."""
        return Pace(self.step * factor, self.megapixel_step * factor)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a pace holds for: a device as the engine names it, a precision, and the installed version of torch."""

    device: str
    precision: str
    torch: str

    @classmethod
    def here(cls, device: str, precision: str) -> Machine:
        """A device of this machine, with the torch that is installed here."""
        return cls(device, precision, version("torch"))


def find_pace(folder: Path, machine: Machine) -> Pace | None:
    """The pace that was measured on a machine, or None where there is none that can be read."""
    return next((pace for found, pace in _measured(folder) if found == machine), None)


def latest_pace(folder: Path, device: str, precision: str) -> Pace | None:
    """The pace that was measured last on what a configuration names as its device and precision, or None.

    Either may be `auto`. Unlike `find_pace`, this need not know what the engine will choose.
    """
    torch = version("torch")
    paces = [
        pace
        for found, pace in _measured(folder)
        if found.torch == torch and precision in ("auto", found.precision) and _is_named(device, found.device)
    ]
    return paces[-1] if paces else None


def keep_pace(folder: Path, machine: Machine, pace: Pace) -> None:
    """Write down what was measured, in the place of what was measured on the same machine before. Raises `OSError`."""
    key = asdict(machine)
    others = [each for each in _read(folder) if not (isinstance(each, dict) and key.items() <= each.items())]
    folder.mkdir(parents=True, exist_ok=True)
    write_synced(folder / FILE, json.dumps([*others, key | asdict(pace)], indent=2).encode())


def _measured(folder: Path) -> Iterator[tuple[Machine, Pace]]:
    """Every machine that was measured and its pace, where that can be, the latest last."""
    for measured in _read(folder):
        try:
            machine = Machine(measured["device"], measured["precision"], measured["torch"])
            pace = Pace(float(measured["step"]), float(measured["megapixel_step"]))
        except (TypeError, KeyError, ValueError):
            continue
        if _is_sound(pace):
            yield machine, pace


def _is_named(device: str, found: object) -> bool:
    """True if a configured device, such as `cuda`, means the one that was found, `cuda:0 (NVIDIA H200)`."""
    return device == "auto" or str(found).partition(" ")[0] in (device, f"{device}:0")


def _read(folder: Path) -> list[Any]:
    """What the file holds; nothing where it is missing or damaged."""
    try:
        values = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return []
    return values if isinstance(values, list) else []


def _is_sound(pace: Pace) -> bool:
    values = (pace.step, pace.megapixel_step)
    return all(math.isfinite(value) and value >= 0 for value in values) and any(values)
