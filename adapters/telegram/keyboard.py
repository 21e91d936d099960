"""Inline keyboards; a button carries all that a press needs in 64 bytes, so that it works after a restart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardMarkupLimit

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.manner import Manner
from adapters.telegram.result_sentences import CANCEL as CANCEL_LABEL
from bot.gallery import Gallery, Style
from bot.languages import _

CHOICE: Final = "s"
PAGE: Final = "p"
OWN: Final = "m"
REST: Final = "a"
EACH: Final = "e"
GALLERY: Final = "g"
STOP: Final = "q"
CANCEL: Final = "c"

MOST_BUTTONS: Final = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
OF_ALBUMS: Final = {kind: kind.upper() for kind in (CHOICE, PAGE, OWN)}
"""The same buttons under a chooser for all pictures of an album."""
NO_PHOTO: Final = frozenset({*OF_ALBUMS, *OF_ALBUMS.values(), GALLERY, CANCEL})
"""The buttons under pages of the gallery and previews, by which these are told from pictures that were painted."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """Who chooses a style, in which manner, and whether for an album: what every button of a chooser carries."""

    asker: str
    manner: Manner = field(default_factory=Manner)
    for_album: bool = False

    def data(self, kind: str, value: str = "") -> str:
        """The callback data of one button."""
        kind = OF_ALBUMS[kind] if self.for_album else kind
        return f"{kind}:{self.asker}:{self.manner.code}:{value}"

    @classmethod
    def parse(cls, data: str) -> tuple[Choosing, str]:
        """What `data` was made of: the choosing and the button's own value."""
        kind, asker, manner, value = data.split(":", 3)
        return cls(asker, Manner.parse(manner), kind in OF_ALBUMS.values()), value


def page_of(gallery: Gallery, page: int, limits: TelegramLimits) -> tuple[int, int, list[Style]]:
    """The page that is nearest to the one wanted, how many there are, and the styles on it."""
    styles = list(gallery.styles.values())
    pages = max(1, -(-len(styles) // limits.page_styles))
    page = min(max(page, 0), pages - 1)
    return page, pages, styles[page * limits.page_styles : (page + 1) * limits.page_styles]


def chooser(gallery: Gallery, choosing: Choosing, page: int, limits: TelegramLimits) -> InlineKeyboardMarkup:
    """One page of styles in columns, with a button for a picture of one's own and buttons to the pages beside it."""
    page, pages, shown = page_of(gallery, page, limits)
    buttons = [InlineKeyboardButton(style.title, callback_data=choosing.data(CHOICE, style.id)) for style in shown]
    rows = [buttons[at : at + limits.page_columns] for at in range(0, len(buttons), limits.page_columns)]
    rows.append([InlineKeyboardButton(_("My own picture"), callback_data=choosing.data(OWN))])
    return InlineKeyboardMarkup([*rows, *_turning(page, pages, lambda to: choosing.data(PAGE, str(to)))])


def gallery_pages(gallery: Gallery, page: int, limits: TelegramLimits) -> InlineKeyboardMarkup | None:
    """The buttons to the pages beside one of the gallery's."""
    page, pages, _shown = page_of(gallery, page, limits)
    rows = _turning(page, pages, lambda to: f"{GALLERY}:{to}")
    return InlineKeyboardMarkup(rows) if rows else None


def album_question(choosing: Choosing) -> InlineKeyboardMarkup:
    """Whether the pictures after the first are its styles, or pictures to paint."""
    labels = {REST: _("Paint the first, the others are styles"), EACH: _("Paint each of them")}
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=choosing.data(kind))] for kind, label in labels.items()]
    )


def jobs_to_stop(jobs: Sequence[tuple[str, str]]) -> InlineKeyboardMarkup:
    """A button for each job, given with its label; of more than Telegram takes, for the first ones."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=f"{STOP}:{job_id}")] for job_id, label in jobs[:MOST_BUTTONS]]
    )


def is_no_photo(keyboard: InlineKeyboardMarkup | None) -> bool:
    """Whether a message with this keyboard shows the gallery or a progress, no picture that may be painted."""
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    return any(str(button.callback_data).partition(":")[0] in NO_PHOTO for row in rows for button in row)


def _turning(page: int, pages: int, data: Callable[[int], str]) -> list[list[InlineKeyboardButton]]:
    turns: list[tuple[str, int]] = []
    if page > 0:
        turns.append((_("‹ Back"), page - 1))
    if page < pages - 1:
        turns.append((_("More ›"), page + 1))
    return [[InlineKeyboardButton(label, callback_data=data(to)) for label, to in turns]] if turns else []


def cancel_button(job_id: str) -> InlineKeyboardMarkup:
    """The keyboard of a status message."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(_(CANCEL_LABEL), callback_data=f"{CANCEL}:{job_id}")]])
