"""The Bot API's methods that the bot uses, with Telegram's limits and Telegram's words when one is broken."""

from __future__ import annotations

import io
import mimetypes
import time
from typing import Any

from PIL import Image

from tests.standins.telegram.flood import Flood
from tests.standins.telegram.world import BOT_ID, BOT_NAME, Chat, Files, Media, Message, Person, Press

DOWNLOAD_BYTES = 20_000_000
PHOTO_BYTES = 10_000_000
DOCUMENT_BYTES = 50_000_000
CAPTION = 1024
TEXT = 4096
CALLBACK_BYTES = 64
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


class Methods:
    """Each method is named as in the Bot API and takes its decoded parameters and the uploaded files."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.files = Files()
        self.flood = Flood()
        self.presses: dict[str, Press] = {}
        self.commands: list[dict[str, str]] = []
        self.stale_presses = False
        self._message_id = 100

    def add_message(self, chat: Chat, sender: Person, **facts: Any) -> Message:
        self._message_id += 1
        message = Message(self._message_id, chat, sender, int(time.time()), **facts)
        chat.messages.append(message)
        return message

    def getMe(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        return BOT.to_json() | {"username": BOT_NAME, "can_join_groups": True}

    def setMyCommands(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        self.commands = params["commands"]
        return True

    def deleteWebhook(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        return True

    def sendMessage(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        return self._send("sendMessage", params, _text(params.get("text", ""), TEXT), None)

    def sendPhoto(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        media = self._photo(uploads["photo"][1])
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
        name, data = uploads[about["media"].removeprefix("attach://")]
        self._check_pictures_allowed(message.chat)
        kinds = {"photo": lambda: self._photo(data), "animation": lambda: self._animation(name, data)}
        media = kinds.get(about["type"], lambda: self._document(name, data))()
        message.history.append(message.text)
        message.text, message.media = _caption(about.get("caption", "")), media
        message.buttons = _buttons(params)
        return message.to_json()

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
        press.answered = True
        press.alert = params.get("text", "")
        return True

    def getFile(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        file_id = params["file_id"]
        data = self.files.by_id.get(file_id)
        if data is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(data) > DOWNLOAD_BYTES:
            raise bad("file is too big")
        path = self.files.path_of(file_id)
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": len(data), "file_path": path}

    def getChatMember(self, params: Params, uploads: Uploads) -> Any:  # noqa: N802
        chat, user_id = self._chat(params), int(params["user_id"])
        user = Person(user_id, "member").to_json()
        if user_id not in chat.admins:
            return {"status": "member", "user": user}
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats"
            " can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories"
            " can_edit_stories can_delete_stories"
        )
        return {"status": "administrator", "user": user} | dict.fromkeys(rights.split(), False)

    def _send(self, method: str, params: Params, text: str, media: Media | None) -> Any:
        chat = self._chat(params)
        self._check_flood(method, chat)
        if media is not None:
            self._check_pictures_allowed(chat)
        thread = int(params["message_thread_id"]) if "message_thread_id" in params else None
        if thread is not None and thread not in chat.topics:
            raise bad("message thread not found")
        reply = params.get("reply_parameters")
        source = chat.find(reply["message_id"]) if reply else None
        if reply and source is None and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        message = self.add_message(
            chat, BOT, text=text, media=media, reply_to=source, thread=thread, buttons=_buttons(params)
        )
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
    for row in rows:
        for button in row:
            if not 1 <= len(button["callback_data"].encode()) <= CALLBACK_BYTES:
                raise bad("BUTTON_DATA_INVALID")
    return rows
