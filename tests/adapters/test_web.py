"""The local page over HTTP: a job from the form to its pictures, and whose it is."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.app import Atelier
from tests.standins.browser import served
from tests.standins.pictures import half, moving

PATIENCE = 120

pytestmark = pytest.mark.slow


@pytest.fixture
async def url(atelier: Atelier) -> AsyncIterator[str]:
    async with served(atelier.studio) as front:
        yield front.url


@pytest.fixture
async def visitor(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with visiting(url) as session:
        yield session


def visiting(url: str) -> aiohttp.ClientSession:
    """Somebody with cookies of their own."""
    return aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True))


def form(photo: bytes, *styles: str | bytes, **options: object) -> aiohttp.FormData:
    data = aiohttp.FormData()
    data.add_field("photo", photo, filename="photo.jpg", content_type="image/jpeg")
    for style in styles:
        if isinstance(style, bytes):
            data.add_field("style_image", style, filename="style.jpg", content_type="image/jpeg")
        else:
            data.add_field("style", style)
    for name, value in options.items():
        data.add_field(name, str(value))
    return data


async def ask(visitor: aiohttp.ClientSession, data: aiohttp.FormData) -> dict[str, Any]:
    async with visitor.post("/jobs", data=data) as answer:
        body: dict[str, Any] = await answer.json()
        assert answer.status == 201, body
        assert answer.headers["Location"] == f"/jobs/{body['id']}"
        return body


async def events(visitor: aiohttp.ClientSession, job_id: str) -> AsyncGenerator[dict[str, Any]]:
    async with visitor.get(f"/jobs/{job_id}/events", timeout=aiohttp.ClientTimeout(PATIENCE)) as answer:
        assert answer.content_type == "text/event-stream"
        async for line in answer.content:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


async def up_to_running(visitor: aiohttp.ClientSession, job_id: str) -> list[dict[str, Any]]:
    heard = []
    async with aclosing(events(visitor, job_id)) as stream:
        async for event in stream:
            heard.append(event)
            if event["kind"] == "running":
                break
    return heard


async def over(visitor: aiohttp.ClientSession, job_id: str) -> list[dict[str, Any]]:
    return [event async for event in events(visitor, job_id)]


async def test_a_job_goes_from_the_form_to_its_pictures(
    visitor: aiohttp.ClientSession, photo: bytes, painting: bytes
) -> None:
    job = await ask(visitor, form(photo, "lilac", painting, size=96, steps=5, strength=70, look="faithful"))
    assert "Lilac" in job["style"] and "your own picture" in job["style"]
    assert job["settings"]["size"] == 96 and job["settings"]["steps"] == 5
    assert job["settings"]["style_weight"] == pytest.approx(10**-1.75) and job["settings"]["look"] == "faithful"

    heard = await over(visitor, job["id"])
    kinds = [event["kind"] for event in heard]
    assert kinds == sorted(kinds, key=["queued", "running", "finished"].index)
    assert kinds.count("finished") == 1 and heard[-1]["state"] == "done"
    steps = [event["step"] for event in heard if event["kind"] == "running"]
    assert steps == sorted(steps) and all(event["steps"] == 5 for event in heard if event["kind"] == "running")

    async with visitor.get(f"/jobs/{job['id']}/picture") as answer:
        assert answer.content_type == "image/png"
        picture = Image.open(io.BytesIO(await answer.read()))
    assert max(picture.size) == 96 and picture.format == "PNG"
    async with visitor.get(f"/jobs/{job['id']}/curve") as answer:
        assert Image.open(io.BytesIO(await answer.read())).format == "PNG"
    async with visitor.get(f"/jobs/{job['id']}/losses") as answer:
        losses = (await answer.json())["losses"]
    assert len(losses["total"]) == 6 and losses["total"][-1] < losses["total"][0]

    async with visitor.get(f"/jobs/{job['id']}") as answer:
        seen = await answer.json()
    assert seen["over"] and seen["state"] == "done"
    rows = {row["loss"]: row for row in seen["summary"]["rows"]}
    assert rows["total"]["first"] == losses["total"][0] and rows["total"]["last"] == losses["total"][-1]
    assert rows["total"]["fall"] > 0
    assert (seen["summary"]["width"], seen["summary"]["height"]) == picture.size


async def test_an_example_photo_needs_no_upload(visitor: aiohttp.ClientSession) -> None:
    data = aiohttp.FormData({"photo_id": "coffee", "style": "starry_night"})
    data.add_field("photo", b"", filename="", content_type="application/octet-stream")
    job = await ask(visitor, data)
    assert (await over(visitor, job["id"]))[-1]["state"] == "done"
    async with visitor.get(f"/jobs/{job['id']}/picture") as answer:
        assert Image.open(io.BytesIO(await answer.read())).size == (64, 43)


async def test_whoever_comes_back_hears_the_present_state_first(visitor: aiohttp.ClientSession, photo: bytes) -> None:
    job = await ask(visitor, form(photo, "lilac", steps=4000))
    seen = await up_to_running(visitor, job["id"])
    again = await up_to_running(visitor, job["id"])
    assert [event["kind"] for event in again] == ["running"]
    assert again[0]["step"] >= seen[-1]["step"]

    async with visitor.get(f"/jobs/{job['id']}/picture") as answer:
        assert answer.status == 409 and "not ready" in (await answer.json())["error"]
    async with visitor.post(f"/jobs/{job['id']}/cancel") as answer:
        assert await answer.json() == {"cancelled": True}
    assert [event["kind"] for event in await over(visitor, job["id"])] == ["finished"]


async def test_a_running_job_is_cancelled(visitor: aiohttp.ClientSession, photo: bytes) -> None:
    job = await ask(visitor, form(photo, "lilac", steps=4000))
    heard: list[dict[str, Any]] = []
    async for event in events(visitor, job["id"]):
        heard.append(event)
        if event["kind"] == "running" and sum(one["kind"] == "running" for one in heard) == 1:
            async with visitor.post(f"/jobs/{job['id']}/cancel") as answer:
                assert await answer.json() == {"cancelled": True}
    assert heard[-1] == {"kind": "finished", "state": "cancelled", "sentence": "Cancelled."}
    async with visitor.post(f"/jobs/{job['id']}/cancel") as answer:
        assert await answer.json() == {"cancelled": False}
    async with visitor.get(f"/jobs/{job['id']}/picture") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"] == "Cancelled."


async def test_a_job_is_its_own_visitors_alone(url: str, visitor: aiohttp.ClientSession, photo: bytes) -> None:
    job = await ask(visitor, form(photo, "lilac", steps=4000))
    async with visiting(url) as stranger:
        for what in ("", "/picture", "/curve", "/losses", "/events"):
            async with stranger.get(f"/jobs/{job['id']}{what}") as answer:
                assert answer.status == 404
                assert job["style"] not in await answer.text()
        async with stranger.post(f"/jobs/{job['id']}/cancel") as answer:
            assert answer.status == 404
        async with stranger.get("/jobs/0000") as answer:
            assert answer.status == 404
    async with visitor.get(f"/jobs/{job['id']}") as answer:
        assert not (await answer.json())["over"]
    async with visitor.post(f"/jobs/{job['id']}/cancel") as answer:
        assert await answer.json() == {"cancelled": True}


async def test_a_form_sent_twice_is_one_job(url: str, visitor: aiohttp.ClientSession, photo: bytes) -> None:
    async with visitor.get("/"):
        pass
    twice = [visitor.post("/jobs", data=form(photo, "lilac", token="a-token-of-the-page")) for _ in range(2)]
    answers = await asyncio.gather(*twice)
    bodies = [await answer.json() for answer in answers]
    assert sorted(answer.status for answer in answers) == [200, 201]
    assert bodies[0]["id"] == bodies[1]["id"]
    async with (
        visiting(url) as stranger,
        stranger.post("/jobs", data=form(photo, "lilac", token="a-token-of-the-page")) as answer,
    ):
        assert answer.status == 201
        assert (await answer.json())["id"] != bodies[0]["id"]


async def test_the_gallery_is_listed_in_order_with_thumbnails(visitor: aiohttp.ClientSession, atelier: Atelier) -> None:
    for path, pictures in (("/styles", atelier.studio.gallery.styles), ("/photos", atelier.studio.gallery.photos)):
        async with visitor.get(path) as answer:
            listed = await answer.json()
        assert [picture["id"] for picture in listed] == list(pictures)
        assert listed[0]["title"] == next(iter(pictures.values())).title
        async with visitor.get(f"{path}/{listed[0]['id']}/thumbnail") as answer:
            assert "max-age" in answer.headers["Cache-Control"]
            assert "Set-Cookie" not in answer.headers
            assert max(Image.open(io.BytesIO(await answer.read())).size) == 400
            tag = answer.headers["ETag"]
        async with visitor.get(f"{path}/{listed[0]['id']}/thumbnail", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        async with visitor.get(f"{path}/{listed[0]['id']}/picture") as answer:
            assert await answer.read() == pictures[listed[0]["id"]].read()
        async with visitor.get(f"{path}/no_such_picture/thumbnail") as answer:
            assert answer.status == 404


async def test_every_choice_of_the_form_reaches_the_engine(visitor: aiohttp.ClientSession, photo: bytes) -> None:
    data = form(
        photo, "lilac", "waves", colours="content", style_scale="1.5", style_weights="2,1", start="content=2,noise=1"
    )
    data.add_field("mask", half(), filename="mask.png", content_type="image/png")
    data.add_field("mask", "")
    job = await ask(visitor, data)
    expected = {
        "colours": "content",
        "style_scale": 1.5,
        "style_weights": [2.0, 1.0],
        "start": {"content": 2.0, "noise": 1.0},
    }
    assert expected.items() <= job["settings"].items()
    assert (await over(visitor, job["id"]))[-1]["state"] == "done"


async def test_the_film_of_a_job_is_there_whole_and_in_parts(visitor: aiohttp.ClientSession, photo: bytes) -> None:
    job = await ask(visitor, form(photo, "lilac"))
    await over(visitor, job["id"])
    async with visitor.get(f"/jobs/{job['id']}") as answer:
        seen = await answer.json()
    assert seen["moving"] == ["timelapse"]
    assert seen["summary"]["notes"] == []
    address = f"/jobs/{job['id']}/timelapse"
    async with visitor.get(address) as answer:
        assert (answer.status, answer.content_type) == (200, "video/mp4")
        film = await answer.read()
    assert film[4:8] == b"ftyp"
    for wanted, start, stop in (
        ("bytes=0-1", 0, 2),
        ("bytes=5-", 5, len(film)),
        ("bytes=-7", len(film) - 7, len(film)),
    ):
        async with visitor.get(address, headers={"Range": wanted}) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(film)}"
            assert await answer.read() == film[start:stop]
    for wanted in ("bytes=x", "bytes=5-2", "pages=1-2"):
        async with visitor.get(address, headers={"Range": wanted}) as answer:
            assert (answer.status, await answer.read()) == (200, film)
    async with visitor.get(f"/jobs/{job['id']}/animation") as answer:
        assert answer.status == 404


async def test_an_animation_is_painted_and_shown(visitor: aiohttp.ClientSession) -> None:
    job = await ask(visitor, form(moving(), "lilac"))
    await over(visitor, job["id"])
    async with visitor.get(f"/jobs/{job['id']}") as answer:
        assert (await answer.json())["moving"] == ["animation", "film"]
    async with visitor.get(f"/jobs/{job['id']}/animation") as answer:
        assert answer.content_type == "image/webp"
        assert getattr(Image.open(io.BytesIO(await answer.read())), "n_frames", 1) == 4
    async with visitor.get(f"/jobs/{job['id']}/film") as answer:
        assert (await answer.read())[4:8] == b"ftyp"
