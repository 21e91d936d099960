"""A platform that is out of reach for a while, though its address stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Outage:
    """Cuts the connections of a stand-in, those that are open and those that come, inside `async with outage.lasts()`.

    `cut` counts them.
    """

    def __init__(self) -> None:
        self.cut = 0
        self._is_on = False
        self._open: set[asyncio.BaseTransport] = set()

    @asynccontextmanager
    async def lasts(self) -> AsyncIterator[None]:
        self._is_on = True
        for transport in list(self._open):
            self._abort(transport)
        yield
        self._is_on = False

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        if transport is None or self._is_on:
            self._abort(transport)
            return web.Response(status=503)
        self._open.add(transport)
        try:
            return await handler(request)
        finally:
            self._open.discard(transport)

    def _abort(self, transport: asyncio.BaseTransport | None) -> None:
        self.cut += 1
        if isinstance(transport, asyncio.Transport):
            transport.abort()
