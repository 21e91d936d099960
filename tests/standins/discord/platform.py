"""The stand-in as tests hold it: start it, be a person on it, break it, look at what people would see."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from tests.standins.discord import rules
from tests.standins.discord.gateway import Gateway
from tests.standins.discord.rest import TOKEN_LIFE, Rest
from tests.standins.discord.windows import filled_in, resolved
from tests.standins.discord.world import (
    MEMBER_PERMISSIONS,
    ApiError,
    Clock,
    Invocation,
    Message,
    Person,
    Place,
    StoredFile,
    role,
)
from tests.standins.outage import Outage

T = TypeVar("T")
PATIENCE = 120.0
STRING, INTEGER, ATTACHMENT = 3, 4, 11
COMMAND, COMPONENT, AUTOCOMPLETE, SUBMISSION = 2, 3, 4, 5
SLASH, ON_PERSON, ON_MESSAGE = 1, 2, 3
BUTTON, SELECT = 2, 3


@dataclass
class Upload:
    """A file that a person attached; `gate` holds its download back until it is set."""

    id: int
    name: str
    data: bytes
    size: int
    url: str
    downloads: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def as_json(self) -> dict[str, Any]:
        return {"id": str(self.id), "filename": self.name, "size": self.size, "url": self.url, "proxy_url": self.url}


class DiscordStandIn:
    """A Discord with one application, serving on loopback inside `async with`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.token = "MTAwMDAwMDAwMDAwMDAwMDAw.Gloop.back-secret-of-the-stand-in"
        self.application_id = self.clock.snowflake()
        self.bot = {**Person(self.clock.snowflake(), "atelier").user(), "bot": True}
        self.places: dict[int, Place] = {}
        self.messages: dict[int, Message] = {}
        self.roles: dict[int, list[dict[str, Any]]] = {}
        self.invocations: dict[str, Invocation] = {}
        self.uploads: dict[int, Upload] = {}
        self.avatars: dict[int, bytes] = {}
        self.default_avatars: list[bytes] = []
        """The pictures of those who have set none, by number."""
        self.commands: dict[int | None, list[dict[str, Any]]] = {}
        self.requests: list[tuple[str, str]] = []
        self.invalid_requests: list[tuple[int, str, str]] = []
        """What counts towards a ban."""
        self.refused_requests: list[tuple[int, str, str]] = []
        """All that were answered with a 4xx: status, method, path."""
        self.hasty_requests: list[tuple[str, str]] = []
        """Those that came before the time was over that a 429 had named."""
        self.resume_url = ""
        """Where Discord wants dropped connections to come back, where that is elsewhere."""
        self.sees_contents = False
        """Whether the bot has the privilege to see what messages hold that are not for it."""
        self.careless_mentions: list[dict[str, Any]] = []
        """Messages that could have notified people."""
        self.gateway = Gateway(self.token, self._welcome)
        self.gateway.changed = self.changed
        self._payloads: dict[str, dict[str, Any]] = {}
        self._trouble: list[list[Any]] = []
        self._cuts: list[list[Any]] = []
        self._losses: list[list[Any]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.outage = Outage()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.announced_gateway = ""
        """What `/gateway/bot` names: an address where nobody serves, as the proxy is to be used."""
        self.place = self.add_place()
        self.person = self.add_person("ada")

    async def __aenter__(self) -> DiscordStandIn:
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self.outage.middleware])
        Rest(self).add_to(app)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/elsewhere/", self.gateway.stray)
        app.router.add_get("/cdn/attachments/{id}/{name}", self._download)
        app.router.add_get("/cdn/avatars/{person}/{name}", self._avatar)
        app.router.add_get("/cdn/embed/avatars/{number}.png", self._default_avatar)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.announced_gateway = f"ws://127.0.0.1:{self._port}/elsewhere/"
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.gateway.close()
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/gateway/"

    @property
    def cdn_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/cdn/"

    # What tests look at

    def visible(self, place: Place | None = None) -> list[Message]:
        """The public messages of a place, oldest first."""
        where = place or self.place
        found = (m for m in self.messages.values() if m.place is where and not m.is_ephemeral)
        return sorted(found, key=lambda message: message.id)

    async def until(self, condition: Callable[[], T], timeout: float = PATIENCE) -> T:  # noqa: ASYNC109
        """Wait for a condition; looks again whenever something happened here, and now and then."""
        async with asyncio.timeout(timeout):
            while not (value := condition()):
                await self.next_change()
        return value

    async def next_change(self) -> None:
        """Wait until something happened here, or for a moment."""
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(changed)
        await asyncio.wait([changed], timeout=0.1)

    def changed(self) -> None:
        """Something happened; who waits looks again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    # What people do

    def add_place(self, **facts: Any) -> Place:
        guild_id = facts.pop("guild_id", None) or self.clock.snowflake()
        place = Place(self.clock.snowflake(), guild_id, **facts)
        self.places[place.id] = place
        return place

    def add_thread(self, *, is_forum: bool = False, is_nsfw: bool = False, **facts: Any) -> Place:
        """A thread of a channel, or a post in a forum, of a server of its own."""
        parent = self.add_place(is_forum=is_forum, is_nsfw=is_nsfw)
        return self.add_place(guild_id=parent.guild_id, parent=parent, **facts)

    def add_direct_channel(self, **facts: Any) -> Place:
        place = Place(self.clock.snowflake(), None, **facts)
        self.places[place.id] = place
        return place

    def add_person(self, name: str, permissions: int = MEMBER_PERMISSIONS, locale: str = "en-US") -> Person:
        return Person(self.clock.snowflake(), name, permissions, locale=locale)

    async def add_role(self, name: str, *holders: Person, permissions: int = 0) -> int:
        """Make a role in the server and give it to people."""
        guild_id = self.place.guild_id
        assert guild_id is not None
        made = role(self.clock.snowflake(), name, len(self.roles.get(guild_id, [])) + 1, permissions)
        self.roles.setdefault(guild_id, []).append(made)
        for person in holders:
            person.roles.append(int(made["id"]))
        await self.gateway.dispatch("GUILD_ROLE_CREATE", {"guild_id": str(guild_id), "role": made})
        return int(made["id"])

    def upload(self, data: bytes, name: str = "photo.jpg", *, size: int | None = None, url: str = "",
               held: bool = False) -> Upload:  # fmt: skip
        """Attach a file; `size` is what Discord says it has."""
        number = self.clock.snowflake()
        address = url or f"{self.cdn_url}attachments/{number}/{name}"
        upload = Upload(number, name, data, len(data) if size is None else size, address)
        if not held:
            upload.gate.set()
        self.uploads[number] = upload
        return upload

    def say(self, *files: Upload, text: str = "", person: Person | None = None, place: Place | None = None,
            reply_to: Message | None = None, embeds: list[dict[str, Any]] | None = None,
            mentions_bot: bool = False) -> Message:  # fmt: skip
        """Send a message as people do."""
        message = self.new_message(place or self.place, 0)
        message.author = (person or self.person).user()
        message.content, message.reply_to, message.mentions_bot = text, reply_to, mentions_bot
        message.files = [StoredFile(file.id, file.name, file.data) for file in files]
        message.embeds = embeds or []
        return message

    async def stylize(self, photo: Upload | None = None, style_image: Upload | None = None, style: str | None = None,
                      strength: int | None = None, *, person: Person | None = None, place: Place | None = None,
                      **more: Any) -> Invocation:  # fmt: skip
        """Send `/stylize`; Discord's own checks of the options come first."""
        given = {"photo": photo, "style_image": style_image, "style": style, "strength": strength, **more}
        return await self.invoke("stylize", person=person, place=place, **given)

    async def invoke(self, name: str, *, person: Person | None = None, place: Place | None = None,
                     **given: Any) -> Invocation:  # fmt: skip
        """Send a command."""
        options = _options(**given)
        rules.check_options(self.command(name), options)
        data = self._command_data(name, options)
        files = [upload for upload in given.values() if isinstance(upload, Upload)]
        data["resolved"] = {"attachments": {str(upload.id): upload.as_json() for upload in files}}
        return await self._interact(COMMAND, data, person, place)

    async def use_menu(self, name: str, target: Message | Person, *, person: Person | None = None,
                       place: Place | None = None) -> Invocation:  # fmt: skip
        """Choose a command in the menu of a message, whose content the bot then sees, or of a person."""
        on_message = isinstance(target, Message)
        data = self._command_data(name, [], ON_MESSAGE if on_message else ON_PERSON)
        data["target_id"] = str(target.id)
        if isinstance(target, Message):
            data["resolved"] = {"messages": {str(target.id): target.as_json(self.cdn_url + "attachments/")}}
            place = place or target.place
        else:
            data["resolved"] = {"users": {str(target.id): target.user()}}
        return await self._interact(COMMAND, data, person, place)

    async def repeat(self, invocation: Invocation) -> None:
        """Send an interaction once more, as a resumed gateway may."""
        await self.gateway.dispatch("INTERACTION_CREATE", self._payloads[invocation.token])

    async def autocomplete(self, typed: str, command: str = "stylize", option: str = "style", *,
                           person: Person | None = None) -> list[dict[str, Any]]:  # fmt: skip
        """Type into an option and give back what is suggested."""
        options = [{"name": option, "type": STRING, "value": typed, "focused": True}]
        invocation = await self._interact(AUTOCOMPLETE, self._command_data(command, options), person, None)
        await self.until(lambda: invocation.choices is not None)
        assert invocation.choices is not None
        return invocation.choices

    async def press(self, message: Message, label: str, *, person: Person | None = None) -> Invocation:
        """Press a button of a message."""
        data = {"component_type": BUTTON, "custom_id": message.buttons[label]}
        return await self._interact(COMPONENT, data, person, message.place, source=message)

    async def choose(self, message: Message, kind: str, *values: str, person: Person | None = None) -> Invocation:
        """Choose in a select of a message, the one whose id contains `kind`."""
        select = message.select(kind)
        assert select["min_values"] <= len(values) <= select["max_values"]
        data = {"component_type": select["type"], "custom_id": select["custom_id"], "values": list(values)}
        if select["type"] == SELECT:
            assert set(values) <= {option["value"] for option in select["options"]}
        else:
            data["resolved"] = resolved(self.roles, self.places, select, values, message.place)
        return await self._interact(COMPONENT, data, person, message.place, source=message)

    async def submit(self, invocation: Invocation, *, person: Person | None = None, **answers: str) -> Invocation:
        """Fill in the window that an interaction opened, and send it; what is not answered stays as it was shown."""
        assert invocation.modal is not None
        data = filled_in(invocation, answers)
        who = person or invocation.person
        return await self._interact(SUBMISSION, data, who, invocation.place, source=invocation.source)

    def command(self, name: str = "stylize", kind: int = SLASH) -> dict[str, Any]:
        """A command that the bot has registered here."""
        registered = self.commands.get(self.place.guild_id) or self.commands[None]
        return next(each for each in registered if (each["name"], each.get("type", SLASH)) == (name, kind))

    def may_see(self, message: Message) -> bool:
        """Whether the bot gets to know what a message holds."""
        is_direct = message.place.guild_id is None
        return self.sees_contents or message.author is self.bot or message.mentions_bot or is_direct

    # What goes wrong

    def expire_tokens(self) -> None:
        """Let more than a quarter of an hour pass."""
        self.clock.offset += TOKEN_LIFE + 1

    def delete(self, message: Message) -> None:
        self.messages.pop(message.id)
        self.changed()

    def remove(self, place: Place) -> None:
        """Delete a channel."""
        del self.places[place.id]

    def kick(self, place: Place) -> None:
        place.bot_is_member = False

    def rate_limit(self, path: str, times: int, retry_after: float = 0.05) -> None:
        """Answer 429 to the next calls of paths that contain `path`."""
        error = ApiError(429, 0, "You are being rate limited.", retry_after=retry_after)
        self._trouble.append([path, times, error])

    def forbid(self, path: str, times: int) -> None:
        """Answer 403 to the next calls of paths that contain `path`."""
        self._trouble.append([path, times, ApiError(403, 50001, "Missing Access")])

    def be_unavailable(self, path: str, times: int) -> None:
        """Answer 503 to the next calls of paths that contain `path`."""
        self._trouble.append([path, times, ApiError(503, 0, "Service unavailable")])

    def is_troubled(self, path: str) -> bool:
        """Whether calls of these paths are yet to be refused."""
        return any(rule[0] == path and rule[1] > 0 for rule in self._trouble)

    def cut_answers(self, path: str, times: int) -> None:
        """Do what the next calls of paths that contain `path` ask for, and end the connection instead of answering."""
        self._cuts.append([path, times])

    def is_cut(self, method: str, path: str) -> bool:
        return _is_due(self._cuts, method, path)

    def lose_answers(self, path: str, times: int) -> None:
        """Do what the next calls of paths that contain `path` ask for, and answer 502."""
        self._losses.append([path, times])

    def is_lost(self, method: str, path: str) -> bool:
        return _is_due(self._losses, method, path)

    @property
    def cuts_left(self) -> int:
        return sum(times for _, times in [*self._cuts, *self._losses])

    def check_trouble(self, method: str, path: str) -> None:
        for rule in self._trouble:
            if rule[0] in f"{method} {path}" and rule[1] > 0:
                rule[1] -= 1
                raise rule[2]

    # Inside

    def new_message(self, place: Place, flags: int) -> Message:
        message = Message(self.clock.snowflake(), place, self.bot, flags=flags)
        self.messages[message.id] = message
        return message

    def _command_data(self, name: str, options: list[dict[str, Any]], kind: int = SLASH) -> dict[str, Any]:
        data = {"id": self.command(name, kind)["id"], "name": name, "type": kind, "options": options}
        home = self.place.guild_id
        return data | ({"guild_id": str(home)} if home in self.commands else {})

    async def _interact(self, kind: int, data: dict[str, Any], person: Person | None, place: Place | None,
                        source: Message | None = None) -> Invocation:  # fmt: skip
        who, where = person or self.person, place or self.place
        number = self.clock.snowflake()
        invocation = Invocation(number, f"token-{number}", kind, who, where, self.clock.now(), source=source)
        self.invocations[invocation.token] = invocation
        payload = {
            "id": str(number), "application_id": str(self.application_id), "type": kind, "token": invocation.token,
            "version": 1, "data": data, "channel": where.channel(), "channel_id": str(where.id), "locale": who.locale,
            "app_permissions": str(where.app_permissions), "attachment_size_limit": where.token_file_limit,
            "entitlements": [],
        }  # fmt: skip
        if where.guild_id is None:
            payload |= {"user": who.user(), "authorizing_integration_owners": {"1": str(who.id)},
                        "context": 1 if where.bot_is_member else 2}  # fmt: skip
        else:
            owners = {"0": str(where.guild_id)} if where.bot_is_member else {"1": str(who.id)}
            payload |= {"guild_id": str(where.guild_id), "member": who.member(), "context": 0,
                        "guild": {"id": str(where.guild_id), "locale": "en-US", "features": []},
                        "authorizing_integration_owners": owners}  # fmt: skip
        if source is not None:
            payload["message"] = source.as_json(self.cdn_url + "attachments/")

        self._payloads[invocation.token] = payload

        def sent() -> None:
            invocation.dispatched = time.monotonic()

        await self.gateway.dispatch("INTERACTION_CREATE", payload, sent)
        return invocation

    def _welcome(self, shard: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        homes = [
            place
            for place in self.places.values()
            if place.guild_id is not None and place.bot_is_member and self.gateway.shard_of(place.guild_id) == shard
        ]
        ready = {
            "v": 10, "user": self.bot, "private_channels": [],
            "resume_gateway_url": self.resume_url or self.gateway_url,
            "guilds": [{"id": str(place.guild_id), "unavailable": True} for place in homes],
            "application": {"id": str(self.application_id), "flags": 0},
        }  # fmt: skip
        return ready, [place.guild(self.bot, self.roles.get(place.guild_id or 0, [])) for place in homes]

    async def _download(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        upload = self.uploads.get(number)
        if upload is None:
            sent = [file for message in self.messages.values() for file in message.files if file.id == number]
            return web.Response(body=sent[0].data) if sent else web.Response(status=404)
        upload.downloads += 1
        self.changed()
        await upload.gate.wait()
        return web.Response(body=upload.data)

    async def _avatar(self, request: web.Request) -> web.Response:
        picture = self.avatars.get(int(request.match_info["person"]))
        return web.Response(status=404) if picture is None else web.Response(body=picture)

    async def _default_avatar(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        known = number < len(self.default_avatars)
        return web.Response(body=self.default_avatars[number]) if known else web.Response(status=404)


def _is_due(rules: list[list[Any]], method: str, path: str) -> bool:
    """Whether one of the rules is for that call, which then has it once less."""
    rule = next((rule for rule in rules if rule[0] in f"{method} {path}" and rule[1] > 0), None)
    if rule is not None:
        rule[1] -= 1
    return rule is not None


def _options(**given: Any) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = []
    for name, value in given.items():
        if isinstance(value, Upload):
            options.append({"name": name, "type": ATTACHMENT, "value": str(value.id)})
        elif isinstance(value, str):
            options.append({"name": name, "type": STRING, "value": value})
        elif value is not None:
            options.append({"name": name, "type": INTEGER, "value": value})
    return options
