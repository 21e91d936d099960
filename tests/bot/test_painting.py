"""Masks, animations, films, first looks and odd photos, through the whole bot with the real engine."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bot.app import Atelier
from bot.errors import BadOption, BadPicture, Refusal
from bot.requests import Answer, Options, Running, StylizeRequest
from nst_engine.animation import open_animation
from nst_engine.preview import is_installed
from tests.bot.test_studio import follow, png
from tests.conftest import OpenAtelier
from tests.standins.pictures import half, moving

pytestmark = pytest.mark.slow
numbers = itertools.count()


async def paint(atelier: Atelier, photo: bytes, *styles: str | bytes, **more: Any) -> Answer:
    request = StylizeRequest("test", "here", "ann", f"picture {next(numbers)}", photo, styles or ("waves",), **more)
    job = await atelier.studio.submit(request)
    await follow(atelier, job.id)
    answer = await atelier.studio.answer(job.id)
    assert answer is not None and answer.state == "done", answer
    return answer


def pixels(answer: Answer) -> np.ndarray:
    assert answer.picture is not None
    return np.asarray(Image.open(io.BytesIO(answer.picture)).convert("RGB"), dtype=float)


def frames_of(film: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(film)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


async def test_a_mask_keeps_a_style_to_its_place(atelier: Atelier, photo: bytes) -> None:
    options = Options(steps=12, strength=90)
    plain = pixels(await paint(atelier, photo, options=Options(steps=12, style_weight=0.0)))
    masked = pixels(await paint(atelier, photo, options=options, masks=(half(),)))
    change = np.abs(masked - plain).mean(axis=(0, 2))
    assert change[:24].mean() > 3 * change[-24:].mean()


async def test_masks_are_stored_as_pictures_and_forgotten_with_the_job(
    open_bot: OpenAtelier, photo: bytes, tmp_path: Path
) -> None:
    async with open_bot() as atelier:
        styles = ("waves", "lilac")
        request = StylizeRequest("test", "here", "ann", "masked", photo, styles, masks=(half(), None))
        job = await atelier.studio.submit(request)
        assert job.masks[0] is not None and job.masks[1] is None
        assert (await atelier.studio.job(job.id)).masks == job.masks
        assert (tmp_path / "data/blobs" / job.masks[0]).read_bytes() == half()
        assert job.masks[0] in await atelier.studio._ledger.call(lambda: _forgotten(atelier, job.id))


def _forgotten(atelier: Atelier, job_id: str) -> list[str]:
    ledger = atelier.studio._ledger
    ledger.settle(job_id, "cancelled")
    ledger.mark_replied(job_id)
    return ledger.forget(1e12)[1]


async def test_a_job_is_filmed(atelier: Atelier, photo: bytes) -> None:
    answer = await paint(atelier, photo, options=Options(steps=8))
    assert answer.timelapse is not None
    film = frames_of(answer.timelapse)
    assert len(film) >= 8
    assert film[0].shape == (36, 64, 3)
    assert np.abs(film[-1].astype(float) - pixels(answer)).mean() < 8, "it ends with the picture"
    assert np.abs(film[0].astype(float) - film[-1]).mean() > 1
    assert (answer.animation, answer.film) == (None, None)


@pytest.mark.parametrize("kind", ["gif", "webp", "apng"])
async def test_an_animation_is_painted_frame_by_frame(atelier: Atelier, kind: str) -> None:
    answer = await paint(atelier, moving(kind=kind))
    assert answer.animation is not None and answer.film is not None and answer.summary is not None
    animation = open_animation(answer.animation)
    assert animation is not None
    assert (len(animation.frames), animation.durations_ms) == (4, (80,) * 4)
    assert animation.frames[0].size == (64, 43)
    first = np.asarray(animation.frames[0].convert("RGB"), dtype=float)
    assert np.abs(first - pixels(answer)).mean() < 8, "the picture is the first frame"
    assert len(frames_of(answer.film)) >= 4
    assert answer.timelapse is None


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2000, 30)])
async def test_photos_may_be_as_thin_as_they_like(atelier: Atelier, size: tuple[int, int]) -> None:
    answer = await paint(atelier, png(size))
    assert answer.picture is not None
    assert max(Image.open(io.BytesIO(answer.picture)).size) == 64


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
async def test_photos_of_phones_are_taken(atelier: Atelier, photo: bytes, kind: str) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    out = io.BytesIO()
    Image.open(io.BytesIO(photo)).resize((96, 54)).save(out, kind)
    assert pixels(await paint(atelier, out.getvalue())).shape == (36, 64, 3)


async def test_progress_goes_by_the_share_of_the_work(atelier: Atelier, photo: bytes) -> None:
    options = Options(size=128, steps=60, scales=2)
    request = StylizeRequest("test", "here", "ann", "shares", photo, ("waves",), options=options)
    events = await follow(atelier, (await atelier.studio.submit(request)).id)
    running = [event for event in events if isinstance(event, Running)]
    shares = [event.share for event in running]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    coarse = [event for event in running if 0 < event.step <= 40]
    assert coarse and all(event.share < event.step / event.steps for event in coarse)
    assert any(event.seconds_left is not None and event.seconds_left > 0 for event in running)


@pytest.mark.skipif(not is_installed(), reason="needs the feed-forward look: run `atelier fetch-preview`")
async def test_the_first_preview_is_there_before_the_first_step(atelier: Atelier, photo: bytes) -> None:
    request = StylizeRequest("test", "here", "ann", "look", photo, ("waves",), options=Options(steps=5000))
    job = await atelier.studio.submit(request)
    async for event in atelier.studio.watch(job.id):
        if isinstance(event, Running) and event.preview is not None:
            assert event.step == 0
            assert Image.open(io.BytesIO(event.preview)).size == (64, 36)
            break
    await atelier.studio.cancel(job.id, "ann")


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"masks": (None, None)}, BadOption, "There must be one mask for each style, not 2 for 1"),
        ({"masks": (b"no picture",)}, BadPicture, "The mask: This file is not a picture"),
        ({"options": Options(style_weights=(1.0, 2.0))}, BadOption, "one style weight for each style, not 2 for 1"),
        ({"photo": moving(61, (16, 16))}, BadPicture, "The photo: This animation has more than 60 frames"),
    ],
)
async def test_what_does_not_fit_is_refused_in_one_sentence(
    atelier: Atelier, photo: bytes, changes: dict[str, Any], error: type[Refusal], sentence: str
) -> None:
    values: dict[str, Any] = {"photo": photo, "styles": ("waves",), **changes}
    with pytest.raises(error) as caught:
        await atelier.studio.submit(StylizeRequest("test", "here", "ann", "refused", **values))
    assert sentence in str(caught.value)
