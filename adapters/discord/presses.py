"""What the buttons under a finished picture do."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import discord

from adapters.discord import sentences
from adapters.discord.extras import Extras
from adapters.discord.history import is_for
from adapters.discord.panel import Panel, open_panel
from adapters.discord.place import is_moderator
from adapters.discord.submissions import Submissions
from adapters.discord.wishes import Again
from bot.acts import Act
from bot.errors import BadOption, NoSuchJob, NotYours, Refusal
from bot.languages import _
from bot.requests import Job, Options
from bot.reruns import strength_of, varied
from bot.studio import Studio


class Presses:
    """Serves the buttons: again for everybody, the others for the owner and for moderators."""

    def __init__(self, studio: Studio, submissions: Submissions) -> None:
        self._studio = studio
        self._submissions = submissions
        self._extras = Extras(studio)

    async def press(self, interaction: discord.Interaction[Any], act: Act, job_id: str) -> None:
        """Do what the button says. Raises a `Refusal`."""
        try:
            job = await self._studio.job(job_id)
        except NoSuchJob:
            if act != "delete" or not _may_delete_unknown(interaction):
                raise
            await _delete(interaction)
            return
        if job.address.get("channel_id") != interaction.channel_id:
            raise Refusal(_(sentences.OTHER_CHANNEL))
        if act != "again" and job.person != str(interaction.user.id) and not is_moderator(interaction):
            raise NotYours(_(sentences.NOT_YOUR_PICTURE))
        if act == "delete":
            await _delete(interaction, job)
        elif act == "other":
            is_usual = await self._studio.has_usual_strength(job)
            await open_panel(
                interaction, Panel(job=job.id, strength=None if is_usual else strength_of(job.settings)), []
            )
        elif act in ("file", "film", "losses"):
            await self._extras.bring(interaction, act, job)
        else:
            await self._submissions.take(interaction, Again(self._studio, job, options=changed(act, job)))


def _may_delete_unknown(interaction: discord.Interaction[Any]) -> bool:
    """Whether a picture whose person had their data deleted is to go for who presses, by what Discord knows of it."""
    message = interaction.message
    return is_moderator(interaction) or (message is not None and is_for(interaction, message))


async def _delete(interaction: discord.Interaction[Any], job: Job | None = None) -> None:
    """Delete the answer, and the status message that points at it where that is another one."""
    await interaction.response.defer()
    with suppress(discord.NotFound):
        await interaction.delete_original_response()
    status_id, channel_id = None if job is None else job.address.get("status_id"), interaction.channel_id
    if status_id is not None and channel_id is not None:
        channel = interaction.client.get_partial_messageable(channel_id, guild_id=interaction.guild_id)
        with suppress(discord.HTTPException):
            await channel.get_partial_message(status_id).delete()


def changed(act: Act, job: Job) -> Options:
    """What is to be different about a job painted once more. Raises `BadOption` where it cannot be."""
    if act not in ("stronger", "softer", "colours", "larger"):
        return Options()
    options = varied(act, job.settings)
    if options is None:
        sentence = sentences.STRONGEST if act == "stronger" else sentences.SOFTEST
        raise BadOption(_(sentence))
    return options
