"""Stickers and animations on Telegram: taken as pictures that move, or refused with a word on what to do."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from adapters.telegram.films import read_film
from adapters.telegram.limits import LIMITS
from bot.errors import BadPicture
from nst_engine.animation import open_animation
from nst_engine.encode import encode_mp4
from tests.standins.telegram import TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]


def film(frames: int, ms: int = 40, size: tuple[int, int] = (96, 64)) -> bytes:
    pictures = [Image.new("RGB", size, (5 * number % 255, 80, 160)) for number in range(frames)]
    return encode_mp4(pictures, [ms] * frames)


def video_sticker(folder: Path) -> bytes:
    """A disc that moves over nothing, as VP9 with its transparency beside it."""
    path = folder / "sticker.webm"
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream("libvpx-vp9", rate=10))
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuva420p"
        for number in range(4):
            picture = Image.new("RGBA", (64, 64))
            ImageDraw.Draw(picture).ellipse((4 * number, 10, 4 * number + 30, 40), fill=(255, 0, 0, 255))
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgba").reformat(format="yuva420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def webp(mode: str = "RGBA") -> bytes:
    picture = Image.new(mode, (64, 64))
    ImageDraw.Draw(picture).ellipse((8, 8, 50, 50), fill=(0, 120, 255, 255))
    out = io.BytesIO()
    picture.save(out, "WEBP")
    return out.getvalue()


def test_a_film_becomes_an_animation_of_few_frames() -> None:
    moving = read_film(film(50), LIMITS)
    animation = open_animation(moving.data)
    assert animation is not None
    assert not moving.is_cut
    assert len(animation.frames) <= LIMITS.film_frames
    assert animation.frames[0].size == (96, 64)
    assert sum(animation.durations_ms) == pytest.approx(2000, abs=250)


def test_a_long_film_is_cut() -> None:
    moving = read_film(film(90, 100), LIMITS)
    animation = open_animation(moving.data)
    assert animation is not None
    assert moving.is_cut
    assert sum(animation.durations_ms) == pytest.approx(1000 * LIMITS.film_seconds, abs=400)
    assert len(animation.frames) == LIMITS.film_frames


def test_a_large_film_is_made_smaller_and_a_huge_one_refused() -> None:
    large = film(2, size=(320, 160))
    animation = open_animation(read_film(large, replace(LIMITS, film_side=100)).data)
    assert animation is not None
    assert animation.frames[0].size == (100, 50)
    with pytest.raises(BadPicture, match="cannot be read"):
        read_film(large, replace(LIMITS, film_pixels=320 * 150))


def test_a_film_of_one_frame_is_a_still_picture() -> None:
    moving = read_film(film(1, 40), LIMITS)
    assert open_animation(moving.data) is None
    assert Image.open(io.BytesIO(moving.data)).size == (96, 64)


@pytest.mark.parametrize("data", [b"", b"an mp4", film(3)[:200], jpeg()[:100]])
def test_what_is_no_film_is_refused(data: bytes) -> None:
    with pytest.raises(BadPicture, match="cannot be read"):
        read_film(data, LIMITS)


@pytest.mark.parametrize(
    "words",
    [
        "ffconcat version 1.0\nfile film.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfilm.mp4\n#EXT-X-ENDLIST\n",
        "v=0\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
)
def test_a_list_of_films_opens_none(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.mp4").write_bytes(film(3))
    with pytest.raises(BadPicture, match="cannot be read"):
        read_film(words.encode(), LIMITS)


def test_a_gif_is_read_as_well() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 48), (80 * number, 0, 0)) for number in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100)
    animation = open_animation(read_film(out.getvalue(), LIMITS).data)
    assert animation is not None
    assert len(animation.frames) == 3


def test_a_video_sticker_keeps_what_is_transparent(tmp_path: Path) -> None:
    animation = open_animation(read_film(video_sticker(tmp_path), LIMITS).data)
    assert animation is not None
    assert len(animation.frames) == 4
    assert animation.frames[0].mode == "RGBA"
    assert animation.frames[0].getpixel((60, 60))[3] == 0  # type: ignore[index]
    red = animation.frames[0].getpixel((15, 25))
    assert isinstance(red, tuple)
    assert red[0] > 200
    assert red[3] == 255


@pytest.mark.slow
async def test_an_animation_is_painted_as_one(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_animation(house.ann, house.club, film(90, 100), f"/stylize {house.a_style}")
    result = await house.picture_in(house.club, photo)
    data = await house.studio._input((await house.job_of(result)).photo)
    assert open_animation(data) is not None
    await house.sentence_in(house.club, "the first 6 seconds")


@pytest.mark.slow
async def test_stickers(swift_telegram: House, telegram: TelegramStandin, tmp_path: Path) -> None:
    house = swift_telegram
    sticker = await telegram.sends_sticker(house.bob, house.club, webp())
    await telegram.says(house.ann, house.club, "/stylize lilac", reply_to=sticker)
    result = await house.picture_in(house.club, sticker)
    assert (await house.painted(result))[0] == house.digest(sticker)
    moving = await telegram.sends_sticker(house.ann, house.private, video_sticker(tmp_path), "video")
    chooser = await house.message(house.private, lambda m: "My own picture" in m.labels, moving)
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.picture_in(house.private, moving)
    drawn = await telegram.sends_sticker(house.bob, house.club, b"\x1f\x8b", "animated")
    await telegram.says(house.ann, house.club, "/stylize lilac", reply_to=drawn)
    await house.sentence_in(house.club, "a drawing that moves")


@pytest.mark.slow
async def test_stickers_among_friends_are_left_alone(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.sends_sticker(house.bob, house.club, b"\x1f\x8b", "animated")
    await telegram.sends_sticker(house.bob, house.club, webp())
    await telegram.sends_animation(house.bob, house.club, b"whatever")
    await house.caught_up(house.club, house.bob)
    assert len(house.club.from_bot) == 1
