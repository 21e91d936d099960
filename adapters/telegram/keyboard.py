"""Inline keyboards; a button carries all that a press needs in 64 bytes, so that it works after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.telegram.limits import TelegramLimits
from bot.gallery import Gallery

CHOICE: Final = "s"
PAGE: Final = "p"
CANCEL: Final = "c"
CURVE: Final = "l"
FILE: Final = "f"

_NO_STRENGTH: Final = "-"


@dataclass(frozen=True, slots=True)
class Choosing:
    """Who chooses a style and with which strength: what every button of a chooser carries."""

    asker: str
    strength: int | None = None

    def data(self, kind: str, value: str) -> str:
        """The callback data of one button."""
        strength = _NO_STRENGTH if self.strength is None else self.strength
        return f"{kind}:{self.asker}:{strength}:{value}"

    @classmethod
    def parse(cls, data: str) -> tuple[Choosing, str]:
        """What `data` was made of: the choosing and the button's own value."""
        _, asker, strength, value = data.split(":", 3)
        return cls(asker, None if strength == _NO_STRENGTH else int(strength)), value


def chooser(gallery: Gallery, choosing: Choosing, page: int, limits: TelegramLimits) -> InlineKeyboardMarkup:
    """One page of styles in columns, with buttons to the pages before and after it."""
    styles = list(gallery.styles.values())
    pages = max(1, -(-len(styles) // limits.page_styles))
    page = min(max(page, 0), pages - 1)
    shown = styles[page * limits.page_styles : (page + 1) * limits.page_styles]
    buttons = [InlineKeyboardButton(style.title, callback_data=choosing.data(CHOICE, style.id)) for style in shown]
    rows = [buttons[at : at + limits.page_columns] for at in range(0, len(buttons), limits.page_columns)]
    if pages > 1:
        rows.append(_turning(choosing, page, pages))
    return InlineKeyboardMarkup(rows)


def _turning(choosing: Choosing, page: int, pages: int) -> list[InlineKeyboardButton]:
    turns: list[tuple[str, int]] = []
    if page > 0:
        turns.append(("‹ Back", page - 1))
    if page < pages - 1:
        turns.append(("More ›", page + 1))
    return [InlineKeyboardButton(label, callback_data=choosing.data(PAGE, str(to))) for label, to in turns]


def cancel_button(job_id: str) -> InlineKeyboardMarkup:
    """The keyboard of a status message."""
    return _row([("Cancel", f"{CANCEL}:{job_id}")])


def result_buttons(job_id: str) -> InlineKeyboardMarkup:
    """The keyboard under a finished picture."""
    return _row([("Loss curve", f"{CURVE}:{job_id}"), ("As file", f"{FILE}:{job_id}")])


def _row(buttons: Sequence[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data) for label, data in buttons]])
