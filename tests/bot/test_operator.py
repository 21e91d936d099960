"""The operator's hand on the queue: in the bot, from another process, and what people are told meanwhile."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot.app import Atelier, open_atelier, open_operator
from bot.commands import queue
from bot.config import Config
from bot.errors import NoSuchJob, SetupError
from bot.queue.operator import CANCELLED, EMPTIED
from bot.requests import Finished, Job, JobEvent, Queued, Running, StylizeRequest
from bot.text import queued
from tests.standins.instant_engine import InstantEngineDriver

LONG = 3600.0


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def opened(config: Config, seconds: float = LONG) -> AsyncIterator[Atelier]:
    """A bot whose engine takes so long for a picture, and hears a cancel at once."""
    driver = InstantEngineDriver(seconds=seconds, steps=max(int(seconds * 10), 1))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(driver.stop)
        yield await stack.enter_async_context(open_atelier(config, driver))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.model_validate({"storage": {"path": tmp_path / "data"}})


async def ask(atelier: Atelier, number: int, person: str = "ann") -> Job:
    return await atelier.studio.submit(StylizeRequest("test", "here", person, f"{number}", photo(), ("waves",)))


async def heard(atelier: Atelier, job: Job, wanted: Callable[[Any], bool]) -> JobEvent:
    """The first event of a job that is so."""
    async with asyncio.timeout(60):
        async for event in atelier.studio.watch(job.id):
            if wanted(event):
                return event
    raise AssertionError(f"{job.id} ended without")


def is_running(event: JobEvent) -> bool:
    return isinstance(event, Running) and event.step > 0


def is_over(event: JobEvent) -> bool:
    return isinstance(event, Finished)


async def test_while_paused_nothing_begins_and_people_are_told(config: Config) -> None:
    async with opened(config, seconds=0.0) as atelier:
        operator = atelier.studio.operator
        await operator.pause("a new graphics card")
        job = await ask(atelier, 1)
        event = await heard(atelier, job, lambda event: isinstance(event, Queued))
        assert isinstance(event, Queued) and event.paused == "a new graphics card"
        assert queued(event) == (
            "Next in the queue. The queue is paused (a new graphics card); it goes on by itself later."
        )
        assert (await operator.view()).paused == "a new graphics card"
        assert (await atelier.studio.job(job.id)).state == "accepted"
        assert await operator.resume() is True
        assert await operator.resume() is False
        assert (await heard(atelier, job, is_over)) == Finished(job.id, "done")


async def test_what_runs_goes_on_while_paused(config: Config) -> None:
    async with opened(config, seconds=1.0) as atelier:
        first, second = await ask(atelier, 1), await ask(atelier, 2)
        await heard(atelier, first, is_running)
        await atelier.studio.operator.pause()
        await heard(atelier, second, lambda event: isinstance(event, Queued) and event.paused == "")
        assert (await heard(atelier, first, is_over)) == Finished(first.id, "done")
        assert (await atelier.studio.job(second.id)).state == "accepted"


async def test_a_pause_outlives_the_bot(config: Config) -> None:
    async with opened(config) as atelier:
        await atelier.studio.operator.pause("night")
        job = await ask(atelier, 1)
    async with opened(config, seconds=0.0) as atelier:
        event = await heard(atelier, job, lambda event: isinstance(event, Queued))
        assert isinstance(event, Queued) and event.paused == "night"
        await atelier.studio.operator.resume()
        await heard(atelier, job, is_over)


async def test_the_queue_is_emptied_from_another_process_and_its_people_are_told(config: Config) -> None:
    async with opened(config) as atelier:
        jobs = [await ask(atelier, number) for number in range(3)]
        await heard(atelier, jobs[0], is_running)
        with open_operator(config) as beside:
            view = await beside.view()
            assert [line.job_id for line in view.running] == [jobs[0].id]
            assert [line.job_id for line in view.waiting] == [jobs[1].id, jobs[2].id]
            assert await beside.empty() == 2
        for job in jobs[1:]:
            assert (await heard(atelier, job, is_over)) == Finished(job.id, "cancelled", EMPTIED)
        assert (await atelier.studio.job(jobs[0].id)).state == "released"
        answer = await atelier.studio.answer(jobs[1].id)
        assert answer is not None and answer.sentence == EMPTIED


async def test_a_running_job_is_cancelled_from_another_process_and_the_next_one_begins(config: Config) -> None:
    async with opened(config) as atelier:
        first, second = await ask(atelier, 1), await ask(atelier, 2)
        await heard(atelier, first, is_running)
        with open_operator(config) as beside:
            assert await beside.cancel(first.id) is True
            assert (await heard(atelier, first, is_over)) == Finished(first.id, "cancelled", CANCELLED)
            assert await beside.cancel(first.id) is False
            with pytest.raises(NoSuchJob, match="There is no job nothing here"):
                await beside.cancel("nothing")
        await heard(atelier, second, is_running)


async def test_what_was_cancelled_while_the_bot_was_away_stays_so(config: Config) -> None:
    async with opened(config) as atelier:
        jobs = [await ask(atelier, number) for number in range(2)]
        await heard(atelier, jobs[0], is_running)
    with open_operator(config) as operator:
        assert await operator.empty(running=True) == 2
    async with opened(config, seconds=0.0) as atelier:
        last = await ask(atelier, 3)
        assert (await heard(atelier, last, is_over)) == Finished(last.id, "done")
        assert {(await atelier.studio.job(job.id)).state for job in jobs} == {"cancelled"}


async def test_the_error_of_the_estimates_is_kept_and_told(config: Config) -> None:
    """The first picture teaches how long one takes; the second is expected to take as long."""
    async with opened(config, seconds=0.5) as atelier:
        with capture_logs() as logs:
            for number in range(3):
                await heard(atelier, await ask(atelier, number), is_over)
        view = await atelier.studio.operator.view()
    assert view.error is not None and 0 <= view.error < 0.9
    told = [line for line in logs if line["event"] == "over"]
    assert [line["estimated"] is not None for line in told] == [False, True, True]
    assert told[0]["error"] is None
    for line in told[1:]:
        assert line["error"] == pytest.approx(line["estimated"] / line["seconds"] - 1, abs=0.2)


def run(*arguments: str, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.__main__ import build_parser

    monkeypatch.setenv("ATELIER_STORAGE__PATH", str(config.storage.path))
    queue.run(build_parser().parse_args(["queue", *arguments]))


async def test_the_command_shows_and_steers(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def command(*arguments: str) -> list[str]:
        await asyncio.to_thread(run, *arguments, config=config, monkeypatch=monkeypatch)
        # The bot's log goes there, too.
        return [line for line in capsys.readouterr().out.splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line)]

    with pytest.raises(SetupError, match="There is no ledger"):
        await command()
    async with opened(config) as atelier:
        assert await command() == ["0 running, 0 waiting"]
        jobs = [await ask(atelier, number, person) for number, person in enumerate(["ann", "ann", "bob"])]
        await heard(atelier, jobs[0], is_running)
        assert (await command("pause", "--reason", "a walk"))[0].startswith("Paused: what runs goes on")
        lines = await command()
        assert lines[0] == "1 running, 2 waiting; paused: a walk"
        ids = [line.split()[:2] for line in lines[-3:]]
        assert ids == [["running", jobs[0].id], ["1", jobs[2].id], ["2", jobs[1].id]]
        assert await command("cancel", jobs[2].id) == [f"{jobs[2].id} is cancelled."]
        assert await command("cancel", jobs[2].id) == [f"{jobs[2].id} was over already."]
        assert await command("empty", "--yes", "--running") == ["2 cancelled; their persons are told."]
        for job in jobs:
            await heard(atelier, job, is_over)
        assert await command("resume") == ["The queue goes on."]
        assert await command("resume") == ["The queue was not paused."]
