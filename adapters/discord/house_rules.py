"""What a server has set for the bot, held against an interaction there."""

from __future__ import annotations

from typing import Any

import discord

from adapters.discord.place import (
    PLATFORM,
    channels_of,
    is_manager,
    is_moderator,
    is_server_moderator,
    place_of,
    roles_of,
)
from bot.gallery import Gallery
from bot.place_settings import PlaceSettings
from bot.requests import Job


async def settings_here(interaction: discord.Interaction[Any]) -> PlaceSettings:
    """What the place of an interaction has set. Raises a `Refusal`."""
    here: PlaceSettings = await interaction.client.studio.places.of(PLATFORM, place_of(interaction))
    return here


async def gallery_here(interaction: discord.Interaction[Any]) -> Gallery:
    """The gallery of the place of an interaction. Raises a `Refusal`."""
    gallery: Gallery = await interaction.client.studio.gallery_of(PLATFORM, place_of(interaction))
    return gallery


async def check_rules(interaction: discord.Interaction[Any]) -> None:
    """Raise a `Refusal`, naming the way out, where the server does not let this person ask in this channel."""
    here = await settings_here(interaction)
    here.check_channel(channels_of(interaction), "<#{}>".format)
    is_moderator_here = is_moderator(interaction) or is_manager(interaction)
    here.check_person(roles_of(interaction), is_moderator=is_moderator_here, called="<@&{}>".format)


def may_stop(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Whether this person may cancel a job of somebody else: moderators one of their channel, who manages the server
    any of the server.
    """
    if job.place != place_of(interaction):
        return False
    is_here = job.address.get("channel_id") == interaction.channel_id
    return is_manager(interaction) or (is_here and is_moderator(interaction))


async def may_add(interaction: discord.Interaction[Any]) -> bool:
    """Whether this person may add styles to the gallery of the server.

    As that is for all channels, a moderator here is one of the whole server, not of some channel or thread.
    """
    if interaction.guild_id is None or not interaction.is_guild_integration():
        return False
    here = await settings_here(interaction)
    return here.may_add(roles_of(interaction), is_moderator=_keeps_gallery(interaction))


def may_remove(interaction: discord.Interaction[Any], gallery: Gallery, style_id: str) -> bool:
    """Whether this person may take that style out of the gallery: who added it, and moderators of the server."""
    if style_id not in gallery.own:
        return False
    return _keeps_gallery(interaction) or gallery.own[style_id] == str(interaction.user.id)


def _keeps_gallery(interaction: discord.Interaction[Any]) -> bool:
    return is_server_moderator(interaction) or is_manager(interaction)
