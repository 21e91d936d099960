"""Looking back in a channel for the picture that somebody means."""

from __future__ import annotations

from typing import Any

import discord
import structlog

from adapters.discord import limits, sentences
from adapters.discord.attachments import Attachments
from adapters.discord.sources import Source, pictures_of
from bot.errors import BadPicture
from bot.languages import _

log = structlog.get_logger(__name__)


async def last_picture(interaction: discord.Interaction[Any], attachments: Attachments) -> Source:
    """The last picture in the channel that the person sent, replied to or had painted, as far as the bot may see.

    Raises `BadPicture` where there is none.
    """
    assert interaction.channel_id is not None, "asked only where the bot can write"
    channel = interaction.client.get_partial_messageable(interaction.channel_id, guild_id=interaction.guild_id)
    try:
        async for message in channel.history(limit=limits.HISTORY):
            found = pictures_of(message, attachments.is_known) if is_for(interaction, message) else []
            if found:
                return found[0]
    except discord.HTTPException as error:
        log.warning("history not read", channel=interaction.channel_id, status=error.status, code=error.code)
    raise BadPicture(_(sentences.NO_PHOTO))


def is_for(interaction: discord.Interaction[Any], message: discord.Message) -> bool:
    """Whether its person sent a message, asked for it, or is named by the bot as the one whom it answers."""
    person, asked = interaction.user.id, message.interaction_metadata
    if person in (message.author.id, asked and asked.user.id):
        return True
    own = message.author.id == interaction.client.user.id
    return own and message.content.startswith(sentences.new_message(person))
