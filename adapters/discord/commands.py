"""The command tree, and `/stylize`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.app_commands import Choice, locale_str

from adapters.discord import limits, sentences, tongue
from adapters.discord.attachments import Attachments
from adapters.discord.house_rules import gallery_here
from adapters.discord.private_reply import tell
from adapters.discord.sources import Source
from adapters.discord.submissions import Submissions
from adapters.discord.wishes import LARGEST_SEED, NewPicture
from bot.errors import Refusal
from bot.gallery import Gallery, Style
from bot.languages import _
from bot.requests import Options
from bot.studio import Studio
from nst_engine.settings import MAX_SIZE, MIN_SIZE, Preset

log = structlog.get_logger(__name__)

LOOKS = [Choice(name=name, value=value) for value, name in sentences.CHOICE_LOOKS.items()]
COLOURS = [Choice(name=name, value=value) for value, name in sentences.CHOICE_COLOURS.items()]


class Commands(app_commands.CommandTree[Any]):
    """The command tree; a handler that fails is logged and told, and the bot lives on."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Speak the language of the place or the person from here on: each interaction has a task of its own."""
        await tongue.speak(interaction)
        return True

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Tell the person one sentence, before their time is over, and log the error with its traceback."""
        if interaction.type is discord.InteractionType.application_command:
            await tell(interaction, _(sentences.WENT_WRONG))
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        log.error("command failed", interaction=interaction.id, exc_info=cause)


def stylize_command(
    studio: Studio, attachments: Attachments, submissions: Submissions
) -> app_commands.Command[Any, ..., None]:
    """The command `/stylize`."""

    @app_commands.command(name="stylize", description=sentences.COMMAND)
    @app_commands.describe(
        photo=sentences.PHOTO,
        style=sentences.STYLE,
        style_image=sentences.STYLE_IMAGE,
        strength=sentences.STRENGTH,
        colours=sentences.COLOURS,
        look=sentences.LOOK,
        size=sentences.SIZE,
        preset=sentences.PRESET,
        seed=sentences.SEED,
        style_2=sentences.MORE_STYLE,
        style_3=sentences.MORE_STYLE,
        style_image_2=sentences.MORE_STYLE_IMAGE,
    )
    @app_commands.choices(colours=COLOURS, look=LOOKS, preset=_preset_choices(studio.presets))
    async def stylize(
        interaction: discord.Interaction[Any],
        photo: discord.Attachment | None = None,
        style: str | None = None,
        style_image: discord.Attachment | None = None,
        strength: app_commands.Range[int, 0, 100] | None = None,
        colours: str | None = None,
        look: str | None = None,
        size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        preset: str | None = None,
        seed: app_commands.Range[int, 0, LARGEST_SEED] | None = None,
        style_2: str | None = None,
        style_3: str | None = None,
        style_image_2: discord.Attachment | None = None,
    ) -> None:
        images = [Source.of(image) for image in (style_image, style_image_2) if image is not None]
        names = [name for name in (style, style_2, style_3) if name]
        options = Options(strength=strength, colours=colours, look=look, size=size, preset=preset, seed=seed)
        source = None if photo is None else Source.of(photo)
        await submissions.take(interaction, NewPicture(studio, attachments, source, [*images, *names], options))

    for option in ("style", "style_2", "style_3"):
        stylize.autocomplete(option)(style_suggestions())
    return stylize


def _preset_choices(presets: Mapping[str, Preset]) -> list[Choice[str]]:
    """What can be chosen as the preset; each says its size and steps, in every language."""

    def named(name: str, size: int, steps: int) -> locale_str:
        return locale_str(sentences.preset_choice(name, size, steps), preset=name, size=size, steps=steps)

    return [Choice(name=named(name, each.size, each.steps), value=name) for name, each in presets.items()]


def style_suggestions() -> Any:
    """What is suggested while a style is typed; those of the server say so."""

    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[Choice[str]]:
        try:
            gallery = await gallery_here(interaction)
        except Refusal:
            gallery = interaction.client.studio.gallery
        found = gallery.search(typed, limits.CHOICES)[: limits.CHOICES]
        return [Choice(name=_label(style, gallery)[: limits.CHOICE_CHARS], value=style.id) for style in found]

    return suggest


def _label(style: Style, gallery: Gallery) -> str:
    return _("{style} (of this server)", style=style.label) if style.id in gallery.own else style.label
