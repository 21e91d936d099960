"""What Telegram keeps: people, chats, messages as people see them, files and presses of buttons."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

BOT_ID = 42
BOT_NAME = "atelier_test_bot"
ANONYMOUS, CHANNEL_BOT, TELEGRAM = 1087968824, 136817688, 777000
"""Whom messages are said to be from that are a group's, a channel's, and forwarded by Telegram itself."""
_SIDES = {"video": {"width": 64, "height": 48}, "video_note": {"length": 64}}
BOTS = (BOT_ID, ANONYMOUS, CHANNEL_BOT)


@dataclass(eq=False)
class Person:
    """Somebody whose app speaks `language`, if it tells."""

    id: int
    name: str
    language: str = ""

    def to_json(self) -> dict[str, Any]:
        known = {"id": self.id, "is_bot": self.id in BOTS, "first_name": self.name}
        return known | ({"language_code": self.language} if self.language else {})


@dataclass(eq=False)
class Chat:
    """A chat; `topics` are the thread ids of a forum, `blocked` keeps the bot out, `moved_to` is its supergroup."""

    id: int
    kind: str
    title: str = ""
    admins: set[int] = field(default_factory=set)
    topics: set[int] = field(default_factory=set)
    closed_topics: set[int] = field(default_factory=set)
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
    """A message as it is now; `history` has what it said before each edit, `text` of a picture is its caption.

    `as_group`: an administrator hides behind the group; `as_channel`: somebody writes as their channel; `post_of`: the
    group's copy of a post in its channel. `forwarded`: it is somebody else's. `quotes`: it replies to a message of
    another chat. `comment_on`: it is in the thread of a channel's post. `through_bot`: it came by way of the bot.
    """

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
    as_channel: Chat | None = None
    post_of: Chat | None = None
    forwarded: bool = False
    quotes: Message | None = None
    comment_on: Message | None = None
    through_bot: bool = False
    edited: int | None = None
    force_reply: bool = False
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    deleted: bool = False
    is_inaccessible: bool = False
    """Whether the bot is only told that there is a message."""

    def delete(self) -> None:
        """Be seen no more, not even by replies."""
        self.deleted = True
        for other in self.chat.messages:
            if other.reply_to is self:
                other.reply_to = None

    @property
    def concerns_bot(self) -> bool:
        """Whether the bot sees the message though it is in privacy mode: everything in private, little in groups."""
        if self.chat.kind == "private" or BOT_ID in self.chat.admins:
            return True
        command = re.match(r"/\w+(?:@(\w+))?", self.text)
        is_command = command is not None and (command[1] or BOT_NAME).lower() == BOT_NAME
        is_reply = self.reply_to is not None and self.reply_to.sender.id == BOT_ID
        return is_command or is_reply or self.through_bot

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]

    def button(self, label: str) -> str:
        return next(b["callback_data"] for row in self.buttons for b in row if b["text"] == label)

    def gains(self, data: str) -> str:
        """One more button with that data, as another version of the bot may have put it there."""
        self.buttons = [*self.buttons, [{"text": "?", "callback_data": data}]]
        return data

    @property
    def picture(self) -> Image.Image:
        assert self.media is not None, f"no picture in {self.text!r}"
        return Image.open(io.BytesIO(self.media.data))

    def to_json(self, *, with_reply: bool = True) -> dict[str, Any]:
        if self.is_inaccessible:
            return {"message_id": self.id, "chat": self.chat.to_json(), "date": 0}
        words = {"caption" if self.media else "text": self.text} if self.text else {}
        entities = {}
        if self.text.startswith("/"):
            command = {"type": "bot_command", "offset": 0, "length": len(self.text.split()[0])}
            entities["caption_entities" if self.media else "entities"] = [command]
        reply = self.reply_to.to_json(with_reply=False) if with_reply and self.reply_to else None
        known = {
            "message_id": self.id,
            "chat": self.chat.to_json(),
            "date": self.date,
            "edit_date": self.edited,
            **self._origin(),
            "reply_to_message": reply,
            "external_reply": self._quoted(),
            "message_thread_id": self.comment_on.id if self.comment_on else self.thread,
            "is_topic_message": True if self.thread else None,
            "media_group_id": self.album,
            "via_bot": Person(BOT_ID, "Atelier").to_json() if self.through_bot else None,
            "reply_markup": {"inline_keyboard": self.buttons} if self.buttons else None,
            **({self.media.kind: self.media.json} if self.media else {}),
            **({"document": self.media.json} if self.media and self.media.kind == "animation" else {}),
            **words,
            **entities,
        }
        return {key: value for key, value in known.items() if value is not None}

    def _origin(self) -> dict[str, Any]:
        """Whom the message is from, as bots are told."""
        user = {"type": "user", "sender_user": {"id": 99, "is_bot": False, "first_name": "Zoe"}, "date": self.date}
        if self.post_of is not None:
            channel = self.post_of.to_json()
            origin = {"type": "channel", "chat": channel, "message_id": 1, "date": self.date}
            telegram = Person(TELEGRAM, "Telegram").to_json()
            facts = {"is_automatic_forward": True, "forward_origin": origin}
            return {"from": telegram, "sender_chat": channel, **facts}
        known: dict[str, Any] = {"forward_origin": user} if self.forwarded else {}
        if self.as_group:
            return known | {"from": Person(ANONYMOUS, "Group").to_json(), "sender_chat": self.chat.to_json()}
        if self.as_channel is not None:
            return known | {"from": Person(CHANNEL_BOT, "Channel").to_json(), "sender_chat": self.as_channel.to_json()}
        return known | {"from": self.sender.to_json()}

    def _quoted(self) -> dict[str, Any] | None:
        if self.quotes is None:
            return None
        origin = {"type": "hidden_user", "sender_user_name": "Zoe", "date": self.date}
        media = self.quotes.media
        return {"origin": origin, **({media.kind: media.json} if media else {})}


@dataclass(eq=False)
class Press:
    """A button that was pressed: what the bot answered (to be closed, or for a moment), and what it did before."""

    id: str
    person: Person
    message: Message
    answered: bool = False
    alert: str = ""
    must_be_closed: bool = False
    before_answer: list[str] = field(default_factory=list)


class Files:
    """Files by id; a photo is kept at several sizes, as Telegram does."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.by_id: dict[str, bytes] = {}
        self.by_path: dict[str, bytes] = {}
        self.photos: dict[str, Media] = {}
        """By the ids of their sizes, for those that are sent once more."""
        self.lost = False
        self.folder: Path | None = None
        """Where a Bot API server that runs with --local has its files."""
        self.is_shared = True
        """Whether the bot sees what is in that folder."""

    def keep(self, data: bytes, folder: str, name: str) -> str:
        file_id = f"file-{next(self._numbers)}"
        self.by_id[file_id] = data
        self.by_path[f"{folder}/{file_id}-{name}"] = data
        return file_id

    def path_of(self, file_id: str) -> str:
        path = next(path for path in self.by_path if path.split("/")[1].startswith(f"{file_id}-"))
        if self.folder is None:
            return path
        local = self.folder / path
        if not self.is_shared:
            return str(local)
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(self.by_path[path])
        return str(local)

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
        media = Media("photo", data, "photo.jpg", "image/jpeg", sizes)
        self.photos |= dict.fromkeys([size["file_id"] for size in sizes], media)
        return media

    def animation(self, data: bytes, name: str) -> Media:
        """A film without sound, as Telegram hands animations on."""
        about = self.document(data, name, "video/mp4").json
        return Media("animation", data, name, "video/mp4", about | {"width": 64, "height": 48, "duration": 1})

    def sticker(self, data: bytes, kind: str) -> Media:
        """A sticker that is "static" (WebP), "animated" (drawn anew by each app) or a "video" (WebM)."""
        ending, mime = {
            "static": ("webp", "image/webp"),
            "animated": ("tgs", "application/x-tgsticker"),
            "video": ("webm", "video/webm"),
        }[kind]
        file_id = self.keep(data, "stickers", f"sticker.{ending}")
        about = {"file_id": file_id, "file_unique_id": file_id, "type": "regular", "width": 512, "height": 512}
        kinds = {"is_animated": kind == "animated", "is_video": kind == "video"}
        return Media("sticker", data, f"sticker.{ending}", mime, {**about, **kinds, "file_size": len(data)})

    def other(self, kind: str) -> Media:
        """What is no picture: a video, video note, audio, voice message or contact."""
        if kind == "contact":
            return Media(kind, b"", "", "", {"phone_number": "+4900", "first_name": "Zoe"})
        about = self.document(b"no picture", kind, f"{kind}/x").json
        return Media(kind, b"no picture", kind, f"{kind}/x", about | {**_SIDES.get(kind, {}), "duration": 1})

    def document(self, data: bytes, name: str, mime: str, *, told_size: bool = True) -> Media:
        file_id = self.keep(data, "documents", name)
        about = {"file_id": file_id, "file_unique_id": file_id, "file_name": name, "mime_type": mime}
        return Media("document", data, name, mime, about | ({"file_size": len(data)} if told_size else {}))
