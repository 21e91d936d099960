"""How many threads compute, and how they wait: by the cores that this process may use, and leaving them to others."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

GROUPS: Final = Path("/sys/fs/cgroup")
"""Where control groups lie, of version 2 or, in the folders `V1_FOLDERS`, of version 1."""
OWN_GROUPS: Final = Path("/proc/self/cgroup")
"""Which control groups this process is in."""
V1_FOLDERS: Final = ("cpu", "cpu,cpuacct")
CHOSEN_BY: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""With one of these set, torch's number of threads is the user's choice."""


def wait_passively() -> None:
    """Have OpenMP's threads sleep while they wait, unless `OMP_WAIT_POLICY` says otherwise.

    Spinning beside anything else on the same cores slows both down manyfold. OpenMP's library reads the variable when
    it is loaded, with torch; where torch was imported before, this has no effect on this process any more.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@functools.cache
def limit_threads() -> None:
    """Bring torch's threads down to `usable_cores()`, once in a process, unless the user has chosen their number."""
    if any(os.environ.get(name) for name in CHOSEN_BY):
        return
    import torch

    cores = usable_cores()
    if cores < torch.get_num_threads():
        torch.set_num_threads(cores)


def usable_cores(groups: Path = GROUPS, own_groups: Path = OWN_GROUPS) -> int:
    """The cores that this process may use: by its affinity, and by the CPU quota of its control groups.

    A part of a core counts as a whole one: threads that are stopped for part of the time still get more done.
    """
    quotas = [math.ceil(quota) for quota in _quotas(groups, own_groups)]
    return max(1, min([_affinity(), *quotas]))


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(groups: Path, own_groups: Path) -> Iterator[float]:
    """The quota, in cores, of each control group around this process that has one."""
    for folder in _folders(groups, own_groups):
        quota = _read_v2(folder) or _read_v1(folder)
        if quota is not None:
            yield quota


def _folders(groups: Path, own_groups: Path) -> Iterator[Path]:
    """The folders of this process's control groups and of those around them.

    In a container the paths may be the host's, of which only the root is there.
    """
    try:
        lines = own_groups.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = ["0::/", "1:cpu:/"]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        roots: list[Path] = []
        if not controllers:
            roots = [groups]
        elif "cpu" in controllers.split(","):
            roots = [groups / name for name in V1_FOLDERS]
        inner = Path(path.lstrip("/"))
        for root in roots:
            yield from (root / part for part in (inner, *inner.parents))


def _read_v2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _read_v1(folder: Path) -> float | None:
    try:
        quota, period = (
            int((folder / f"cpu.cfs_{name}_us").read_text(encoding="ascii")) for name in ("quota", "period")
        )
        return quota / period if quota > 0 else None
    except (OSError, ValueError):
        return None
