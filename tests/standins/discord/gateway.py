"""The gateway: sessions that outlive their sockets, so that a dropped one can be resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 1, 2, 6, 7, 9, 10, 11


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

    async def order(self, code: int, data: Any = None) -> None:
        """Tell what is no event, and is told to who is connected or to nobody."""
        if self.socket is not None and not self.socket.closed:
            await self.socket.send_json({"op": code, "d": data})

    def drop(self) -> None:
        """Cut the socket in the middle, without a closing handshake."""
        self.socket = None
        if self.transport is not None:
            self.transport.abort()

    async def _send(self, event: dict[str, Any]) -> None:
        if self.socket is None or self.socket.closed:
            return
        told = self.on_sent.pop(event["s"], None)
        if told is not None:
            told()
        await self.socket.send_json(event)


class Gateway:
    """Sessions by id, one for each shard; `identified` and `resumed` count what clients asked for.

    `strayed` counts connections at the address that `/gateway/bot` names, which is none of the proxy's.
    """

    def __init__(self, token: str, welcome: Callable[[int], tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
        self._token = token
        self._welcome = welcome
        self.shards = 1
        self.sessions: dict[str, Session] = {}
        self.identified = self.resumed = self.strayed = 0
        self.intents: int | None = None
        self.changed: Callable[[], None] = lambda: None
        self.door = asyncio.Event()
        """While it is not set, who connects waits for the first word."""
        self.door.set()

    @property
    def connected(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.socket is not None]

    def shard_of(self, guild_id: int | None) -> int:
        """The shard that hears of a server, or of what is in none."""
        return 0 if guild_id is None else (guild_id >> 22) % self.shards

    async def stray(self, _request: web.Request) -> web.Response:
        """Turn away who comes to the wrong address."""
        self.strayed += 1
        self.changed()
        return web.Response(status=404)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self.door.wait()
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
            case 2 if message["d"]["shard"] not in [[number, self.shards] for number in range(self.shards)]:
                await socket.close(code=4010)
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
        others = {key: other for key, other in self.sessions.items() if other.shard[0] != session.shard[0]}
        self.sessions = {**others, session.id: session}
        ready, guilds = self._welcome(session.shard[0])
        ready |= {"session_id": session.id, "shard": session.shard}
        await session.dispatch("READY", ready)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild)
        return session

    async def dispatch(self, name: str, data: Any, on_sent: Callable[[], None] | None = None) -> None:
        """Send an event to the session of its shard, now or when it is resumed."""
        guild_id = data.get("guild_id") or (data["id"] if name.startswith("GUILD_") else None)
        await self.session(self.shard_of(None if guild_id is None else int(guild_id))).dispatch(name, data, on_sent)

    def session(self, shard: int = 0) -> Session:
        """The latest session of a shard."""
        return next(session for session in self.sessions.values() if session.shard[0] == shard)

    def revoke_token(self) -> None:
        """Refuse the token from now on."""
        self._token = ""

    def drop(self) -> None:
        """Cut every socket in the middle, without a closing handshake."""
        for session in self.connected:
            session.drop()

    async def ask_to_reconnect(self) -> None:
        """Ask every client to connect again and to resume, as Discord does before it restarts a server of its own."""
        for session in self.connected:
            await session.order(RECONNECT)

    async def invalidate(self, *, is_resumable: bool = False) -> None:
        """Call every session invalid; what cannot be resumed is forgotten."""
        sessions = self.connected
        if not is_resumable:
            self.sessions = {}
        for session in sessions:
            await session.order(INVALID, is_resumable)

    async def close(self) -> None:
        for session in self.connected:
            if session.socket is not None:
                await session.socket.close(code=1001)
