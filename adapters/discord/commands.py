"""The slash command, and what happens when a handler fails."""

from __future__ import annotations

from typing import Any

import discord
import structlog
from discord import app_commands

from adapters.discord import limits, sentences
from adapters.discord.private_reply import tell
from adapters.discord.submissions import Submissions, Wish
from bot.gallery import Gallery

log = structlog.get_logger(__name__)


class Commands(app_commands.CommandTree[Any]):
    """The command tree; a handler that fails is logged and told, and the bot lives on."""

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Tell the person one sentence, before their time is over, and log the error with its traceback."""
        if interaction.type is discord.InteractionType.application_command:
            await tell(interaction, sentences.WENT_WRONG)
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        log.error("command failed", interaction=interaction.id, exc_info=cause)


def stylize_command(submissions: Submissions, gallery: Gallery) -> app_commands.Command[Any, ..., None]:
    """The command `/stylize`."""

    @app_commands.command(name="stylize", description=sentences.COMMAND)
    @app_commands.describe(
        photo=sentences.PHOTO,
        style_image=sentences.STYLE_IMAGE,
        style=sentences.STYLE,
        strength=sentences.STRENGTH,
    )
    async def stylize(
        interaction: discord.Interaction[Any],
        photo: discord.Attachment,
        style_image: discord.Attachment | None = None,
        style: str | None = None,
        strength: app_commands.Range[int, 0, 100] | None = None,
    ) -> None:
        await submissions.take(interaction, Wish(photo, style_image, style, strength))

    @stylize.autocomplete("style")
    async def suggest(_interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        found = gallery.search(typed, limits.CHOICES)[: limits.CHOICES]
        return [app_commands.Choice(name=style.label[: limits.CHOICE_CHARS], value=style.id) for style in found]

    return stylize
