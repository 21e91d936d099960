"""The panel of `/settings`: what a server has set, and the selects and buttons to change it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from adapters.discord import limits
from adapters.discord.markdown import plain
from bot.gallery import Gallery
from bot.languages import N_, _, listed
from bot.place_settings import MOST_NAMED, PlaceSettings
from bot.settings_words import FIELDS, WHO, Choice, change, choices, style_choices, value_of

MORE: Final = "+"
PAGE: Final = 22
"""Styles in the select beside the chosen one, none, and the way to the next page."""
AnySelect = discord.ui.Select[Any] | discord.ui.ChannelSelect[Any] | discord.ui.RoleSelect[Any]
SECTIONS: Final = {
    "rules": ("channels", "who", "roles"),
    "usual": ("style", "size", "strength", "colours"),
    "server": ("language", "adders"),
}
"""The selects that are shown together, by the section that they make."""
SECTION_NAMES: Final = {
    "rules": N_("Where and who"),
    "usual": N_("What is usual"),
    "server": N_("Language and gallery"),
}
CHANNEL_TYPES: Final = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    discord.ChannelType.media,
]
_HINTS: Final = {
    "channels": N_("Channels where I may work; none: everywhere"),
    "who": N_("Who may ask for pictures"),
    "roles": N_("The roles of those who may"),
    "adders": N_("Who may add to the server's gallery"),
    "style": N_("The usual style"),
    "size": N_("The usual size"),
    "strength": N_("The usual strength"),
    "colours": N_("Whose colours are usual"),
    "language": N_("The language here"),
}


@dataclass(frozen=True, slots=True)
class SettingsPanel:
    """What is shown: the settings of a server, its gallery, the section and its page of styles."""

    settings: PlaceSettings
    gallery: Gallery
    section: str = "rules"
    page: int = 0

    def embed(self) -> discord.Embed:
        """All that is set at present."""
        embed = discord.Embed(title=_("Settings of this server"))
        for name, value in self._facts():
            embed.add_field(name=name, value=value, inline=True)
        return embed

    def _facts(self) -> Iterable[tuple[str, str]]:
        here = self.settings
        named = {
            "channels": listed([f"<#{each}>" for each in here.channels]) or _("everywhere"),
            "who": self._who(here.who),
            "adders": self._who(here.adders),
        }
        for field, name in FIELDS.items():
            value = named.get(field) or value_of(here, field, self.gallery)
            yield _(name), plain(value) if field == "style" else value

    def _who(self, who: str) -> str:
        if who != "roles":
            return _(WHO[who])
        named = listed([f"<@&{each}>" for each in self.settings.roles], either=True)
        return _("those with {roles}, and moderators", roles=named) if named else _("moderators, as no role is chosen")

    def selects(self) -> list[tuple[str, AnySelect]]:
        """The selects of the section, by the settings that they change."""
        return [(field, self._select(field)) for field in SECTIONS[self.section]]

    def _select(self, field: str) -> AnySelect:
        name, kinds = f"atelier:settings:{field}:{self.page}", discord.SelectDefaultValueType
        shown: Any = {"custom_id": name, "placeholder": _(_HINTS[field])[:150]}
        if field == "channels":
            shown |= {"channel_types": CHANNEL_TYPES, "default_values": _values(self.settings.channels, kinds.channel)}
            return discord.ui.ChannelSelect(min_values=0, max_values=MOST_NAMED, **shown)
        if field == "roles":
            shown["default_values"] = _values(self.settings.roles, kinds.role)
            return discord.ui.RoleSelect(min_values=0, max_values=MOST_NAMED, **shown)
        return discord.ui.Select(options=self.options(field), **shown)

    def options(self, field: str) -> list[discord.SelectOption]:
        """What can be chosen for a setting, with what is."""
        if field == "style":
            return self._styles()
        return [_option(each) for each in choices(self.settings, field)]

    def _styles(self) -> list[discord.SelectOption]:
        pages = max(1, -(-len(self.gallery.styles) // PAGE))
        first = self.page % pages * PAGE
        options = [_option(each) for each in style_choices(self.settings, self.gallery, first, PAGE)]
        return options if pages == 1 else [*options, _option(Choice(_("More styles…"), MORE, is_chosen=False))]


def section_of(field: str) -> str:
    """The section in which a setting stands."""
    return next(section for section, fields in SECTIONS.items() if field in fields)


def changes_for(field: str, values: Sequence[str]) -> dict[str, Any]:
    """What was chosen in a select, as a change of the settings."""
    return {field: tuple(values)} if field in ("channels", "roles") else change(field, values[0])


def number_in(answer: str) -> Any:
    """What was written for a limit: a number, None for nothing, or the words as they are, to be refused."""
    written = answer.strip()
    if not written:
        return None
    return int(written) if re.fullmatch(r"[0-9]{1,9}", written) else written


def _values(ids: Iterable[str], kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    return [discord.SelectDefaultValue(id=int(each), type=kind) for each in ids]


def _option(choice: Choice) -> discord.SelectOption:
    return discord.SelectOption(label=choice.label[: limits.CHOICE_CHARS], value=choice.value, default=choice.is_chosen)
