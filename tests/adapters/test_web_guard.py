"""What the local page turns away: bad forms, foreign sites, names that are not its own; and how it starts and ends."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from PIL import Image

from adapters.web import WebFront
from bot.app import Atelier
from bot.config import WebConfig
from bot.errors import SetupError
from tests.standins.browser import served

MEGABYTE = 1024 * 1024


@pytest.fixture
async def url(atelier: Atelier) -> AsyncIterator[str]:
    async with served(atelier.studio) as front:
        yield front.url


@pytest.fixture
async def visitor(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def tiny() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1, 1), "red").save(out, "PNG")
    return out.getvalue()


TEXT = b"this is a letter, not a picture" * 20
REFUSED = {
    "a text called photo.jpg": ({"photo": TEXT, "style": "lilac"}, "picture", "photo"),
    "a text as style": ({"photo_id": "coffee", "style_image": TEXT}, "picture", "style picture"),
    "a text as mask": ({"photo_id": "coffee", "style": "lilac", "mask": TEXT}, "picture", "The mask"),
    "a mask too many": (
        {"photo": tiny(), "style": "lilac", "style_image": tiny(), "mask": tiny()},
        "options",
        "one mask",
    ),
    "a start that is none": ({"photo_id": "coffee", "style": "lilac", "start": "noise=much"}, "options", "noise=much"),
    "unknown colours": ({"photo_id": "coffee", "style": "lilac", "colours": "sepia"}, "options", "sepia"),
    "no photo": ({"style": "lilac"}, "photo", "Choose a photo"),
    "an example that is gone": ({"photo_id": "coffee2", "style": "lilac"}, "photo", "example"),
    "no style": ({"photo_id": "coffee"}, "style", "Choose a style"),
    "an unknown style": ({"photo_id": "coffee", "style": "starry nigth"}, "style", "The Starry Night"),
    "an unknown look": ({"photo_id": "coffee", "style": "lilac", "look": "cubist"}, "options", "cubist"),
    "a strength of 101": ({"photo_id": "coffee", "style": "lilac", "strength": "101"}, "options", "Strength"),
    "a strength in words": ({"photo_id": "coffee", "style": "lilac", "strength": "much"}, "options", "'much'"),
    "an unknown preset": ({"photo_id": "coffee", "style": "lilac", "preset": "finest"}, "options", "finest"),
    "steps without end": ({"photo_id": "coffee", "style": "lilac", "steps": "99999999"}, "options", "Steps"),
    "an unknown field": ({"photo_id": "coffee", "style": "lilac", "colour": "blue"}, "", "'colour'"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_form_gets_one_sentence(visitor: aiohttp.ClientSession, name: str) -> None:
    parts, field, words = REFUSED[name]
    data = aiohttp.FormData()
    for key, value in parts.items():
        if isinstance(value, bytes):
            data.add_field(key, value, filename="photo.jpg", content_type="image/jpeg")
        else:
            data.add_field(key, value)
    if not data.is_multipart:
        data.add_field("photo", b"", filename="", content_type="application/octet-stream")
    async with visitor.post("/jobs", data=data) as answer:
        body = await answer.json()
        assert answer.status == 400, body
    assert body["field"] == field
    assert words in body["error"] and "\n" not in body["error"] and body["error"].endswith((".", "?"))
    await lives(visitor)


async def test_a_body_that_is_too_large_gets_one_sentence(visitor: aiohttp.ClientSession) -> None:
    data = aiohttp.FormData({"style": "lilac"})
    data.add_field("photo", io.BytesIO(bytes(41 * MEGABYTE)), filename="photo.jpg")
    async with visitor.post("/jobs", data=data) as answer:
        assert answer.status == 413
        assert "40 MB" in (await answer.json())["error"]
    await lives(visitor)


async def test_a_body_that_hides_its_size_is_cut_off(visitor: aiohttp.ClientSession) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
        for _ in range(45):
            yield bytes(MEGABYTE)
        yield b"\r\n--b--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    async with visitor.post("/jobs", data=endless(), headers=kind) as answer:
        assert answer.status == 413
    await lives(visitor)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=photo\r\n\r\ncut off"),
        ("application/json", b"{}"),
    ],
)
async def test_a_form_that_cannot_be_read_gets_one_sentence(
    visitor: aiohttp.ClientSession, kind: str, body: bytes
) -> None:
    async with visitor.post("/jobs", data=body, headers={"Content-Type": kind}) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"].endswith(".")
    await lives(visitor)


@pytest.mark.parametrize("host", ["atelier.example", "127.0.0.1.example:80", "10.0.0.1", "localhost.evil"])
async def test_a_foreign_name_for_this_machine_is_refused(visitor: aiohttp.ClientSession, host: str) -> None:
    for path in ("/", "/styles", "/static/page.js", "/health"):
        async with visitor.get(path, headers={"Host": host}) as answer:
            assert answer.status == 403
            assert "127.0.0.1" in (await answer.json())["error"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"])
async def test_the_names_of_this_machine_are_answered(visitor: aiohttp.ClientSession, host: str) -> None:
    async with visitor.get("/health", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("10.0.0.1:8080", 200), ("localhost", 200), ("atelier.home:80", 200), ("evil.example", 403), ("[", 403)],
)
async def test_a_page_for_a_whole_network_answers_to_addresses_and_its_configured_names(
    atelier: Atelier, host: str, status: int
) -> None:
    front = WebFront(WebConfig(host="0.0.0.0", port=0, names=("Atelier.home",)), atelier.studio)
    running = asyncio.create_task(front.run())
    try:
        await asyncio.wait_for(front.ready.wait(), 30)
        headers = {"Host": host}
        async with aiohttp.ClientSession() as session, session.get(f"{front.url}/health", headers=headers) as answer:
            assert answer.status == status
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["another site", "an opaque origin", "a browser that says so"],
)
async def test_another_sites_form_is_refused(visitor: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    for path in ("/jobs", "/jobs/000/cancel"):
        async with visitor.post(path, headers=headers) as answer:
            assert answer.status == 403
            assert "another site" in (await answer.json())["error"]


async def test_the_pages_own_form_is_taken(visitor: aiohttp.ClientSession, url: str) -> None:
    data = aiohttp.FormData({"style": "lilac", "photo_id": "coffee"})
    data.add_field("photo", b"", filename="", content_type="application/octet-stream")
    headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
    async with visitor.post("/jobs", data=data, headers=headers) as answer:
        assert answer.status == 201


async def test_the_page_is_protected_and_gives_a_cookie_that_scripts_cannot_read(
    visitor: aiohttp.ClientSession,
) -> None:
    async with visitor.get("/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        cookie = answer.headers["Set-Cookie"]
        page = await answer.text()
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "://" not in page, "the page must not reach for other hosts"
    async with visitor.get("/") as answer:
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/static/../front.py", "/static/%2e%2e/front.py", "/static/..%2ffront.py", "/static//etc/passwd", "/nothing"],
)
async def test_nothing_but_the_page_is_served(url: str, path: str) -> None:
    address = url.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] in (b"403", b"404")
    assert b"WebFront" not in answer and b"root:" not in answer


async def test_a_port_in_use_is_told(atelier: Atelier, url: str) -> None:
    port = int(url.rsplit(":", 1)[1])
    with pytest.raises(SetupError, match=f"Port {port} is in use; set web.port"):
        await WebFront(WebConfig(port=port), atelier.studio).run()
    with pytest.raises(SetupError, match=r"set web\.host"):
        await WebFront(WebConfig(host="192.0.2.1", port=0), atelier.studio).run()


async def test_the_end_closes_open_streams(atelier: Atelier) -> None:
    front = WebFront(WebConfig(port=0), atelier.studio)
    running = asyncio.create_task(front.run())
    await front.ready.wait()
    async with aiohttp.ClientSession(front.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
        data = aiohttp.FormData({"style": "lilac", "photo_id": "coffee", "steps": "4000"})
        data.add_field("photo", b"", filename="", content_type="application/octet-stream")
        async with visitor.post("/jobs", data=data) as answer:
            job = (await answer.json())["id"]
        async with visitor.get(f"/jobs/{job}/events") as stream:
            await stream.content.readline()
            running.cancel()
            async with asyncio.timeout(2):
                await asyncio.gather(running, return_exceptions=True)
                with pytest.raises(aiohttp.ClientPayloadError):
                    await stream.content.read()
        assert not front.ready.is_set()
        with pytest.raises(aiohttp.ClientConnectionError):
            await visitor.get("/health")
    assert await atelier.studio.cancel(job, (await atelier.studio.job(job)).person)


async def lives(visitor: aiohttp.ClientSession) -> None:
    async with visitor.get("/health") as answer:
        assert await answer.json() == {"status": "ok"}
