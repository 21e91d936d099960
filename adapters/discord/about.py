"""`/about`: what this bot is and does."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import discord
from discord import app_commands

from adapters.discord import sentences
from bot.studio import Studio


def about_command(studio: Studio) -> app_commands.Command[Any, ..., None]:
    """The command `/about`."""

    @app_commands.command(name="about", description=sentences.ABOUT_COMMAND)
    async def about(interaction: discord.Interaction[Any]) -> None:
        embed = discord.Embed(title=f"Atelier {version()}".strip(), description=sentences.ABOUT)
        embed.add_field(name=sentences.ABOUT_HOW, value=sentences.ABOUT_WAYS, inline=False)
        settings = studio.default_settings
        embed.add_field(
            name=sentences.ABOUT_DEFAULTS,
            value=sentences.defaults(settings.size, settings.steps, studio.default_strength),
            inline=False,
        )
        kept = sentences.kept(studio.keep_hours)
        embed.add_field(name=sentences.ABOUT_KEPT, value=kept, inline=False)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    return about


def version() -> str:
    """The version that is installed; empty where it runs from a copy of its source."""
    try:
        return metadata.version("atelier-bot")
    except metadata.PackageNotFoundError:
        return ""
