"""What is known of the place where somebody asks: what the bot may do there, and who may see it."""

from __future__ import annotations

from typing import Any, Final

import discord

from adapters.discord import sentences
from bot.errors import Refusal

NEEDED: Final = {"attach_files": "Attach Files", "embed_links": "Embed Links"}


def place_of(interaction: discord.Interaction[Any]) -> str:
    """What limits go by: the server, else the channel, else the person."""
    return str(interaction.guild_id or interaction.channel_id or interaction.user.id)


def is_moderator(interaction: discord.Interaction[Any]) -> bool:
    """Whether this person may do there what else only a picture's owner may."""
    return interaction.guild_id is not None and interaction.permissions.manage_messages


def bot_is_there(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot itself can write there; else it can only answer, as long as the interaction lives."""
    return interaction.is_guild_integration() or interaction.context.dm_channel is True


def missing_permissions(interaction: discord.Interaction[Any], *, reads: bool = False) -> list[str]:
    """The permissions that the bot lacks there, by the names that Discord shows; `reads` where it reads back."""
    needed = dict(NEEDED)
    if interaction.is_guild_integration():
        needed["view_channel"] = "View Channel"
        if isinstance(interaction.channel, discord.Thread):
            needed["send_messages_in_threads"] = "Send Messages in Threads"
        else:
            needed["send_messages"] = "Send Messages"
        if reads:
            needed["read_message_history"] = "Read Message History"
    held = interaction.app_permissions
    return [label for name, label in needed.items() if not (held.administrator or getattr(held, name))]


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
        raise Refusal(sentences.RESTRICTED)
