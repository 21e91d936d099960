"""The local page's hand on the queue: who may, and what it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web import WebFront
from bot.app import Atelier
from bot.config import Config, WebConfig
from bot.queue.operator import CANCELLED
from bot.requests import Finished
from tests.bot.test_operator import ask, heard, is_over, is_running, opened
from tests.standins.browser import CHROMIUM, served, tab


@pytest.fixture
async def atelier(tmp_path: Path) -> AsyncIterator[Atelier]:
    async with opened(Config.model_validate({"storage": {"path": tmp_path / "data"}})) as running:
        yield running


@pytest.fixture
async def operator(atelier: Atelier) -> AsyncIterator[aiohttp.ClientSession]:
    async with served(atelier.studio) as front, aiohttp.ClientSession(front.url) as session:
        yield session


async def told(session: aiohttp.ClientSession, what: str = "", **form: str) -> dict[str, Any]:
    """The queue, after something was done about it."""
    if not what:
        async with session.get("/queue") as answer:
            assert answer.status == 200
            return dict(await answer.json())
    async with session.post(f"/queue/{what}", data=form) as answer:
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())


async def test_the_queue_is_seen_paused_and_emptied(atelier: Atelier, operator: aiohttp.ClientSession) -> None:
    assert await told(operator) == {"paused": None, "running": [], "waiting": [], "count": 0, "error": None}
    jobs = [await ask(atelier, number) for number in range(3)]
    await heard(atelier, jobs[0], is_running)
    view = await told(operator)
    assert [line["id"] for line in view["running"]] == [jobs[0].id]
    assert [(line["id"], line["person"], line["place"]) for line in view["waiting"]] == [
        (job.id, "ann", "here") for job in jobs[1:]
    ]
    assert (await told(operator, "pause", reason="a walk"))["paused"] == "a walk"
    view = await told(operator, f"jobs/{jobs[0].id}/cancel")
    assert (view["running"], view["count"]) == ([], 2)
    assert await heard(atelier, jobs[0], is_over) == Finished(jobs[0].id, "cancelled", CANCELLED)
    assert (await told(operator, "empty"))["count"] == 0
    assert (await told(operator, "resume"))["paused"] is None


async def test_what_is_wrong_is_told(operator: aiohttp.ClientSession) -> None:
    async with operator.post("/queue/jobs/nothing/cancel") as answer:
        assert answer.status == 404 and "There is no job nothing" in (await answer.json())["error"]
    async with operator.post("/queue/pause", data={"reason": "x" * 201}) as answer:
        assert answer.status == 400 and "at most 200" in (await answer.json())["error"]
    async with operator.post("/queue/empty", headers={"Origin": "https://elsewhere.example"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("config", "steers"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"names": ("atelier.example",)}, False),
        ({"steers_queue": False}, False),
        ({"host": "0.0.0.0", "steers_queue": True}, True),
    ],
)
def test_only_a_page_for_this_machine_steers_unless_it_is_told_to(
    atelier: Atelier, config: dict[str, Any], steers: bool
) -> None:
    front = WebFront(WebConfig.model_validate(config), atelier.studio)
    paths = {route.resource.canonical for route in front._application().router.routes() if route.resource}
    assert ("/queue/empty" in paths) is steers


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: install it to test the page in a browser")
async def test_the_page_shows_and_steers_the_queue(atelier: Atelier) -> None:
    jobs = [await ask(atelier, number) for number in range(2)]
    await heard(atelier, jobs[0], is_running)
    async with served(atelier.studio) as front, tab() as page:
        await page.resize(1280, 900)
        await page.open(front.url)
        await page.until("!document.querySelector('#queue').hidden")
        await page.click("#queue summary")
        await page.until("document.querySelectorAll('#queue-rows tr').length === 2")
        await page.click("#queue-pause")
        await page.until("document.querySelector('#queue-pause').textContent === 'Resume'")
        assert "1 running, 1 waiting · paused" in await page.read("document.querySelector('#queue-state').textContent")
        assert await atelier.studio.operator.resume()
        await page.until("document.querySelector('#queue-pause').textContent === 'Pause'")
        await page.click("#queue-rows tr:nth-child(2) button")
        await page.until("document.querySelectorAll('#queue-rows tr').length === 1")
        assert (await atelier.studio.job(jobs[1].id)).state == "cancelled"
