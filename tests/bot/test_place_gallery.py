"""The galleries of places: added to, looked through, painted with, and taken from."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot import intake
from bot.app import Atelier
from bot.config import Config
from bot.errors import BadPicture, NotForGallery, Refusal, StorageTrouble, UnknownStyle
from bot.gallery import Gallery, own
from bot.gallery.own import LONGEST_SIDE, MOST_BYTES, UNTOUCHED_SECONDS, PlaceGalleries
from bot.requests import Options, StylizeRequest
from bot.shelf import write
from bot.takings import Takings
from tests.conftest import OpenAtelier

HERE = ("test", "here")


def drawn(colour: str, size: tuple[int, int] = (40, 30), kind: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **how)
    return out.getvalue()


@pytest.fixture
def galleries(tmp_path: Path, gallery: Gallery) -> PlaceGalleries:
    return PlaceGalleries(tmp_path / "galleries", gallery, 3)


class Killed(BaseException):
    """The process ends here."""


def make_old(tmp_path: Path) -> None:
    for folder in (tmp_path / "galleries").iterdir():
        os.utime(folder, (time.time() - UNTOUCHED_SECONDS - 1,) * 2)


def files_in(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "galleries" / "test_here").iterdir())


async def test_a_style_is_added_before_the_bots(galleries: PlaceGalleries, gallery: Gallery) -> None:
    added = await galleries.add(*HERE, "ann", "  Grandma's   kitchen ", drawn("red"))
    assert (added.id, added.title, added.label) == ("grandmas_kitchen", "Grandma's kitchen", "Grandma's kitchen")
    here = await galleries.of(*HERE)
    assert list(here.styles) == ["grandmas_kitchen", *gallery.styles]
    assert here.own == {"grandmas_kitchen": "ann"}
    assert here.find("grandma's kitchen") == here.find("grandmas") == added
    assert here.search("grandma kitchn")[0] == here.search("")[0] == added
    assert here.photos == gallery.photos
    with Image.open(io.BytesIO(added.read())) as picture:
        assert picture.size == (40, 30)
    assert added.thumbnail(16)
    assert await galleries.of("test", "there") == gallery


async def test_it_outlives_the_bot(galleries: PlaceGalleries, tmp_path: Path, gallery: Gallery) -> None:
    for name in ("One", "Two"):
        await galleries.add(*HERE, "ann", name, drawn("red" if name == "One" else "blue"))
    again = PlaceGalleries(tmp_path / "galleries", gallery, 3)
    assert await again.of(*HERE) == await galleries.of(*HERE)
    listed = json.loads((tmp_path / "galleries" / "test_here" / "styles.json").read_text())
    assert [(entry["title"], entry["person"]) for entry in listed] == [("One", "ann"), ("Two", "ann")]


async def test_the_places_own_style_wins_by_name(galleries: PlaceGalleries, gallery: Gallery) -> None:
    theirs = gallery.styles["starry_night"]
    ours = await galleries.add(*HERE, "ann", "The Starry Night!", drawn("navy"))
    here = await galleries.of(*HERE)
    assert here.find("starry night") == here.find(theirs.title) == ours
    assert len(here.styles) == len(gallery.styles) + 1
    await galleries.add(*HERE, "ann", "Mosaic", drawn("black"))
    here = await galleries.of(*HERE)
    assert here.styles["mosaic"].title == here.find("mosaic").title == "Mosaic"
    assert len(here.styles) == len(gallery.styles) + 1


async def test_a_style_is_taken_away_again(galleries: PlaceGalleries, tmp_path: Path, gallery: Gallery) -> None:
    kept = await galleries.add(*HERE, "ann", "Kept", drawn("red"))
    gone = await galleries.add(*HERE, "ann", "Gone", drawn("blue"))
    assert await galleries.remove(*HERE, "gone") == gone
    assert not gone.path.exists() and kept.path.exists()
    assert set((await galleries.of(*HERE)).own) == {"kept"}
    for name in ("gone", "starry_night"):
        with pytest.raises(UnknownStyle, match="not in the gallery any more"):
            await galleries.remove(*HERE, name)
    await galleries.remove(*HERE, "kept")
    assert await galleries.of(*HERE) == gallery
    assert list((tmp_path / "galleries").iterdir()) == []


async def test_who_added_a_style_is_forgotten(galleries: PlaceGalleries, tmp_path: Path, gallery: Gallery) -> None:
    await galleries.forget("test", "ann")
    for place, person, name in (("here", "ann", "A"), ("here", "bob", "B"), ("there", "ann", "C")):
        await galleries.add("test", place, person, name, drawn("red" if person == "ann" else "blue"))
    await galleries.forget("test", "ann")
    for store in (galleries, PlaceGalleries(tmp_path / "galleries", gallery, 3)):
        assert (await store.of(*HERE)).own == {"a": "", "b": "bob"}
        assert (await store.of("test", "there")).own == {"c": ""}
    assert "ann" not in (tmp_path / "galleries" / "test_there" / "styles.json").read_text()


async def test_where_a_person_is_alone_their_styles_go(galleries: PlaceGalleries, tmp_path: Path) -> None:
    await galleries.add("test", "ann", "ann", "Mine", drawn("red"))
    await galleries.add(*HERE, "ann", "Ours", drawn("red"))
    assert await galleries.of_person("test", "ann") == (1, 1)
    assert await galleries.of_person("test", "bob") == (0, 0)
    await galleries.forget("test", "ann")
    assert await galleries.of_person("test", "ann") == (0, 0)
    assert (await galleries.of("test", "ann")).own == {}
    assert not (tmp_path / "galleries" / "test_ann").exists()


async def test_the_styles_of_a_place_move_with_it(galleries: PlaceGalleries, tmp_path: Path, gallery: Gallery) -> None:
    await galleries.add(*HERE, "ann", "Ours", drawn("red"))
    await galleries.move("test", "here", "there")
    await galleries.move("test", "nowhere", "there")
    await galleries.add(*HERE, "bob", "Theirs", drawn("red"))
    await galleries.move("test", "here", "there")
    await galleries.remove(*HERE, "theirs")
    for store in (galleries, PlaceGalleries(tmp_path / "galleries", gallery, 3)):
        assert (await store.of("test", "there")).own == {"ours": "ann"}
        assert (await store.of("test", "there")).styles["ours"].read()
        assert (await store.of(*HERE)).own == {}


@pytest.mark.parametrize("is_older", [True, False], ids=["emptied by an older version", "emptied"])
async def test_styles_move_to_a_place_that_has_none_any_more(
    galleries: PlaceGalleries, tmp_path: Path, is_older: bool
) -> None:
    await galleries.add("test", "there", "bob", "Old", drawn("blue"))
    await galleries.remove("test", "there", "old")
    if is_older:
        write(tmp_path / "galleries" / "test_there" / "styles.json", b"[]")
    await galleries.add(*HERE, "ann", "Ours", drawn("red"))
    await galleries.move("test", "here", "there")
    assert (await galleries.of("test", "there")).own == {"ours": "ann"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "needs a name"),
        (" \n", "needs a name"),
        ("!?", "needs a name"),
        ("a\u202eb", "needs a name"),
        ("x" * 61, "at most 60 characters"),
        ("FIRST", "There is a style named 'First' here already"),
        ("the first", "choose another name"),
    ],
)
async def test_names_that_are_none(galleries: PlaceGalleries, name: str, words: str) -> None:
    await galleries.add(*HERE, "ann", "First", drawn("red"))
    with pytest.raises(NotForGallery, match=words):
        await galleries.add(*HERE, "ann", name, drawn("blue"))
    assert len((await galleries.of(*HERE)).own) == 1


@pytest.mark.parametrize("name", ["Mr. Blue", "a/b", "..", "日本の絵", "Ölbild", "x" * 60, "C:\\dos"])
async def test_names_of_all_kinds(galleries: PlaceGalleries, tmp_path: Path, name: str) -> None:
    if name == "..":
        with pytest.raises(NotForGallery):
            await galleries.add(*HERE, "ann", name, drawn("red"))
        return
    added = await galleries.add(*HERE, "ann", name, drawn("red"))
    assert (added.title, len(added.id) <= 24, added.id.isascii()) == (name, True, True)
    assert added.path.parent == tmp_path / "galleries" / "test_here"
    assert (await galleries.of(*HERE)).find(name) == added


async def test_the_same_picture_is_there_once(galleries: PlaceGalleries) -> None:
    await galleries.add(*HERE, "ann", "First", drawn("red"))
    with pytest.raises(NotForGallery, match="already; it is called 'First'"):
        await galleries.add(*HERE, "ann", "Second", drawn("red", kind="BMP"))
    await galleries.add("test", "there", "ann", "Second", drawn("red"))


async def test_a_gallery_is_full(galleries: PlaceGalleries) -> None:
    for name in ("red", "green", "blue"):
        await galleries.add(*HERE, "ann", name, drawn(name))
    with pytest.raises(NotForGallery, match="holds 3 styles, which is all it can; take one of them away"):
        await galleries.add(*HERE, "ann", "teal", drawn("teal"))
    await galleries.remove(*HERE, "green")
    await galleries.add(*HERE, "ann", "teal", drawn("teal"))


async def test_only_pictures_are_added_and_nothing_is_left_of_others(galleries: PlaceGalleries, tmp_path: Path) -> None:
    with pytest.raises(BadPicture):
        await galleries.add(*HERE, "ann", "Words", b"words")
    assert not (tmp_path / "galleries").exists()


async def test_huge_pictures_become_smaller_and_tell_nothing(galleries: PlaceGalleries) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera that tells where"
    exif[0x0112] = 6
    picture = drawn("red", (3000, 1000), "JPEG", exif=exif)
    assert b"a camera" in picture
    added = await galleries.add(*HERE, "ann", "Huge", picture)
    assert b"a camera" not in added.read()
    with Image.open(added.path) as kept:
        assert kept.size == (round(LONGEST_SIDE / 3), LONGEST_SIDE)


async def test_what_a_crash_left_is_swept(galleries: PlaceGalleries, tmp_path: Path) -> None:
    await galleries.add(*HERE, "ann", "First", drawn("red"))
    left = tmp_path / "galleries" / "test_here" / "left.jpg"
    left.write_bytes(b"half")
    await galleries.add(*HERE, "ann", "Second", drawn("blue"))
    assert len(files_in(tmp_path)) == 3 and not left.exists()
    left.write_bytes(b"half")
    await galleries.sweep()
    assert left.exists(), "somebody may just be putting it in order"
    make_old(tmp_path)
    await galleries.sweep()
    assert len(files_in(tmp_path)) == 3 and not left.exists()


async def test_what_needs_much_room_becomes_smaller(galleries: PlaceGalleries) -> None:
    noise = io.BytesIO()
    Image.frombytes("RGB", (2048, 1024), random.Random(1).randbytes(2048 * 1024 * 3)).save(noise, "PNG")
    added = await galleries.add(*HERE, "ann", "Noise", noise.getvalue())
    assert 200_000 < added.path.stat().st_size <= MOST_BYTES


async def test_what_cannot_be_added_is_not_decoded(galleries: PlaceGalleries) -> None:
    await galleries.add(*HERE, "ann", "First", drawn("red"))
    with pytest.raises(NotForGallery):
        await galleries.add(*HERE, "ann", "first", b"no picture")
    with pytest.raises(NotForGallery):
        await galleries.add(*HERE, "ann", "", b"no picture")
    galleries.most = 0
    with pytest.raises(NotForGallery):
        await galleries.add(*HERE, "ann", "Second", b"no picture")


async def test_a_style_is_decoded_where_only_few_pictures_are_at_once(galleries: PlaceGalleries) -> None:
    async with intake._decoding, intake._decoding:
        adding = asyncio.create_task(galleries.add(*HERE, "ann", "First", drawn("red")))
        done, _ = await asyncio.wait({adding}, timeout=0.3)
        assert not done
    await adding


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"a": 1}',
        b'[{"id": "a"}]',
        b'[{"id": "a", "title": "A", "person": "1", "added": 1, "file": "../../secret.jpg"}]',
        b'[{"id": "../a", "title": "A", "person": "1", "added": 1, "file": "a.jpg"}]',
    ],
)
async def test_a_damaged_list_is_kept_and_the_bots_gallery_serves(
    galleries: PlaceGalleries, tmp_path: Path, gallery: Gallery, data: bytes
) -> None:
    path = tmp_path / "galleries" / "test_here" / "styles.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with capture_logs() as logs:
        for _ in range(3):
            assert await galleries.of(*HERE) == gallery
    assert len(logs) == 1, "it is looked at again for whatever is said there"
    assert str(path) in logs[0]["reason"]
    for work in (galleries.add(*HERE, "ann", "First", drawn("red")), galleries.remove(*HERE, "a")):
        with pytest.raises(NotForGallery, match="operator"):
            await work
    assert path.read_bytes() == data


async def test_a_folder_that_cannot_be_written(galleries: PlaceGalleries, tmp_path: Path) -> None:
    (tmp_path / "galleries").write_text("in the way")
    with pytest.raises(StorageTrouble):
        await galleries.add(*HERE, "ann", "First", drawn("red"))


async def test_what_cannot_be_swept_costs_no_picture(galleries: PlaceGalleries, tmp_path: Path) -> None:
    await galleries.add(*HERE, "ann", "First", drawn("red"))
    (tmp_path / "galleries" / "test_here" / "lost+found").mkdir()
    with pytest.raises(StorageTrouble):
        await galleries.add(*HERE, "ann", "Second", drawn("blue"))
    here = await galleries.of(*HERE)
    assert set(here.own) == {"first", "second"}
    assert all(style.read() for style in here.styles.values())


async def test_a_style_that_was_sent_before_an_erasure_is_not_added_after_it(
    tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    takings = Takings()
    galleries = PlaceGalleries(tmp_path / "galleries", gallery, 3, takings)
    convert = intake.convert_style

    async def erased_meanwhile(kept: Any, data: bytes) -> Any:
        takings.outdate("test", "ann")
        await galleries.forget("test", "ann")
        return await convert(kept, data)

    monkeypatch.setattr(intake, "convert_style", erased_meanwhile)
    with pytest.raises(Refusal, match="ask again"):
        await galleries.add(*HERE, "ann", "First", drawn("red"))
    assert (await galleries.of(*HERE)).own == {}


@pytest.mark.parametrize("names_her", [True, False])
async def test_a_damaged_list_that_names_a_person_is_not_forgotten_about(
    galleries: PlaceGalleries, tmp_path: Path, names_her: bool
) -> None:
    await galleries.add(*HERE, "ann" if names_her else "bob", "First", drawn("red"))
    await galleries.add("test", "there", "ann", "Second", drawn("red"))
    path = tmp_path / "galleries" / "test_here" / "styles.json"
    path.write_text(path.read_text() + "]")
    assert await galleries.of_person("test", "ann") == (0, 1 + names_her)
    if not names_her:
        await galleries.forget("test", "ann")
        return
    with pytest.raises(StorageTrouble) as trouble:
        await galleries.forget("test", "ann")
    assert str(path) in trouble.value.reason
    assert (await galleries.of("test", "there")).own == {"second": ""}
    path.write_text(path.read_text()[:-1])
    await galleries.forget("test", "ann")
    assert "ann" not in path.read_text()


async def test_many_styles_at_once(galleries: PlaceGalleries, tmp_path: Path) -> None:
    adding = [galleries.add(*HERE, "ann", colour, drawn(colour)) for colour in ("red", "green", "blue")]
    await asyncio.gather(*adding, galleries.of(*HERE), galleries.forget("test", "bob"))
    assert set((await galleries.of(*HERE)).own) == {"red", "green", "blue"}
    assert len(files_in(tmp_path)) == 4


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_list_never_names_a_picture_that_is_not_there(
    galleries: PlaceGalleries, tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    """The bot ends, or the disk is full, at each of the two writes."""
    if not is_first:
        await galleries.add(*HERE, "ann", "First", drawn("red"))
    for error in (Killed(), OSError(28, "No space left on device")):
        for last in (1, 2):
            writes = 0

            def failing(path: Path, data: bytes, last: int = last, error: BaseException = error) -> None:
                nonlocal writes
                writes += 1
                if writes == last:
                    raise error
                write(path, data)

            with monkeypatch.context() as disk:
                disk.setattr(own, "write", failing)
                with pytest.raises((Killed, StorageTrouble)):
                    await galleries.add(*HERE, "bob", "Second", drawn("blue"))
            again = PlaceGalleries(tmp_path / "galleries", gallery, 3)
            here = await again.of(*HERE)
            assert set(here.own) == (set() if is_first else {"first"})
            assert all(style.read() for style in here.styles.values())
    make_old(tmp_path)
    await galleries.sweep()
    assert not list((tmp_path / "galleries").rglob("*")) if is_first else len(files_in(tmp_path)) == 2


async def test_jobs_are_painted_with_the_styles_of_their_place(atelier: Atelier, photo: bytes) -> None:
    studio = atelier.studio
    added = await studio.galleries.add(*HERE, "ann", "Kitchen", drawn("red"))
    options = Options(steps=5000)
    job = await studio.submit(StylizeRequest("test", "here", "bob", "1", photo, ("kitchen",), options=options))
    assert job.style_title == "Kitchen"
    assert await studio._blobs.get(job.styles[0]) == added.read()
    with pytest.raises(UnknownStyle):
        await studio.submit(StylizeRequest("test", "there", "bob", "2", photo, ("kitchen",), options=options))
    await studio.cancel(job.id, "bob")


async def test_the_configuration_bounds_it(open_bot: OpenAtelier) -> None:
    assert Config().gallery.max_per_place == 50
    async with open_bot(gallery={"max_per_place": 0}) as atelier:
        with pytest.raises(NotForGallery, match="takes no styles"):
            await atelier.studio.galleries.add(*HERE, "ann", "Kitchen", drawn("red"))
