"""A run that was stopped and taken up again ends like one that never was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nst_engine import checkpoint as checkpoint_module
from nst_engine.checkpoint import STATE, Checkpoint
from nst_engine.engine import Engine, FramesResult, Progress, Result
from nst_engine.errors import Cancelled
from nst_engine.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def saved_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "EVERY", 0.0)
    monkeypatch.setattr(checkpoint_module, "SHARE", 1e9)


def stopped(
    nst: Engine, pictures: Sequence[Image.Image], settings: Settings, folder: Path, after: int
) -> tuple[Result, list[int]]:
    """The result of a run that was stopped after some steps and taken up, and the steps that it did then."""
    seen: list[int] = []
    with pytest.raises(Cancelled):
        nst.stylize(
            pictures[0],
            pictures[1:],
            settings,
            lambda progress: seen.append(progress.step),
            lambda: len(seen) >= after,
            checkpoint=folder,
        )
    assert (folder / STATE).exists()
    again: list[int] = []
    result = nst.stylize(pictures[0], pictures[1:], settings, lambda p: again.append(p.step), checkpoint=folder)
    return result, again


@pytest.mark.parametrize(
    "settings",
    [
        Settings(size=64, steps=12),
        Settings(size=64, steps=12, optimizer="adam"),
        Settings(size=128, steps=12, scales=2, seed=5),
        Settings(size=64, steps=12, colours="content", start={"noise": 1.0}),
        Settings(size=64, steps=12, look="faithful"),
    ],
    ids=["lbfgs", "adam", "scales", "noise", "faithful"],
)
@pytest.mark.parametrize("after", [1, 7])
def test_it_ends_the_same(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, settings: Settings, after: int, tmp_path: Path
) -> None:
    whole = nst.stylize(otters, [starry_night], settings)
    result, again = stopped(nst, [otters, starry_night], settings, tmp_path / "run", after)
    assert again[0] in (after, after + 1) and again[-1] == 12
    assert np.array_equal(np.asarray(result.picture), np.asarray(whole.picture))
    assert result.summary.losses == whole.summary.losses
    assert result.summary.scales == whole.summary.scales
    assert not (tmp_path / "run").exists()


def test_a_long_run_keeps_no_more_pairs_than_its_history(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_engine.memory.HISTORY", 4)
    settings = Settings(size=48, steps=20)
    whole = nst.stylize(otters, [starry_night], settings)
    result, _ = stopped(nst, [otters, starry_night], settings, tmp_path / "run", 15)
    assert result.summary.losses == whole.summary.losses


def test_another_run_is_not_continued(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image, tmp_path: Path
) -> None:
    """Neither with another style nor with other settings."""
    settings, steps = Settings(size=48, steps=6), list[int]()
    for pictures, chosen in (([otters, waves], settings), ([otters, starry_night], Settings(size=48, steps=7))):
        folder = tmp_path / f"run-{chosen.steps}-{len(steps)}"
        stopped_at: list[int] = []
        with pytest.raises(Cancelled):
            nst.stylize(
                otters,
                [starry_night],
                settings,
                lambda p, at=stopped_at: at.append(p.step),  # type: ignore[misc]
                lambda at=stopped_at: len(at) >= 3,  # type: ignore[misc]
                checkpoint=folder,
            )
        steps.clear()
        nst.stylize(pictures[0], pictures[1:], chosen, lambda p: steps.append(p.step), checkpoint=folder)
        assert steps[0] == 1


@pytest.mark.parametrize("harm", ["state cut", "pairs cut", "pairs gone", "state is noise"])
def test_a_damaged_state_starts_over(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, harm: str, tmp_path: Path
) -> None:
    settings, folder, seen = Settings(size=48, steps=6), tmp_path / "run", list[int]()
    whole = nst.stylize(otters, [starry_night], settings)
    with pytest.raises(Cancelled):
        nst.stylize(
            otters, [starry_night], settings, lambda p: seen.append(p.step), lambda: len(seen) >= 4, checkpoint=folder
        )
    (pairs,) = folder.glob("pairs-*")
    match harm:
        case "state cut":
            (folder / STATE).write_bytes((folder / STATE).read_bytes()[:-200])
        case "state is noise":
            (folder / STATE).write_bytes(os.urandom(500))
        case "pairs cut":
            pairs.write_bytes(pairs.read_bytes()[:100])
        case _:
            pairs.unlink()
    result = nst.stylize(otters, [starry_night], settings, checkpoint=folder)
    assert np.array_equal(np.asarray(result.picture), np.asarray(whole.picture))


def test_a_folder_that_cannot_be_written_is_a_word_and_no_failure(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(size=48, steps=4)
    result = nst.stylize(otters, [starry_night], settings, checkpoint=tmp_path / "file" / "run")
    assert any("could not be kept" in note for note in result.summary.notes)
    assert (tmp_path / "file").read_text() == "in the way"


def test_saving_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "SHARE", 1e-9)
    kept = Checkpoint(tmp_path / "run", "of")
    assert kept.is_due()
    kept.save(0, {})
    assert not kept.is_due()


KILLED = """
import sys
from pathlib import Path
from PIL import Image
from nst_engine import Engine, Settings
from nst_engine import checkpoint
checkpoint.EVERY, checkpoint.SHARE = 0.0, 1e9
photo, style, folder = sys.argv[1:]
engine = Engine("cpu", "float32")
tell = lambda progress: print(progress.step, flush=True)
engine.stylize(Image.open(photo), [Image.open(style)], Settings(size=64, steps=400), tell, checkpoint=Path(folder))
"""


def test_a_kill_at_any_instant_leaves_a_state_to_go_on_from(
    otters: Image.Image, starry_night: Image.Image, tmp_path: Path
) -> None:
    otters.save(tmp_path / "photo.png")
    starry_night.save(tmp_path / "style.png")
    command = [sys.executable, "-c", KILLED, *(str(tmp_path / name) for name in ("photo.png", "style.png", "run"))]
    last = 0
    for target in (6, 12):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = int(process.stdout.readline())
            assert first == 1 if not last else first >= last - 1
            step = first
            while step < last + target:
                step = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            last = step
    assert last >= 15


def test_frames_are_taken_up_where_they_were(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, tmp_path: Path
) -> None:
    frames = [otters.crop((shift, 0, shift + 640, 480)) for shift in (0, 20, 40)]
    settings, seen = Settings(size=48, steps=8), list[Progress]()

    def paint(folder: Path | None, stop: int = 99) -> FramesResult:
        seen.clear()
        return nst.stylize_frames(
            frames, [starry_night], settings, seen.append, lambda: len(seen) >= stop, checkpoint=folder
        )

    whole = paint(None)
    assert [progress.step for progress in seen] == list(range(1, 13))
    assert seen[-1].steps == 12 and seen[-1].share == pytest.approx(1)
    with pytest.raises(Cancelled):
        paint(tmp_path / "run", 9)
    result = paint(tmp_path / "run")
    assert seen[0].step in (9, 10)
    for one, other in zip(whole.frames, result.frames, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))
    assert result.summary.losses == whole.summary.losses and len(result.summary.losses["total"]) == 13
    assert not (tmp_path / "run").exists()


def flicker(frames: Sequence[Image.Image], content: Sequence[Image.Image]) -> float:
    """How much the pictures change beyond what the content does, in levels."""
    size = frames[0].size
    painted = [np.asarray(frame, float) for frame in frames]
    photos = [np.asarray(photo.resize(size, Image.Resampling.BILINEAR), float) for photo in content]
    changes = [
        np.abs((painted[n + 1] - painted[n]) - (photos[n + 1] - photos[n])).mean() for n in range(len(frames) - 1)
    ]
    return float(np.mean(changes))


def test_frames_flicker_less_than_pictures_painted_apart(
    nst: Engine, otters: Image.Image, starry_night: Image.Image
) -> None:
    rng = np.random.default_rng(0)
    still = np.asarray(otters.resize((160, 90)), float)
    frames = [Image.fromarray((still + rng.normal(0, 3, still.shape)).clip(0, 255).astype(np.uint8)) for _ in range(3)]
    settings = Settings(size=96, steps=20)
    together = nst.stylize_frames(frames, [starry_night], settings).frames
    apart = [nst.stylize(frame, [starry_night], settings).picture for frame in frames]
    assert flicker(together, frames) < 0.5 * flicker(apart, frames)
    scores = [nst.score(frames[-1], [starry_night], result[-1]).total for result in (together, apart)]
    assert scores[0] < 1.5 * scores[1]


STARVED = """
import resource, sys
from pathlib import Path
from PIL import Image
from nst_engine import Engine, Settings
import nst_engine.memory, nst_engine.run
engine = Engine("cpu", "float32")
# ncnn can end the process when an allocation fails, where torch says so.
engine.room().network.rectified = None
photo, style = (Image.open(name) for name in sys.argv[1:])
engine.stylize(photo, [style], Settings(size=64, steps=2))
# More is believed to be free than there is, so that memory runs out on the way.
nst_engine.run.free_memory = lambda device: 1 << 40
status = Path("/proc/self/status").read_text().splitlines()
held = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (held + ROOM, held + ROOM))
result = engine.stylize(photo, [style], Settings(size=SIDE, steps=1, scales=1))
print(result.picture.size, len(result.summary.losses["total"]), *result.summary.notes, sep="|")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
@pytest.mark.parametrize(("side", "room", "told"), [(512, 280, "smaller blocks"), (384, 140, "pixels instead of 384")])
def test_memory_that_runs_out_leads_to_blocks_or_a_smaller_picture(
    otters: Image.Image, starry_night: Image.Image, side: int, room: int, told: str, tmp_path: Path
) -> None:
    otters.save(tmp_path / "photo.png")
    starry_night.save(tmp_path / "style.png")
    code = STARVED.replace("ROOM", f"{room}_000_000").replace("SIDE", str(side))
    # What is freed goes back at once, or the limit would count it as still held.
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_ARENA_MAX": "1"}
    command = [sys.executable, "-c", code, str(tmp_path / "photo.png"), str(tmp_path / "style.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    size, losses, *notes = done.stdout.strip().split("|")
    assert losses == "2"
    assert notes and told in notes[0]
    assert (size == "(512, 288)") == ("blocks" in told)


def test_the_same_seed_gives_the_same_picture_bit_for_bit(otters: Image.Image, starry_night: Image.Image) -> None:
    """In deterministic mode, by two engines; and torch is left as it was found."""
    settings = Settings(size=80, steps=6, seed=11, padding="replicate", pooling="average", scales=2)
    results = [
        Engine(device="cpu", precision="float32", deterministic=True).stylize(otters, [starry_night], settings)
        for _ in range(2)
    ]
    assert np.array_equal(np.asarray(results[0].picture), np.asarray(results[1].picture))
    assert results[0].summary.losses == results[1].summary.losses
    assert not torch.are_deterministic_algorithms_enabled()
