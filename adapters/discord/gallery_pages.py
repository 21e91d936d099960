"""`/styles`: the gallery with its pictures, page by page."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Self

import discord
from discord import app_commands

from adapters.discord import limits, sentences, tongue
from adapters.discord.content import MessageFile
from adapters.discord.house_rules import gallery_here
from adapters.discord.markdown import plain
from adapters.discord.private_reply import serve, think_privately
from adapters.discord.server_gallery import RemoveSelect, removable
from bot.errors import BadPicture
from bot.gallery import Gallery, Style
from bot.languages import _


def styles_command() -> app_commands.Command[Any, ..., None]:
    """The command `/styles`."""

    @app_commands.command(name="styles", description=sentences.STYLES_COMMAND)
    async def styles(interaction: discord.Interaction[Any]) -> None:
        async def work() -> None:
            await think_privately(interaction)
            await _show(interaction, await gallery_here(interaction), 0)

        await serve(interaction, work(), command="styles")

    return styles


class PageButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"atelier:styles:(?P<page>\d{1,4})"):
    """Turns to one page of the gallery."""

    def __init__(self, page: int, label: str = "") -> None:
        super().__init__(discord.ui.Button(label=label or _(sentences.NEXT_PAGE), custom_id=f"atelier:styles:{page}"))
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(int(match["page"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show that page instead."""

        async def work() -> None:
            await interaction.response.defer()
            await _show(interaction, await gallery_here(interaction), self.page)

        await serve(interaction, work(), button="styles", page=self.page)


async def _show(interaction: discord.Interaction[Any], gallery: Gallery, page: int) -> None:
    """Make the message hold a page; one that is there no more is the last."""
    styles = list(gallery.styles.values())
    pages = max(1, -(-len(styles) // limits.PAGE_STYLES))
    page = min(page, pages - 1)
    shown = styles[page * limits.PAGE_STYLES : (page + 1) * limits.PAGE_STYLES]
    thumbnails = await asyncio.gather(*(asyncio.to_thread(_thumbnail, style) for style in shown))
    files = [file for file in thumbnails if file is not None]
    await interaction.edit_original_response(
        content=tongue.called(interaction, sentences.page_of_styles(page + 1, pages)),
        embeds=[
            _embed(style, file, is_own=style.id in gallery.own) for style, file in zip(shown, thumbnails, strict=True)
        ],
        attachments=[file.upload() for file in files],
        view=_turning(page, pages, removable(interaction, gallery, shown)),
    )


def _thumbnail(style: Style) -> MessageFile | None:
    """The style's picture, small; None where its file cannot be opened."""
    try:
        return MessageFile(f"{style.id}.jpg", style.thumbnail())
    except BadPicture:
        return None


def _embed(style: Style, file: MessageFile | None, *, is_own: bool) -> discord.Embed:
    by = _("Of this server") if is_own else ", ".join(part for part in (style.artist, style.year) if part)
    title = plain(style.title)[: limits.EMBED_TITLE_CHARS]
    embed = discord.Embed(title=title, description=by[: limits.EMBED_TITLE_CHARS])
    if style.licence:
        embed.set_footer(text=style.licence[: limits.EMBED_TITLE_CHARS])
    return embed if file is None else embed.set_thumbnail(url=f"attachment://{file.name}")


def _turning(page: int, pages: int, own: list[Style]) -> discord.ui.View | None:
    if pages == 1 and not own:
        return None
    view = discord.ui.View(timeout=None)
    if page > 0:
        view.add_item(PageButton(page - 1, _(sentences.PAGE_BEFORE)))
    if page < pages - 1:
        view.add_item(PageButton(page + 1))
    return view.add_item(RemoveSelect(page, own)) if own else view
