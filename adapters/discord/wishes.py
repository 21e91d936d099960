"""What a person wants of the bot: a new picture, or one of before once more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import discord

from adapters.discord import place, sentences
from adapters.discord.address import ReplyAddress
from adapters.discord.attachments import Attachments
from adapters.discord.history import last_picture
from adapters.discord.house_rules import check_rules, gallery_here
from adapters.discord.sources import Source
from bot.errors import BadOption, BadPicture, Refusal
from bot.keepsakes import Keepsake
from bot.languages import _
from bot.requests import Job, Options, StylizeRequest
from bot.reruns import Rerun
from bot.studio import Studio

PLATFORM: Final = place.PLATFORM
KEPT: Final = "*"
"""Stands among styles for the picture that the person keeps as one; no gallery style is called so."""
LARGEST_SEED: Final = 2**31 - 1


class Wish(Protocol):
    """What can be made a job of."""

    async def check(self, interaction: discord.Interaction[Any]) -> None:
        """Raise a `Refusal` for what can be told at once, without the storage, which may be slow."""

    async def submit(self, interaction: discord.Interaction[Any], message_id: int) -> Job:
        """Hand it to the studio, to be answered in that message. Raises a `Refusal`."""


@dataclass(slots=True)
class NewPicture:
    """A picture to paint. Without a `photo` it is the person's last one in the channel; a style is a picture, the
    name of a gallery style or `KEPT`, which is also meant when there is none.
    """

    studio: Studio
    attachments: Attachments
    photo: Source | None
    styles: Sequence[Source | str] = ()
    options: Options = field(default_factory=Options)
    _keepsake: Keepsake | None = field(default=None, init=False)

    async def check(self, interaction: discord.Interaction[Any]) -> None:
        """Permissions, addresses and names."""
        await check_rules(interaction)
        place.check_permissions(interaction, reads=self.photo is None)
        if self.photo is None and not place.bot_is_there(interaction):
            raise BadPicture(_(sentences.NO_PHOTO))
        gallery = await gallery_here(interaction)
        names = [style for style in self.styles if isinstance(style, str)]
        found = {name: gallery.find(name).id for name in names if name != KEPT}
        self.styles = [found.get(style, style) if isinstance(style, str) else style for style in self.styles]
        for source in (self.photo, *self.styles):
            if isinstance(source, Source):
                self.attachments.check(source)

    async def submit(self, interaction: discord.Interaction[Any], message_id: int) -> Job:
        """Fetch the pictures and hand them over; what was kept for this job is kept no more."""
        if not self.styles:
            self.styles = (await _unnamed(interaction, self.studio),)
        if KEPT in self.styles:
            self._keepsake = await _keepsake(interaction, self.studio)
        photo = self.photo or await last_picture(interaction, self.attachments)
        sources = [photo, *(style for style in self.styles if isinstance(style, Source))]
        hidden = any(source.is_spoiler for source in sources) or _is_hidden(self._keepsake)
        fetched = dict(zip(sources, await asyncio.gather(*map(self.attachments.fetch, sources)), strict=False))
        job = await self.studio.submit(
            StylizeRequest(
                platform=PLATFORM,
                place=place.place_of(interaction),
                person=str(interaction.user.id),
                origin=str(interaction.id),
                photo=fetched[photo],
                styles=tuple(self._style(style, fetched) for style in self.styles),
                address=ReplyAddress.of(interaction, message_id, is_spoiler=hidden).dump(),
                options=self.options,
                moderator=place.is_moderator(interaction),
            )
        )
        await _use_up(self._keepsake, job, self.studio)
        return job

    def _style(self, style: Source | str, fetched: dict[Source, bytes]) -> str | bytes:
        if isinstance(style, Source):
            return fetched[style]
        if style == KEPT and self._keepsake is not None:
            return self._keepsake.picture
        return style


@dataclass(slots=True)
class Again:
    """A job of before once more, for whoever asks; `styles` None keeps the styles, a seed is drawn where none is
    chosen and nothing else is changed.
    """

    studio: Studio
    job: Job
    styles: Sequence[str] | None = None
    options: Options = field(default_factory=Options)
    _keepsake: Keepsake | None = field(default=None, init=False)

    async def check(self, interaction: discord.Interaction[Any]) -> None:
        """Permissions, and that no picture leaves the channels where it may be seen."""
        await check_rules(interaction)
        place.check_permissions(interaction)
        before = ReplyAddress.load(self.job.address)
        if before.channel_id != interaction.channel_id:
            raise Refusal(_(sentences.OTHER_CHANNEL))
        place.check_still_restricted(interaction.channel, was_restricted=before.is_restricted)
        gallery = await gallery_here(interaction)
        for style in self.styles or ():
            if style != KEPT:
                gallery.find(style)

    async def submit(self, interaction: discord.Interaction[Any], message_id: int) -> Job:
        """Hand it over; its answer hides where the one before did."""
        if KEPT in (self.styles or ()):
            self._keepsake = await _keepsake(interaction, self.studio)
        options = self.options
        if options == Options() and self.styles is None:
            options = replace(options, seed=random.randint(1, LARGEST_SEED))
        hidden = ReplyAddress.load(self.job.address).is_spoiler or _is_hidden(self._keepsake)
        job = await self.studio.rerun(
            self.job.id,
            Rerun(
                place=place.place_of(interaction),
                person=str(interaction.user.id),
                origin=str(interaction.id),
                address=ReplyAddress.of(interaction, message_id, is_spoiler=hidden).dump(),
                styles=self._styles(),
                options=options,
                moderator=place.is_moderator(interaction),
            ),
        )
        await _use_up(self._keepsake, job, self.studio)
        return job

    def _styles(self) -> tuple[str | bytes, ...] | None:
        if self.styles is None:
            return None
        kept = self._keepsake
        return tuple(kept.picture if style == KEPT and kept is not None else style for style in self.styles)


async def keep_as_style(
    interaction: discord.Interaction[Any], source: Source, studio: Studio, attachments: Attachments
) -> None:
    """Keep a picture for the person's next job. Raises a `Refusal`."""
    note = {
        "is_spoiler": source.is_spoiler,
        "is_restricted": place.age_restriction(interaction.channel) is not False,
    }
    person = str(interaction.user.id)
    with studio.privacy.taking(PLATFORM, person):
        keepsake = Keepsake(await attachments.fetch(source), note)
        await studio.keepsakes.keep(PLATFORM, person, keepsake)


async def _unnamed(interaction: discord.Interaction[Any], studio: Studio) -> str:
    """The style for who names none: what they keep as one, else what is usual in the place."""
    if await studio.keepsakes.find(PLATFORM, str(interaction.user.id)) is None:
        usual = await studio.usual_style(PLATFORM, place.place_of(interaction))
        if usual is not None:
            return usual.id
    return KEPT


async def _keepsake(interaction: discord.Interaction[Any], studio: Studio) -> Keepsake:
    """What the person keeps as a style. Raises a `Refusal` where that is nothing, or nothing to be shown there."""
    found = await studio.keepsakes.find(PLATFORM, str(interaction.user.id))
    if found is None:
        raise BadOption(_(sentences.NO_STYLE))
    place.check_age_restriction(interaction.channel, is_restricted=bool(found.note.get("is_restricted")))
    return found


def _is_hidden(keepsake: Keepsake | None) -> bool:
    return keepsake is not None and bool(keepsake.note.get("is_spoiler"))


async def _use_up(keepsake: Keepsake | None, job: Job, studio: Studio) -> None:
    """What was kept for this job is kept no more; what came in its place meanwhile is."""
    if job.is_new and keepsake is not None:
        await studio.keepsakes.use_up(PLATFORM, job.person, keepsake)
