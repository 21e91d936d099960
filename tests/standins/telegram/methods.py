"""The Bot API's methods that the bot uses, with Telegram's limits and Telegram's words when one is broken."""

from __future__ import annotations

import io
import mimetypes
import re
import time
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.standins.telegram.flood import Flood
from tests.standins.telegram.world import BOT_ID, BOT_NAME, Chat, Files, Media, Message, Person, Press

PHOTO_BYTES = 10_000_000
DOCUMENT_BYTES = 50_000_000
CAPTION = 1024
TEXT = 4096
CALLBACK_BYTES = 64
BUTTONS, BUTTONS_IN_A_ROW = 100, 8
ALERT = 200
DELETABLE_SECONDS = 48 * 3600
BOT = Person(BOT_ID, "Atelier")

Params = dict[str, Any]
Uploads = dict[str, tuple[str, bytes]]


class ApiError(Exception):
    """An answer that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


@dataclass
class Webhook:
    """Where updates are sent, with which secret; `error` is what came back last, where that was no 200."""

    url: str = ""
    secret: str = ""
    allowed: list[str] = field(default_factory=list)
    error: str = ""


class Methods:
    """Each method is named as in the Bot API and takes its decoded parameters and the uploaded files."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.files = Files()
        self.flood = Flood()
        self.presses: dict[str, Press] = {}
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        """The menus, by the kind of their scope and their language, which is empty for all other languages."""
        self.stale_presses = False
        self.webhook = Webhook()
        self.privacy_mode = False
        """Whether the bot sees of a group, where it is no administrator, only what is meant for a bot, as is usual."""
        self.takes_plain_http = True
        """As a Bot API server of one's own does."""
        self.download_bytes = 20_000_000
        """The largest file that is handed out; a server of one's own hands out any."""
        self._message_id = 100

    def add_message(self, chat: Chat, sender: Person, **facts: Any) -> Message:
        self._message_id += 1
        message = Message(self._message_id, chat, sender, int(time.time()), **facts)
        chat.messages.append(message)
        return message

    def getMe(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        sees = {"can_join_groups": True, "can_read_all_group_messages": not self.privacy_mode}
        return BOT.to_json() | {"username": BOT_NAME, **sees}

    def setMyCommands(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        for command in params["commands"]:
            if re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) is None:
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        if len(params["commands"]) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        self.commands[_menu(params)] = params["commands"]
        return True

    def getMyCommands(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        return self.commands.get(_menu(params), [])

    def setWebhook(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        url, secret = params.get("url", ""), params.get("secret_token", "")
        if url and not re.fullmatch(r"https?://[^/]+(/.*)?" if self.takes_plain_http else r"https://[^/]+(/.*)?", url):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        self.webhook = Webhook(url, secret, params.get("allowed_updates", []))
        return True

    def deleteWebhook(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        self.webhook = Webhook()
        return True

    def getWebhookInfo(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        about = {"url": self.webhook.url, "has_custom_certificate": False, "pending_update_count": 0}
        failed = {"last_error_date": int(time.time()), "last_error_message": self.webhook.error}
        return about | (failed if self.webhook.error else {})

    def sendMessage(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        return self._send("sendMessage", params, _text(params.get("text", ""), TEXT), None)

    def sendPhoto(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        media = self._photo_of(params.get("photo"), uploads)
        return self._send("sendPhoto", params, _caption(params.get("caption", "")), media)

    def sendDocument(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        media = self._document(*uploads["document"])
        return self._send("sendDocument", params, _caption(params.get("caption", "")), media)

    def sendAnimation(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        media = self._animation(*uploads["animation"])
        return self._send("sendAnimation", params, _caption(params.get("caption", "")), media)

    def editMessageText(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        message = self._own_message("editMessageText", params)
        if message.media is not None:
            raise bad("there is no text in the message to edit")
        text, buttons = _text(params.get("text", ""), TEXT), _buttons(params)
        if (text, buttons) == (message.text, message.buttons):
            raise bad("message is not modified: specified new message content and reply markup are the same")
        message.history.append(message.text)
        message.text, message.buttons = text, buttons
        return message.to_json()

    def editMessageMedia(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        message = self._own_message("editMessageMedia", params)
        about = params["media"]
        self._check_pictures_allowed(message.chat)
        if not about["media"].startswith("attach://"):
            return self._edited(message, params, self._photo_of(about["media"], uploads))
        name, data = uploads[about["media"].removeprefix("attach://")]
        kinds = {"photo": lambda: self._photo(data), "animation": lambda: self._animation(name, data)}
        return self._edited(message, params, kinds.get(about["type"], lambda: self._document(name, data))())

    @staticmethod
    def _edited(message: Message, params: Params, media: Media) -> Any:
        message.history.append(message.text)
        message.text, message.media = _caption(params["media"].get("caption", "")), media
        message.buttons = _buttons(params)
        return message.to_json()

    def editMessageCaption(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        message = self._own_message("editMessageCaption", params)
        if message.media is None:
            raise bad("there is no caption in the message to edit")
        text, buttons = _caption(params.get("caption", "")), _buttons(params)
        if (text, buttons) == (message.text, message.buttons):
            raise bad("message is not modified: specified new message content and reply markup are the same")
        message.history.append(message.text)
        message.text, message.buttons = text, buttons
        return message.to_json()

    def deleteMessage(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        chat = self._chat(params)
        self._check_flood("deleteMessage", chat)
        message = chat.find(int(params["message_id"]))
        if message is None:
            raise bad("message to delete not found")
        if time.time() - message.date > DELETABLE_SECONDS:
            raise bad("message can't be deleted for everyone")
        message.delete()
        return True

    def editMessageReplyMarkup(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        message = self._own_message("editMessageReplyMarkup", params)
        buttons = _buttons(params)
        if buttons == message.buttons:
            raise bad("message is not modified")
        message.buttons = buttons
        return message.to_json()

    def answerCallbackQuery(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        press = self.presses.get(params["callback_query_id"])
        if press is None or press.answered or self.stale_presses:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        words = params.get("text", "")
        if len(words) > ALERT:
            raise bad("MESSAGE_TOO_LONG")
        press.answered = True
        press.alert = words
        press.must_be_closed = params.get("show_alert") == "true"
        return True

    def getFile(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        file_id = params["file_id"]
        data = self.files.by_id.get(file_id)
        if data is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(data) > self.download_bytes:
            raise bad("file is too big")
        path = self.files.path_of(file_id)
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": len(data), "file_path": path}

    def getChatAdministrators(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        chat = self._chat(params)
        if chat.kind == "private":
            raise bad("there are no administrators in the private chat")
        return [_administrator(user_id) for user_id in sorted(chat.admins)]

    def getChatMember(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        chat, user_id = self._chat(params), int(params["user_id"])
        if user_id in chat.admins:
            return _administrator(user_id)
        return {"status": "member", "user": Person(user_id, "member").to_json()}

    def _send(self, method: str, params: Params, text: str, media: Media | None) -> Any:
        chat = self._chat(params)
        self._check_flood(method, chat)
        if media is not None:
            self._check_pictures_allowed(chat)
        thread = int(params["message_thread_id"]) if "message_thread_id" in params else None
        if thread is not None and thread not in chat.topics:
            raise bad("message thread not found")
        if thread in chat.closed_topics:
            raise bad("TOPIC_CLOSED")
        reply = params.get("reply_parameters")
        source = chat.find(reply["message_id"]) if reply else None
        if reply and source is None and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        message = self.add_message(
            chat, BOT, text=text, media=media, reply_to=source, thread=thread, buttons=_buttons(params)
        )
        message.force_reply = params.get("reply_markup", {}).get("force_reply", False)
        return message.to_json()

    def _chat(self, params: Params) -> Chat:
        chat = self.chats.get(int(params["chat_id"]))
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to is not None:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to.id,
            )
        if chat.blocked:
            private = chat.kind == "private"
            raise ApiError(
                403,
                "Forbidden: bot was blocked by the user"
                if private
                else "Forbidden: bot was kicked from the group chat",
            )
        return chat

    def _own_message(self, method: str, params: Params) -> Message:
        chat = self._chat(params)
        self._check_flood(method, chat)
        message = chat.find(int(params["message_id"]))
        if message is None:
            raise bad("message to edit not found")
        if message.sender.id != BOT_ID:
            raise bad("message can't be edited")
        return message

    def _check_flood(self, method: str, chat: Chat) -> None:
        seconds = self.flood.retry_after(method, chat.id)
        if seconds is not None:
            raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

    @staticmethod
    def _check_pictures_allowed(chat: Chat) -> None:
        if not chat.pictures_allowed:
            raise bad("not enough rights to send photos to the chat")

    def _photo_of(self, file_id: str | None, uploads: Uploads) -> Media:
        """A photo that is uploaded, or one that was before."""
        if file_id is None or file_id.startswith("attach://"):
            name = "photo" if file_id is None else file_id.removeprefix("attach://")
            return self._photo(uploads[name][1])
        if file_id not in self.files.photos:
            raise bad("wrong file identifier/HTTP URL specified")
        return self.files.photos[file_id]

    def _photo(self, data: bytes) -> Media:
        if len(data) > PHOTO_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        try:
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
        except OSError:
            raise bad("IMAGE_PROCESS_FAILED") from None
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        return self.files.photo(data)

    def _animation(self, name: str, data: bytes) -> Media:
        if len(data) > DOCUMENT_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        if data[4:8] != b"ftyp":
            raise bad("wrong type of the web page content")
        return self.files.animation(data, name)

    def _document(self, name: str, data: bytes) -> Media:
        if len(data) > DOCUMENT_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        return self.files.document(data, name, mimetypes.guess_type(name)[0] or "application/octet-stream")


def _menu(params: Params) -> tuple[str, str]:
    """Which menu of commands is meant."""
    language = params.get("language_code", "")
    if language and re.fullmatch("[a-z]{2}", language) is None:
        raise bad("BOT_COMMANDS_LANGUAGE_INVALID")
    return params.get("scope", {"type": "default"})["type"], language


def _administrator(user_id: int) -> dict[str, Any]:
    rights = (
        "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats"
        " can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories"
        " can_edit_stories can_delete_stories"
    )
    user = Person(user_id, "member").to_json()
    return {"status": "administrator", "user": user} | dict.fromkeys(rights.split(), False)


def _text(text: str, most: int) -> str:
    if not text.strip():
        raise bad("message text is empty")
    if len(text) > most:
        raise bad("message is too long")
    return text.strip()


def _caption(text: str) -> str:
    if len(text) > CAPTION:
        raise bad("message caption is too long")
    return text.strip()


def _buttons(params: Params) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = params.get("reply_markup", {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > BUTTONS or any(len(row) > BUTTONS_IN_A_ROW for row in rows):
        raise bad("reply markup is too long")
    for row in rows:
        for button in row:
            if "url" in button:
                if not button["url"].startswith("https://"):
                    raise bad("BUTTON_URL_INVALID")
            elif not 1 <= len(button["callback_data"].encode()) <= CALLBACK_BYTES:
                raise bad("BUTTON_DATA_INVALID")
    return rows
