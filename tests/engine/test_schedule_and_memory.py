"""Scales and steps, and the memory that is told beforehand against what is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_engine.engine import Engine
from nst_engine.memory import HISTORY_BYTES, LEAST_HISTORY, plan, plan_with
from nst_engine.schedule import FIRST_SIZE, schedule, work
from nst_engine.settings import MIN_SIZE, Settings
from nst_engine.vgg import FeatureNetwork
from nst_engine.weights import Weights


@given(
    longer=st.integers(MIN_SIZE, 8192), shape=st.floats(0.01, 1), steps=st.integers(1, 600), scales=st.integers(0, 8)
)
@settings(max_examples=200, deadline=None)
def test_scales_go_from_coarse_to_fine_and_use_all_steps(longer: int, shape: float, steps: int, scales: int) -> None:
    shorter = max(1, round(longer * shape))
    made = schedule(longer, shorter, Settings(size=longer, steps=steps, scales=scales))
    assert (made[-1].width, made[-1].height) == (longer, shorter)
    assert sum(scale.steps for scale in made) == steps
    assert all(scale.steps >= 1 and scale.width >= MIN_SIZE for scale in made)
    assert all(coarse.width == fine.width // 2 for coarse, fine in pairwise(made))
    assert len(made) <= (scales or 8)


def test_the_size_decides_how_many_scales_there_are() -> None:
    counts = [len(schedule(size, size, Settings(size=size, steps=100))) for size in (256, 512, 1024, 2048, 4096)]
    assert counts[0] == 1
    assert counts == sorted(counts) and counts[-1] > counts[0]
    first = schedule(4096, 4096, Settings(size=4096, steps=100))[0]
    assert FIRST_SIZE <= first.width < 2 * FIRST_SIZE


def test_work_counts_pixels_times_steps() -> None:
    assert work(1000, 500, Settings(size=1000, steps=10, scales=1)) == pytest.approx(5)
    assert work(1000, 500, Settings(size=1000, steps=10, scales=2)) < 5


@pytest.fixture(scope="module")
def network(weights: Weights) -> FeatureNetwork:
    return FeatureNetwork(weights)


def test_blocks_come_with_less_memory_and_only_then(network: FeatureNetwork) -> None:
    chosen = Settings(size=2048, steps=50)
    whole = plan(2048, 1536, 50, chosen, network, 1 << 40)
    assert whole.block is None
    sides, last = [], whole.bytes
    for share in (0.9, 0.7, 0.6, 0.55):
        made = plan(2048, 1536, 50, chosen, network, int(whole.bytes * share))
        assert made.block is not None and made.bytes < last
        sides.append(made.block)
    assert sides == sorted(sides, reverse=True)
    tiny = plan(2048, 1536, 50, chosen, network, 1)
    assert tiny.bytes > 1


def test_the_history_is_bounded(network: FeatureNetwork) -> None:
    assert plan_with(256, 256, 30, Settings(), network, None).history == 30
    assert plan_with(256, 256, 900, Settings(), network, None).history == 100
    large = plan_with(2048, 2048, 100, Settings(), network, None)
    assert LEAST_HISTORY <= large.history < 100
    assert large.history * 2 * 12 * 2048**2 <= HISTORY_BYTES
    assert plan_with(256, 256, 30, Settings(optimizer="adam"), network, None).history == 0


def test_a_hastened_network_needs_more(nst: Engine, network: FeatureNetwork) -> None:
    hastened = nst.room().network
    assert hastened.rectified is not None
    settings = Settings()
    assert (
        plan_with(512, 512, 9, settings, hastened, None).bytes > plan_with(512, 512, 9, settings, network, None).bytes
    )


MEASURE = """
import json, sys
from pathlib import Path
from PIL import Image
from nst_engine import Engine, Settings
from nst_engine.memory import plan_with
import nst_engine.run as run
width, height, steps, block, optimizer, look = json.loads(sys.argv[1])
settings = Settings(size=max(width, height), steps=steps, optimizer=optimizer, scales=1, look=look)
engine = Engine("cpu", "float32", deterministic=True)
noise = Image.effect_noise((width, height), 80).convert("RGB")
engine.stylize(noise.resize((64, 64)), [noise.resize((64, 64))], Settings(size=64, steps=2))
made = plan_with(width, height, steps, settings, engine.room().network, block)
run.plan = lambda *_: made
def resident(what):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))
Path("/proc/self/clear_refs").write_text("5")
before = resident("VmRSS")
engine.stylize(noise, [noise], settings)
print(json.dumps([made.bytes, resident("VmHWM") - before]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the kernel does not tell peak memory")
@pytest.mark.parametrize(
    ("width", "height", "steps", "block", "optimizer", "look"),
    [
        (512, 384, 2, None, "lbfgs", "gatys"),
        (640, 384, 1, 256, "lbfgs", "gatys"),
        (320, 320, 30, None, "lbfgs", "gatys"),
        (512, 384, 2, None, "lbfgs", "faithful"),
        (640, 384, 1, 256, "lbfgs", "faithful"),
    ],
)
def test_the_forecast_is_what_is_used(
    width: int, height: int, steps: int, block: int | None, optimizer: str, look: str
) -> None:
    """Within 15 %, in a process of its own; whole and in blocks, with a short and a long history.

    A deterministic engine hastens its convolutions always, others where a measurement of the moment says so.
    """
    order = json.dumps([width, height, steps, block, optimizer, look])
    # Each thread has room of its own for its part of a convolution: as many as a run outside of tests would have.
    threads = os.environ | {"OMP_NUM_THREADS": str(os.cpu_count() or 1)}
    command = [sys.executable, "-c", MEASURE, order]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=threads)
    told, used = json.loads(done.stdout)
    assert used == pytest.approx(told, rel=0.15)
