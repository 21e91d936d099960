"""What the stand-in remembers: people, places, messages with their files, interactions."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from mimetypes import guess_type
from typing import Any

EPOCH_MS = 1_420_070_400_000
MIB = 1024 * 1024
EPHEMERAL, LOADING = 1 << 6, 1 << 7

VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES = 1 << 10, 1 << 11, 1 << 13
EMBED_LINKS, ATTACH_FILES, READ_HISTORY = 1 << 14, 1 << 15, 1 << 16
SEND_IN_THREADS = 1 << 38
MANAGE_GUILD = 1 << 5
SELECTS = (3, 5, 6, 7, 8)
BOT_PERMISSIONS = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_HISTORY | SEND_IN_THREADS
MEMBER_PERMISSIONS = VIEW_CHANNEL | SEND_MESSAGES
FILE_LIMITS = (10 * MIB, 10 * MIB, 50 * MIB, 100 * MIB)


class ApiError(Exception):
    """An answer of the REST interface that is not a success."""

    def __init__(self, status: int, code: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


class Clock:
    """The platform's clock; tests move it on."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._serial = count()

    def now(self) -> float:
        return time.time() + self.offset

    def snowflake(self) -> int:
        return (int(self.now() * 1000) - EPOCH_MS) << 22 | next(self._serial) % 4096


@dataclass
class Person:
    id: int
    name: str
    permissions: int = MEMBER_PERMISSIONS
    roles: list[int] = field(default_factory=list)
    locale: str = "en-US"
    avatar: str | None = "0123456789abcdef0123456789abcdef"
    """The name of the picture that they have set; None for who has set none."""

    def user(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "avatar": self.avatar,
            "global_name": self.name,
        }

    def member(self) -> dict[str, Any]:
        return {
            "user": self.user(),
            "roles": [str(role) for role in self.roles],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": str(self.permissions),
        }


@dataclass
class Place:
    """A channel in a server, a thread in one when it has a `parent`, or a direct channel when `guild_id` is None.

    `slow_mode` are the seconds between two messages of the bot, as of anybody who may not override it.
    """

    id: int
    guild_id: int | None
    app_permissions: int = BOT_PERMISSIONS
    premium_tier: int = 0
    bot_is_member: bool = True
    is_archived: bool = False
    is_locked: bool = False
    is_nsfw: bool = False
    is_forum: bool = False
    parent: Place | None = None
    slow_mode: float = 0.0
    written_at: float = 0.0
    token_file_limit: int = 10 * MIB
    """What the person who asks may upload there, in bytes a file."""

    @property
    def channel_file_limit(self) -> int:
        """What the bot may upload there, in bytes a file."""
        return FILE_LIMITS[self.premium_tier]

    def channel(self) -> dict[str, Any]:
        if self.guild_id is None:
            return {"id": str(self.id), "type": 1, "recipients": []}
        if self.parent is not None:
            return {
                "id": str(self.id), "type": 11, "name": "a thread", "guild_id": str(self.guild_id), "owner_id": "1",
                "parent_id": str(self.parent.id), "message_count": 1, "member_count": 1, "rate_limit_per_user": 0,
                "thread_metadata": {"archived": self.is_archived, "auto_archive_duration": 60, "locked": False,
                                    "archive_timestamp": "2024-01-01T00:00:00+00:00"},
            }  # fmt: skip
        return {
            "id": str(self.id),
            "type": 15 if self.is_forum else 0,
            "nsfw": self.is_nsfw,
            "rate_limit_per_user": int(self.slow_mode),
            "available_tags": [],
            "default_sort_order": None,
            "name": "atelier",
            "guild_id": str(self.guild_id),
            "position": 0,
            "permission_overwrites": [],
        }

    def guild(self, bot: dict[str, Any], roles: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": str(self.guild_id),
            "name": "Painters",
            "owner_id": "1",
            "premium_tier": self.premium_tier,
            "roles": [role(self.guild_id or 0, "@everyone", 0), *roles],
            "channels": [(self.parent or self).channel()],
            "members": [{"user": bot, "roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "flags": 0,
                         "deaf": False, "mute": False}],
            "member_count": 2,
            "emojis": [], "stickers": [], "features": [], "voice_states": [], "presences": [],
            "threads": [] if self.parent is None else [self.channel()],
            "stage_instances": [], "guild_scheduled_events": [],
        }  # fmt: skip


def role(number: int, name: str, position: int, permissions: int = 0) -> dict[str, Any]:
    return {"id": str(number), "name": name, "permissions": str(permissions), "position": position, "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False, "managed": False, "mentionable": False, "flags": 0}  # fmt: skip


@dataclass
class StoredFile:
    id: int
    name: str
    data: bytes


@dataclass
class Message:
    """A message as people see it; `words` and `custom_ids` keep every text and button that it has had."""

    id: int
    place: Place
    author: dict[str, Any]
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    flags: int = 0
    nonce: str | None = None
    words: list[str] = field(default_factory=list)
    custom_ids: list[str] = field(default_factory=list)
    edited_at: list[float] = field(default_factory=list)
    reply_to: Message | None = None
    invoker: Person | None = None
    mentions_bot: bool = False
    forwards: Message | None = None

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def is_thinking(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def buttons(self) -> dict[str, str]:
        """Label to custom id."""
        return {item["label"]: item["custom_id"] for item in self.items if item["type"] == 2}

    @property
    def items(self) -> list[dict[str, Any]]:
        """Its buttons and selects."""
        return [item for row in self.components for item in row["components"]]

    def select(self, kind: str) -> dict[str, Any]:
        """The select whose custom id contains `kind`."""
        return next(item for item in self.items if item["type"] in SELECTS and kind in item["custom_id"])

    def chosen(self, kind: str) -> list[str]:
        """The values that are chosen in a select."""
        select = self.select(kind)
        if "options" not in select:
            return [str(each["id"]) for each in select.get("default_values", [])]
        return [option["value"] for option in select["options"] if option.get("default")]

    def file(self, ending: str) -> StoredFile | None:
        return next((file for file in self.files if file.name.endswith(ending)), None)

    def as_json(self, file_url: str, *, is_seen: bool = True) -> dict[str, Any]:
        """The message as the bot gets it; without what it holds where that is not for the bot to see."""
        when = datetime.now(UTC).isoformat()
        return {
            "id": str(self.id),
            "channel_id": str(self.place.id),
            "author": self.author,
            "content": self.content if is_seen else "",
            "timestamp": when,
            "edited_timestamp": when if self.edited_at else None,
            "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [], "pinned": False,
            "type": 0 if self.reply_to is None else 19,
            "flags": self.flags,
            "embeds": self.embeds if is_seen else [],
            "components": self.components if is_seen else [],
            "attachments": [
                {"id": str(file.id), "filename": file.name, "size": len(file.data),
                 "content_type": guess_type(file.name)[0] or "application/octet-stream",
                 "url": f"{file_url}{file.id}/{file.name}", "proxy_url": f"{file_url}{file.id}/{file.name}"}
                for file in self.files if is_seen
            ],
            **self._origin(file_url),
            **({} if self.nonce is None else {"nonce": self.nonce}),
        }  # fmt: skip

    def _origin(self, file_url: str) -> dict[str, Any]:
        about: dict[str, Any] = {}
        if self.reply_to is not None:
            about["message_reference"] = {"message_id": str(self.reply_to.id), "channel_id": str(self.place.id)}
            seen = self.reply_to.author.get("bot", False) or self.reply_to.mentions_bot
            about["referenced_message"] = self.reply_to.as_json(file_url, is_seen=seen)
        if self.forwards is not None:
            about["message_reference"] = {"type": 1, "message_id": str(self.forwards.id), "channel_id": "1"}
            about["message_snapshots"] = [{"message": self.forwards.as_json(file_url)}]
        if self.invoker is not None:
            about["interaction_metadata"] = {
                "id": str(self.id), "type": 2, "user": self.invoker.user(), "authorizing_integration_owners": {},
            }  # fmt: skip
        return about


@dataclass
class Invocation:
    """One interaction from its dispatch on: what the bot made of it, and what the person got to see."""

    id: int
    token: str
    type: int
    person: Person
    place: Place
    created: float
    dispatched: float | None = None
    acknowledged_after: float | None = None
    acknowledgement: int | None = None
    original: Message | None = None
    source: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[dict[str, Any]] | None = None
    modal: dict[str, Any] | None = None
    """The window with fields that the bot opened."""

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The fields of that window by the last part of their ids."""
        assert self.modal is not None
        items = [row.get("component") or row["components"][0] for row in self.modal["components"]]
        return {item["custom_id"].rpartition(":")[2]: item for item in items}

    @property
    def private_words(self) -> list[str]:
        """What was said to this person alone."""
        own = [] if self.original is None or self.original is self.source else [self.original]
        return [
            message.content for message in (*own, *self.followups) if message.is_ephemeral and not message.is_thinking
        ]
