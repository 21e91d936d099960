"""Albums: Telegram sends their pictures as separate messages, which are gathered here until no more come."""

from __future__ import annotations

import asyncio

from telegram import Message


class AlbumCollector:
    """Gathers the messages of albums for about a second each."""

    def __init__(self, quiet_seconds: float) -> None:
        self._quiet = quiet_seconds
        self._albums: dict[tuple[int, str], dict[int, Message]] = {}
        self._arrivals: dict[tuple[int, str], asyncio.Event] = {}

    async def collect(self, message: Message) -> list[Message] | None:
        """The whole album in its order, to the caller that brought its first message; None to all others.

        Returns to the first caller once nothing came for the quiet time. The same message twice counts once.
        """
        key = (message.chat.id, message.media_group_id or "")
        if key in self._albums:
            self._albums[key][message.message_id] = message
            self._arrivals[key].set()
            return None
        self._albums[key] = {message.message_id: message}
        arrival = self._arrivals[key] = asyncio.Event()
        try:
            await self._until_quiet(arrival)
        finally:
            del self._arrivals[key]
            album = self._albums.pop(key)
        return [album[number] for number in sorted(album)]

    async def _until_quiet(self, arrival: asyncio.Event) -> None:
        while True:
            try:
                async with asyncio.timeout(self._quiet):
                    await arrival.wait()
            except TimeoutError:
                return
            arrival.clear()
