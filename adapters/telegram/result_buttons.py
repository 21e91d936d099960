"""The buttons under a finished picture. Their data carries the job's id, so that they outlive a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.telegram import result_sentences as sentences
from adapters.telegram.keyboard import page_of
from adapters.telegram.limits import TelegramLimits
from bot.acts import ACTS, Act, label
from bot.gallery import Gallery, Style
from bot.languages import _
from bot.requests import Answer, Job

RESULT: Final = "r"
OTHER: Final = "o"
TAKEN: Final = "t"
BACK: Final = "-"
OF_BEFORE: Final[dict[str, Act]] = {"l": "losses", "f": "file"}
"""Buttons of versions before, under pictures that are still there."""
_ROWS: Final = [ACTS[at : at + 2] for at in range(0, len(ACTS), 2)]
_LONGEST_ID: Final = 32
"""Bytes of a style's id in a button, beside the job's id."""


def buttons_of(job: Job, answer: Answer) -> InlineKeyboardMarkup:
    """The buttons under a picture: those that have something to do."""
    return result_buttons(job, has_film=answer.timelapse is not None)


def result_buttons(job: Job, *, has_film: bool) -> InlineKeyboardMarkup:
    """The same, when it is known whether there is a time-lapse."""
    keeps = job.settings.get("colours", "style") != "style"
    rows = [[act for act in row if act != "film" or has_film] for row in _ROWS]
    return _keyboard([[(label(act, keeps_colours=keeps), f"{RESULT}:{act}:{job.id}") for act in row] for row in rows])


def style_buttons(
    gallery: Gallery, job_id: str, page: int, limits: TelegramLimits, *, has_film: bool
) -> InlineKeyboardMarkup:
    """One page of styles for a job painted once more, in place of the buttons under its picture."""
    page, pages, shown = page_of(gallery, page, limits)
    film = int(has_film)
    buttons = [(style.title, f"{TAKEN}:{job_id}:{film}:{key_of(style)}") for style in shown]
    turns = [(_(sentences.PAGE_BEFORE), f"{OTHER}:{job_id}:{film}:{page - 1}")] if page > 0 else []
    if page < pages - 1:
        turns.append((_(sentences.NEXT_PAGE), f"{OTHER}:{job_id}:{film}:{page + 1}"))
    rows = [buttons[at : at + limits.page_columns] for at in range(0, len(buttons), limits.page_columns)]
    return _keyboard([*rows, turns, [(_(sentences.NO_OTHER_STYLE), f"{OTHER}:{job_id}:{film}:{BACK}")]])


def key_of(style: Style) -> str:
    """What stands for a style in a button: its id, or of a long one a part of its hash."""
    key = style.id.encode()
    return style.id if len(key) <= _LONGEST_ID else hashlib.sha256(key).hexdigest()[:_LONGEST_ID]


def style_of(key: str, gallery: Gallery) -> Style | None:
    """The style that a button stands for, if it is still in the gallery."""
    return next((style for style in gallery.styles.values() if key_of(style) == key), None)


def has_film(keyboard: InlineKeyboardMarkup | None) -> bool:
    """Whether such buttons have one for the time-lapse."""
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    return any(str(button.callback_data).startswith(f"{RESULT}:film:") for row in rows for button in row)


def _keyboard(rows: Sequence[Sequence[tuple[str, str]]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows if row]
    )
