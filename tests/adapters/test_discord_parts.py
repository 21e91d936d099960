"""Small parts of the Discord front-end: pictures that fit, addresses, status lines."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from adapters.discord.attachments import Attachments
from adapters.discord.content import MessageContent, MessageFile
from adapters.discord.pictures import picture_within
from adapters.discord.sources import Source
from adapters.discord.status import StatusBoard
from bot.errors import BadPicture, Gone
from bot.requests import Job


def png(mode: str, side: int = 200) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 80).convert(mode).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("limit", [700, 5_000, 20_000, 10_000_000])
def test_a_picture_fits_and_is_no_smaller_than_it_must_be(limit: int) -> None:
    data, ending = picture_within(png("RGB"), limit)
    assert len(data) <= limit
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.size == (200, 200)) == (limit >= 20_000)
        assert picture.format == {"jpg": "JPEG", "webp": "WEBP"}[ending]


def test_webp_is_taken_where_it_keeps_a_quality_that_jpeg_cannot() -> None:
    picture = png("RGB")
    jpeg, _ = picture_within(picture, 10_000_000)
    data, ending = picture_within(picture, len(jpeg) - 1)
    assert ending == "webp"
    assert len(data) < len(jpeg)


def test_transparent_parts_become_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (200, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(picture_within(out.getvalue(), 100_000)[0])) as picture:
        assert picture.getpixel((32, 32)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.jpg?ex=1&is=2", True),
        ("https://cdn.discordapp.com:443/attachments/1/2/a.jpg", True),
        ("http://cdn.discordapp.com/attachments/1/2/a.jpg", False),
        ("https://cdn.discordapp.com.example/attachments/1/2/a.jpg", False),
        ("https://cdn.discordapp.com@example.org/attachments/a.jpg", False),
        ("https://me@cdn.discordapp.com/attachments/a.jpg", False),
        ("https://cdn.discordapp.com:8443/attachments/a.jpg", False),
        ("https://cdn.discordapp.com/other/../../a.jpg", False),
        ("/attachments/a.jpg", False),
        ("https://[broken/attachments", False),
        ("", False),
    ],
)
def test_only_known_addresses_are_asked(url: str, known: bool) -> None:
    attachments = Attachments(["https://cdn.discordapp.com/attachments/"])
    attached = Source(url, "a.jpg", 10)
    if known:
        attachments.check(attached)
    else:
        with pytest.raises(BadPicture, match="uploaded to Discord"):
            attachments.check(attached)


def a_job(job_id: str = "0job") -> Job:
    return Job(job_id, "discord", "1", "1", "1", {}, "photo", ("style",), "Style", {}, 0.0)


class Wall:
    """A status message on which each edit stays until it is let through."""

    def __init__(self) -> None:
        self.edits: list[tuple[str, str]] = []
        self.files: list[tuple[MessageFile, ...] | None] = []
        self.open = asyncio.Event()
        self.fails: Exception | None = None
        self.edited = asyncio.Event()

    async def edit(self, job: Job, content: MessageContent) -> None:
        self.edits.append((job.id, content.words))
        self.files.append(content.files)
        self.edited.set()
        await self.open.wait()
        if self.fails is not None:
            raise self.fails


async def turns() -> None:
    """Let every task that can go on do so, for many turns of the loop."""
    for _ in range(100):
        await asyncio.sleep(0)


async def test_the_latest_words_win_and_the_same_words_are_not_said_twice() -> None:
    wall = Wall()
    board = StatusBoard(wall.edit, pause=0)
    board.say(a_job(), MessageContent("one"))
    await wall.edited.wait()
    for words in ("two", "three", "four"):
        board.say(a_job(), MessageContent(words))
    wall.edited.clear()
    wall.open.set()
    await wall.edited.wait()
    board.say(a_job(), MessageContent("four"))
    await turns()
    await board.close_all()
    assert wall.edits == [("0job", "one"), ("0job", "four")]


async def test_a_preview_is_shown_though_the_words_are_the_same() -> None:
    wall = Wall()
    wall.open.set()
    board = StatusBoard(wall.edit, pause=0)
    board.say(a_job(), MessageContent("one"))
    await wall.edited.wait()
    wall.edited.clear()
    board.say(a_job(), MessageContent("one", files=(MessageFile("preview.jpg", b"x"),)))
    await asyncio.wait_for(wall.edited.wait(), 10)
    await board.close_all()
    assert len(wall.edits) == 2


async def test_a_preview_that_waits_is_shown_with_later_words() -> None:
    wall = Wall()
    board = StatusBoard(wall.edit, pause=0)
    preview = (MessageFile("preview.jpg", b"x"),)
    board.say(a_job(), MessageContent("one", files=None))
    await wall.edited.wait()
    board.say(a_job(), MessageContent("two", files=preview))
    board.say(a_job(), MessageContent("three", files=None))
    wall.open.set()
    await turns()
    await board.close_all()
    assert wall.edits == [("0job", "one"), ("0job", "three")]
    assert wall.files == [None, preview]


async def test_edits_keep_their_distance() -> None:
    wall = Wall()
    wall.open.set()
    board = StatusBoard(wall.edit, pause=3600)
    board.say(a_job(), MessageContent("one"))
    await wall.edited.wait()
    board.say(a_job(), MessageContent("two"))
    await turns()
    await board.close("0job")
    assert wall.edits == [("0job", "one")]


async def test_after_the_answer_no_status_is_shown() -> None:
    wall = Wall()
    board = StatusBoard(wall.edit, pause=0)
    board.say(a_job(), MessageContent("one"))
    await wall.edited.wait()
    closing = asyncio.create_task(board.close("0job"))
    await turns()
    assert not closing.done()
    wall.open.set()
    await closing
    board.open(a_job(), MessageContent("accepted"))
    board.say(a_job(), MessageContent("late"))
    await turns()
    await board.close_all()
    assert wall.edits == [("0job", "one")]


async def test_a_message_that_is_gone_is_left_alone() -> None:
    wall = Wall()
    wall.fails = Gone("gone")
    wall.open.set()
    board = StatusBoard(wall.edit, pause=0)
    board.say(a_job(), MessageContent("one"))
    await wall.edited.wait()
    await turns()
    board.say(a_job(), MessageContent("two"))
    await turns()
    await board.close("0job")
    assert wall.edits == [("0job", "one")]


async def test_words_that_wait_while_a_message_is_found_gone_are_dropped() -> None:
    wall = Wall()
    wall.fails = Gone("gone")
    board = StatusBoard(wall.edit, pause=0)
    board.say(a_job(), MessageContent("one"))
    await wall.edited.wait()
    board.say(a_job(), MessageContent("two"))
    wall.open.set()
    await turns()
    await board.close("0job")
    assert wall.edits == [("0job", "one")]


async def test_words_that_cannot_be_shown_are_followed_by_the_next() -> None:
    wall = Wall()
    wall.fails = OSError("no network")
    wall.open.set()
    board = StatusBoard(wall.edit, pause=0)
    for words in ("one", "two"):
        wall.edited.clear()
        board.say(a_job(), MessageContent(words))
        await asyncio.wait_for(wall.edited.wait(), 10)
    await board.close("0job")
    assert wall.edits == [("0job", "one"), ("0job", "two")]
