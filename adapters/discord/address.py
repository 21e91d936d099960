"""Where the answer of one job goes: what is kept in the ledger, so that it outlives the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import discord

from adapters.discord import limits
from adapters.discord.place import age_restriction, bot_is_there
from bot import languages


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """The status message of one job and the two ways to it: the interaction's token and the channel.

    `created` is the interaction's time in seconds since the epoch. `file_limit` holds for answers through the
    token, `channel_file_limit` for messages in the channel, both in bytes a file. `is_member` tells whether the bot
    itself can write in the channel, `is_spoiler` whether the picture hides until it is clicked, `is_restricted`
    whether it comes from an age-restricted channel. `status_id` is the status message once the answer is another
    message. `language` is the one that the person is spoken to in.
    """

    application_id: int
    interaction_token: str = field(repr=False)
    created: float
    channel_id: int | None
    message_id: int
    guild_id: int | None
    user_id: int
    file_limit: int
    channel_file_limit: int
    is_member: bool = True
    is_spoiler: bool = False
    is_restricted: bool = False
    status_id: int | None = None
    language: str = languages.ENGLISH

    @classmethod
    def of(cls, interaction: discord.Interaction[Any], message_id: int, *, is_spoiler: bool = False) -> ReplyAddress:
        """The address of the message that answers `interaction`."""
        guild = interaction.guild
        return cls(
            application_id=interaction.application_id,
            interaction_token=interaction.token,
            created=interaction.created_at.timestamp(),
            channel_id=interaction.channel_id,
            message_id=message_id,
            guild_id=interaction.guild_id,
            user_id=interaction.user.id,
            file_limit=interaction.filesize_limit,
            channel_file_limit=guild.filesize_limit if guild is not None else limits.FILE_LIMIT,
            is_member=bot_is_there(interaction),
            is_spoiler=is_spoiler,
            is_restricted=age_restriction(interaction.channel) is True,
            language=languages.spoken(),
        )

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> ReplyAddress:
        """The address out of a job's `address`, also one of an older version."""
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    def dump(self) -> dict[str, Any]:
        """The address as plain JSON values; `load` takes them back."""
        return asdict(self)

    def token_lives(self, now: float) -> bool:
        """Whether the interaction token still works at `now` (seconds since the epoch)."""
        return now < self.created + limits.TOKEN_LIFE - limits.TOKEN_MARGIN
