"""The cancel button. Its id carries the job's, so that it works after a restart of the bot."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
import structlog

from adapters.discord import sentences
from adapters.discord.private_reply import tell
from bot.errors import Refusal

log = structlog.get_logger(__name__)


class CancelButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"atelier:cancel:(?P<job>[0-9a-z]{1,25})"):
    """Cancels one job for the person whose job it is, or for a moderator of the channel."""

    def __init__(self, job_id: str) -> None:
        super().__init__(
            discord.ui.Button(
                label=sentences.CANCEL,
                style=discord.ButtonStyle.secondary,
                custom_id=f"atelier:cancel:{job_id}",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls,
        _interaction: discord.Interaction[Any],
        _item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """The button that was pressed."""
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Cancel the job; the answer that follows changes the message, so only refusals are told here."""
        try:
            await interaction.response.defer()
            await self._cancel(interaction)
        except Exception:
            await tell(interaction, sentences.WENT_WRONG)
            log.exception("cancel button failed", job=self.job_id)

    async def _cancel(self, interaction: discord.Interaction[Any]) -> None:
        try:
            stopping = await interaction.client.studio.cancel(
                self.job_id, str(interaction.user.id), moderator=is_moderator(interaction)
            )
        except Refusal as refusal:
            await tell(interaction, str(refusal))
            return
        if not stopping:
            await tell(interaction, sentences.ALREADY_OVER)


def is_moderator(interaction: discord.Interaction[Any]) -> bool:
    """Whether the person may manage messages in the server where `interaction` was sent."""
    return interaction.guild_id is not None and interaction.permissions.manage_messages
