"""What there is of a finished job beside the picture: the whole file, the film, the losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import discord

from adapters.discord import limits, sentences
from adapters.discord.content import MessageFile
from adapters.discord.delivery import limit_after
from adapters.discord.pictures import lossless_webp, parts_of
from adapters.discord.place import bot_is_there, check_permissions, check_still_restricted
from adapters.discord.private_reply import think_privately
from adapters.discord.sources import SPOILER
from bot import text
from bot.acts import Act
from bot.errors import NoSuchJob, Refusal
from bot.languages import _
from bot.picture_threads import on_picture_thread
from bot.requests import Answer, Job
from bot.studio import Studio

CURVE_NAME = "losses.png"


class Extras:
    """Brings them under the picture: files for all to see, losses for who asked."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def bring(self, interaction: discord.Interaction[Any], act: Act, job: Job) -> None:
        """Bring the file, the film or the losses of a job. Raises a `Refusal` where there are none."""
        check_permissions(interaction)
        if act == "losses":
            await think_privately(interaction)
        else:
            check_still_restricted(interaction.channel, was_restricted=bool(job.address.get("is_restricted")))
            await interaction.response.defer(thinking=True)
        answer = await self._studio.answer(job.id)
        if answer is None or answer.picture is None:
            raise NoSuchJob(_(sentences.NO_LONGER) if answer is None else text.over(answer))
        for message in await self._begin(interaction, act, answer, hidden=bool(job.address.get("is_spoiler"))):
            await interaction.followup.send(files=[file.upload() for file in message])

    async def _begin(
        self, interaction: discord.Interaction[Any], act: Act, answer: Answer, *, hidden: bool
    ) -> list[list[MessageFile]]:
        """Bring the first message, with smaller files as long as Discord calls them too large; give the others."""
        limit = min(interaction.filesize_limit, limits.FILES_LIMIT)
        while True:
            words, files = await on_picture_thread(_found, act, answer, limit, hidden)
            first, *others = _messages([MessageFile(file.name, file.data, hidden) for file in files])
            if len(others) >= limits.FOLLOW_UPS and not bot_is_there(interaction):
                raise Refusal(_(sentences.TOO_MANY_PARTS))
            try:
                await interaction.edit_original_response(content=words, attachments=[file.upload() for file in first])
                return others
            except discord.HTTPException as error:
                limit = limit_after(error, max(len(file.data) for file in first))


def _found(act: Act, answer: Answer, limit: int, hidden: bool) -> tuple[str, list[MessageFile]]:
    """The words and files that were asked for, each of at most `limit` bytes. Raises a `Refusal`. Blocking."""
    name = f"atelier-{answer.job_id}"
    if act == "file":
        return _whole(answer, name, limit, hidden)
    data, ending = (answer.timelapse, f"{name}-timelapse.mp4") if act == "film" else (answer.curve, CURVE_NAME)
    if data is None:
        raise NoSuchJob(_(sentences.NO_FILM))
    if len(data) > limit:
        raise Refusal(sentences.too_large_for_place(len(data), limit))
    losses = text.losses(answer.summary) if act == "losses" and answer.summary is not None else ""
    return losses[: limits.CONTENT_CHARS], [MessageFile(ending, data)]


def _whole(answer: Answer, name: str, limit: int, hidden: bool) -> tuple[str, list[MessageFile]]:
    """The picture without loss: as PNG, else as WebP, else in parts, whose names people need to join them."""
    assert answer.picture is not None, "asked only for finished pictures"
    if answer.animation is not None and len(answer.animation) <= limit:
        return "", [MessageFile(f"{name}.webp", answer.animation)]
    if len(answer.picture) <= limit:
        return "", [MessageFile(f"{name}.png", answer.picture)]
    webp = lossless_webp(answer.picture)
    if webp is not None and len(webp) <= limit:
        return _(sentences.LOSSLESS_WEBP), [MessageFile(f"{name}.webp", webp)]
    parts = parts_of(answer.picture, limit)
    names = [f"{name}.png.{number:03}" for number in range(1, len(parts) + 1)]
    uploaded = f"{SPOILER if hidden else ''}{name}.png"
    return sentences.in_parts(uploaded, len(parts)), [
        MessageFile(name, part) for name, part in zip(names, parts, strict=True)
    ]


def _messages(files: Sequence[MessageFile]) -> Iterator[list[MessageFile]]:
    """The files as they fit into messages, all of one message being at most a request."""
    message: list[MessageFile] = []
    for file in files:
        size = sum(len(each.data) for each in [*message, file])
        if message and (len(message) == limits.PICTURES or size > limits.FILES_LIMIT):
            yield message
            message = []
        message.append(file)
    yield message
