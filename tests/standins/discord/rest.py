"""The REST interface: routes, who may call them, and what they do."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.standins.discord import rules
from tests.standins.discord.world import (
    ATTACH_FILES,
    EMBED_LINKS,
    EPHEMERAL,
    LOADING,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    ApiError,
    Invocation,
    Message,
    Place,
    StoredFile,
)

if TYPE_CHECKING:
    from tests.standins.discord.platform import DiscordStandIn

ACKNOWLEDGE_WITHIN = 3.0
TOKEN_LIFE = 15 * 60.0
FOLLOW_UPS = 5
"""Messages that may follow an interaction where only the person has installed the bot."""


class Rest:
    """All routes under /api/v10."""

    def __init__(self, platform: DiscordStandIn) -> None:
        self._platform = platform
        self._waits: dict[tuple[str, str], float] = {}
        """When what was asked too often may be asked again."""

    def add_to(self, app: web.Application) -> None:
        base = "/api/v10"
        for method, path, handler in (
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway/bot", self._gateway),
            ("GET", "/applications/{app}/commands", self._known_commands),
            ("GET", "/applications/{app}/guilds/{guild}/commands", self._known_commands),
            ("PUT", "/applications/{app}/commands", self._commands),
            ("PUT", "/applications/{app}/guilds/{guild}/commands", self._commands),
            ("POST", "/interactions/{id}/{token}/callback", self._callback),
            ("POST", "/webhooks/{app}/{token}", self._follow_up),
            ("GET", "/webhooks/{app}/{token}/messages/{message}", self._token_get),
            ("PATCH", "/webhooks/{app}/{token}/messages/{message}", self._token_edit),
            ("DELETE", "/webhooks/{app}/{token}/messages/{message}", self._token_delete),
            ("GET", "/channels/{channel}/messages", self._channel_history),
            ("POST", "/channels/{channel}/messages", self._channel_send),
            ("PATCH", "/channels/{channel}/messages/{message}", self._channel_edit),
            ("DELETE", "/channels/{channel}/messages/{message}", self._channel_delete),
        ):
            app.router.add_route(method, base + path, self._guarded(handler))

    def _guarded(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.Response:
            platform = self._platform
            path = request.path.removeprefix("/api/v10")
            headers = {}
            try:
                platform.requests.append((request.method, path))
                if time.monotonic() < self._waits.get((request.method, path), 0.0):
                    platform.hasty_requests.append((request.method, path))
                platform.check_trouble(request.method, path)
                if not path.startswith(("/webhooks/", "/interactions/")):
                    self._authenticate(request)
                status, body = await handler(request)
            except ApiError as error:
                status, body = error.status, {"code": error.code, "message": error.message}
                if error.retry_after is not None:
                    self._waits[request.method, path] = time.monotonic() + error.retry_after
                    body |= {"retry_after": error.retry_after, "global": False}
                    headers = {"Retry-After": str(error.retry_after), "Via": "1.1 loopback"}
                if status in (401, 403, 429):
                    platform.invalid_requests.append((status, request.method, path))
                if 400 <= status < 500:
                    platform.refused_requests.append((status, request.method, path))
            platform.changed()
            if status < 300 and platform.is_lost(request.method, path):
                status, body = 502, {"code": 0, "message": "502: Bad Gateway"}
            if status < 300 and request.transport is not None and platform.is_cut(request.method, path):
                request.transport.abort()
            if body is None:
                return web.Response(status=status)
            data = json.dumps(body).encode()
            return web.Response(status=status, body=data, headers=headers, content_type="application/json")

        return guarded

    def _authenticate(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._platform.token}":
            raise ApiError(401, 0, "401: Unauthorized")

    async def _me(self, _request: web.Request) -> tuple[int, Any]:
        return 200, self._platform.bot

    async def _application(self, _request: web.Request) -> tuple[int, Any]:
        return 200, {
            "id": str(self._platform.application_id), "name": "atelier", "description": "", "icon": None,
            "bot_public": True, "bot_require_code_grant": False, "owner": self._platform.bot, "team": None,
            "verify_key": "", "flags": 0,
        }  # fmt: skip

    async def _gateway(self, _request: web.Request) -> tuple[int, Any]:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        shards = self._platform.gateway.shards
        return 200, {"url": self._platform.announced_gateway, "shards": shards, "session_start_limit": limit}

    async def _commands(self, request: web.Request) -> tuple[int, Any]:
        commands = await request.json()
        for command in commands:
            rules.check_command(command)
        guild = request.match_info.get("guild")
        self._platform.commands[None if guild is None else int(guild)] = [self._registered(each) for each in commands]
        return await self._known_commands(request)

    async def _known_commands(self, request: web.Request) -> tuple[int, Any]:
        guild = request.match_info.get("guild")
        return 200, self._platform.commands.get(None if guild is None else int(guild), [])

    def _registered(self, command: dict[str, Any]) -> dict[str, Any]:
        """A command as Discord gives it back: with what it adds by itself, and without what says nothing."""
        facts = {"id": str(self._platform.clock.snowflake()), "application_id": str(self._platform.application_id),
                 "version": "1", "default_member_permissions": None, "dm_permission": True, "nsfw": False,
                 "contexts": None, "integration_types": [0], "description": ""}  # fmt: skip
        if command.get("contexts") is not None:
            facts["dm_permission"] = 1 in command["contexts"]
        if command.get("default_member_permissions") is not None:
            facts["default_member_permissions"] = str(command["default_member_permissions"])
        ours = ("dm_permission", "default_member_permissions")
        return facts | {name: value for name, value in _without_defaults(command).items() if name not in ours}

    async def _callback(self, request: web.Request) -> tuple[int, Any]:
        payload, files = await self._read(request)
        invocation = self._platform.invocations.get(request.match_info["token"])
        if invocation is None or invocation.dispatched is None:
            raise ApiError(404, 10062, "Unknown interaction")
        if invocation.acknowledgement is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged")
        taken = time.monotonic() - invocation.dispatched
        if taken > ACKNOWLEDGE_WITHIN:
            raise ApiError(404, 10062, "Unknown interaction")
        kind, data = payload["type"], payload.get("data") or {}
        if kind == 8:
            rules.check_choices(data["choices"])
            invocation.choices = data["choices"]
        if kind == 9:
            if invocation.type not in (2, 3):
                raise ApiError(400, 50035, "Invalid Form Body: no modal here")
            rules.check_modal(data)
            invocation.modal = data
        if kind in (6, 7) and invocation.source is None:
            raise ApiError(400, 50035, "Invalid Form Body: no message to update")
        if kind in (4, 5):
            flags = data.get("flags", 0) & EPHEMERAL | (LOADING if kind == 5 else 0)
            message = self._platform.new_message(invocation.place, flags)
            if kind == 4:
                self._check(data, files, invocation.place.token_file_limit)
                rules.apply(message, data, files)
            message.invoker = invocation.person
            invocation.original = message
        if kind in (6, 7):
            invocation.original = invocation.source
        if kind == 7 and invocation.source is not None:
            self._check(data, files, invocation.place.token_file_limit)
            rules.apply(invocation.source, data, files)
        invocation.acknowledgement, invocation.acknowledged_after = kind, taken
        return 200, self._acknowledged(invocation)

    def _acknowledged(self, invocation: Invocation) -> dict[str, Any]:
        about: dict[str, Any] = {"id": str(invocation.id), "type": invocation.type}
        body: dict[str, Any] = {"interaction": about}
        message = invocation.original
        if message is not None and invocation.acknowledgement in (4, 5):
            about |= {"response_message_id": str(message.id), "response_message_loading": message.is_thinking,
                      "response_message_ephemeral": message.is_ephemeral}  # fmt: skip
            body["resource"] = {"type": invocation.acknowledgement, "message": self._json(message)}
        return body

    async def _follow_up(self, request: web.Request) -> tuple[int, Any]:
        invocation = self._by_token(request)
        payload, files = await self._read(request)
        self._check(payload, files, invocation.place.token_file_limit)
        message = invocation.original
        if len(invocation.followups) >= FOLLOW_UPS and not invocation.place.bot_is_member:
            raise ApiError(400, 40094, "This interaction has hit the maximum number of follow up messages")
        if message is None or not message.is_thinking:
            message = self._platform.new_message(invocation.place, payload.get("flags", 0) & EPHEMERAL)
            message.invoker = invocation.person
            invocation.followups.append(message)
        message.flags &= ~LOADING
        rules.apply(message, payload, files)
        return 200, self._json(message)

    async def _token_get(self, request: web.Request) -> tuple[int, Any]:
        return 200, self._json(self._token_message(request)[1])

    async def _token_edit(self, request: web.Request) -> tuple[int, Any]:
        invocation, message = self._token_message(request)
        return await self._edit(request, message, invocation.place.token_file_limit)

    async def _token_delete(self, request: web.Request) -> tuple[int, Any]:
        invocation, message = self._token_message(request)
        self._platform.messages.pop(message.id)
        if message is invocation.original:
            invocation.original = None
        return 204, None

    async def _channel_history(self, request: web.Request) -> tuple[int, Any]:
        place = self._place(request)
        if place.guild_id is not None and not place.app_permissions & READ_HISTORY:
            raise ApiError(403, 50013, "Missing Permissions")
        before = int(request.query.get("before", 1 << 63))
        found = [m for m in self._platform.visible(place)[::-1] if m.id < before][: int(request.query["limit"])]
        url = self._platform.cdn_url + "attachments/"
        return 200, [message.as_json(url, is_seen=self._platform.may_see(message)) for message in found]

    async def _channel_send(self, request: web.Request) -> tuple[int, Any]:
        place = self._place(request)
        payload, files = await self._read(request)
        nonce = payload.get("nonce")
        if nonce is not None and len(nonce) > 25:
            raise ApiError(400, 50035, "Invalid Form Body: nonce")
        if nonce is not None and payload.get("enforce_nonce"):
            for message in self._platform.messages.values():
                if message.nonce == nonce and message.place is place:
                    return 200, self._json(message)
        self._check(payload, files, place.channel_file_limit)
        needed = VIEW_CHANNEL | (SEND_MESSAGES if place.parent is None else SEND_IN_THREADS)
        if place.guild_id is not None and needed & ~place.app_permissions:
            raise ApiError(403, 50013, "Missing Permissions")
        if place.is_locked:
            raise ApiError(400, 50083, "Thread is archived")
        wait = place.written_at + place.slow_mode - time.monotonic()
        if wait > 0:
            raise ApiError(429, 20016, "This action cannot be performed due to slowmode rate limit", retry_after=wait)
        place.written_at = time.monotonic()
        self._check_holding(place, payload, files)
        message = self._platform.new_message(place, 0)
        message.nonce = nonce
        message.reply_to = self._replied_to(payload)
        place.is_archived = False
        rules.apply(message, payload, files)
        return 200, self._json(message)

    async def _channel_edit(self, request: web.Request) -> tuple[int, Any]:
        place = self._place(request)
        message = self._platform.messages.get(int(request.match_info["message"]))
        if message is None or message.place is not place or message.is_ephemeral:
            raise ApiError(404, 10008, "Unknown Message")
        if place.is_archived:
            raise ApiError(400, 50083, "Thread is archived")
        return await self._edit(request, message, place.channel_file_limit, place)

    async def _channel_delete(self, request: web.Request) -> tuple[int, Any]:
        place = self._place(request)
        message = self._platform.messages.get(int(request.match_info["message"]))
        if message is None or message.place is not place:
            raise ApiError(404, 10008, "Unknown Message")
        if message.author is not self._platform.bot:
            raise ApiError(403, 50013, "Missing Permissions")
        del self._platform.messages[message.id]
        return 204, None

    def _check_holding(self, place: Place, payload: dict[str, Any], files: list[StoredFile]) -> None:
        """Whether the bot may send such a message there of its own."""
        needed = (ATTACH_FILES if files else 0) | (EMBED_LINKS if payload.get("embeds") else 0)
        if place.guild_id is not None and needed & ~place.app_permissions:
            raise ApiError(403, 50013, "Missing Permissions")

    async def _edit(
        self, request: web.Request, message: Message, file_limit: int, place: Place | None = None
    ) -> tuple[int, Any]:
        payload, files = await self._read(request)
        if place is not None:
            self._check_holding(place, payload, files)
        self._check(payload, files, file_limit)
        message.flags &= ~LOADING
        rules.apply(message, payload, files)
        message.edited_at.append(time.monotonic())
        return 200, self._json(message)

    def _replied_to(self, payload: dict[str, Any]) -> Message | None:
        reference = payload.get("message_reference")
        if reference is None:
            return None
        found = self._platform.messages.get(int(reference["message_id"]))
        if found is None and reference.get("fail_if_not_exists", True):
            raise ApiError(400, 50035, "Invalid Form Body: unknown message_reference")
        return found

    def _check(self, payload: dict[str, Any], files: list[StoredFile], file_limit: int) -> None:
        rules.check_message(payload, files, file_limit)
        if payload.get("allowed_mentions", {}).get("parse") != []:
            self._platform.careless_mentions.append(payload)

    def _by_token(self, request: web.Request) -> Invocation:
        invocation = self._platform.invocations.get(request.match_info["token"])
        if invocation is None or invocation.acknowledgement is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        if self._platform.clock.now() > invocation.created + TOKEN_LIFE:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if invocation.place.id not in self._platform.places:
            raise ApiError(404, 10003, "Unknown Channel")
        return invocation

    def _token_message(self, request: web.Request) -> tuple[Invocation, Message]:
        invocation = self._by_token(request)
        wanted = request.match_info["message"]
        own = [invocation.original, *invocation.followups]
        for message in own:
            named = message is not None and wanted in (str(message.id), message is own[0] and "@original")
            if message is not None and named and message.id in self._platform.messages:
                return invocation, message
        raise ApiError(404, 10008, "Unknown Message")

    def _place(self, request: web.Request) -> Place:
        place = self._platform.places.get(int(request.match_info["channel"]))
        if place is None:
            raise ApiError(404, 10003, "Unknown Channel")
        if not place.bot_is_member:
            raise ApiError(403, 50001, "Missing Access")
        return place

    def _json(self, message: Message) -> dict[str, Any]:
        return message.as_json(self._platform.cdn_url + "attachments/")

    async def _read(self, request: web.Request) -> tuple[dict[str, Any], list[StoredFile]]:
        """The payload and the new files, named as its `attachments` say."""
        if request.content_type != "multipart/form-data":
            return await request.json(), []
        form = await request.post()
        payload = json.loads(str(form["payload_json"]))
        inner = payload.get("data", payload)
        files = []
        for name, value in form.items():
            index = re.fullmatch(r"files\[(\d+)\]", name)
            if index and isinstance(value, web.FileField):
                entry = next(entry for entry in inner["attachments"] if str(entry["id"]) == index[1])
                data = value.file.read()
                files.append(StoredFile(self._platform.clock.snowflake(), entry["filename"], data))
        return payload, files


def _without_defaults(command: dict[str, Any]) -> dict[str, Any]:
    """A command without the keys that say nothing, as Discord leaves them out."""
    kept = {name: value for name, value in command.items() if value not in (None, False, [], {}) or name == "min_value"}
    if "options" in kept:
        kept["options"] = [_without_defaults(option) for option in kept["options"]]
    return kept
