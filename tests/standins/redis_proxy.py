"""A line to Redis that can be cut, slowed, or made to swallow everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlparse


class RedisProxy:
    """Forwards to the Redis at `url` on a loopback port of its own.

    `delay` is in seconds for each piece of data.
    """

    def __init__(self, url: str) -> None:
        target = urlparse(url)
        self._target = (target.hostname, target.port)
        self._streams: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.delay = 0.0
        self._open = asyncio.Event()
        self._open.set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut every line and let nobody in."""
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """End the lines that there are."""
        for stream in self._streams:
            stream.transport.abort()

    async def close(self) -> None:
        """Let everybody in, and nothing through."""
        self._open.clear()

    async def reopen(self) -> None:
        """Let through what waits and what comes."""
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        try:
            there, back = await asyncio.open_connection(*self._target)
            ends.add(back)
            self._streams |= ends
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._streams -= ends
            for stream in ends:
                stream.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._open.wait()
            sink.write(data)
            await sink.drain()
        sink.transport.abort()


@asynccontextmanager
async def redis_proxy(url: str) -> AsyncIterator[RedisProxy]:
    proxy = RedisProxy(url)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.reopen()
        await proxy.stop()
