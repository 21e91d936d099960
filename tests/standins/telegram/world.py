"""What Telegram keeps: people, chats, messages as people see them, files and presses of buttons."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

BOT_ID = 42
BOT_NAME = "atelier_test_bot"


@dataclass(eq=False)
class Person:
    id: int
    name: str

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": self.id == BOT_ID, "first_name": self.name}


@dataclass(eq=False)
class Chat:
    """A chat; `topics` are the thread ids of a forum, `blocked` keeps the bot out, `moved_to` is its supergroup."""

    id: int
    kind: str
    title: str = ""
    admins: set[int] = field(default_factory=set)
    topics: set[int] = field(default_factory=set)
    blocked: bool = False
    pictures_allowed: bool = True
    moved_to: Chat | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def from_bot(self) -> list[Message]:
        """The bot's messages that are there to be seen, oldest first."""
        return [message for message in self.messages if message.sender.id == BOT_ID and not message.deleted]

    def find(self, message_id: int | None) -> Message | None:
        return next((m for m in self.messages if m.id == message_id and not m.deleted), None)

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.kind, "title": self.title, "is_forum": bool(self.topics) or None}


@dataclass(frozen=True)
class Media:
    """A file in a message, with the sizes that Telegram makes of a photo, smallest first."""

    kind: str
    data: bytes
    name: str
    mime: str
    json: Any


@dataclass(eq=False)
class Message:
    """A message as it is now; `history` has what it said before each edit, `text` of a picture is its caption."""

    id: int
    chat: Chat
    sender: Person
    date: int
    text: str = ""
    media: Media | None = None
    reply_to: Message | None = None
    thread: int | None = None
    album: str | None = None
    as_group: bool = False
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]

    def button(self, label: str) -> str:
        return next(b["callback_data"] for row in self.buttons for b in row if b["text"] == label)

    @property
    def picture(self) -> Image.Image:
        assert self.media is not None, f"no picture in {self.text!r}"
        return Image.open(io.BytesIO(self.media.data))

    def to_json(self, *, with_reply: bool = True) -> dict[str, Any]:
        words = {"caption" if self.media else "text": self.text} if self.text else {}
        entities = {}
        if self.text.startswith("/"):
            command = {"type": "bot_command", "offset": 0, "length": len(self.text.split()[0])}
            entities["caption_entities" if self.media else "entities"] = [command]
        reply = self.reply_to.to_json(with_reply=False) if with_reply and self.reply_to else None
        known = {
            "message_id": self.id,
            "chat": self.chat.to_json(),
            "from": self.sender.to_json(),
            "sender_chat": self.chat.to_json() if self.as_group else None,
            "date": self.date,
            "reply_to_message": reply,
            "message_thread_id": self.thread,
            "is_topic_message": True if self.thread else None,
            "media_group_id": self.album,
            "reply_markup": {"inline_keyboard": self.buttons} if self.buttons else None,
            **({self.media.kind: self.media.json} if self.media else {}),
            **({"document": self.media.json} if self.media and self.media.kind == "animation" else {}),
            **words,
            **entities,
        }
        return {key: value for key, value in known.items() if value is not None}


@dataclass(eq=False)
class Press:
    """A button that was pressed: what the bot answered, and what it did in that chat before it answered."""

    id: str
    person: Person
    message: Message
    answered: bool = False
    alert: str = ""
    before_answer: list[str] = field(default_factory=list)


class Files:
    """Files by id; a photo is kept at several sizes, as Telegram does."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.by_id: dict[str, bytes] = {}
        self.by_path: dict[str, bytes] = {}
        self.lost = False

    def keep(self, data: bytes, folder: str, name: str) -> str:
        file_id = f"file-{next(self._numbers)}"
        self.by_id[file_id] = data
        self.by_path[f"{folder}/{file_id}-{name}"] = data
        return file_id

    def path_of(self, file_id: str) -> str:
        return next(path for path in self.by_path if path.split("/")[1].startswith(f"{file_id}-"))

    def photo(self, data: bytes, *, told_size: bool = True) -> Media:
        """A photo as Telegram hands it on: JPEGs of at most 90, 320 and 1280 pixels; the bytes sent are kept too."""
        sizes = []
        with Image.open(io.BytesIO(data)) as image:
            for side in (90, 320, 1280):
                small = image.convert("RGB")
                small.thumbnail((side, side))
                out = io.BytesIO()
                small.save(out, "JPEG", quality=87)
                file_id = self.keep(out.getvalue(), "photos", "photo.jpg")
                size = {"file_size": len(out.getvalue())} if told_size else {}
                width, height = small.size
                sizes.append({"file_id": file_id, "file_unique_id": file_id, "width": width, "height": height, **size})
        return Media("photo", data, "photo.jpg", "image/jpeg", sizes)

    def animation(self, data: bytes, name: str) -> Media:
        """A film without sound, as Telegram hands animations on."""
        about = self.document(data, name, "video/mp4").json
        return Media("animation", data, name, "video/mp4", about | {"width": 64, "height": 48, "duration": 1})

    def document(self, data: bytes, name: str, mime: str, *, told_size: bool = True) -> Media:
        file_id = self.keep(data, "documents", name)
        about = {"file_id": file_id, "file_unique_id": file_id, "file_name": name, "mime_type": mime}
        return Media("document", data, name, mime, about | ({"file_size": len(data)} if told_size else {}))
