"""The HTTP side of the stand-in, and what people do in it."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from tests.standins.outage import Outage
from tests.standins.telegram.methods import BOT, ApiError, Methods, Params, Uploads
from tests.standins.telegram.world import BOT_NAME, Chat, Message, Person, Press

TOKEN = "123456789:AAE-stand-in-token_for-tests-0123456789"
PATIENCE_SECONDS = 60
_NESTED = ("reply_markup", "reply_parameters", "media", "commands", "allowed_updates", "scope")
_DEEDS = (
    *("sendMessage", "sendPhoto", "sendDocument", "sendAnimation", "getFile", "deleteMessage"),
    *("editMessageReplyMarkup", "editMessageMedia", "editMessageText", "editMessageCaption"),
)


@dataclass(frozen=True)
class Call:
    """A call that the bot made, whether it was answered with ok, and when (monotonic seconds)."""

    method: str
    params: Params
    ok: bool
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Fault:
    """The next call of `method` goes wrong; with `after` its effect stays, though the bot is not told.

    With `cut` the connection ends instead of an answer; with `about` only a call with these words is meant. A 429 tells
    after how many seconds to come again.
    """

    method: str
    code: int = 502
    after: bool = False
    cut: bool = False
    about: str = ""
    retry_after: int = 0

    def fits(self, method: str, params: Params) -> bool:
        return self.method == method and self.about in str(params)

    def error(self) -> ApiError:
        when = {"retry_after": self.retry_after} if self.retry_after else {}
        return ApiError(self.code, HTTPStatus(self.code).phrase, **when)


class TelegramStandin:
    """`async with TelegramStandin() as telegram`; `telegram.world` holds what Telegram keeps.

    `updates_per_answer` bounds how many updates one poll gets.
    """

    def __init__(self) -> None:
        self.token = TOKEN
        self.bot_name = BOT_NAME
        self.world = Methods()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.updates_per_answer = 100
        self.last_update: dict[str, Any] = {}
        self._updates: list[dict[str, Any]] = []
        self._repeats: list[dict[str, Any]] = []
        self._wanted: list[str] = []
        self._update_ids = itertools.count(1000)
        self._person_ids = itertools.count(7001)
        self.held = 0
        self._held_methods: tuple[str, ...] = ()
        self._let_go = asyncio.Event()
        self._is_late = False
        self.polls = 0
        self.downloads = 0
        self.webhooks_set = 0
        self._changed = asyncio.Condition()
        self._one_at_a_time = asyncio.Lock()
        self._pushing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None
        self.outage = Outage()
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self.outage.middleware])
        app.router.add_route("*", "/bot{token}/{method}", self._serve_method)
        app.router.add_get("/file/bot{token}/{path:.+}", self._serve_file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._port = 0

    async def __aenter__(self) -> TelegramStandin:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.polls += 1
        self.let_go()
        await self._tell()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/bot"

    @property
    def file_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/file/bot"

    # What is there.

    def person(self, name: str, language: str = "") -> Person:
        return Person(next(self._person_ids), name, language)

    def private(self, person: Person) -> Chat:
        return self._chat(Chat(person.id, "private"))

    def group(self, title: str = "Club", *, topics: tuple[int, ...] = ()) -> Chat:
        return self._chat(Chat(-100_000 - len(self.world.chats), "supergroup", title, topics=set(topics)))

    def channel(self, title: str = "News") -> Chat:
        return self._chat(Chat(-200_000 - len(self.world.chats), "channel", title))

    def _chat(self, chat: Chat) -> Chat:
        return self.world.chats.setdefault(chat.id, chat)

    # What people do.

    async def says(self, person: Person, chat: Chat, text: str, **facts: Any) -> Message:
        return await self._write(person, chat, text=text, **facts)

    async def sends_photo(
        self, person: Person, chat: Chat, data: bytes, caption: str = "", *, told_size: bool = True, **facts: Any
    ) -> Message:
        media = await asyncio.to_thread(self.world.files.photo, data, told_size=told_size)
        return await self._write(person, chat, text=caption, media=media, **facts)

    async def sends_file(
        self,
        person: Person,
        chat: Chat,
        data: bytes,
        name: str,
        mime: str,
        caption: str = "",
        *,
        told_size: bool = True,
        **facts: Any,
    ) -> Message:
        media = self.world.files.document(data, name, mime, told_size=told_size)
        return await self._write(person, chat, text=caption, media=media, **facts)

    async def sends_animation(
        self, person: Person, chat: Chat, film: bytes, caption: str = "", **facts: Any
    ) -> Message:
        """A GIF, of which Telegram makes a film before anybody else sees it."""
        media = self.world.files.animation(film, "animation.mp4")
        return await self._write(person, chat, text=caption, media=media, **facts)

    async def sends_sticker(
        self, person: Person, chat: Chat, data: bytes, kind: str = "static", **facts: Any
    ) -> Message:
        return await self._write(person, chat, media=self.world.files.sticker(data, kind), **facts)

    async def sends_other(self, person: Person, chat: Chat, kind: str, caption: str = "", **facts: Any) -> Message:
        """A video, video note, audio, voice message or contact."""
        return await self._write(person, chat, text=caption, media=self.world.files.other(kind), **facts)

    async def edits(self, message: Message, text: str, *, after_seconds: int = 5) -> Message:
        """Somebody changes the words of their message, so long after they wrote it."""
        message.history.append(message.text)
        message.text, message.edited = text, message.date + after_seconds
        await self._show({"edited_message": message.to_json()}, message)
        return message

    async def presses(self, person: Person, message: Message, label: str) -> Press:
        return await self.forges(person, message, message.button(label))

    async def forges(self, person: Person, message: Message, data: str) -> Press:
        """A press with any data, as an altered client can send it."""
        press = Press(f"press{len(self.world.presses) + 1}", person, message)
        self.world.presses[press.id] = press
        query = {
            "id": press.id,
            "from": person.to_json(),
            "message": message.to_json(),
            "chat_instance": "1",
            "data": data,
        }
        await self._add_update({"callback_query": query})
        return press

    async def deletes(self, message: Message) -> None:
        message.delete()
        await self._tell()

    async def repeats(self, update: dict[str, Any]) -> None:
        """The same update once more, under its old id."""
        self._repeats.append(update)
        await self._tell()

    async def shuts_out(self, chat: Chat, person: Person) -> None:
        """A person removes the bot from a group, or blocks it in private."""
        chat.blocked = True
        await self._member_changed(chat, person, "member", "kicked")

    async def _member_changed(self, chat: Chat, person: Person, before: str, after: str) -> None:
        def member(status: str) -> dict[str, Any]:
            return {"user": BOT.to_json(), "status": status} | ({"until_date": 0} if status == "kicked" else {})

        change = {"old_chat_member": member(before), "new_chat_member": member(after), "date": int(time.time())}
        await self._add_update({"my_chat_member": {"chat": chat.to_json(), "from": person.to_json(), **change}})

    async def moves(self, chat: Chat, person: Person) -> Chat:
        """A group becomes a supergroup; the new one. Both are told."""
        bigger = chat.moved_to = self.group(f"{chat.title}, bigger")
        message = self.world.add_message(chat, person)
        await self._add_update({"message": message.to_json() | {"migrate_to_chat_id": bigger.id}})
        first = self.world.add_message(bigger, person, as_group=True)
        await self._add_update({"message": first.to_json() | {"migrate_from_chat_id": chat.id}})
        return bigger

    # What goes wrong.

    def hold(self, *methods: str) -> None:
        """Calls of these methods hang from now on. `held` counts them."""
        self._held_methods = methods
        self._let_go.clear()

    def let_go(self, *, late: bool = False) -> None:
        """Calls that come from now on are served; those that hang fail, or are served `late`."""
        self._held_methods = ()
        self._is_late = late
        self._let_go.set()

    @property
    def pending(self) -> int:
        """How many updates are not confirmed by the bot."""
        return len(self._updates)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Waits until the condition holds for what Telegram keeps, and returns its value."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(condition)
            return condition()

    async def answered(self, press: Press) -> str:
        """Waits until a press is acknowledged; returns the words shown with it."""
        await self.until(lambda: press.answered)
        return press.alert

    async def _write(self, person: Person, chat: Chat, **facts: Any) -> Message:
        message = self.world.add_message(chat, person, **facts)
        await self._show({"message": message.to_json()}, message)
        return message

    async def _show(self, update: dict[str, Any], message: Message) -> None:
        if message.concerns_bot or not self.world.privacy_mode:
            await self._add_update(update)

    async def _add_update(self, update: dict[str, Any]) -> None:
        whole = {"update_id": next(self._update_ids), **update}
        self.last_update = whole
        if not self._wanted or any(kind in update for kind in self._wanted):
            self._updates.append(whole)
        await self._tell()
        if self.world.webhook.url:
            await self._push()

    async def _push(self) -> None:
        """Send what waits to the webhook, in its order; what is not taken waits on."""
        async with self._pushing, aiohttp.ClientSession() as session:
            webhook = self.world.webhook
            kinds = {"update_id", *webhook.allowed}
            headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret}
            while self._updates and webhook.url:
                update = self._updates[0]
                if set(update) <= kinds:
                    try:
                        async with session.post(webhook.url, json=update, headers=headers) as answer:
                            webhook.error = "" if answer.status == 200 else f"Wrong response: {answer.status}"
                    except aiohttp.ClientError:
                        webhook.error = "Connection refused"
                    if webhook.error:
                        return
                self._updates.remove(update)
                await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # HTTP.

    async def _serve_file(self, request: web.Request) -> web.Response:
        self.downloads += 1
        data = self.world.files.by_path.get(request.match_info["path"])
        if request.match_info["token"] != self.token or data is None or self.world.files.lost:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=data)

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params, uploads = await _read(request)
        if request.match_info["token"] != self.token:
            return _failure(ApiError(401, "Unauthorized"))
        if method in self._held_methods:
            self.held += 1
            await self._tell()
            await self._let_go.wait()
            if not self._is_late:
                return _failure(ApiError(504, "Gateway Timeout"))
        fault = next((fault for fault in self.faults if fault.fits(method, params)), None)
        if fault is not None:
            self.faults.remove(fault)
            if not fault.after:
                await self._tell()
                return _failure(fault.error())
        try:
            result = await self._result(method, params, uploads)
        except ApiError as error:
            self.calls.append(Call(method, params, ok=False))
            await self._tell()
            return _failure(error)
        if method == "setWebhook":
            self.webhooks_set += 1
            self._later = asyncio.create_task(self._push())
        if method != "getUpdates":
            self.calls.append(Call(method, params, ok=True))
            await self._tell()
        if fault is not None:
            if fault.cut and request.transport is not None:
                request.transport.abort()
            return _failure(fault.error())
        return web.json_response({"ok": True, "result": result})

    async def _result(self, method: str, params: Params, uploads: Uploads) -> Any:
        if method == "getUpdates":
            return await self._get_updates(params)
        if method in _DEEDS:
            for press in self.world.presses.values():
                same_chat = str(press.message.chat.id) == params.get("chat_id") or method == "getFile"
                if not press.answered and same_chat:
                    press.before_answer.append(method)
        async with self._one_at_a_time:
            return await asyncio.to_thread(getattr(self.world, method), params, uploads)

    async def _get_updates(self, params: Params) -> list[dict[str, Any]]:
        if self.world.webhook.url:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first",
            )
        self.polls += 1
        mine = self.polls
        self._wanted = params.get("allowed_updates", self._wanted)
        offset = int(params.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        await self._tell()
        async with self._changed:
            try:
                async with asyncio.timeout(float(params.get("timeout", 0))):
                    await self._changed.wait_for(lambda: self._updates or self._repeats or self.polls != mine)
            except TimeoutError:
                return []
        if self.polls != mine:
            raise ApiError(409, "Conflict: terminated by other getUpdates request")
        repeats, self._repeats = self._repeats, []
        return [*repeats, *self._updates[: self.updates_per_answer]]


async def _read(request: web.Request) -> tuple[Params, Uploads]:
    params: Params = {}
    uploads: Uploads = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            uploads[name] = (value.filename, value.file.read())
        else:
            params[name] = json.loads(value) if name in _NESTED else value
    return params, uploads


def _failure(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code)
