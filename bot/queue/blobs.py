"""Pictures by reference, in a folder or an object store, through one interface."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from bot.errors import SetupError

TRIES: Final = 3
"""How often a request to an object store is tried."""
TIMEOUT: Final = timedelta(seconds=30)


class BlobError(OSError):
    """The store did not do what it was asked: a full disk, a bucket out of reach."""


class Blobs:
    """A store of bytes under keys. What `put` and `put_new` return from is on disk, synced.

    `inputs` is held from the storing of a job's pictures to its acceptance, and while pictures that no job needs are
    deleted. Every method but `open` and `probe` raises `BlobError`.
    """

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        self.inputs = asyncio.Lock()
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, location: str, default: Path, s3_endpoint: str = "") -> Blobs:
        """The store at `location` (a folder or an URL such as s3://bucket/prefix), or in the folder `default`.

        `s3_endpoint` is the address of a store that is not Amazon's. Raises `SetupError` when it cannot be used.
        """
        try:
            if "://" in location:
                return cls(from_url(location, **_options(location, s3_endpoint)), None)
            folder = (Path(location) if location else default).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(folder), folder)
        except (OSError, ValueError, BaseError) as error:
            raise SetupError(f"The blob store {location or default} cannot be used: {error}.") from error

    async def probe(self) -> None:
        """Try an object store: results are safe only where a name is given once. Raises `SetupError`."""
        if self._folder is not None:
            return
        name = f"probe/{secrets.token_hex(8)}"
        try:
            is_free, is_still_free = await self.put_new(name, b"1"), await self.put_new(name, b"2")
            await self.delete(name)
        except BlobError as error:
            raise SetupError(
                f"The blob store cannot be used ({error}); check storage.blobs, storage.s3_endpoint and AWS_ACCESS_KEY_ID."
            ) from error
        if is_still_free or not is_free:
            raise SetupError(
                "The blob store gives one name twice (it ignores If-None-Match); use a store with conditional writes."
            )

    async def put(self, data: bytes) -> str:
        """Store bytes under their sha256 and return the key; the same bytes are stored once."""
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        key = f"sha256/{digest}"
        await self.put_new(key, data)
        return key

    async def put_new(self, key: str, data: bytes) -> bool:
        """Store bytes under a key that must be new; False, and nothing changed, when it is taken."""
        if self._folder is not None:
            return await asyncio.to_thread(_write_synced, self._folder, key, data)
        with _as_blob_errors():
            try:
                await obstore.put_async(self._store, key, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    async def replace(self, key: str, data: bytes) -> None:
        """Store bytes that may be lost, such as a preview, under a key that may be taken."""
        with _as_blob_errors():
            await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None when there are none."""
        with _as_blob_errors():
            try:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def delete(self, key: str) -> None:
        """Remove a key, whether it is there or not."""
        with _as_blob_errors():
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                return

    async def delete_below(self, folder: str) -> None:
        """Remove all keys that begin with `folder` and a slash."""
        with _as_blob_errors():
            found = await obstore.list(self._store, prefix=folder).collect_async()
        for each in found:
            await self.delete(each["path"])


def _options(location: str, s3_endpoint: str) -> Mapping[str, Any]:
    """How an object store is talked to: no request may hang for minutes, and an own one may be without TLS."""
    if location.startswith(("file:", "memory:")):
        return {}
    options: dict[str, Any] = {}
    client: dict[str, Any] = {"timeout": TIMEOUT}
    if location.startswith("s3") and s3_endpoint:
        options["endpoint"] = s3_endpoint
        client["allow_http"] = s3_endpoint.startswith("http://")
    return {**options, "client_options": client, "retry_config": {"max_retries": TRIES, "retry_timeout": 2 * TIMEOUT}}


@contextmanager
def _as_blob_errors() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        reason, _, _ = str(error).partition("\n")  # what follows is a library's insides
        raise BlobError(reason) from error


def _write_synced(root: Path, key: str, data: bytes) -> bool:
    """Write a file that is there whole or not at all, also after a power cut; False when its name is taken.

    The store's own writer syncs nothing: a name could survive a power cut without its content.
    """
    final = root / key
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_name(f".{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, final)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    for folder in final.parents:
        _sync_folder(folder)
        if folder == root:
            break
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
