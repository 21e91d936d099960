"""From an interaction to a job: what can be refused at once is, the rest after the download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
import structlog

from adapters.discord import limits, sentences
from adapters.discord.address import ReplyAddress
from adapters.discord.attachments import Attachments
from adapters.discord.cancel_button import is_moderator
from adapters.discord.content import accepted_content
from adapters.discord.private_reply import tell
from adapters.discord.status import StatusBoard
from bot.errors import BadOption, Refusal
from bot.requests import Options, StylizeRequest
from bot.studio import Studio

log = structlog.get_logger(__name__)

PLATFORM = "discord"


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of one `/stylize` as the person gave them."""

    photo: discord.Attachment
    style_image: discord.Attachment | None
    style: str | None
    strength: int | None

    @property
    def attachments(self) -> list[discord.Attachment]:
        """The pictures that came along."""
        return [self.photo] if self.style_image is None else [self.photo, self.style_image]


class Submissions:
    """Takes wishes to the studio and opens their status messages."""

    def __init__(self, studio: Studio, attachments: Attachments, board: StatusBoard) -> None:
        self._studio = studio
        self._attachments = attachments
        self._board = board

    async def take(self, interaction: discord.Interaction[Any], wish: Wish) -> None:
        """Make a job of `wish`, or tell the person why not."""
        try:
            self._check(interaction, wish)
            message_id = await _defer(interaction)
            if message_id is not None:
                await self._submit(interaction, wish, ReplyAddress.of(interaction, message_id))
        except Refusal as refusal:
            await tell(interaction, str(refusal))

    def _check(self, interaction: discord.Interaction[Any], wish: Wish) -> None:
        missing = missing_permissions(interaction)
        if missing:
            raise Refusal(sentences.missing_permissions(missing))
        if wish.style_image is None and not wish.style:
            raise BadOption(sentences.NO_STYLE)
        if wish.style:
            self._studio.gallery.find(wish.style)
        for attachment in wish.attachments:
            self._attachments.check(attachment)

    async def _submit(self, interaction: discord.Interaction[Any], wish: Wish, address: ReplyAddress) -> None:
        pictures = [await self._attachments.fetch(attachment) for attachment in wish.attachments]
        styles: list[str | bytes] = [*pictures[1:]]
        if wish.style:
            styles.append(self._studio.gallery.find(wish.style).id)
        job = await self._studio.submit(
            StylizeRequest(
                platform=PLATFORM,
                place=str(interaction.guild_id or interaction.channel_id or interaction.user.id),
                person=str(interaction.user.id),
                origin=str(interaction.id),
                photo=pictures[0],
                styles=tuple(styles),
                address=address.dump(),
                options=Options(strength=wish.strength),
                moderator=is_moderator(interaction),
            )
        )
        if job.is_new:
            self._board.open(job, accepted_content(job))


async def _defer(interaction: discord.Interaction[Any]) -> int | None:
    """Acknowledge in public and give the id of the message to come; None when the interaction is not ours to answer."""
    try:
        reply = await interaction.response.defer(thinking=True)
    except discord.HTTPException as error:
        if error.code not in (limits.UNKNOWN_INTERACTION, limits.ALREADY_ACKNOWLEDGED):
            raise
        log.warning("interaction not acknowledged", interaction=interaction.id, code=error.code)
        return None
    if reply is not None and reply.message_id is not None:
        return reply.message_id
    return (await interaction.original_response()).id


def missing_permissions(interaction: discord.Interaction[Any]) -> list[str]:
    """The permissions that the bot lacks where `interaction` was sent, by the names that Discord shows."""
    needed = {"attach_files": "Attach Files", "embed_links": "Embed Links"}
    if interaction.is_guild_integration():
        needed["view_channel"] = "View Channel"
        if isinstance(interaction.channel, discord.Thread):
            needed["send_messages_in_threads"] = "Send Messages in Threads"
        else:
            needed["send_messages"] = "Send Messages"
    held = interaction.app_permissions
    return [label for name, label in needed.items() if not (held.administrator or getattr(held, name))]
