"""Animations taken apart and put together, through real files of every kind."""

from __future__ import annotations

import io
import itertools
import struct
import zlib

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation
from PIL import Image, ImageFilter

from nst_engine.animation import Kind, open_animation, to_bytes
from nst_engine.errors import PictureError
from nst_engine.images import open_picture

EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
SIZE = (48, 32)


def encode(frames: list[Image.Image], kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], **options)
    return out.getvalue()


def square(index: int, mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A red square that moves over blue, or over nothing."""
    frame = Image.new(mode, size, (20, 30, 160) if mode == "RGB" else (0, 0, 0, 0))
    frame.paste((200, 40, 40), (4 * index, 8, 4 * index + 12, 24))
    return frame


def squares(count: int, mode: str = "RGB") -> list[Image.Image]:
    return [square(index % 9, mode) for index in range(count)]


def distance(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def video(data: bytes) -> list[tuple[int, Image.Image]]:
    """The frames of a film with the time at which each begins, in ms."""
    with av.open(io.BytesIO(data), "r") as container:
        return [
            (round(1000 * frame.time), Image.fromarray(frame.to_ndarray(format="rgb24", interpolation=EXACT)))
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_every_kind_is_taken_apart_into_whole_frames(kind: str) -> None:
    # Written with their own disposal, most files hold of each frame only what has changed.
    lossless = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "AVIF" else {}
    animation = open_animation(encode(squares(4), kind, duration=[40, 70, 120, 200], **lossless))
    assert animation is not None
    assert animation.durations_ms == (40, 70, 120, 200)
    assert [(frame.mode, frame.size) for frame in animation.frames] == [("RGB", SIZE)] * 4
    for frame, original in zip(animation.frames, squares(4), strict=True):
        assert distance(frame, original) < (3 if kind == "AVIF" else 0.01)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_what_is_transparent_stays_so_and_leaves_no_trace(kind: str) -> None:
    options = {"disposal": 2} if kind == "GIF" else {"lossless": True} if kind == "WEBP" else {}
    animation = open_animation(encode(squares(4, "RGBA"), kind, duration=100, **options))
    assert animation is not None
    for frame, original in zip(animation.frames, squares(4, "RGBA"), strict=True):
        assert frame.mode == "RGBA"
        assert distance(frame.getchannel("A"), original.getchannel("A")) == 0


def test_frames_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    animation = open_animation(encode(squares(3), "WEBP", duration=50, exif=exif, lossless=True))
    assert animation is not None
    expected = [frame.transpose(Image.Transpose.ROTATE_270) for frame in squares(3)]
    assert [distance(*pair) for pair in zip(animation.frames, expected, strict=True)] == [0, 0, 0]


@pytest.mark.parametrize("duration", [0, 10])
@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_frames_in_a_hurry_are_shown_as_browsers_do(kind: str, duration: int) -> None:
    animation = open_animation(encode(squares(3), kind, duration=duration))
    assert animation is not None
    assert animation.durations_ms == (100, 100, 100)


@pytest.mark.parametrize(
    ("kind", "options", "loop"),
    [
        ("GIF", {}, 1),
        ("GIF", {"loop": 0}, 0),
        ("GIF", {"loop": 2}, 3),
        ("PNG", {"loop": 2}, 2),
        ("PNG", {"loop": 0}, 0),
        ("WEBP", {"loop": 2}, 2),
    ],
)
def test_how_often_it_is_played_is_read(kind: str, options: dict[str, int], loop: int) -> None:
    animation = open_animation(encode(squares(2), kind, duration=50, **options))
    assert animation is not None
    assert animation.loop == loop


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "JPEG", "AVIF", "TIFF"])
def test_a_still_picture_is_no_animation(kind: str) -> None:
    out = io.BytesIO()
    square(1).save(out, kind)
    assert open_animation(out.getvalue()) is None


def test_pages_are_no_frames() -> None:
    assert open_animation(encode(squares(3), "TIFF")) is None


def test_the_picture_for_those_who_cannot_show_animations_is_no_frame() -> None:
    cover = Image.new("RGB", SIZE, "yellow")
    animation = open_animation(encode([cover, *squares(3)], "PNG", duration=50, default_image=True))
    assert animation is not None
    assert [distance(*pair) for pair in zip(animation.frames, squares(3), strict=True)] == [0, 0, 0]


def test_a_picture_for_those_with_one_frame_beside_it_is_still() -> None:
    cover = Image.new("RGB", SIZE, "yellow")
    assert open_animation(encode([cover, square(1)], "PNG", duration=50, default_image=True)) is None


def test_a_gif_that_grows_is_shown_at_the_size_of_its_first_frame() -> None:
    files = []
    for size in ((24, 16), (48, 32)):
        frame = Image.new("P", size, 1)
        frame.putpalette([10, 20, 30, 200, 60, 60])
        files.append(encode([frame], "GIF", optimize=False))
    data = files[0][:-1] + files[1][files[1].index(b",") :]
    animation = open_animation(data)
    assert animation is not None
    assert [frame.size for frame in animation.frames] == [(24, 16), (24, 16)]


def test_frames_of_several_modes_become_one() -> None:
    clear = square(1, "RGBA")
    animation = open_animation(encode([square(0).convert("RGBA"), clear], "WEBP", duration=50, lossless=True))
    assert animation is not None
    assert {frame.mode for frame in animation.frames} == {"RGBA"}
    assert animation.frames[0].getchannel("A").getextrema() == (255, 255)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_sixty_frames_are_taken_and_one_more_is_refused(kind: str) -> None:
    animation = open_animation(encode(squares(60), kind, duration=50))
    assert animation is not None
    assert len(animation.frames) == 60
    with pytest.raises(PictureError, match="has more than 60 frames; send a shorter one"):
        open_animation(encode(squares(61), kind, duration=50))


def test_too_many_frames_are_refused_before_they_are_decoded() -> None:
    data = encode(squares(3), "PNG", duration=50)
    start = data.index(b"acTL")
    told = b"acTL" + struct.pack(">II", 1000, 0)
    with pytest.raises(PictureError, match="more than 60 frames"):
        open_animation(data[:start] + told + struct.pack(">I", zlib.crc32(told)) + data[start + 16 :])


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_frames_with_too_many_pixels_in_all_are_refused(kind: str) -> None:
    frames = [Image.new("P", (5200, 5200), colour) for colour in (0, 1, 2)]
    for frame in frames:
        frame.putpalette([0, 0, 0, 9, 9, 9, 99, 99, 99])
    with pytest.raises(PictureError, match="more than 80 megapixels in all; send a smaller or a shorter one"):
        open_animation(encode(frames, kind, duration=50))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_a_damaged_animation_is_read_or_refused_and_never_anything_else(kind: str) -> None:
    random = np.random.default_rng(3)
    whole = np.frombuffer(encode(squares(4), kind, duration=50), np.uint8)
    refused = 0
    for _ in range(150):
        damaged = whole.copy()
        damaged[random.integers(0, len(whole), 3)] = random.integers(0, 256, 3)
        try:
            animation = open_animation(damaged.tobytes()[: random.integers(20, len(whole) + 200)])
            assert animation is None or len(animation.frames) == len(animation.durations_ms)
        except PictureError as error:
            refused += str(error).endswith(".")
    assert refused > 10


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="send a JPEG"):
        open_animation(data)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["webp", "gif", "apng"])
def test_frames_come_back_as_they_were_put_together(kind: Kind, mode: str) -> None:
    frames = squares(5, mode)
    durations = [700, 50, 30, 120, 1500]
    data = to_bytes(frames, durations, kind, loop=3)
    animation = open_animation(data)
    assert animation is not None
    assert animation.durations_ms == tuple(durations)
    assert animation.loop == 3
    for frame, original in zip(animation.frames, frames, strict=True):
        assert frame.mode == mode
        if mode == "RGBA":
            assert distance(frame.getchannel("A"), original.getchannel("A")) == 0
        seen = np.asarray(original.convert("RGBA"))[..., 3] == 255
        error = np.asarray(frame.convert("RGB"), float)[seen] - np.asarray(original.convert("RGB"), float)[seen]
        # WebP has half the resolution for colour, which shows where a frame ends.
        assert np.median(np.abs(error)) < (4 if kind == "webp" else 1.5)


@pytest.mark.parametrize("kind", ["webp", "gif", "apng"])
@pytest.mark.parametrize("loop", [0, 1])
def test_it_is_played_for_ever_or_once(kind: Kind, loop: int) -> None:
    animation = open_animation(to_bytes(squares(2), [50, 50], kind, loop=loop))
    assert animation is not None
    assert animation.loop == loop


def test_a_slow_change_is_not_halted_by_webp() -> None:
    frames = [Image.blend(painting(0), painting(1), index / 59) for index in range(60)]
    animation = open_animation(to_bytes(frames, [50] * 60, "webp"))
    assert animation is not None
    assert len(animation.frames) == 60
    assert max(distance(*pair) for pair in zip(animation.frames, frames, strict=True)) < 6


def test_a_webp_whose_frames_are_opaque_squares_is_marked_as_transparent() -> None:
    data = to_bytes(squares(3, "RGBA"), [50] * 3, "webp")
    assert Image.open(io.BytesIO(data)).mode == "RGBA"
    unmarked = encode(squares(3, "RGBA"), "WEBP", duration=50)
    assert Image.open(io.BytesIO(unmarked)).mode == "RGB"
    assert open_picture(unmarked).getpixel((47, 31)) == (0, 0, 0, 0)


def test_half_transparent_is_kept_where_the_kind_can() -> None:
    frames = [Image.new("RGBA", SIZE, (200, 30, 30, alpha)) for alpha in (100, 180)]
    for kind, alphas in (("webp", [100, 180]), ("apng", [100, 180]), ("gif", [0, 255])):
        animation = open_animation(to_bytes(frames, [50, 50], kind))  # type: ignore[arg-type]
        assert animation is not None
        assert [np.asarray(frame)[0, 0, 3] for frame in animation.frames] == alphas


def painting(seed: int = 0, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Smooth colour with a grain, of some thousand colours."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = random.normal(0, 4, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8))


def test_what_rests_does_not_flicker_in_a_gif() -> None:
    frames = [painting() for _ in range(6)]
    for index, frame in enumerate(frames):
        frame.paste((250, 250, 20 * index), (4 + 20 * index, 20, 24 + 20 * index, 50))
    animation = open_animation(to_bytes(frames, [50] * 6, "gif"))
    assert animation is not None
    below = [np.asarray(frame)[60:] for frame in animation.frames]
    assert all(np.array_equal(one, other) for one, other in itertools.pairwise(below))
    assert len(np.unique(below[0].reshape(-1, 3), axis=0)) > 100


def test_seen_from_afar_a_gif_has_the_colours_of_the_frames() -> None:
    frames = [painting(seed) for seed in range(4)]
    animation = open_animation(to_bytes(frames, [50] * 4, "gif"))
    assert animation is not None
    near = [distance(*pair) for pair in zip(animation.frames, frames, strict=True)]
    afar = ImageFilter.GaussianBlur(2)
    far = [distance(one.filter(afar), two.filter(afar)) for one, two in zip(animation.frames, frames, strict=True)]
    assert np.mean(far) < 0.3 * np.mean(near)


def test_a_gif_keeps_time_though_it_counts_in_hundredths() -> None:
    animation = open_animation(to_bytes(squares(9), [33, 34] * 4 + [33], "gif"))
    assert animation is not None
    assert abs(sum(animation.durations_ms) - 301) <= 5
    assert max(animation.durations_ms) <= 40


@pytest.mark.parametrize("size", [(48, 32), (47, 31), (1, 1), (1, 60)])
def test_a_film_shows_every_frame_for_its_time(size: tuple[int, int]) -> None:
    frames = [Image.new("RGB", size, colour) for colour in ((180, 60, 60), (60, 160, 60), (70, 70, 190))]
    data = to_bytes(frames, [700, 60, 1500], "mp4")
    shown = video(data)
    assert [start for start, _ in shown] == [0, 700, 760, 2220]
    for (_, frame), expected in zip(shown, [*frames, frames[-1]], strict=True):
        assert frame.size == tuple(side + side % 2 for side in size)
        assert distance(frame, expected.resize(frame.size)) < 4
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration == 2_260_000


def test_a_film_is_what_chats_and_browsers_play() -> None:
    data = to_bytes([painting(0), painting(1)], [500, 500], "mp4")
    assert data.index(b"ftyp") < data.index(b"moov") < data.index(b"mdat")
    with av.open(io.BytesIO(data), "r") as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_range) == (1, 1, 1)
    assert distance(video(data)[-1][1], painting(1)) < 5


def test_a_film_is_white_where_the_frames_are_transparent() -> None:
    frame = video(to_bytes(squares(2, "RGBA"), [200, 200], "mp4"))[0][1]
    corner = frame.getpixel((47, 31))
    assert isinstance(corner, tuple)
    assert min(corner) > 245


@pytest.mark.parametrize(
    ("frames", "durations"), [([], []), (squares(2), [50]), ([square(0), square(0, size=(20, 20))], [50, 50])]
)
def test_frames_that_do_not_fit_together_are_refused(frames: list[Image.Image], durations: list[int]) -> None:
    with pytest.raises(ValueError, match="frames of one size and a duration for each"):
        to_bytes(frames, durations, "webp")


def test_the_first_frame_is_what_is_opened_as_a_picture() -> None:
    data = to_bytes(squares(3), [50] * 3, "apng")
    assert distance(open_picture(data), square(0)) == 0
