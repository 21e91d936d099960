"""What a message holds, apart from the way it is sent."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters.discord import limits, sentences
from adapters.discord.cancel_button import CancelButton
from adapters.discord.pictures import jpeg_within
from bot import text
from bot.requests import Answer, Job, Queued, Running

CURVE_NAME = "losses.png"
PREVIEW_NAME = "preview.jpg"


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file by name and bytes; a fresh upload is made of it for each try."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MessageContent:
    """Words, embed and files of a message. `files` None leaves those that it has; `cancels` is a job's id."""

    words: str
    embed: discord.Embed | None = None
    files: tuple[MessageFile, ...] | None = ()
    cancels: str | None = None

    @property
    def largest_file(self) -> int:
        """The size of the largest file in bytes."""
        return max((len(file.data) for file in self.files or ()), default=0)

    def to_edit(self) -> dict[str, Any]:
        """Arguments that make an existing message hold just this."""
        fields: dict[str, Any] = {"content": self.words[: limits.CONTENT_CHARS], "embed": self.embed}
        fields["view"] = self._view()
        if self.files is not None:
            fields["attachments"] = self._uploads()
        return fields

    def to_send(self) -> dict[str, Any]:
        """Arguments of a new message with this."""
        fields: dict[str, Any] = {"content": self.words[: limits.CONTENT_CHARS], "files": self._uploads()}
        if self.embed is not None:
            fields["embed"] = self.embed
        return fields

    def _uploads(self) -> list[discord.File]:
        return [discord.File(io.BytesIO(file.data), file.name) for file in self.files or ()]

    def _view(self) -> discord.ui.View | None:
        if self.cancels is None:
            return None
        return discord.ui.View(timeout=None).add_item(CancelButton(self.cancels))


def accepted_content(job: Job) -> MessageContent:
    """The status message of a job that was just taken."""
    return MessageContent(text.accepted(job), files=None, cancels=job.id)


def status_content(event: Queued | Running) -> MessageContent:
    """The status message of a job on its way, with the preview when there is a new one."""
    if isinstance(event, Queued):
        return MessageContent(text.queued(event), files=None, cancels=event.job_id)
    preview = None if event.preview is None else (MessageFile(PREVIEW_NAME, event.preview),)
    return MessageContent(text.running(event), files=preview, cancels=event.job_id)


def answer_content(job: Job, answer: Answer, file_limit: int) -> MessageContent:
    """The answer with files of at most `file_limit` bytes each. Blocking when a JPEG has to be made."""
    if answer.picture is None or answer.summary is None:
        return MessageContent(text.over(answer))
    curve = answer.curve if answer.curve is not None and len(answer.curve) <= file_limit else None
    room = limits.REQUEST_LIMIT - limits.REQUEST_OVERHEAD - len(curve or b"")
    picture, words = _shown(answer, answer.picture, min(file_limit, room))
    title, _, losses = text.result(job, answer.summary).partition("\n")
    embed = discord.Embed(title=title[: limits.EMBED_TITLE_CHARS], description=losses[: limits.EMBED_DESCRIPTION_CHARS])
    if curve is None:
        return MessageContent(words, embed, (picture,))
    embed.set_image(url=f"attachment://{CURVE_NAME}")
    return MessageContent(words, embed, (picture, MessageFile(CURVE_NAME, curve)))


def _shown(answer: Answer, png: bytes, limit: int) -> tuple[MessageFile, str]:
    """What the message shows, at most `limit` bytes: the animation where there is one, else the picture."""
    name = f"atelier-{answer.job_id}"
    for data, ending in ((answer.animation, "webp"), (answer.film, "mp4"), (png, "png")):
        if data is not None and len(data) <= limit:
            return MessageFile(f"{name}.{ending}", data), ""
    return MessageFile(f"{name}.jpg", jpeg_within(png, limit)), sentences.as_jpeg(len(png), limit)


def addressed(content: MessageContent, user_id: int) -> MessageContent:
    """The same content with the person named in front, for a message that stands alone."""
    words = f"{sentences.new_message(user_id)} {content.words}".rstrip()
    return MessageContent(words, content.embed, content.files)
