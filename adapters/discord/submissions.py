"""From an interaction to a job: what can be refused at once is, the rest after the download."""

from __future__ import annotations

from typing import Any

import discord
import structlog

from adapters.discord import limits
from adapters.discord.content import accepted_content
from adapters.discord.place import PLATFORM
from adapters.discord.private_reply import tell
from adapters.discord.status import StatusBoard
from adapters.discord.wishes import Wish
from bot.errors import Refusal

log = structlog.get_logger(__name__)


class Submissions:
    """Takes wishes to the studio and opens their status messages."""

    def __init__(self, board: StatusBoard) -> None:
        self._board = board

    async def take(self, interaction: discord.Interaction[Any], wish: Wish) -> None:
        """Make a job of `wish`, or tell the person why not."""
        try:
            with interaction.client.studio.privacy.taking(PLATFORM, str(interaction.user.id)):
                await wish.check(interaction)
                message_id = await _defer(interaction)
                if message_id is None:
                    return
                job = await wish.submit(interaction, message_id)
            if job.is_new:
                self._board.open(job, accepted_content(job))
        except Refusal as refusal:
            await tell(interaction, str(refusal))


async def _defer(interaction: discord.Interaction[Any]) -> int | None:
    """Acknowledge in public and give the id of the message to come; None when the interaction is not ours to answer."""
    try:
        reply = await interaction.response.defer(thinking=True)
    except discord.HTTPException as error:
        if error.code not in (limits.UNKNOWN_INTERACTION, limits.ALREADY_ACKNOWLEDGED):
            raise
        log.warning("interaction not acknowledged", interaction=interaction.id, code=error.code)
        return None
    if reply is not None and reply.message_id is not None:
        return reply.message_id
    return (await interaction.original_response()).id
