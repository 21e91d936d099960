"""The time-lapse of a run: which frames are kept, what a film of them shows, and how it goes on after a stop."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nst_engine.animation import open_animation
from nst_engine.errors import EngineError
from nst_engine.film import TimeLapse, encode_mp4, kept_steps

SIZE = (64, 48)


@dataclass
class Step:
    """A run's progress that counts how often its picture is made: it moves from step to step."""

    step: int
    size: tuple[int, int] = SIZE
    asked: int = 0

    def picture(self) -> Image.Image:
        self.asked += 1
        return Image.fromarray(np.roll(np.asarray(scene(self.size, 8)), 2 * self.step, axis=1))


def run(lapse: TimeLapse, first: int, last: int, size: tuple[int, int] = SIZE) -> list[int]:
    """The steps from `first` to `last` whose picture was asked for."""
    steps = [Step(step, size) for step in range(first, last + 1)]
    for step in steps:
        lapse(step)
    assert all(step.asked <= 1 for step in steps)
    return [step.step for step in steps if step.asked]


def shown(lapse: TimeLapse) -> tuple[list[float], list[Image.Image]]:
    """When each frame of the film begins, in seconds, and the frames."""
    with av.open(io.BytesIO(lapse.film("mp4")), "r") as container:
        frames = list(container.decode(video=0))
    return [float(frame.time) for frame in frames], [
        Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in frames
    ]


def distance(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def scene(size: tuple[int, int], seed: int = 5) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (2, 3, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


@given(st.integers(1, 10_000))
@settings(deadline=None, max_examples=60)
def test_frames_are_kept_at_growing_distances(steps: int) -> None:
    kept = kept_steps(steps)
    gaps = np.diff(kept)
    assert kept[0] == 0
    assert kept[-1] < steps
    assert len(kept) == steps if steps < 60 else 50 <= len(kept) < 60
    assert np.all(np.diff(gaps) >= 0)
    assert steps - kept[-1] <= max(2, 0.2 * steps)


def test_only_frames_that_are_kept_are_made() -> None:
    lapse = TimeLapse(300)
    assert run(lapse, 0, 299) == list(kept_steps(300))
    lapse.finish(scene(SIZE))
    starts, _ = shown(lapse)
    assert len(starts) == 60 + 1  # the last is there twice


def test_a_run_that_does_not_tell_every_step_is_filmed_all_the_same() -> None:
    lapse = TimeLapse(1000)
    asked = [step for step in range(7, 1000, 40) if run(lapse, step, step)]
    assert len(asked) > 20


@pytest.mark.parametrize("steps", [10, 60, 300])
def test_the_film_takes_some_seconds_and_rests_on_the_result(steps: int) -> None:
    lapse = TimeLapse(steps)
    run(lapse, 0, steps)
    lapse.finish(scene(SIZE))
    with av.open(io.BytesIO(lapse.film()), "r") as container:
        seconds = (container.duration or 0) / 1e6
    assert 4 <= seconds <= 6
    starts, frames = shown(lapse)
    assert starts[1] == pytest.approx(0.7)
    assert seconds - starts[-2] == pytest.approx(1.5)
    assert distance(frames[-1], scene(SIZE)) < 4
    assert distance(frames[-2], scene(SIZE)) < 4
    assert distance(frames[0], Step(0).picture()) < 4


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_the_film_as_a_picture_that_moves(kind: str) -> None:
    lapse = TimeLapse(12)
    run(lapse, 0, 11)
    result = Step(12).picture()
    lapse.finish(result)
    animation = open_animation(lapse.film(kind))  # type: ignore[arg-type]
    assert animation is not None
    assert (len(animation.frames), animation.loop) == (13, 0)
    assert (animation.durations_ms[0], animation.durations_ms[-1]) == (700, 1500)
    assert distance(animation.frames[-1], result) < 5


def test_large_pictures_are_filmed_small_and_with_even_sides() -> None:
    lapse = TimeLapse(3)
    run(lapse, 0, 2, (1000, 667))
    lapse.finish(scene((1000, 667)))
    _, frames = shown(lapse)
    assert {frame.size for frame in frames} == {(640, 426)}
    assert distance(frames[-1], scene((640, 426))) < 4


def test_small_pictures_are_not_enlarged() -> None:
    lapse = TimeLapse(3)
    run(lapse, 0, 2, (33, 21))
    assert shown(lapse)[1][0].size == (32, 20)


def test_coarse_frames_are_brought_to_the_size_of_the_last() -> None:
    lapse = TimeLapse(6)
    run(lapse, 0, 2, (32, 24))
    run(lapse, 3, 5, (64, 48))
    lapse.finish(scene((128, 96)))
    _, frames = shown(lapse)
    assert {frame.size for frame in frames} == {(128, 96)}
    assert distance(frames[1], Step(1, (32, 24)).picture().resize((128, 96))) < 6


def test_transparent_parts_are_white() -> None:
    lapse = TimeLapse(3)
    lapse.finish(Image.new("RGBA", SIZE, (0, 0, 0, 0)))
    assert min(channel[0] for channel in shown(lapse)[1][0].getextrema()) > 245  # type: ignore[index]


def test_there_is_no_film_before_the_first_frame() -> None:
    with pytest.raises(EngineError, match="nothing to film yet; ask for the time-lapse after the first step"):
        TimeLapse(5).film()


def test_a_run_that_was_stopped_has_a_film_so_far() -> None:
    lapse = TimeLapse(100)
    run(lapse, 0, 20)
    assert len(shown(lapse)[0]) == 21 + 1


def test_frames_are_written_as_files_named_by_their_steps(tmp_path: Path) -> None:
    lapse = TimeLapse(300, tmp_path / "lapse")
    kept = run(lapse, 0, 299)
    lapse.finish(scene(SIZE))
    assert sorted(path.name for path in (tmp_path / "lapse").iterdir()) == [f"{step:06d}.jpg" for step in [*kept, 300]]
    assert Image.open(tmp_path / "lapse" / "000007.jpg").size == SIZE


def test_a_run_that_goes_on_has_its_film_whole(tmp_path: Path) -> None:
    whole = TimeLapse(200)
    run(whole, 0, 199)
    whole.finish(scene(SIZE))

    first = TimeLapse(200, tmp_path)
    run(first, 0, 90)
    assert first.film()
    # It goes on from a state that was kept before the last frames, which are made anew.
    second = TimeLapse(200, tmp_path)
    again = run(second, 61, 199)
    assert again == [step for step in kept_steps(200) if step > 60]
    second.finish(scene(SIZE))
    assert second.film() == whole.film()


def test_frames_of_what_is_no_more_are_forgotten(tmp_path: Path) -> None:
    first = TimeLapse(50, tmp_path)
    run(first, 0, 30)
    second = TimeLapse(50, tmp_path)
    run(second, 10, 10)
    assert sorted(int(path.stem) for path in tmp_path.iterdir()) == list(range(11))
    assert len(shown(second)[0]) == 11 + 1


def test_what_is_no_frame_in_the_folder_is_passed_over(tmp_path: Path) -> None:
    run(TimeLapse(50, tmp_path), 0, 5)
    (tmp_path / "000003.jpg").write_bytes(b"\xff\xd8\xff damaged")
    (tmp_path / "000004.part").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("not ours")
    Image.new("RGB", SIZE).save(tmp_path / "000777.jpg")
    assert len(shown(TimeLapse(50, tmp_path))[0]) == 5 + 1


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    lapse = TimeLapse(50, tmp_path / "file" / "lapse")
    run(lapse, 0, 10)
    assert len(shown(lapse)[0]) == 11 + 1


def test_memory_is_small() -> None:
    lapse = TimeLapse(300)
    noise = scene((512, 384))
    for step in kept_steps(300):
        lapse(type("At", (), {"step": step, "picture": lambda self: noise})())
    assert sum(map(len, lapse._frames.values())) < 3_000_000


def test_one_frame_alone_makes_a_film() -> None:
    with av.open(io.BytesIO(encode_mp4([scene((32, 32))], [20])), "r") as container:
        assert len(list(container.decode(video=0))) == 1


def test_a_film_begins_with_the_photo_once() -> None:
    lapse = TimeLapse(10)
    lapse.begin(Image.new("RGB", (64, 48), "red"))
    lapse.begin(Image.new("RGB", (64, 48), "blue"))
    lapse.finish(Image.new("RGB", (64, 48), "white"))
    film = Image.open(io.BytesIO(lapse.film("webp")))
    red, _, blue = film.convert("RGB").getpixel((30, 20))  # type: ignore[misc]
    assert red > 200 > 60 > blue
    assert getattr(film, "n_frames", 1) >= 2
