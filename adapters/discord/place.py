"""What is known of the place where somebody asks: what the bot may do there, and who may see it."""

from __future__ import annotations

from typing import Any, Final

import discord

from adapters.discord import sentences
from bot.errors import Refusal
from bot.languages import _

PLATFORM: Final = "discord"
NEEDED: Final = ("attach_files", "embed_links")


def place_of(interaction: discord.Interaction[Any]) -> str:
    """What limits go by: the server, else the channel, else the person."""
    return str(interaction.guild_id or interaction.channel_id or interaction.user.id)


def is_moderator(interaction: discord.Interaction[Any]) -> bool:
    """Whether this person may do in this channel what else only a picture's owner may."""
    return interaction.guild_id is not None and interaction.permissions.manage_messages


def is_server_moderator(interaction: discord.Interaction[Any]) -> bool:
    """Whether this person is a moderator by their roles in the server, whatever holds in this channel."""
    member = interaction.user
    return isinstance(member, discord.Member) and member.guild_permissions.manage_messages


def is_manager(interaction: discord.Interaction[Any]) -> bool:
    """Whether this person may change what the server has set for the bot."""
    held = interaction.permissions
    return interaction.guild_id is not None and (held.manage_guild or held.administrator)


def channels_of(interaction: discord.Interaction[Any]) -> list[str]:
    """The ids that the channel counts as: its own and, for a thread or a post in a forum, that of its parent."""
    parent = getattr(interaction.channel, "parent_id", None)
    found = (interaction.channel_id, parent if isinstance(interaction.channel, discord.Thread) else None)
    return [str(number) for number in found if number is not None]


def roles_of(interaction: discord.Interaction[Any]) -> list[str]:
    """The ids of the person's roles in the server, also of those that the library does not know yet; none elsewhere."""
    member = interaction.user
    if not isinstance(member, discord.Member):
        return []
    everyone = member.guild.id
    return [str(role_id) for role_id in (everyone, *member._roles)]


def bot_is_there(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot itself can write there; else it can only answer, as long as the interaction lives."""
    return interaction.is_guild_integration() or interaction.context.dm_channel is True


def missing_permissions(interaction: discord.Interaction[Any], *, reads: bool = False) -> list[str]:
    """The permissions that the bot lacks there, as the library names them; `reads` where it reads back."""
    needed = [*NEEDED]
    if interaction.is_guild_integration():
        in_thread = isinstance(interaction.channel, discord.Thread)
        needed += ["view_channel", "send_messages_in_threads" if in_thread else "send_messages"]
        if reads:
            needed.append("read_message_history")
    held = interaction.app_permissions
    return [name for name in needed if not (held.administrator or getattr(held, name))]


def check_permissions(interaction: discord.Interaction[Any], *, reads: bool = False) -> None:
    """Raise a `Refusal` that names what the bot lacks there."""
    missing = missing_permissions(interaction, reads=reads)
    if missing:
        raise Refusal(sentences.missing_permissions(missing))


def age_restriction(channel: Any) -> bool | None:
    """Whether the channel, or the one that a thread belongs to, is age-restricted; None where that is not known."""
    if isinstance(channel, discord.Thread):
        return None if channel.parent is None else channel.is_nsfw()
    return bool(getattr(channel, "nsfw", False))


def check_age_restriction(channel: Any, *, is_restricted: bool) -> None:
    """Raise a `Refusal` where a picture of an age-restricted channel would be shown outside of such channels."""
    if is_restricted and age_restriction(channel) is not True:
        raise Refusal(_(sentences.RESTRICTED))


def check_still_restricted(channel: Any, *, was_restricted: bool) -> None:
    """Raise a `Refusal` where a picture's channel was age-restricted when it was made, and is known to be no more."""
    if was_restricted and age_restriction(channel) is False:
        raise Refusal(_(sentences.RESTRICTED))
