"""Pictures by reference, in a folder or an object store, through one interface."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

from bot.errors import SetupError


class Blobs:
    """A store of bytes under keys. What `put` and `put_new` return from is on disk, synced."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, location: str, default: Path) -> Blobs:
        """The store at `location` (a folder or an URL such as s3://bucket/prefix), or in the folder `default`.

        Raises `SetupError` when it cannot be used.
        """
        try:
            if "://" in location:
                return cls(from_url(location), None)
            folder = Path(location) if location else default
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(folder.resolve()), folder.resolve())
        except (OSError, ValueError, obstore.exceptions.BaseError) as error:
            raise SetupError(f"The blob store {location or default} cannot be used: {error}.") from error

    async def put(self, data: bytes) -> str:
        """Store bytes under their sha256 and return the key; the same bytes are stored once."""
        key = f"sha256/{hashlib.sha256(data).hexdigest()}"
        await self.put_new(key, data)
        return key

    async def put_new(self, key: str, data: bytes) -> bool:
        """Store bytes under a key that must be new; False, and nothing changed, when it is taken."""
        try:
            await obstore.put_async(self._store, key, data, mode="create")
        except AlreadyExistsError:
            return False
        await self._sync(key)
        return True

    async def replace(self, key: str, data: bytes) -> None:
        """Store bytes that may be lost, such as a preview, under a key that may be taken."""
        await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None when there are none."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def delete(self, key: str) -> None:
        """Remove a key, whether it is there or not."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def _sync(self, key: str) -> None:
        if self._folder is not None:
            await asyncio.to_thread(_sync_file, self._folder / key, self._folder)


def _sync_file(path: Path, root: Path) -> None:
    """Sync a file and the folders that lead to it, so that it is there after a power cut."""
    for place in [path, *[parent for parent in path.parents if parent == root or root in parent.parents]]:
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
