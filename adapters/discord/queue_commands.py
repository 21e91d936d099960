"""`/queue` and `/cancel`: what is under way, and how to stop it."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from adapters.discord import limits, sentences
from adapters.discord.cancel_button import CancelButton
from adapters.discord.house_rules import may_stop
from adapters.discord.markdown import plain
from adapters.discord.place import place_of
from adapters.discord.private_reply import serve, tell, think_privately
from adapters.discord.wishes import PLATFORM
from bot import text
from bot.errors import NoSuchJob
from bot.languages import _
from bot.requests import Job, Queued, Running
from bot.studio import Studio


def queue_command(studio: Studio) -> app_commands.Command[Any, ..., None]:
    """The command `/queue`."""

    @app_commands.command(name="queue", description=sentences.QUEUE_COMMAND)
    async def queue(interaction: discord.Interaction[Any]) -> None:
        async def work() -> None:
            # The storage may be slow.
            await think_privately(interaction)
            own = await studio.under_way(PLATFORM, person=str(interaction.user.id))
            here = await studio.under_way(PLATFORM, place=place_of(interaction))
            lines = [_line(f"**{plain(job.style_title)}**", studio, job) for job in own]
            said = "\n".join([*(lines or [_(sentences.NOTHING_WAITS)]), sentences.pictures_here(len(here))])
            await tell(interaction, said)

        await serve(interaction, work(), command="queue")

    return queue


def cancel_command(studio: Studio) -> app_commands.Command[Any, ..., None]:
    """The command `/cancel`."""

    @app_commands.command(name="cancel", description=sentences.CANCEL_COMMAND)
    @app_commands.describe(picture=sentences.CANCEL_JOB)
    async def cancel(interaction: discord.Interaction[Any], picture: str | None = None) -> None:
        await serve(interaction, _cancel(interaction, studio, picture), command="cancel")

    @cancel.autocomplete("picture")
    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[Choice[str]]:
        found = [(job, _line(job.style_title, studio, job)) for job in await _may_cancel(interaction)]
        fitting = [(job, label) for job, label in found if typed.casefold() in label.casefold()]
        return [Choice(name=label[: limits.CHOICE_CHARS], value=job.id) for job, label in fitting][: limits.CHOICES]

    return cancel


async def _cancel(interaction: discord.Interaction[Any], studio: Studio, picture: str | None) -> None:
    """Cancel the named job, or the only one, or let the person choose."""
    # The queue may be out of reach, and the storage slow.
    await think_privately(interaction)
    if picture is None:
        found = await studio.under_way(PLATFORM, person=str(interaction.user.id))
    else:
        found = [job for job in await _may_cancel(interaction) if picture in (job.id, job.style_title)]
    if not found:
        raise NoSuchJob(_(sentences.NOTHING_TO_CANCEL))
    if len(found) > 1:
        view = discord.ui.View(timeout=None)
        for number, job in enumerate(found[: limits.CHOICES], 1):
            view.add_item(CancelButton(job.id, f"{number}. {job.style_title}"[: limits.LABEL_CHARS]))
        await interaction.edit_original_response(content=_(sentences.CANCEL_WHICH), view=view)
        return
    stopping = await studio.cancel(found[0].id, str(interaction.user.id), moderator=may_stop(interaction, found[0]))
    said = sentences.IS_CANCELLED if stopping else sentences.ALREADY_OVER
    await tell(interaction, _(said))


async def _may_cancel(interaction: discord.Interaction[Any]) -> list[Job]:
    """The person's own jobs, then those of others that they may stop."""
    studio: Studio = interaction.client.studio
    own = await studio.under_way(PLATFORM, person=str(interaction.user.id))
    known = {job.id for job in own}
    here = await studio.under_way(PLATFORM, place=place_of(interaction))
    return [*own, *(job for job in here if job.id not in known and may_stop(interaction, job))]


def _line(style: str, studio: Studio, job: Job) -> str:
    return _("• {style}: {going}", style=style, going=_how_it_goes(studio, job))


def _how_it_goes(studio: Studio, job: Job) -> str:
    event = studio.latest(job.id)
    if isinstance(event, Queued):
        return text.queued(event)
    return text.running(event) if isinstance(event, Running) else _(sentences.JUST_TAKEN)
