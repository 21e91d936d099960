"""The language that people are spoken to in on Discord, and what the commands are called in each."""

from __future__ import annotations

import math
import re
import time
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation, TranslationContextTypes

from adapters.discord import sentences
from adapters.discord.house_rules import settings_here
from bot import languages, text
from bot.errors import Refusal

NAMES = frozenset(
    {
        TranslationContextLocation.command_name,
        TranslationContextLocation.group_name,
        TranslationContextLocation.parameter_name,
    }
)

_NAMED: Final = (*sentences.COMMAND_NAMES, sentences.MENU_STYLIZE, sentences.MENU_USE_AS_STYLE, sentences.MENU_AVATAR)
_MARKED: Final = re.compile(r"(`/?|\*\*)([^`*]+)(`|\*\*)")
"""How such names stand in sentences."""


async def of(interaction: discord.Interaction[Any]) -> str:
    """The language in which to answer somebody: the server's, where it has set one, or what Discord speaks to them."""
    try:
        set_here = (await settings_here(interaction)).language
    except Refusal:
        set_here = ""
    return languages.nearest(set_here or interaction.locale.value)


async def speak(interaction: discord.Interaction[Any]) -> None:
    """Speak to somebody in their language from here to the end of this task, with times as Discord shows them."""
    languages.speak(await of(interaction))
    text.show_moments(countdown)


def called(interaction: discord.Interaction[Any], sentence: str) -> str:
    """A sentence for this person alone, with commands, options and menus called as their own Discord shows them.

    Where a server has set a language, that is not always the one of the sentence; Discord itself does not translate
    the names that it links.
    """
    language = languages.nearest(interaction.locale.value)
    if language == languages.spoken():
        return sentence
    with languages.speaking(language):
        shown = [languages.pgettext("name", name) for name in _NAMED]
    names = dict(zip([languages.pgettext("name", name) for name in _NAMED], shown, strict=True))
    return _MARKED.sub(lambda found: f"{found[1]}{names.get(found[2], found[2])}{found[3]}", sentence)


def countdown(seconds: float) -> str:
    """A moment so many seconds ahead, which Discord shows to each in their own language, and counts down."""
    return f"<t:{math.ceil(time.time() + seconds)}:R>"


class Translations(app_commands.Translator):
    """What commands, their options and choices are called in the languages that the bot speaks."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: TranslationContextTypes
    ) -> str | None:
        """The words in that language; None where Discord is to show the English ones."""
        if languages.nearest(locale.value) == languages.ENGLISH:
            return None
        with languages.speaking(locale.value):
            if context.location in NAMES:
                return languages.pgettext("name", string.message)
            preset = string.extras.get("preset")
            if preset is not None:
                return sentences.preset_choice(preset, string.extras["size"], string.extras["steps"])
            return languages._(string.message)
