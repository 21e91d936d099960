"""What a message holds, apart from the way it is sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import discord

from adapters.discord import limits, sentences
from adapters.discord.address import ReplyAddress
from adapters.discord.cancel_button import cancel_view
from adapters.discord.markdown import plain
from adapters.discord.pictures import picture_within
from adapters.discord.result_buttons import result_view
from bot import text
from bot.requests import Answer, Job, Queued, Running
from bot.reruns import strength_of

PREVIEW_NAME = "preview.jpg"


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file by name and bytes, hidden until it is clicked if it is a spoiler; a fresh upload is made for each try."""

    name: str
    data: bytes = field(repr=False)
    is_spoiler: bool = False

    def upload(self) -> discord.File:
        """The file as the library takes it, once."""
        return discord.File(io.BytesIO(self.data), self.name, spoiler=self.is_spoiler)


@dataclass(frozen=True, slots=True)
class MessageContent:
    """Words, embed, files and buttons of a message. `files` None leaves those that it has."""

    words: str
    embed: discord.Embed | None = None
    files: tuple[MessageFile, ...] | None = ()
    buttons: Callable[[], discord.ui.View] | None = None

    @property
    def largest_file(self) -> int:
        """The size of the largest file in bytes."""
        return max((len(file.data) for file in self.files or ()), default=0)

    def to_edit(self) -> dict[str, Any]:
        """Arguments that make an existing message hold just this."""
        fields: dict[str, Any] = {"content": self.words[: limits.CONTENT_CHARS], "embed": self.embed}
        fields["view"] = None if self.buttons is None else self.buttons()
        if self.files is not None:
            fields["attachments"] = [file.upload() for file in self.files]
        return fields

    def to_send(self) -> dict[str, Any]:
        """Arguments of a new message with this."""
        fields: dict[str, Any] = {"content": self.words[: limits.CONTENT_CHARS]}
        fields["files"] = [file.upload() for file in self.files or ()]
        if self.embed is not None:
            fields["embed"] = self.embed
        if self.buttons is not None:
            fields["view"] = self.buttons()
        return fields


def accepted_content(job: Job) -> MessageContent:
    """The status message of a job that was just taken."""
    return MessageContent(text.accepted(_plain(job)), files=None, buttons=partial(cancel_view, job.id))


def status_content(job: Job, event: Queued | Running) -> MessageContent:
    """The status message of a job on its way, with the preview when there is a new one."""
    buttons = partial(cancel_view, job.id)
    if isinstance(event, Queued):
        return MessageContent(text.queued(event), files=None, buttons=buttons)
    if event.preview is None:
        return MessageContent(text.running(event), files=None, buttons=buttons)
    preview = MessageFile(PREVIEW_NAME, event.preview, ReplyAddress.load(job.address).is_spoiler)
    return MessageContent(text.running(event), files=(preview,), buttons=buttons)


def answer_content(job: Job, answer: Answer, file_limit: int) -> MessageContent:
    """The answer with files of at most `file_limit` bytes each. Blocking when the picture has to be made to fit."""
    if answer.picture is None or answer.summary is None:
        return MessageContent(text.over(answer))
    picture, words = _shown(answer, answer.picture, min(file_limit, limits.FILES_LIMIT))
    picture = replace(picture, is_spoiler=bool(job.address.get("is_spoiler")))
    title, _end, losses = text.result(_plain(job), answer.summary).partition("\n")
    embed = discord.Embed(title=title[: limits.EMBED_TITLE_CHARS], description=losses[: limits.EMBED_DESCRIPTION_CHARS])
    embed.set_footer(text=sentences.settings(strength_of(job.settings), job.settings))
    return MessageContent(words, embed, (picture,), _result_buttons(job, answer))


def _plain(job: Job) -> Job:
    """The job with its styles called so that Discord formats nothing in their names."""
    return replace(job, style_titles=plain(job.style_titles))


def withheld_content(job: Job, answer: Answer, sentence: str) -> MessageContent:
    """In place of a picture that may not be shown: why, and the buttons, which need no permission."""
    return MessageContent(sentence, buttons=_result_buttons(job, answer))


def _result_buttons(job: Job, answer: Answer) -> Callable[[], discord.ui.View]:
    keeps = job.settings.get("colours", "style") != "style"
    return partial(result_view, job.id, has_film=answer.timelapse is not None, keeps_colours=keeps)


def _shown(answer: Answer, png: bytes, limit: int) -> tuple[MessageFile, str]:
    """What the message shows, at most `limit` bytes: the animation where there is one, else the picture."""
    name = f"atelier-{answer.job_id}"
    for data, ending in ((answer.animation, "webp"), (answer.film, "mp4"), (png, "png")):
        if data is not None and len(data) <= limit:
            return MessageFile(f"{name}.{ending}", data), ""
    data, ending = picture_within(png, limit)
    return MessageFile(f"{name}.{ending}", data), sentences.made_to_fit(ending, len(png), limit)


def addressed(content: MessageContent, user_id: int) -> MessageContent:
    """The same content with the person named in front, for a message that stands alone."""
    return replace(content, words=f"{sentences.new_message(user_id)} {content.words}".rstrip())
