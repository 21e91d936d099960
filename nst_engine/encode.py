"""Frames to the bytes of a moving picture: animated WebP, GIF, APNG and MP4."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from nst_engine.decode import webp_with_alpha
from nst_engine.images import flatten

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.stream import VideoStream

Kind = Literal["mp4", "webp", "gif", "apng"]

WEBP_QUALITY: Final = 90
"""At less, the encoder takes frames that differ by some levels as the same, and a slow change halts."""
VIDEO_ENCODERS: Final[Mapping[str, dict[str, str]]] = {
    "libx264": {"preset": "veryfast", "crf": "20"},
    "libopenh264": {"b": "4M"},
    "mpeg4": {"b": "4M"},
}
"""With their options; the first that the library has is taken. The last plays in few browsers, but is always there."""
BT709: Final = 1
LIMITED_RANGE: Final = 1
CLOCK: Final = Fraction(1, 1000)
RATE: Final = 25
"""Of the last frame alone, in frames per second; each of the others is shown until the next begins."""

GIF_COLOURS: Final = 255
"""Of a GIF's 256 one is kept for what is transparent."""
VISIBLE: Final = 128
"""The alpha from which on a pixel of a GIF is seen."""
PALETTE_PIXELS: Final = 1 << 16


def to_bytes(frames: Sequence[Image.Image], durations_ms: Sequence[int], kind: Kind = "webp", loop: int = 0) -> bytes:
    """Frames of one size as an animation that is played `loop` times (0: for ever; an MP4 does not say).

    What is transparent stays so in WebP and APNG, is either seen or not in GIF, and is white in MP4. A GIF rounds
    durations to 10 ms. Raises `ValueError` for no frames, unequal sizes or counts.
    """
    if not frames or len(frames) != len(durations_ms) or len({frame.size for frame in frames}) != 1:
        raise ValueError("an animation needs frames of one size and a duration for each")
    if kind == "mp4":
        return encode_mp4(frames, durations_ms)
    mode = "RGBA" if any(frame.mode == "RGBA" for frame in frames) else "RGB"
    whole = [frame.convert(mode) for frame in frames]
    if kind == "gif":
        return _encode_gif(whole, durations_ms, loop)
    out = io.BytesIO()
    options = {"quality": WEBP_QUALITY} if kind == "webp" else {}
    whole[0].save(
        out,
        "WEBP" if kind == "webp" else "PNG",
        save_all=True,
        append_images=whole[1:],
        duration=list(durations_ms),
        loop=loop,
        **options,
    )
    return webp_with_alpha(out.getvalue()) if mode == "RGBA" else out.getvalue()


def encode_mp4(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> bytes:
    """Frames of one size as an MP4 that chats and browsers play while it loads: H.264, yuv420p, the index first.

    Transparent parts are white. Odd sides get one more pixel, as H.264 with yuv420p has no odd ones.
    """
    # The index can be moved to the front only in a file that the library can open again by name.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        _write_mp4(path, frames, durations_ms)
        return path.read_bytes()


def _write_mp4(path: Path, frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> None:
    import av

    *starts, end = accumulate(durations_ms, initial=0)
    shown = list(zip(starts, frames, strict=True))
    # Players may take the last frame away as soon as it begins, so it is there twice.
    if durations_ms[-1] > 1000 // RATE:
        shown.append((end - 1000 // RATE, frames[-1]))
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        name = next(name for name in VIDEO_ENCODERS if name in av.codecs_available)
        stream = cast("VideoStream", container.add_stream(name, rate=RATE, options=dict(VIDEO_ENCODERS[name])))
        context = stream.codec_context
        context.width, context.height = (side + side % 2 for side in frames[0].size)
        context.pix_fmt = "yuv420p"
        context.time_base = CLOCK
        context.max_b_frames = 0  # with them a file begins before its first frame, which not every player undoes
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        for start, picture in shown:
            frame = _video_frame(picture)
            frame.pts, frame.time_base = start, CLOCK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _video_frame(picture: Image.Image) -> VideoFrame:
    from av import VideoFrame

    pixels = np.asarray(flatten(picture))
    height, width = pixels.shape[:2]
    even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED_RANGE)


def _encode_gif(frames: Sequence[Image.Image], durations_ms: Sequence[int], loop: int) -> bytes:
    """One palette for all frames and a dither that depends on the place alone, so that what rests does not flicker."""
    seen = [_visible(frame) for frame in frames]
    flat = [frame.convert("RGB") for frame in frames]
    palette = _palette(flat, seen)
    indexed = [_index(frame, mask, palette) for frame, mask in zip(flat, seen, strict=True)]
    options: dict[str, int] = {} if loop == 1 else {"loop": max(0, loop - 1)}
    if not all(mask.all() for mask in seen):
        options |= {"transparency": GIF_COLOURS, "disposal": 2}
    out = io.BytesIO()
    durations = _tens(durations_ms)
    indexed[0].save(out, "GIF", save_all=True, append_images=indexed[1:], duration=durations, **options)
    return out.getvalue()


def _visible(frame: Image.Image) -> npt.NDArray[np.bool_]:
    """Which pixels are seen, of shape (height, width)."""
    if frame.mode == "RGB":
        return np.ones((frame.height, frame.width), bool)
    return np.asarray(frame.getchannel("A")) >= VISIBLE


def _palette(frames: Sequence[Image.Image], seen: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint8]:
    """At most `GIF_COLOURS` colours for all that is seen, of shape (256, 3); the rest of it is black."""
    step = -(-sum(int(mask.sum()) for mask in seen) // PALETTE_PIXELS) or 1
    sample = np.concatenate([np.asarray(frame)[mask][::step] for frame, mask in zip(frames, seen, strict=True)])
    palette = np.zeros((256, 3), np.uint8)
    if len(sample):
        chosen = Image.fromarray(sample[None]).quantize(GIF_COLOURS, Image.Quantize.MEDIANCUT, kmeans=2)
        colours = np.array(chosen.getpalette(), np.uint8).reshape(-1, 3)[:GIF_COLOURS]
        palette[: len(colours)] = colours
    return palette


def _index(frame: Image.Image, seen: npt.NDArray[np.bool_], palette: npt.NDArray[np.uint8]) -> Image.Image:
    """The frame in the palette's colours, each pixel in the nearest or the one across from it, by `_thresholds`."""
    pixels = np.asarray(frame, np.float32)
    nearest = _nearest(frame, palette)
    miss = pixels - palette[nearest]
    across = _nearest(Image.fromarray(np.clip(pixels + miss, 0, 255).round().astype(np.uint8)), palette)
    way = palette[across].astype(np.float32) - palette[nearest]
    share = (miss * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1)
    indices = np.where(share > _thresholds(*share.shape), across, nearest)
    indexed = Image.fromarray(np.where(seen, indices, GIF_COLOURS).astype(np.uint8), "P")
    indexed.putpalette(palette.tobytes())
    return indexed


def _nearest(frame: Image.Image, palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette[:GIF_COLOURS].tobytes())
    return np.asarray(frame.quantize(palette=colours, dither=Image.Dither.NONE))


def _thresholds(height: int, width: int) -> npt.NDArray[np.float64]:
    """Bayer's matrix of 8x8 over all of (height, width), values above 0 and below 1."""
    matrix = np.zeros((1, 1))
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return np.tile((matrix + 0.5) / 64, (height // 8 + 1, width // 8 + 1))[:height, :width]


def _tens(durations_ms: Sequence[int]) -> list[int]:
    """Durations in steps of 10 ms, 20 at least, their sum kept as nearly as that allows."""
    rounded: list[int] = []
    late = 0
    for duration in durations_ms:
        rounded.append(max(20, round((duration - late) / 10) * 10))
        late += rounded[-1] - duration
    return rounded
