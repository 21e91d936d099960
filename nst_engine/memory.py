"""How much memory a run takes, told beforehand, and what to change when that is too much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from nst_engine.blocks import largest_outer, margin
from nst_engine.settings import CONVS_PER_BLOCK, Settings
from nst_engine.vgg import CHANNELS, FeatureNetwork, depth, halvings

HISTORY: Final = 100
HISTORY_BYTES: Final = 2 << 30
LEAST_HISTORY: Final = 4
SMALLEST_BLOCK: Final = 128
LARGEST_BLOCK: Final = 4096
PICTURE: Final = 12
"""Bytes of one picture of three float32 channels, for each of its pixels."""
PICTURES: Final = 14
"""Pictures that a descent holds at once: content, start, point, best, gradients, moves and their transforms."""
FIXED: Final = 40_000_000
"""Weights and statistics."""
HASTENED: Final = {"AVX512": (0, 1600)}
HASTENED_ELSEWHERE: Final = (40_000_000, 2000)
"""What Winograd's algorithm takes more, in all and for each pixel of an evaluation, as measured by kind of CPU."""
HASTENED_GAPS: Final = 350
"""What it takes more for each pixel where blocks of several shapes leave gaps in the memory."""
FAITHFUL: Final = 500
"""What the faithful look takes more for each pixel: values along directions, the style's, their order and slopes."""
FAITHFUL_AT_ONCE: Final = 130
"""What it takes more for each pixel of an evaluation, in numbers of the network's precision: all layers' slopes."""
USABLE: Final = 0.85
"""The share of the free memory that is planned with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a descent of width times height pixels may use.

    `block` is the side of a block's core in pixels, None for the whole picture at once; `history` the pairs of L-BFGS;
    `bytes` the memory that it takes beyond what the loaded engine has already.
    """

    width: int
    height: int
    block: int | None
    history: int
    bytes: int


def plan(width: int, height: int, steps: int, settings: Settings, network: FeatureNetwork, available: int) -> Plan:
    """The fastest way that fits into `available` bytes: whole, or in the largest blocks; else in the smallest ones.

    `steps` are those of this size. Whether the smallest blocks fit is the caller's to see, by `Plan.bytes`.
    """
    made = plan_with(width, height, steps, settings, network, None)
    block = LARGEST_BLOCK
    while made.bytes > available and block >= SMALLEST_BLOCK:
        if block < max(width, height):
            made = plan_with(width, height, steps, settings, network, block)
        block //= 2
    return made


def plan_with(
    width: int, height: int, steps: int, settings: Settings, network: FeatureNetwork, block: int | None
) -> Plan:
    """The plan with blocks of that size, or with the whole picture at once."""
    pixels = width * height
    pair = 2 * PICTURE * pixels
    history = 0
    if settings.optimizer == "lbfgs":
        history = max(LEAST_HISTORY, min(HISTORY, steps, HISTORY_BYTES // pair))
    layers = {*settings.content_layers, *settings.style_layers}
    at_once = largest_outer(height, width, block, margin(depth(layers)))
    targets = sum(4 * CHANNELS[halvings(name)] / 4 ** halvings(name) for name in settings.content_layers)
    own = pixels * (PICTURES * PICTURE + targets)
    total = FIXED + history * pair + own + at_once * bytes_per_pixel(layers, network.dtype.itemsize)
    if settings.look == "faithful":
        total += FAITHFUL * pixels + FAITHFUL_AT_ONCE * network.dtype.itemsize * at_once
    if network.rectified is not None:
        fixed, a_pixel = HASTENED.get(torch.backends.cpu.get_cpu_capability(), HASTENED_ELSEWHERE)
        total += fixed + (a_pixel + (0 if block is None else HASTENED_GAPS)) * at_once
    return Plan(width, height, block, history, round(total))


def bytes_per_pixel(layers: Collection[str], itemsize: int) -> float:
    """The memory of one evaluation with its gradient, for each pixel: activations, and the gradients among them."""
    last = depth(layers)
    total = 0.0
    for level, count in enumerate(CONVS_PER_BLOCK[: halvings(last) + 1]):
        shrunk = 4**level
        if level:
            # The pooled activations, and where each maximum stood (8 bytes).
            total += CHANNELS[level - 1] * (itemsize + 8) / shrunk
        here = count if level < halvings(last) else int(last[6:])
        total += here * CHANNELS[level] * itemsize / shrunk
    return total + 2 * CHANNELS[0] * itemsize


def free_memory(device: torch.device) -> int:
    """The bytes that a run may take: free on the CUDA device, or available on this machine and in its control group."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(USABLE * (free + held))
    return int(USABLE * min(_available(), _group_room()))


def _available() -> int:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return 1 << 62
    values = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines() if line.endswith("kB")}
    return values.get("MemAvailable", 1 << 62)


def _group_room() -> int:
    """What the control group (a container's limit) leaves; much where there is none."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 1 << 62
    return 1 << 62 if limit == "max" else max(int(limit) - used, 0)
