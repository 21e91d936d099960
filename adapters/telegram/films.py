"""Films without sound, which Telegram makes of GIFs, and stickers that move: turned into what the engine can paint."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.sentences import BAD_FILM
from bot.errors import BadPicture
from bot.languages import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av import VideoFrame
    from av.container import InputContainer
    from PIL import Image

SHORTEST_MS: Final = 20
SLACK_SECONDS: Final = 0.001
MICROSECONDS: Final = 1_000_000
"""In a second, as the library counts how long a file plays."""
STILL_MS: Final = 100
WITH_ALPHA: Final = "libvpx-vp9"
_NOTHING_ELSE: Final = {"protocol_whitelist": "none"}
"""A film is its own bytes: no file and no address that it may name is opened."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A film as an animated WebP, or as a PNG where it is one frame; `is_cut` where it goes on after that."""

    data: bytes = field(repr=False)
    is_cut: bool


def read_film(data: bytes, limits: TelegramLimits) -> Moving:
    """The first seconds of a film (MP4, WebM or GIF), in no more frames than the limits allow. Blocking.

    Raises `BadPicture` for what cannot be read.
    """
    import av
    from av.error import FFmpegError

    kind = _format(data)
    if kind is None:
        raise BadPicture(_(BAD_FILM))
    try:
        with av.open(io.BytesIO(data), "r", format=kind, options=_NOTHING_ELSE) as container:
            frames, is_cut = _frames(container, limits)
    except (FFmpegError, ValueError, MemoryError):
        raise BadPicture(_(BAD_FILM)) from None
    if not frames:
        raise BadPicture(_(BAD_FILM))
    return Moving(_packed(frames), is_cut)


def _format(data: bytes) -> str | None:
    """What reads this, as the library names it; left to guess, it would also take lists of other files to open."""
    if data[4:8] == b"ftyp":
        return "mov"
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    return "gif" if data.startswith((b"GIF87a", b"GIF89a")) else None


def _frames(container: InputContainer, limits: TelegramLimits) -> tuple[list[tuple[float, Image.Image]], bool]:
    """Frames with the seconds at which each is shown, and whether there are more."""
    if not container.streams.video:
        return [], False
    seconds = limits.film_seconds
    if container.duration is not None:
        seconds = min(seconds, container.duration / MICROSECONDS)
    pause = seconds / limits.film_frames
    frames: list[tuple[float, Image.Image]] = []
    begin, due = None, 0.0
    for number, frame in enumerate(_decoded(container)):
        if frame.width * frame.height > limits.film_pixels:
            return [], False
        shown = number * STILL_MS / 1000 if frame.time is None else float(frame.time)
        begin = shown if begin is None else begin
        at = shown - begin
        if at >= limits.film_seconds or number >= limits.film_decoded:
            return frames, True
        if at + SLACK_SECONDS >= due and len(frames) < limits.film_frames:
            frames.append((at, _picture(frame, limits)))
            due += pause
    return frames, False


def _decoded(container: InputContainer) -> Iterator[VideoFrame]:
    """All frames; of stickers with what is transparent, which lies beside them and needs a decoder of its own."""
    import av

    stream = container.streams.video[0]
    if stream.metadata.get("alpha_mode") != "1" or WITH_ALPHA not in av.codecs_available:
        yield from container.decode(stream)
        return
    decoder = av.CodecContext.create(WITH_ALPHA, "r")
    for packet in container.demux(stream):
        yield from decoder.decode(packet)


def _picture(frame: VideoFrame, limits: TelegramLimits) -> Image.Image:
    from PIL import Image

    kind = "rgba" if "a" in frame.format.name.partition("p")[0] else "rgb24"
    picture = Image.fromarray(frame.reformat(format=kind).to_ndarray())
    picture.thumbnail((limits.film_side, limits.film_side), Image.Resampling.LANCZOS)
    return picture


def _packed(frames: list[tuple[float, Image.Image]]) -> bytes:
    from nst_engine.animation import to_bytes

    if len(frames) == 1:
        out = io.BytesIO()
        frames[0][1].save(out, "PNG")
        return out.getvalue()
    starts = [frame[0] for frame in frames]
    steps = [max(SHORTEST_MS, round(1000 * (after - at))) for at, after in pairwise(starts)]
    return to_bytes([frame[1] for frame in frames], [*steps, steps[-1]], "webp")
