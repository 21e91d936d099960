"""The gateway: sessions that outlive their sockets, so that a dropped one can be resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

HELLO, IDENTIFY, HEARTBEAT, RESUME, ACK, INVALID = 10, 2, 1, 6, 11, 9


@dataclass
class Session:
    id: str
    shard: list[int]
    events: list[dict[str, Any]] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    transport: asyncio.Transport | None = None
    on_sent: dict[int, Callable[[], None]] = field(default_factory=dict)

    async def dispatch(self, name: str, data: Any, on_sent: Callable[[], None] | None = None) -> None:
        event = {"op": 0, "t": name, "d": data, "s": len(self.events) + 1}
        self.events.append(event)
        if on_sent is not None:
            self.on_sent[event["s"]] = on_sent
        await self._send(event)

    async def replay(self, after: int) -> None:
        for event in self.events[after:]:
            await self._send(event)

    async def _send(self, event: dict[str, Any]) -> None:
        if self.socket is None or self.socket.closed:
            return
        told = self.on_sent.pop(event["s"], None)
        if told is not None:
            told()
        await self.socket.send_json(event)


class Gateway:
    """Sessions by id; `identified` and `resumed` count what clients asked for."""

    def __init__(self, token: str, welcome: Callable[[], tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
        self._token = token
        self._welcome = welcome
        self.sessions: dict[str, Session] = {}
        self.identified = self.resumed = 0
        self.intents: int | None = None
        self.changed: Callable[[], None] = lambda: None

    @property
    def connected(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.socket is not None]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": 41_250}})
        session: Session | None = None
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    session = await self._hear(socket, message.json(), session)
                    if session is not None:
                        session.transport = request.transport
        finally:
            if session is not None and session.socket is socket:
                session.socket = None
            self.changed()
        return socket

    async def _hear(
        self, socket: web.WebSocketResponse, message: dict[str, Any], session: Session | None
    ) -> Session | None:
        match message["op"]:
            case 1:
                await socket.send_json({"op": ACK})
            case 2 | 6 if message["d"]["token"] != self._token:
                await socket.close(code=4004)
            case 2:
                session = await self._identify(socket, message["d"])
            case 6:
                session = self.sessions.get(message["d"]["session_id"])
                if session is None:
                    await socket.send_json({"op": INVALID, "d": False})
                else:
                    session.socket = socket
                    self.resumed += 1
                    await session.replay(message["d"]["seq"])
                    await session.dispatch("RESUMED", {})
        self.changed()
        return session

    async def _identify(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> Session:
        self.identified += 1
        self.intents = data["intents"]
        session = Session(f"session{self.identified}", data["shard"], socket=socket)
        self.sessions = {session.id: session}
        ready, guilds = self._welcome()
        ready |= {"session_id": session.id, "shard": session.shard}
        await session.dispatch("READY", ready)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild)
        return session

    async def dispatch(self, name: str, data: Any, on_sent: Callable[[], None] | None = None) -> None:
        """Send an event to the latest session, now or when it is resumed."""
        session = list(self.sessions.values())[-1]
        await session.dispatch(name, data, on_sent)

    def revoke_token(self) -> None:
        """Refuse the token from now on."""
        self._token = ""

    def drop(self) -> None:
        """Cut every socket in the middle, without a closing handshake."""
        for session in self.connected:
            session.socket = None
            if session.transport is not None:
                session.transport.abort()

    async def close(self) -> None:
        for session in self.connected:
            if session.socket is not None:
                await session.socket.close(code=1001)
