"""The chooser that only one person sees: which picture, which styles, how strong, whose colours; then Paint.

All that was chosen stands in the message itself, so that the bot need not remember it and may be restarted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import discord

from adapters.discord import limits, sentences
from adapters.discord.house_rules import check_rules, gallery_here
from adapters.discord.place import place_of
from adapters.discord.private_reply import serve, think_privately
from adapters.discord.sources import Source
from adapters.discord.wishes import KEPT, PLATFORM, Again, NewPicture
from bot.errors import BadOption, BadPicture
from bot.gallery import Gallery, Style
from bot.languages import _
from bot.requests import Options
from bot.settings_words import COLOUR_NAMES, STRENGTHS

MOST_STYLES: Final = 4
PAGE: Final = 19
"""Styles in the select beside those that are chosen, the kept one and the way to the next page."""
MORE: Final = "+"


@dataclass(frozen=True, slots=True)
class Panel:
    """What is chosen: the number of the picture, or a job to paint once more; styles, strength and colours.

    While no strength is chosen, the usual one of the chosen styles is shown. Only the number after the select's name
    tells the two apart: 1 where it was chosen.
    """

    job: str = ""
    pictures: int = 0
    picture: int = 0
    styles: tuple[str, ...] = ()
    page: int = 0
    has_kept: bool = False
    strength: int | None = None
    colours: str = ""

    @classmethod
    def of(cls, message: discord.Message) -> Panel:
        """What stands in a panel's message."""
        panel = cls(pictures=len(message.embeds))
        for row in message.components:
            for item in getattr(row, "children", ()):
                panel = panel._with_item(item)
        return panel

    def _with_item(self, item: discord.Component) -> Panel:
        if isinstance(item, discord.Button):
            return replace(self, job=(item.custom_id or "").partition(":paint:")[2])
        if not isinstance(item, discord.SelectMenu):
            return self
        _, _, field, page = (item.custom_id or "").split(":")
        chosen = tuple(option.value for option in item.options if option.default)
        panel = self if field == "strength" and not int(page) else self.choose(field, chosen)
        if field == "style":
            return replace(panel, page=int(page), has_kept=any(option.value == KEPT for option in item.options))
        return panel

    def choose(self, field: str, values: Sequence[str]) -> Panel:
        """The panel after something was chosen in one of its selects."""
        if field == "style":
            page = self.page + 1 if MORE in values else self.page
            return replace(self, styles=tuple(value for value in values if value != MORE), page=page)
        if not values:
            return self
        if field == "strength":
            return replace(self, strength=int(values[0]))
        return replace(self, picture=int(values[0])) if field == "picture" else replace(self, colours=values[0])

    def options(self) -> Options:
        """What was chosen beside picture and styles."""
        return Options(strength=self.strength, colours=self.colours or None)

    def view(self, gallery: Gallery, usual: int) -> discord.ui.View:
        """The selects and the button, with what is chosen; `usual` is the strength while none is."""
        view = discord.ui.View(timeout=None)
        if self.pictures > 1:
            view.add_item(PanelSelect("picture", _(sentences.WHICH_PICTURE), self._picture_options()))
        styles = self._style_options(gallery)
        # The way to the next page is chosen beside as many styles as there can be.
        most = min(MOST_STYLES + any(option.value == MORE for option in styles), len(styles))
        view.add_item(PanelSelect("style", _(sentences.WHICH_STYLE), styles, most=most, page=self.page))
        strengths, is_chosen = self._strength_options(usual), self.strength is not None
        view.add_item(PanelSelect("strength", _(sentences.HOW_STRONG), strengths, page=int(is_chosen)))
        view.add_item(PanelSelect("colours", _(sentences.WHOSE_COLOURS), self._colour_options()))
        return view.add_item(PaintButton(self.job))

    def _picture_options(self) -> list[discord.SelectOption]:
        return [
            discord.SelectOption(
                label=sentences.picture_number(number), value=str(number), default=number == self.picture
            )
            for number in range(self.pictures)
        ]

    def _style_options(self, gallery: Gallery) -> list[discord.SelectOption]:
        """What is chosen first, then a page of the others, and the way to the next page."""
        all_styles = list(gallery.styles.values())
        pages = max(1, -(-len(all_styles) // PAGE))
        first = self.page % pages * PAGE
        page = all_styles[first : first + PAGE]
        chosen = [gallery.styles[name] for name in self.styles if name in gallery.styles]
        shown = [*chosen, *(style for style in page if style not in chosen)]
        options = [
            _option(style.title, style.id, style in chosen, style.artist or _mark(style, gallery))
            for style in shown[: PAGE + MOST_STYLES]
        ]
        if self.has_kept:
            options.insert(0, _option(_(sentences.KEPT_PICTURE), KEPT, KEPT in self.styles))
        if pages > 1:
            options.append(_option(_(sentences.MORE_STYLES), MORE, False))
        return options

    def _strength_options(self, usual: int) -> list[discord.SelectOption]:
        shown = usual if self.strength is None else self.strength
        return [_option(sentences.strength(each), str(each), each == shown) for each in sorted({*STRENGTHS, shown})]

    def _colour_options(self) -> list[discord.SelectOption]:
        return [_option(_(name), each, each == self.colours) for each, name in COLOUR_NAMES.items()]


def _mark(style: Style, gallery: Gallery) -> str:
    return _("Of this server") if style.id in gallery.own else ""


def _option(label: str, value: str, chosen: bool, description: str = "") -> discord.SelectOption:
    return discord.SelectOption(
        label=label[: limits.CHOICE_CHARS],
        value=value,
        description=description[: limits.CHOICE_CHARS] or None,
        default=chosen,
    )


class PanelSelect(
    discord.ui.DynamicItem[discord.ui.Select[Any]],
    template=r"atelier:panel:(?P<field>picture|style|strength|colours):(?P<page>\d{1,4})",
):
    """One select of a panel."""

    def __init__(
        self, field: str, hint: str, options: Sequence[discord.SelectOption], *, most: int = 1, page: int = 0
    ) -> None:
        super().__init__(
            discord.ui.Select(
                custom_id=f"atelier:panel:{field}:{page}", placeholder=hint, options=list(options), max_values=most
            )
        )
        self.field = field

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select in which something was chosen."""
        assert isinstance(item, discord.ui.Select), "only selects have such an id"
        return cls(match["field"], "", item.options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show what was chosen."""
        await serve(interaction, self._choose(interaction), select=self.field)

    async def _choose(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.message is not None, "a select is in a message"
        panel = Panel.of(interaction.message).choose(self.field, self.item.values)
        await interaction.response.edit_message(view=await _view(panel, interaction))


class PaintButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"atelier:panel:paint:(?P<job>[0-9a-z]{0,25})"
):
    """Asks for what the panel says. The panel stays, for another try with something else."""

    def __init__(self, job_id: str) -> None:
        super().__init__(
            discord.ui.Button(
                label=_(sentences.PAINT),
                style=discord.ButtonStyle.primary,
                custom_id=f"atelier:panel:paint:{job_id}",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Ask for it."""
        await serve(interaction, self._paint(interaction), button="paint", job=self.job_id)

    async def _paint(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.message is not None, "a button is in a message"
        client = interaction.client
        panel = Panel.of(interaction.message)
        if not panel.styles:
            raise BadOption(_(sentences.CHOOSE_STYLE))
        wish: Again | NewPicture
        if self.job_id:
            job = await client.studio.job(self.job_id)
            wish = Again(client.studio, job, panel.styles, panel.options())
        else:
            source = sources_in(interaction.message.embeds)[panel.picture]
            wish = NewPicture(client.studio, client.attachments, source, panel.styles, panel.options())
        await client.submissions.take(interaction, wish)


async def open_panel(interaction: discord.Interaction[Any], panel: Panel, sources: Sequence[Source]) -> None:
    """Show a panel to the person alone, for a job or for one of `sources`. What they keep as a style is chosen."""
    await check_rules(interaction)
    await think_privately(interaction)
    studio, place = interaction.client.studio, place_of(interaction)
    usual = await studio.usual_style(PLATFORM, place)
    kept = await studio.keepsakes.find(PLATFORM, str(interaction.user.id)) is not None
    sources = sources[: limits.PICTURES]
    panel = replace(
        panel,
        pictures=len(sources),
        has_kept=kept,
        styles=(KEPT,) if kept else (usual.id,) if usual is not None and not panel.job else (),
    )
    await interaction.edit_original_response(
        content=_(sentences.PANEL),
        embeds=picture_embeds(sources),
        view=await _view(panel, interaction),
    )


async def _view(panel: Panel, interaction: discord.Interaction[Any]) -> discord.ui.View:
    """The panel's view, with the strength that is usual here for the styles that are chosen."""
    gallery = await gallery_here(interaction)
    styles = [b"" if name == KEPT else name for name in panel.styles if name == KEPT or name in gallery.styles]
    return panel.view(gallery, await interaction.client.studio.usual_strength(PLATFORM, place_of(interaction), styles))


def picture_embeds(sources: Sequence[Source]) -> list[discord.Embed]:
    """An embed for each picture; its address stands in it, and what is a spoiler is not shown."""
    embeds = []
    for number, source in enumerate(sources):
        embed = discord.Embed(title=sentences.picture_number(number), url=source.url)
        shown = (
            embed.set_footer(text=_(sentences.SPOILER)) if source.is_spoiler else embed.set_thumbnail(url=source.url)
        )
        embeds.append(shown)
    return embeds


def sources_in(embeds: Sequence[discord.Embed]) -> list[Source]:
    """The pictures of a panel."""
    found = [Source.at(embed.url, is_spoiler=embed.footer.text is not None) for embed in embeds if embed.url]
    if not found:
        raise BadPicture(_(sentences.NO_PICTURE_THERE))
    return found
