"""`/about`: what this bot is and does."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from typing import Any

import discord
from discord import app_commands

from adapters.discord import sentences, tongue
from adapters.discord.house_rules import settings_here
from adapters.discord.place import place_of
from adapters.discord.wishes import PLATFORM
from bot.errors import Refusal
from bot.languages import _
from bot.place_settings import PlaceSettings
from bot.studio import Studio


def about_command(studio: Studio) -> app_commands.Command[Any, ..., None]:
    """The command `/about`."""

    @app_commands.command(name="about", description=sentences.ABOUT_COMMAND)
    async def about(interaction: discord.Interaction[Any]) -> None:
        embed = discord.Embed(title=f"Atelier {version()}".strip(), description=_(sentences.ABOUT))
        ways = tongue.called(interaction, _(sentences.ABOUT_WAYS))
        embed.add_field(name=_(sentences.ABOUT_HOW), value=ways, inline=False)
        size, strength = await _usual(interaction, studio)
        embed.add_field(
            name=_(sentences.ABOUT_DEFAULTS),
            value=sentences.defaults(size, studio.default_settings.steps, strength),
            inline=False,
        )
        kept = "\n".join(
            [sentences.kept(studio.keep_hours), _("`/privacy` shows what I keep of you, and deletes it if you like.")]
        )
        embed.add_field(name=_(sentences.ABOUT_KEPT), value=tongue.called(interaction, kept), inline=False)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    return about


async def _usual(interaction: discord.Interaction[Any], studio: Studio) -> tuple[int, int]:
    """The size and the strength for who chooses none, in this place."""
    try:
        here = await settings_here(interaction)
    except Refusal:
        here = PlaceSettings()
    settings = studio.default_settings
    settings = here.within(replace(settings, size=here.size or settings.size), is_chosen=False)
    return settings.size, await _usual_strength(interaction, studio)


async def _usual_strength(interaction: discord.Interaction[Any], studio: Studio) -> int:
    place = place_of(interaction)
    try:
        usual = await studio.usual_style(PLATFORM, place)
        return await studio.usual_strength(PLATFORM, place, () if usual is None else (usual.id,))
    except Refusal:
        return studio.default_strength


def version() -> str:
    """The version that is installed; empty where it runs from a copy of its source."""
    try:
        return metadata.version("atelier-bot")
    except metadata.PackageNotFoundError:
        return ""
