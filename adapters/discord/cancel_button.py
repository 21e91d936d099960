"""The cancel button. Its id carries the job's, so that it works after a restart of the bot."""

from __future__ import annotations

import re
from typing import Any, Self

import discord

from adapters.discord import sentences
from adapters.discord.house_rules import may_stop
from adapters.discord.private_reply import serve, tell
from bot.languages import _


class CancelButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"atelier:cancel:(?P<job>[0-9a-z]{1,25})"):
    """Cancels one job for the person whose job it is, or for a moderator of the channel."""

    def __init__(self, job_id: str, label: str = "") -> None:
        super().__init__(
            discord.ui.Button(
                label=label or _(sentences.CANCEL),
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
        """Cancel the job. The answer that follows changes its status message; elsewhere it is told, as refusals are."""
        await serve(interaction, self._cancel(interaction), button="cancel", job=self.job_id)

    async def _cancel(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer()
        studio = interaction.client.studio
        moderator = may_stop(interaction, await studio.job(self.job_id))
        if not await studio.cancel(self.job_id, str(interaction.user.id), moderator=moderator):
            await tell(interaction, _(sentences.ALREADY_OVER))
        elif interaction.message is not None and interaction.message.flags.ephemeral:
            await tell(interaction, _(sentences.IS_CANCELLED))


def cancel_view(job_id: str) -> discord.ui.View:
    """The button under a status message."""
    return discord.ui.View(timeout=None).add_item(CancelButton(job_id))
