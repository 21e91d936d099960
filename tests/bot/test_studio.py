"""Jobs through the whole bot behind the fronts: real pictures, real engine process, small size."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot import text
from bot.app import Atelier
from bot.config import EngineConfig
from bot.errors import BadOption, BadPicture, NoSuchJob, NotYours, Refusal, SetupError, TooMany, UnknownStyle
from bot.queue.engine_driver import EngineDriver
from bot.queue.pictures import Pictures
from bot.requests import Answer, Finished, JobEvent, Options, Queued, Running, StylizeRequest
from bot.speed import Pace, keep_pace
from nst_engine.settings import Settings
from tests.conftest import OpenAtelier

numbers = itertools.count()
LONG = Options(steps=5000)


@pytest.fixture
def ask(photo: bytes) -> Any:
    """Makes requests that differ in what the test says."""

    def make(**changes: Any) -> StylizeRequest:
        values: dict[str, Any] = {
            "platform": "test",
            "place": "here",
            "person": "ann",
            "origin": f"message {next(numbers)}",
            "photo": photo,
            "styles": ("starry night",),
        }
        return StylizeRequest(**{**values, **changes})

    return make


async def follow(atelier: Atelier, job_id: str) -> list[JobEvent]:
    async with asyncio.timeout(120):
        return [event async for event in atelier.studio.watch(job_id)]


async def until_running(atelier: Atelier, job_id: str) -> None:
    async with asyncio.timeout(120):
        async for event in atelier.studio.watch(job_id):
            if isinstance(event, Running) and event.step >= 1:
                return


async def answer_of(atelier: Atelier, job_id: str) -> Answer:
    await follow(atelier, job_id)
    answer = await atelier.studio.answer(job_id)
    assert answer is not None
    return answer


async def test_a_job_goes_the_whole_way(atelier: Atelier, ask: Any, painting: bytes) -> None:
    job = await atelier.studio.submit(ask(styles=("starry night", painting)))
    assert (job.is_new, job.state, job.style_title) == (True, "accepted", "The Starry Night and your own picture")
    events = await follow(atelier, job.id)
    assert isinstance(events[-1], Finished) and events[-1].state == "done"
    running = [event for event in events if isinstance(event, Running)]
    assert running and running[-1].losses["total"] > 0
    answer = await answer_of(atelier, job.id)
    assert answer.picture is not None and answer.curve is not None and answer.summary is not None
    assert Image.open(io.BytesIO(answer.picture)).size == (64, 36)
    assert Image.open(io.BytesIO(answer.curve)).format == "PNG"
    assert answer.summary.steps == 3


async def test_a_preview_comes_while_it_runs(atelier: Atelier, ask: Any) -> None:
    job = await atelier.studio.submit(ask(options=LONG))
    async with asyncio.timeout(120):
        async for event in atelier.studio.watch(job.id):
            if isinstance(event, Running) and event.preview is not None:
                assert Image.open(io.BytesIO(event.preview)).size == (64, 36)
                break
    await atelier.studio.cancel(job.id, "ann")


async def test_options_reach_the_engine(atelier: Atelier, ask: Any) -> None:
    options = Options(strength=60, size=48, steps=2, optimizer="adam", tv_weight=3.0, seed=5)
    job = await atelier.studio.submit(ask(options=options))
    expected = {"size": 48, "steps": 2, "optimizer": "adam", "style_weight": 0.01, "tv_weight": 3.0, "seed": 5}
    assert expected.items() <= job.settings.items()
    answer = await answer_of(atelier, job.id)
    assert answer.summary is not None
    assert (answer.summary.width, answer.summary.steps) == (48, 2)


async def test_waiting_jobs_know_their_position(atelier: Atelier, ask: Any) -> None:
    jobs = [await atelier.studio.submit(ask(options=LONG)) for _ in range(3)]
    await until_running(atelier, jobs[0].id)
    async with asyncio.timeout(60):
        async for event in atelier.studio.watch(jobs[2].id):
            assert isinstance(event, Queued)
            if event.position == 2:
                break
    assert await atelier.studio.cancel(jobs[1].id, "ann")
    async with asyncio.timeout(60):
        async for event in atelier.studio.watch(jobs[2].id):
            assert isinstance(event, Queued)
            if event.position == 1:
                break
    for job in jobs:
        await atelier.studio.cancel(job.id, "ann")


async def queued(atelier: Atelier, job_id: str) -> Queued:
    """The first that is told of a job that waits behind another."""
    async with asyncio.timeout(60):
        async for event in atelier.studio.watch(job_id):
            assert isinstance(event, Queued)
            return event
    raise AssertionError


async def test_the_time_left_is_unknown_until_something_is_known(atelier: Atelier, ask: Any) -> None:
    jobs = [await atelier.studio.submit(ask(options=LONG)), await atelier.studio.submit(ask())]
    assert (await queued(atelier, jobs[1].id)).seconds_left is None
    for job in jobs:
        await atelier.studio.cancel(job.id, "ann")


async def test_what_was_measured_tells_the_time_left_until_jobs_teach_better(
    open_bot: OpenAtelier, ask: Any, engine: EngineDriver, tmp_path: Path
) -> None:
    await engine.start()
    assert engine.machine is not None
    keep_pace(tmp_path / "data", engine.machine, Pace(step=1000.0, megapixel_step=0.0))
    async with open_bot() as atelier:
        jobs = [await atelier.studio.submit(ask(options=LONG)), await atelier.studio.submit(ask())]
        left = (await queued(atelier, jobs[1].id)).seconds_left
        assert left is not None and left >= 3 * 1000
        await atelier.studio.cancel(jobs[0].id, "ann")
        with capture_logs() as logs:
            assert (await answer_of(atelier, jobs[1].id)).state == "done"
        (over,) = [line for line in logs if line["event"] == "over" and line["job"] == jobs[1].id]
        assert 0 < over["seconds"] < 3000 == over["estimated"]
        jobs = [await atelier.studio.submit(ask(options=LONG)), await atelier.studio.submit(ask())]
        left = (await queued(atelier, jobs[1].id)).seconds_left
        assert left is not None and left < 5000 * 100
        for job in jobs:
            await atelier.studio.cancel(job.id, "ann")


def _loaded(engine: EngineDriver) -> set[str]:
    """Which of some libraries an engine's process has loaded."""
    maps = Path(f"/proc/{engine.pid}/maps").read_text()
    return {name for name in ("libtorch", "matplotlib", "libavcodec") if name in maps}


@pytest.mark.slow
async def test_an_engine_warms_up_while_nobody_asks() -> None:
    """What draws curves and films is loaded beforehand, and not with the first person's picture."""
    own = EngineDriver(EngineConfig(device="cpu"))
    try:
        await own.start()
        async with asyncio.timeout(120):
            while not {"libtorch", "matplotlib", "libavcodec"} <= await asyncio.to_thread(_loaded, own):
                await asyncio.sleep(0.1)
    finally:
        await own.stop()


@pytest.mark.slow
async def test_who_asks_while_the_engine_warms_up_is_answered_with_their_own_picture(
    photo: bytes, painting: bytes
) -> None:
    own = EngineDriver(EngineConfig(device="cpu"))

    async def ignore(header: Any, payload: bytes) -> None: ...

    try:
        await own.start()
        painted = await own.paint("first", Settings(size=48, steps=1).to_dict(), Pictures(photo, (painting,)), ignore)
        assert (painted.sentence, painted.summary["width"], painted.summary["steps"]) == ("", 48, 1)
    finally:
        await own.stop()


async def test_cancel_stops_a_running_job_and_the_next_one_runs(
    atelier: Atelier, ask: Any, engine: EngineDriver
) -> None:
    long = await atelier.studio.submit(ask(options=LONG))
    short = await atelier.studio.submit(ask())
    await until_running(atelier, long.id)
    pid = engine.pid
    assert await atelier.studio.cancel(long.id, "ann") is True
    assert await atelier.studio.cancel(long.id, "ann") is False
    assert (await answer_of(atelier, long.id)).state == "cancelled"
    assert (await answer_of(atelier, short.id)).state == "done"
    assert engine.pid == pid, "the engine stops at a step; it is not ended"


@pytest.mark.slow
async def test_a_cancel_at_any_moment_lets_the_next_job_run(atelier: Atelier, ask: Any) -> None:
    """Also while the order is on its way to the worker, where the dispatcher would lose it."""
    await answer_of(atelier, (await atelier.studio.submit(ask())).id)
    for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.05):
        long = await atelier.studio.submit(ask(options=LONG))
        await asyncio.sleep(delay)
        assert await atelier.studio.cancel(long.id, "ann")
        assert (await answer_of(atelier, (await atelier.studio.submit(ask())).id)).state == "done"


@pytest.mark.slow
async def test_a_cancelled_order_leaves_nothing_to_the_next(
    engine: EngineDriver, photo: bytes, painting: bytes
) -> None:
    """Whenever it is cancelled, also while it is being written, the next answer is the next order's own."""

    async def ignore(header: Any, payload: bytes) -> None: ...

    async def paint(job: str, size: int) -> Any:
        settings = Settings(size=size, steps=2).to_dict()
        return await engine.paint(job, settings, Pictures(photo, (painting,)), ignore)

    await paint("warm", 64)
    for turns in range(12):
        first = asyncio.create_task(paint(f"first{turns}", 96))
        for _ in range(turns):
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await paint(f"second{turns}", 64)).summary["width"] == 64


async def test_a_job_that_stands_still_does_not_stop_the_others(atelier: Atelier, ask: Any, tmp_path: Path) -> None:
    stuck = await atelier.studio.submit(ask(options=LONG))
    await until_running(atelier, stuck.id)
    outcome = tmp_path / f"data/blobs/result/{stuck.id}/outcome"
    outcome.parent.mkdir(parents=True, exist_ok=True)
    outcome.symlink_to(outcome)  # which nobody can read
    waiting = await atelier.studio.submit(ask(person="bob"))
    await asyncio.sleep(0)
    assert await atelier.studio.cancel(stuck.id, "ann")
    assert (await answer_of(atelier, waiting.id)).state == "done"


async def test_two_bots_do_not_share_a_folder(atelier: Atelier, open_bot: OpenAtelier) -> None:
    with pytest.raises(SetupError, match=r"Another bot already uses the folder .*; stop it"):
        async with open_bot():
            pass


async def test_a_refused_request_leaves_nothing_behind(open_bot: OpenAtelier, ask: Any, tmp_path: Path) -> None:
    async with open_bot(queue={"max_per_person": 1}) as atelier:
        job = await atelier.studio.submit(ask(options=LONG))
        before = sorted((tmp_path / "data/blobs/sha256").iterdir())
        with pytest.raises(TooMany):
            await atelier.studio.submit(ask(photo=png((99, 99))))
        assert sorted((tmp_path / "data/blobs/sha256").iterdir()) == before
        await atelier.studio.cancel(job.id, "ann")


async def test_only_its_person_or_a_moderator_cancels(atelier: Atelier, ask: Any) -> None:
    job = await atelier.studio.submit(ask(options=LONG))
    with pytest.raises(NotYours):
        await atelier.studio.cancel(job.id, "bob")
    assert await atelier.studio.cancel(job.id, "bob", moderator=True)
    with pytest.raises(NoSuchJob):
        await atelier.studio.cancel("unknown", "ann")


async def test_the_same_origin_is_one_job(atelier: Atelier, ask: Any) -> None:
    first = await atelier.studio.submit(ask(origin="update 1"))
    again = await atelier.studio.submit(ask(origin="update 1", person="ann"))
    assert (again.id, again.is_new) == (first.id, False)
    await follow(atelier, first.id)


def png(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"photo": b""}, BadPicture, "The photo: The picture is empty"),
        ({"photo": b"a text file called photo.jpg"}, BadPicture, "The photo: This file is not a picture"),
        ({"styles": (b"no picture",)}, BadPicture, "The style picture: This file is not a picture"),
        ({"styles": ()}, BadPicture, "There is no style; name one"),
        ({"styles": ("waves",) * 5}, BadPicture, "at most 4"),
        ({"styles": ("stary nihgt",)}, UnknownStyle, "The Starry Night"),
        ({"options": Options(strength=101)}, BadOption, "Strength must be a whole number from 0 to 100"),
        ({"options": Options(preset="huge")}, BadOption, "choose draft, standard or fine"),
        ({"options": Options(size=5)}, BadOption, "Size must be"),
        ({"options": Options(size=8000)}, BadOption, "ask for a size of at most 2730"),
        ({"options": Options(optimizer="sgd")}, BadOption, "choose lbfgs or adam"),
    ],
)
async def test_bad_requests_are_refused_in_one_sentence(
    atelier: Atelier, ask: Any, changes: dict[str, Any], error: type[Refusal], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        await atelier.studio.submit(ask(**changes))
    assert sentence in str(caught.value)
    assert str(caught.value).endswith((".", "?"))


async def test_limits_hold(open_bot: OpenAtelier, ask: Any) -> None:
    async with open_bot(queue={"max_per_person": 1}) as atelier:
        job = await atelier.studio.submit(ask(options=LONG))
        with pytest.raises(TooMany, match="You already have 1 picture in the queue"):
            await atelier.studio.submit(ask())
        await atelier.studio.cancel(job.id, "ann")
        await follow(atelier, (await atelier.studio.submit(ask())).id)


@pytest.mark.slow
async def test_a_job_outlives_its_engine(atelier: Atelier, ask: Any, engine: EngineDriver) -> None:
    job = await atelier.studio.submit(ask(options=Options(steps=60)))
    await until_running(atelier, job.id)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    assert (await answer_of(atelier, job.id)).state == "done"
    assert (await atelier.studio.job(job.id)).attempts == 2


@pytest.mark.slow
async def test_a_job_that_kills_three_engines_is_set_aside(atelier: Atelier, ask: Any, engine: EngineDriver) -> None:
    job = await atelier.studio.submit(ask(options=LONG))
    await until_running(atelier, job.id)
    killed = None
    for _ in range(3):
        async with asyncio.timeout(60):
            while engine.pid in (None, killed):
                await asyncio.sleep(0.02)
        killed = engine.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
    answer = await answer_of(atelier, job.id)
    assert answer.state == "failed"
    assert "failed 3 times" in answer.sentence
    assert (await answer_of(atelier, (await atelier.studio.submit(ask())).id)).state == "done"


@pytest.mark.slow
async def test_an_engine_that_cannot_start_is_told(open_bot: OpenAtelier, ask: Any, tmp_path: Path) -> None:
    from bot.app import open_atelier
    from bot.config import Config

    values = {
        "storage": {"path": tmp_path / "other"},
        "engine": {"weights": str(tmp_path / "none.pth"), "default_size": 64},
    }
    async with open_atelier(Config.model_validate(values)) as atelier:
        answer = await answer_of(atelier, (await atelier.studio.submit(ask())).id)
    assert answer.state == "failed"
    assert "The engine cannot run here: The weights" in text.over(answer)


@pytest.mark.slow
async def test_pictures_are_kept_for_their_time_and_then_deleted(
    open_bot: OpenAtelier, ask: Any, tmp_path: Path
) -> None:
    front = Collector()
    async with open_bot(storage={"path": tmp_path / "data", "keep_hours": 0}) as atelier:
        serving = asyncio.create_task(atelier.serve(front))
        job = await atelier.studio.submit(ask())
        await asyncio.wait_for(front.answers.get(), 60)
        async with asyncio.timeout(60):
            while not (await atelier.studio.job(job.id)).replied:
                await asyncio.sleep(0.01)
        serving.cancel()
    assert list((tmp_path / "data/blobs/sha256").iterdir())
    async with open_bot(storage={"path": tmp_path / "data", "keep_hours": 0}) as atelier, asyncio.timeout(60):
        while any(path.is_file() for path in (tmp_path / "data/blobs").rglob("*")):
            await asyncio.sleep(0.05)
        answer = await atelier.studio.answer(job.id)
    assert answer is not None and answer.sentence == "This picture is no longer kept; ask for it again."


@pytest.mark.slow
async def test_a_bot_closes_at_once_while_it_paints_and_goes_on_after_the_restart(
    open_bot: OpenAtelier, ask: Any
) -> None:
    async with open_bot() as atelier:
        job = await atelier.studio.submit(ask(options=Options(steps=80)))
        await until_running(atelier, job.id)
        await atelier.settle_down()
        with pytest.raises(Refusal, match="being restarted"):
            await atelier.studio.submit(ask())
    async with open_bot() as atelier:
        assert (await answer_of(atelier, job.id)).state == "done"
        assert (await atelier.studio.job(job.id)).attempts == 1


class Collector:
    """A front that keeps what it is brought."""

    platform = "test"

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Answer] = asyncio.Queue()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def show(self, job: Any, event: Any) -> None: ...

    async def answer(self, job: Any, answer: Answer) -> None:
        self.answers.put_nowait(answer)
