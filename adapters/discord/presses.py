"""What the buttons under a finished picture do."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import discord

from adapters.discord import sentences
from adapters.discord.extras import Extras
from adapters.discord.panel import Panel, open_panel
from adapters.discord.place import is_moderator
from adapters.discord.result_buttons import Act
from adapters.discord.submissions import Submissions
from adapters.discord.wishes import Again
from bot.errors import BadOption, NotYours, Refusal
from bot.requests import Job, Options
from bot.reruns import strength_of
from bot.studio import Studio

STRENGTH_STEP: Final = 15
LARGER_BY: Final = 1.5
SIZE_STEP: Final = 32


class Presses:
    """Serves the buttons: again for everybody, the others for the owner and for moderators."""

    def __init__(self, studio: Studio, submissions: Submissions) -> None:
        self._studio = studio
        self._submissions = submissions
        self._extras = Extras(studio)

    async def press(self, interaction: discord.Interaction[Any], act: Act, job_id: str) -> None:
        """Do what the button says. Raises a `Refusal`."""
        job = await self._studio.job(job_id)
        if job.address.get("channel_id") != interaction.channel_id:
            raise Refusal(sentences.OTHER_CHANNEL)
        if act != "again" and job.person != str(interaction.user.id) and not is_moderator(interaction):
            raise NotYours(sentences.NOT_YOUR_PICTURE)
        if act == "delete":
            await _delete(interaction, job)
        elif act == "other":
            await open_panel(interaction, Panel(job=job.id, strength=strength_of(job.settings)), [])
        elif act in ("file", "film", "losses"):
            await self._extras.bring(interaction, act, job)
        else:
            await self._submissions.take(interaction, Again(self._studio, job, options=changed(act, job)))


async def _delete(interaction: discord.Interaction[Any], job: Job) -> None:
    """Delete the answer, and the status message that points at it where that is another one."""
    await interaction.response.defer()
    await interaction.delete_original_response()
    status_id, channel_id = job.address.get("status_id"), interaction.channel_id
    if status_id is not None and channel_id is not None:
        channel = interaction.client.get_partial_messageable(channel_id, guild_id=interaction.guild_id)
        with suppress(discord.HTTPException):
            await channel.get_partial_message(status_id).delete()


def changed(act: Act, job: Job) -> Options:
    """What is to be different about a job painted once more. Raises `BadOption` where it cannot be."""
    strength, size = strength_of(job.settings), int(job.settings.get("size", 512))
    if act == "stronger":
        if strength >= 100:
            raise BadOption(sentences.STRONGEST)
        return Options(strength=min(strength + STRENGTH_STEP, 100))
    if act == "softer":
        if strength <= 0:
            raise BadOption(sentences.SOFTEST)
        return Options(strength=max(strength - STRENGTH_STEP, 0))
    if act == "colours":
        return Options(colours="content" if job.settings.get("colours", "style") == "style" else "style")
    if act == "larger":
        return Options(size=round(size * LARGER_BY / SIZE_STEP) * SIZE_STEP)
    return Options()
