"""Pictures by reference, in a folder or an object store, through one interface."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from bot.complaints import Complaints
from bot.errors import SetupError, StorageTrouble
from bot.queue.trouble import storage_trouble

INPUTS: Final = "sha256"
"""Where the pictures lie that jobs are painted from."""
DRAFT: Final = "."
"""How the names of files begin that are not written to their end yet."""

TRIES: Final = 3
"""How often a request to an object store is tried."""
TIMEOUT: Final = timedelta(seconds=30)


class BlobError(StorageTrouble, OSError):
    """The store did not do what it was asked: a full disk, a bucket out of reach."""


class Blobs:
    """A store of bytes under keys. What `put` and `put_new` return from is on disk, synced.

    `inputs` is held from the storing of a job's pictures to its acceptance, and while pictures that no job needs are
    deleted. Every method but `open` and `probe` raises `BlobError`. `owner` keeps the pictures of one front-end apart
    from those of others in the same store, who delete what they themselves need no more; `is_shared` tells whether
    there may be others.
    """

    def __init__(self, store: ObjectStore, folder: Path | None, place: str, owner: str = "") -> None:
        self.inputs = asyncio.Lock()
        self.is_shared = bool(owner)
        self.own_inputs = f"{INPUTS}/{owner}" if owner else INPUTS
        self._store = store
        self._folder = folder
        self._place = place
        self._complaints = Complaints()

    @classmethod
    def open(cls, location: str, default: Path, s3_endpoint: str = "", *, owner: str = "") -> Blobs:
        """The store at `location` (a folder or an URL such as s3://bucket/prefix), or in the folder `default`.

        `s3_endpoint` is the address of a store that is not Amazon's. Only at a `location` others may keep theirs too.
        Raises `SetupError` when it cannot be used.
        """
        place = location or str(default)
        try:
            if "://" in location:
                return cls(from_url(location, **_options(location, s3_endpoint)), None, place, owner)
            folder = Path(place).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            # A file without content needs rights, but no room: a bot with a full disk can still answer.
            draft = _draft_in(folder)
            draft.touch()
            draft.unlink()
            return cls(LocalStore(folder), folder, place, owner if location else "")
        except OSError as error:
            raise SetupError(f"The blob store: {storage_trouble(place, error)}") from error
        except (ValueError, BaseError) as error:
            raise SetupError(f"The blob store {place} cannot be used: {error}.") from error

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
                f"{error.reason} See to storage.blobs, storage.s3_endpoint and AWS_ACCESS_KEY_ID."
            ) from error
        if is_still_free or not is_free:
            raise SetupError(
                "The blob store gives one name twice (it ignores If-None-Match); use a store with conditional writes."
            )

    async def put(self, data: bytes) -> str:
        """Store bytes under their sha256 and return the key; the same bytes are stored once."""
        digest = await asyncio.to_thread(digest_of, data)
        key = f"{self.own_inputs}/{digest}"
        if not await self.put_new(key, data) and self._folder is not None:
            with self._as_blob_errors():
                await asyncio.to_thread(_mend, self._folder, key, data)
        return key

    async def put_new(self, key: str, data: bytes) -> bool:
        """Store bytes under a key that must be new; False, and nothing changed, when it is taken."""
        with self._as_blob_errors():
            if self._folder is not None:
                return await asyncio.to_thread(_write_synced, self._folder, key, data)
            try:
                await obstore.put_async(self._store, key, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    async def replace(self, key: str, data: bytes) -> None:
        """Store bytes that may be lost, such as a preview, under a key that may be taken."""
        with self._as_blob_errors():
            if self._folder is not None:
                await asyncio.to_thread(_overwrite, self._folder, key, data)
            else:
                await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None when there are none."""
        with self._as_blob_errors():
            try:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def delete(self, key: str) -> None:
        """Remove a key, whether it is there or not."""
        with self._as_blob_errors():
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                return

    async def delete_below(self, folder: str) -> None:
        """Remove all keys that begin with `folder` and a slash."""
        with self._as_blob_errors():
            found = await obstore.list(self._store, prefix=folder).collect_async()
        for each in found:
            await self.delete(each["path"])

    async def older(self, prefix: str, hours: float) -> list[str]:
        """The keys below a prefix that were written longer ago than so many hours, drafts among them."""
        before = time.time() - 3600 * hours
        with self._as_blob_errors():
            chunks = [chunk async for chunk in obstore.list(self._store, prefix)]
        return [meta["path"] for chunk in chunks for meta in chunk if meta["last_modified"].timestamp() < before]

    @contextmanager
    def _as_blob_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, BaseError) as error:
            reason = f"The blob store: {storage_trouble(self._place, error)}"
            self._complaints.tell(reason)
            raise BlobError(reason) from error


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


def digest_of(data: bytes) -> str:
    """The sha256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_intact(key: str, data: bytes) -> bool:
    """Whether an input's bytes are those that were stored under its key."""
    return key.rpartition("/")[2] == digest_of(data)


def _draft_in(folder: Path) -> Path:
    return folder / f"{DRAFT}{secrets.token_hex(8)}"


def _write_synced(root: Path, key: str, data: bytes) -> bool:
    """Write a file that is there whole or not at all, also after a power cut; False when its name is taken.

    The store's own writer syncs nothing: a name could survive a power cut without its content.
    """
    final = root / key
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft_in(final.parent)
    try:
        _write_draft(draft, data)
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


def _mend(root: Path, key: str, data: bytes) -> None:
    """Write a file anew whose content is not what it should be: its next job must not fail, too."""
    final = root / key
    if final.stat().st_size == len(data) and final.read_bytes() == data:
        return
    draft = _draft_in(final.parent)
    try:
        _write_draft(draft, data)
        draft.replace(final)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(final.parent)


def _overwrite(root: Path, key: str, data: bytes) -> None:
    """Write a file whole or not at all, which a power cut may take back."""
    final = root / key
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft_in(final.parent)
    try:
        draft.write_bytes(data)
        draft.replace(final)
    finally:
        draft.unlink(missing_ok=True)


def _write_draft(draft: Path, data: bytes) -> None:
    with draft.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
