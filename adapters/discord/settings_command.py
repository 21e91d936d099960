"""`/settings`: what a server sets for the bot, by those who may manage it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Self

import discord
from discord import app_commands

from adapters.discord import limits
from adapters.discord.forms import Field, open_form
from adapters.discord.house_rules import gallery_here, settings_here
from adapters.discord.place import PLATFORM, is_manager, place_of
from adapters.discord.private_reply import serve
from adapters.discord.settings_panel import (
    MORE,
    SECTION_NAMES,
    SECTIONS,
    AnySelect,
    SettingsPanel,
    changes_for,
    number_in,
    section_of,
)
from bot.errors import NotAllowed
from bot.languages import N_, _
from bot.place_settings import LABELS, PlaceSettings
from bot.settings_words import LIMITS

SETTINGS_COMMAND: Final = N_("Set where I may work, for whom, within which limits, and what is usual here")
LIMITS_FORM: Final = "atelier:form:limits"
_ACTS: Final = "|".join((*SECTIONS, "limits", "reset", "sure"))


def settings_command(*, is_global: bool) -> app_commands.Command[Any, ..., None]:
    """The command `/settings`; shown to those who may manage the server, unless the server says otherwise."""

    @app_commands.command(name="settings", description=SETTINGS_COMMAND)
    @app_commands.default_permissions(manage_guild=True)
    async def settings(interaction: discord.Interaction[Any]) -> None:
        async def work() -> None:
            _check_manager(interaction)
            panel = SettingsPanel(await settings_here(interaction), await gallery_here(interaction))
            await interaction.response.send_message(embed=panel.embed(), view=_view(panel), ephemeral=True)

        await serve(interaction, work(), command="settings")

    if is_global:
        servers = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
        settings.allowed_contexts = servers
    return settings


def _check_manager(interaction: discord.Interaction[Any]) -> None:
    """Discord shows the command to managers alone, but a server may show it to others, and permissions are lost."""
    if interaction.guild_id is None:
        raise NotAllowed(_("Settings belong to a server; send `/settings` in a channel of yours."))
    if not interaction.is_guild_integration():
        raise NotAllowed(_("I am not a member of this server; add me to it first, then send `/settings` again."))
    if not is_manager(interaction):
        raise NotAllowed(
            _("Only those with the permission **Manage Server** can change what is set here; ask one of them.")
        )


async def _show(
    interaction: discord.Interaction[Any], settings: PlaceSettings, section: str, words: str = "", page: int = 0
) -> None:
    """Have the panel of an acknowledged press show a section, with a word on what was done."""
    panel = SettingsPanel(settings, await gallery_here(interaction), section, page)
    await interaction.edit_original_response(content=words or None, embed=panel.embed(), view=_view(panel))


def _view(panel: SettingsPanel) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for field, select in panel.selects():
        view.add_item(SettingsSelect(select, field, panel.page))
    for section in SECTIONS:
        if section != panel.section:
            view.add_item(SettingsButton(section))
    return view.add_item(SettingsButton("limits")).add_item(SettingsButton("reset"))


class SettingsSelect(
    discord.ui.DynamicItem[AnySelect],
    template=r"atelier:settings:(?P<field>channels|who|roles|adders|style|size|strength|colours|language):(?P<page>\d{1,4})",
):
    """One select of the panel; what is chosen in it holds at once."""

    def __init__(self, item: AnySelect, field: str, page: int) -> None:
        super().__init__(item)
        self.field, self.page = field, page

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select in which something was chosen."""
        assert isinstance(item, discord.ui.Select | discord.ui.ChannelSelect | discord.ui.RoleSelect)
        return cls(item, match["field"], int(match["page"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Set it."""
        await serve(interaction, self._choose(interaction), setting=self.field)

    async def _choose(self, interaction: discord.Interaction[Any]) -> None:
        _check_manager(interaction)
        # The storage may be slow.
        await interaction.response.defer()
        data: Any = interaction.data
        values, section = [str(value) for value in data.get("values", ())], section_of(self.field)
        if MORE in values:
            await _show(interaction, await settings_here(interaction), section, page=self.page + 1)
            return
        changed = await interaction.client.studio.places.change(
            PLATFORM, place_of(interaction), **changes_for(self.field, values)
        )
        await _show(interaction, changed, section, _("Set; it holds from now on."), self.page)


class SettingsButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"atelier:settings:do:(?P<act>{_ACTS})"):
    """A button of the panel: to another section, to the limits, or back to how it was in the beginning."""

    def __init__(self, act: str) -> None:
        names = {"limits": N_("Limits…"), "reset": N_("Reset"), "sure": N_("Reset all of it"), **SECTION_NAMES}
        is_grave = act == "sure"
        super().__init__(
            discord.ui.Button(
                label=_(names[act])[: limits.LABEL_CHARS],
                style=discord.ButtonStyle.danger if is_grave else discord.ButtonStyle.secondary,
                custom_id=f"atelier:settings:do:{act}",
            )
        )
        self.act = act

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(match["act"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says."""
        await serve(interaction, self._press(interaction), button=self.act)

    async def _press(self, interaction: discord.Interaction[Any]) -> None:
        _check_manager(interaction)
        if self.act == "limits":
            await _ask_limits(interaction)
            return
        await interaction.response.defer()
        if self.act == "reset":
            view = discord.ui.View(timeout=None).add_item(SettingsButton("sure")).add_item(SettingsButton("rules"))
            words = _("Forget all that is set for this server? Its gallery stays.")
            await interaction.edit_original_response(content=words, view=view)
        elif self.act == "sure":
            settings = await interaction.client.studio.places.reset(PLATFORM, place_of(interaction))
            await _show(interaction, settings, "rules", _("All is as in the beginning."))
        else:
            await _show(interaction, await settings_here(interaction), self.act)


async def _ask_limits(interaction: discord.Interaction[Any]) -> None:
    here = await settings_here(interaction)
    tighter = _("Empty: as the operator has set. Only what is tighter than that counts.")
    values = {name: getattr(here, name) for name in LIMITS}
    fields = [
        Field(name, _(LABELS[name])[:45], tighter[:100], "" if value is None else str(value), most=9)
        for name, value in values.items()
    ]
    await open_form(interaction, LIMITS_FORM, _("Limits of this server")[:45], *fields)


async def set_limits(interaction: discord.Interaction[Any], answers: Mapping[str, str]) -> None:
    """Set the limits that were filled in. Raises a `Refusal`; then none of them is changed."""
    _check_manager(interaction)
    await interaction.response.defer()
    changes = {name: number_in(answers[name]) for name in LIMITS if name in answers}
    settings = await interaction.client.studio.places.change(PLATFORM, place_of(interaction), **changes)
    await _show(interaction, settings, "rules", _("Set; it holds from now on."))
