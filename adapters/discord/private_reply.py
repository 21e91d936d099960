"""Sentences that only the person who asked can see."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

import discord
import structlog

from adapters.discord import limits, sentences, tongue
from adapters.discord.acknowledgements import LOST
from adapters.discord.markdown import unlinked
from bot.errors import Refusal
from bot.languages import _

_PRIVATE: Final = "thinks privately"

log = structlog.get_logger(__name__)


async def serve(interaction: discord.Interaction[Any], work: Awaitable[None], **facts: Any) -> None:
    """Do what a press or a command asks for, in the language of the place or the person.

    A refusal is told, a fault is told and logged with `facts`.
    """
    await tongue.speak(interaction)
    try:
        await work
    except Refusal as refusal:
        await tell(interaction, str(refusal))
    except Exception:
        await tell(interaction, _(sentences.WENT_WRONG))
        log.exception("interaction failed", interaction=interaction.id, **facts)


async def think_privately(interaction: discord.Interaction[Any]) -> None:
    """Acknowledge now, and answer this person alone later."""
    await interaction.response.defer(thinking=True, ephemeral=True)
    interaction.extras[_PRIVATE] = True


async def tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Say one sentence to the person behind `interaction` alone; what cannot be said is logged.

    A public "thinking" message is taken away first, as its follow-up would be public too. Where that fails, the
    sentence takes its place. No link in it is one, as it may name what people chose.
    """
    try:
        await _tell(interaction, unlinked(tongue.called(interaction, sentence))[: limits.CONTENT_CHARS])
    except discord.HTTPException as error:
        log.warning("sentence not told", interaction=interaction.id, status=error.status, code=error.code)
    except LOST as error:
        log.warning("sentence not told", interaction=interaction.id, error=type(error).__name__)


async def _tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    response = interaction.response
    if not response.is_done():
        await response.send_message(sentence, ephemeral=True)
        return
    if interaction.extras.get(_PRIVATE):
        await interaction.edit_original_response(content=sentence, embeds=[], attachments=[], view=None)
        return
    if response.type is discord.InteractionResponseType.deferred_channel_message:
        try:
            with suppress(discord.NotFound):
                await interaction.delete_original_response()
        except discord.HTTPException:
            await interaction.edit_original_response(content=sentence)
            return
    await interaction.followup.send(sentence, ephemeral=True)
