"""The commands in the menus of messages and of people."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from discord import app_commands

from adapters.discord import limits, sentences
from adapters.discord.house_rules import check_rules, may_add
from adapters.discord.panel import Panel, open_panel, picture_embeds, sources_in
from adapters.discord.place import check_permissions
from adapters.discord.private_reply import serve
from adapters.discord.server_gallery import keep, offer_uses
from adapters.discord.sources import Source, avatar_of, pictures_of
from bot.errors import BadPicture
from bot.languages import _


def menu_commands() -> list[app_commands.ContextMenu]:
    """Stylize and Use as style on messages, Stylize avatar on people."""
    return [
        app_commands.ContextMenu(name=sentences.MENU_STYLIZE, callback=_stylize_message),
        app_commands.ContextMenu(name=sentences.MENU_USE_AS_STYLE, callback=_use_as_style),
        app_commands.ContextMenu(name=sentences.MENU_AVATAR, callback=_stylize_avatar),
    ]


async def _stylize_message(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    async def work() -> None:
        check_permissions(interaction)
        await open_panel(interaction, Panel(), _pictures(interaction, message))

    await serve(interaction, work(), menu=sentences.MENU_STYLIZE)


async def _use_as_style(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    async def work() -> None:
        await check_rules(interaction)
        sources = _pictures(interaction, message)
        if len(sources) == 1:
            await _use(interaction, sources[0])
            return
        view = discord.ui.View(timeout=None).add_item(KeepSelect(len(sources)))
        await interaction.response.send_message(
            _(sentences.WHICH_AS_STYLE), embeds=picture_embeds(sources), view=view, ephemeral=True
        )

    await serve(interaction, work(), menu=sentences.MENU_USE_AS_STYLE)


async def _stylize_avatar(interaction: discord.Interaction[Any], person: discord.Member | discord.User) -> None:
    async def work() -> None:
        check_permissions(interaction)
        await open_panel(interaction, Panel(), [avatar_of(person)])

    await serve(interaction, work(), menu=sentences.MENU_AVATAR)


class KeepSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"atelier:keep:(?P<count>\d{1,2})"):
    """Chooses among the pictures of a message the one to keep as a style."""

    def __init__(self, count: int) -> None:
        options = [
            discord.SelectOption(label=sentences.picture_number(number), value=str(number)) for number in range(count)
        ]
        super().__init__(
            discord.ui.Select(
                custom_id=f"atelier:keep:{count}", placeholder=_(sentences.WHICH_PICTURE), options=options
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select in which a picture was chosen."""
        return cls(int(match["count"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Keep it."""
        await serve(interaction, self._keep(interaction), select="keep")

    async def _keep(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.message is not None, "a select is in a message"
        await _use(interaction, sources_in(interaction.message.embeds)[int(self.item.values[0])])


def _pictures(interaction: discord.Interaction[Any], message: discord.Message) -> list[Source]:
    found = pictures_of(message, interaction.client.attachments.is_known)
    if not found:
        raise BadPicture(_(sentences.NO_PICTURE_THERE))
    for source in found[: limits.PICTURES]:
        interaction.client.attachments.check(source)
    return found[: limits.PICTURES]


async def _use(interaction: discord.Interaction[Any], source: Source) -> None:
    """Keep the picture; who may add it to the server's gallery, too, is asked which."""
    await (offer_uses if await may_add(interaction) else keep)(interaction, source)
