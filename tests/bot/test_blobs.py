"""One contract for the store of pictures, in a folder and in an S3 store."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import SetupError
from bot.queue.blobs import BlobError, Blobs
from tests.standins.redis_server import free_port
from tests.standins.s3_server import BUCKET, CREDENTIALS, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address, pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield address


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return Blobs.open("", tmp_path)
    address = request.getfixturevalue("s3")
    return Blobs.open(f"s3://{BUCKET}/{request.node.name}", tmp_path, address)


async def test_what_is_put_comes_back(blobs: Blobs) -> None:
    await blobs.probe()
    data = bytes(range(256)) * 1000
    key = await blobs.put(data)
    assert key == f"sha256/{hashlib.sha256(data).hexdigest()}" == await blobs.put(data)
    assert await blobs.get(key) == data
    assert await blobs.get("result/none") is None


async def test_a_key_is_given_once(blobs: Blobs) -> None:
    assert await blobs.put_new("result/a/outcome", b"first") is True
    assert await blobs.put_new("result/a/outcome", b"second") is False
    assert await blobs.get("result/a/outcome") == b"first"


async def test_of_many_at_once_one_is_first(blobs: Blobs) -> None:
    tries = await asyncio.gather(*(blobs.put_new("result/b/outcome", b"%d" % number) for number in range(8)))
    assert sum(tries) == 1
    assert await blobs.get("result/b/outcome") == b"%d" % tries.index(True)


async def test_a_preview_is_replaced(blobs: Blobs) -> None:
    for data in (b"first", b"second"):
        await blobs.replace("preview/a", data)
        assert await blobs.get("preview/a") == data


async def test_a_key_is_deleted_and_then_free(blobs: Blobs) -> None:
    await blobs.put_new("result/c/take-1", b"taken")
    for _ in range(2):
        await blobs.delete("result/c/take-1")
    assert await blobs.get("result/c/take-1") is None
    assert await blobs.put_new("result/c/take-1", b"taken")


async def test_all_below_a_folder_is_deleted_and_nothing_else(blobs: Blobs) -> None:
    for key in ("result/d/outcome", "result/d/1-picture", "result/dd/outcome"):
        await blobs.put_new(key, b"data")
    await blobs.delete_below("result/d")
    await blobs.delete_below("result/none")
    found = [await blobs.get(key) for key in ("result/d/outcome", "result/d/1-picture", "result/dd/outcome")]
    assert found == [None, None, b"data"]


async def test_a_store_that_is_not_there_is_told(s3: str, tmp_path: Path) -> None:
    for location, endpoint in ((f"s3://{BUCKET}", f"http://127.0.0.1:{free_port()}"), ("s3://no-such-bucket", s3)):
        blobs = Blobs.open(location, tmp_path, endpoint)
        with pytest.raises(BlobError):
            await blobs.put_new("a", b"data")
        with pytest.raises(SetupError, match=r"^The blob store: s3://.* See to storage.blobs, .*ID.$"):
            await blobs.probe()


async def test_a_store_that_gives_a_name_twice_is_refused(s3: str, tmp_path: Path) -> None:
    class Forgetful(Blobs):
        async def put_new(self, key: str, data: bytes) -> bool:
            await self.replace(key, data)
            return True

    blobs = Forgetful.open(f"s3://{BUCKET}/forgetful", tmp_path, s3)
    with pytest.raises(SetupError, match="gives one name twice"):
        await blobs.probe()
