"""The server's own gallery: a picture is added to it under a name, and taken out again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import discord

from adapters.discord import limits
from adapters.discord.forms import Field, open_form
from adapters.discord.house_rules import gallery_here, may_add, may_remove
from adapters.discord.markdown import plain
from adapters.discord.panel import picture_embeds, sources_in
from adapters.discord.place import PLATFORM, age_restriction, place_of
from adapters.discord.private_reply import serve, tell, think_privately
from adapters.discord.sources import Source
from adapters.discord.wishes import keep_as_style
from bot.errors import NotAllowed, NotForGallery, UnknownStyle
from bot.gallery import Gallery, Style
from bot.gallery.own import NAME_CHARS
from bot.languages import _

NAME_FORM: Final = "atelier:form:style"


async def offer_uses(interaction: discord.Interaction[Any], source: Source) -> None:
    """Let the person choose what a picture is to be: their own next style, or one of the server's gallery."""
    view = discord.ui.View(timeout=None).add_item(UseButton("keep")).add_item(UseButton("add"))
    words = _("What shall this picture be?")
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(content=words, embeds=picture_embeds([source]), view=view)
    else:
        await interaction.response.send_message(words, embeds=picture_embeds([source]), view=view, ephemeral=True)


class UseButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"atelier:use:(?P<use>keep|add)"):
    """One use of the picture in the message."""

    def __init__(self, use: str) -> None:
        label = _("Keep for my next picture") if use == "keep" else _("Add to the server's gallery")
        super().__init__(discord.ui.Button(label=label[: limits.LABEL_CHARS], custom_id=f"atelier:use:{use}"))
        self.use = use

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(match["use"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Keep the picture, or ask for the name that it is to have in the gallery."""
        await serve(interaction, self._use(interaction), button=self.use)

    async def _use(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.message is not None, "a button is in a message"
        (source, *_rest) = sources_in(interaction.message.embeds)
        if self.use == "keep":
            await keep(interaction, source)
            return
        await _check_addable(interaction, source)
        name = Field(
            "name",
            _("Name of the style"),
            _("People find it by this name, with those of the gallery."),
            most=NAME_CHARS,
            is_required=True,
        )
        await open_form(interaction, NAME_FORM, _("Add to the server's gallery"), name)


async def keep(interaction: discord.Interaction[Any], source: Source) -> None:
    """Keep a picture as the style of the person's next one, and say so."""
    await think_privately(interaction)
    client = interaction.client
    await keep_as_style(interaction, source, client.studio, client.attachments)
    await tell(
        interaction,
        _("I keep this picture as the style of your next one: send `/stylize` with a photo and no style."),
    )


async def add_named(interaction: discord.Interaction[Any], answers: Mapping[str, str]) -> None:
    """Add the picture of the message to the gallery, under the name that was filled in. Raises a `Refusal`."""
    assert interaction.message is not None, "the window was opened by a button"
    (source, *_rest) = sources_in(interaction.message.embeds)
    await _check_addable(interaction, source)
    await think_privately(interaction)
    client, person = interaction.client, str(interaction.user.id)
    name, place = answers.get("name", ""), place_of(interaction)
    with client.studio.privacy.taking(PLATFORM, person):
        picture = await client.attachments.fetch(source)
        style = await client.studio.galleries.add(PLATFORM, place, person, name, picture)
    added = _(
        "**{title}** is in this server's gallery now; everyone here finds it as `style` of `/stylize`, and "
        "`/styles` shows it.",
        title=plain(style.title),
    )
    await tell(interaction, added)


async def _check_addable(interaction: discord.Interaction[Any], source: Source) -> None:
    if not await may_add(interaction):
        raise NotAllowed(
            _("You may not add to this server's gallery; ask a moderator to add it, or to allow you to in `/settings`.")
        )
    if source.is_spoiler or age_restriction(interaction.channel) is not False:
        raise NotForGallery(
            _(
                "Everyone here sees the gallery, so it takes no spoilers and nothing from age-restricted channels; "
                "choose another picture, or keep this one for your next."
            )
        )


class RemoveSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"atelier:unstyle:(?P<page>\d{1,4})"):
    """Chooses among the styles on a page of the gallery the one to take out."""

    def __init__(self, page: int, styles: Sequence[Style] = ()) -> None:
        options = [discord.SelectOption(label=style.title[: limits.CHOICE_CHARS], value=style.id) for style in styles]
        super().__init__(
            discord.ui.Select(
                custom_id=f"atelier:unstyle:{page}",
                placeholder=_("Remove a style from this server's gallery"),
                options=options,
            )
        )
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select in which a style was chosen."""
        return cls(int(match["page"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Ask once more, as it is gone for everyone."""
        await serve(interaction, self._ask(interaction), select="unstyle")

    async def _ask(self, interaction: discord.Interaction[Any]) -> None:
        style = _removable(interaction, await gallery_here(interaction), self.item.values[0])
        title = plain(style.title)
        words = _("Remove **{title}** from this server's gallery, for everyone?", title=title)
        view = discord.ui.View(timeout=None).add_item(RemoveButton(style.id))
        await interaction.response.edit_message(content=words, embeds=[], attachments=[], view=view)


class RemoveButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"atelier:remove:(?P<style>[a-z0-9_]{1,24})"
):
    """Takes one style out of the server's gallery."""

    def __init__(self, style_id: str) -> None:
        super().__init__(
            discord.ui.Button(
                label=_("Remove")[: limits.LABEL_CHARS],
                style=discord.ButtonStyle.danger,
                custom_id=f"atelier:remove:{style_id}",
            )
        )
        self.style_id = style_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(match["style"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Remove it."""
        await serve(interaction, self._remove(interaction), button="remove", style=self.style_id)

    async def _remove(self, interaction: discord.Interaction[Any]) -> None:
        style = _removable(interaction, await gallery_here(interaction), self.style_id)
        # The storage may be slow.
        await interaction.response.defer()
        await interaction.client.studio.galleries.remove(PLATFORM, place_of(interaction), style.id)
        title = plain(style.title)
        words = _("**{title}** is no longer in this server's gallery.", title=title)
        await interaction.edit_original_response(content=words, embeds=[], view=None)


def removable(interaction: discord.Interaction[Any], gallery: Gallery, styles: Sequence[Style]) -> list[Style]:
    """Those of the styles that this person may take out of the server's gallery."""
    return [style for style in styles if may_remove(interaction, gallery, style.id)]


def _removable(interaction: discord.Interaction[Any], gallery: Gallery, style_id: str) -> Style:
    if style_id not in gallery.own:
        raise UnknownStyle(_("This style is not in the gallery any more; `/styles` shows what is."))
    if not may_remove(interaction, gallery, style_id):
        raise NotAllowed(_("Only moderators and the person who added this style can remove it; ask one of them."))
    return gallery.styles[style_id]
