"""Albums: Telegram sends their pictures as separate messages, which are gathered here until no more come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Message

from adapters.telegram.pace import Stopping


@dataclass(slots=True)
class _Album:
    """The parts that are there, by their ids; `is_over`: who brought the first has dealt with them all."""

    parts: dict[int, Message]
    arrival: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    is_cut_short: bool = False


class AlbumCollector:
    """Gathers the messages of albums for about a second each."""

    def __init__(self, quiet_seconds: float) -> None:
        self._quiet = quiet_seconds
        self._albums: dict[tuple[int, str], _Album] = {}
        self._is_closed = False

    def open(self) -> None:
        """Gather albums."""
        self._is_closed = False

    def close(self) -> None:
        """Gather no more: who waits for the parts of an album gets `Stopping`, so that it stays whole for later."""
        self._is_closed = True
        for album in self._albums.values():
            album.arrival.set()

    @asynccontextmanager
    async def collected(self, message: Message) -> AsyncIterator[list[Message] | None]:
        """The whole album in its order, for the caller that brought its first message; None for all others.

        The first caller gets it once nothing came for the quiet time, the others go on when the first is through: so
        no part counts as dealt with before the album does. The same message twice counts once. Raises `Stopping` to all
        of them when the bot stops before.
        """
        key = (message.chat.id, message.media_group_id or "")
        if (before := self._albums.get(key)) is not None:
            before.parts[message.message_id] = message
            before.arrival.set()
            await before.is_over.wait()
            if before.is_cut_short:
                raise Stopping
            yield None
            return
        album = _Album({message.message_id: message})
        try:
            await self._gather(key, album)
            yield [album.parts[number] for number in sorted(album.parts)]
        except Stopping:
            album.is_cut_short = True
            raise
        finally:
            album.is_over.set()

    async def _gather(self, key: tuple[int, str], album: _Album) -> None:
        self._albums[key] = album
        try:
            while not self._is_closed and await self._something_came(album):
                pass
        finally:
            del self._albums[key]
        if self._is_closed:
            raise Stopping

    async def _something_came(self, album: _Album) -> bool:
        """Whether a part came within the quiet time."""
        album.arrival.clear()
        try:
            async with asyncio.timeout(self._quiet):
                return await album.arrival.wait()
        except TimeoutError:
            return False
