"""What the stand-in remembers: people, places, messages with their files, interactions."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

EPOCH_MS = 1_420_070_400_000
MIB = 1024 * 1024
EPHEMERAL, LOADING = 1 << 6, 1 << 7

VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES = 1 << 10, 1 << 11, 1 << 13
EMBED_LINKS, ATTACH_FILES, READ_HISTORY = 1 << 14, 1 << 15, 1 << 16
BOT_PERMISSIONS = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_HISTORY
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

    def user(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "avatar": None,
            "global_name": self.name,
        }

    def member(self) -> dict[str, Any]:
        return {
            "user": self.user(),
            "roles": [],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": str(self.permissions),
        }


@dataclass
class Place:
    """A channel in a server, or a direct channel when `guild_id` is None."""

    id: int
    guild_id: int | None
    app_permissions: int = BOT_PERMISSIONS
    premium_tier: int = 0
    bot_is_member: bool = True
    is_archived: bool = False
    token_file_limit: int = 10 * MIB
    channel_file_limit: int = 10 * MIB

    def channel(self) -> dict[str, Any]:
        if self.guild_id is None:
            return {"id": str(self.id), "type": 1, "recipients": []}
        return {
            "id": str(self.id),
            "type": 0,
            "name": "atelier",
            "guild_id": str(self.guild_id),
            "position": 0,
            "permission_overwrites": [],
        }

    def guild(self, bot: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": str(self.guild_id),
            "name": "Painters",
            "owner_id": "1",
            "premium_tier": self.premium_tier,
            "roles": [{"id": str(self.guild_id), "name": "@everyone", "permissions": "0", "position": 0,
                       "color": 0, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
                       "hoist": False, "managed": False, "mentionable": False, "flags": 0}],
            "channels": [self.channel()],
            "members": [{"user": bot, "roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "flags": 0,
                         "deaf": False, "mute": False}],
            "member_count": 2,
            "emojis": [], "stickers": [], "features": [], "threads": [], "voice_states": [], "presences": [],
            "stage_instances": [], "guild_scheduled_events": [],
        }  # fmt: skip


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

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def is_thinking(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def buttons(self) -> dict[str, str]:
        """Label to custom id."""
        return {item["label"]: item["custom_id"] for row in self.components for item in row["components"]}

    def file(self, ending: str) -> StoredFile | None:
        return next((file for file in self.files if file.name.endswith(ending)), None)

    def as_json(self, file_url: str) -> dict[str, Any]:
        when = datetime.now(UTC).isoformat()
        return {
            "id": str(self.id),
            "channel_id": str(self.place.id),
            "author": self.author,
            "content": self.content,
            "timestamp": when,
            "edited_timestamp": when if self.edited_at else None,
            "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [], "pinned": False,
            "type": 0,
            "flags": self.flags,
            "embeds": self.embeds,
            "components": self.components,
            "attachments": [
                {"id": str(file.id), "filename": file.name, "size": len(file.data),
                 "url": f"{file_url}{file.id}/{file.name}", "proxy_url": f"{file_url}{file.id}/{file.name}"}
                for file in self.files
            ],
            **({} if self.nonce is None else {"nonce": self.nonce}),
        }  # fmt: skip


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

    @property
    def private_words(self) -> list[str]:
        """What was said to this person alone."""
        own = [] if self.original is None or self.type != 2 else [self.original]
        return [message.content for message in (*own, *self.followups) if message.is_ephemeral]
