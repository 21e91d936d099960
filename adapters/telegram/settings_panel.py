"""The panel of `/settings`: what a chat has set, and the buttons to change it. All they need is in their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.telegram.own_styles import UNSTYLE
from bot.gallery import Gallery
from bot.languages import N_, _
from bot.place_settings import PlaceSettings
from bot.settings_words import FIELDS, LIMITS, NONE, Choice, choices, style_choices, value_of

SHOW: Final = "z"
PUT: Final = "y"
HOME: Final = "home"
OF_LIMITS: Final = "limits"
UNSTYLING: Final = "unstyle"
RESET: Final = "reset"
PAGE: Final = 16
"""Styles on a page beside the chosen one and none."""
ALONE: Final = ("style", "size", "strength", "colours", "language")
"""What a person sets in private."""
TOGETHER: Final = ("who", "adders", *LIMITS, *ALONE)
SECTIONS: Final = (HOME, OF_LIMITS, UNSTYLING, RESET, *TOGETHER)
ONLY_ADMINISTRATORS: Final = N_("Administrators only")
"""What moderators are called in Telegram."""
_WHO: Final = ("who", "adders")
_SET: Final = "✓ "
_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class SettingsPanel:
    """What is shown: the settings of a chat, its gallery, the section and its page; `is_alone`: it is a private chat.

    A section is a setting, or one of `HOME`, `OF_LIMITS`, `UNSTYLING` and `RESET`.
    """

    settings: PlaceSettings
    gallery: Gallery
    is_alone: bool
    section: str = HOME
    page: int = 0

    def text(self, words: str = "") -> str:
        """All that is set, below it what is asked for or what was done."""
        title = _("What you have set for yourself") if self.is_alone else _("Settings of this chat")
        fields = ALONE if self.is_alone else TOGETHER
        facts = [
            _(
                "• {name}: {value}",
                name=_(FIELDS[field]),
                value=self._value_of(field),
            )
            for field in fields
        ]
        words = words or self._question()
        return "\n".join([title, "", *facts, *(["", words] if words else [])])

    def _value_of(self, field: str) -> str:
        if field in _WHO and getattr(self.settings, field) == "moderators":
            return _(ONLY_ADMINISTRATORS)
        return value_of(self.settings, field, self.gallery, is_alone=self.is_alone)

    def _question(self) -> str:
        if self.section in LIMITS:
            return _("{name}: only what is tighter than the operator's counts.", name=_(FIELDS[self.section]))
        if self.section == RESET:
            return _("Forget all that is set for this chat? Its gallery stays.")
        if self.section == UNSTYLING:
            return _("Which style shall be removed from the gallery of this chat?")
        return _(FIELDS[self.section]) if self.section in FIELDS else ""

    def keyboard(self) -> InlineKeyboardMarkup:
        """The buttons of the section."""
        if self.section == HOME:
            return InlineKeyboardMarkup(self._home())
        if self.section == OF_LIMITS:
            return InlineKeyboardMarkup([*([_button(_(FIELDS[name]), SHOW, name)] for name in LIMITS), _back(HOME)])
        if self.section == RESET:
            return InlineKeyboardMarkup([[_button(_("Reset all of it"), PUT, RESET, NONE)], _back(HOME)])
        if self.section == UNSTYLING:
            own = [style for style in self.gallery.styles.values() if style.id in self.gallery.own]
            shown = own[self.page * PAGE : (self.page + 1) * PAGE]
            buttons = [InlineKeyboardButton(style.title, callback_data=f"{UNSTYLE}:{style.id}") for style in shown]
            return InlineKeyboardMarkup([*_in_columns(buttons), self._turning(len(own)), _back(HOME)])
        if self.section == "style":
            chosen = style_choices(self.settings, self.gallery, self.page * PAGE, PAGE, is_alone=self.is_alone)
            rows = _in_columns([self._choice(each) for each in chosen])
            return InlineKeyboardMarkup([*rows, self._turning(len(self.gallery.styles)), _back(HOME)])
        offered = choices(self.settings, self.section, without=("roles",), is_alone=self.is_alone)
        return InlineKeyboardMarkup([*([self._choice(each)] for each in offered), _back(self.parent)])

    def offers(self, field: str, value: str) -> bool:
        """Whether that value may be chosen for a setting here."""
        if field not in (ALONE if self.is_alone else TOGETHER):
            return False
        if field == "style":
            return value == NONE or value in self.gallery.styles
        return any(each.value == value for each in choices(self.settings, field, without=("roles",)))

    @property
    def parent(self) -> str:
        """The section from which one comes to this one."""
        return OF_LIMITS if self.section in LIMITS else HOME

    def _home(self) -> list[list[InlineKeyboardButton]]:
        fields = ALONE if self.is_alone else (*_WHO, *ALONE)
        buttons = [_button(_(FIELDS[field]), SHOW, field) for field in fields]
        if not self.is_alone:
            buttons.append(_button(_("Limits…"), SHOW, OF_LIMITS))
        if self.gallery.own:
            buttons.append(_button(_("Remove a style"), SHOW, UNSTYLING))
        return _in_columns([*buttons, _button(_("Reset"), SHOW, RESET)])

    def _choice(self, choice: Choice) -> InlineKeyboardButton:
        label = choice.label
        if self.section in _WHO and choice.value == "moderators":
            label = _(ONLY_ADMINISTRATORS)
        label = _SET + label if choice.is_chosen else label
        return _button(label, PUT, self.section, choice.value)

    def _turning(self, count: int) -> list[InlineKeyboardButton]:
        turns = []
        if self.page > 0:
            turns.append(_button(_("‹ Back"), SHOW, self.section, str(self.page - 1)))
        if (self.page + 1) * PAGE < count:
            turns.append(_button(_("More ›"), SHOW, self.section, str(self.page + 1)))
        return turns


def _back(section: str) -> list[InlineKeyboardButton]:
    return [_button(_("« All settings"), SHOW, section)]


def _button(label: str, *data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=":".join(data))


def _in_columns(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    return [list(buttons[at : at + _COLUMNS]) for at in range(0, len(buttons), _COLUMNS)]
