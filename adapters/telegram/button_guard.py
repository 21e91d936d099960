"""Presses count only where their button is under the message that they name.

An altered client can send any data with any message of the bot.
"""

from __future__ import annotations

from typing import Any, Final

from telegram import CallbackQuery, InlineKeyboardMarkup, Update
from telegram.ext import Application, ApplicationHandlerStop, CallbackQueryHandler, ContextTypes

from adapters.telegram import own_styles, privacy, sentences, settings_command
from adapters.telegram.keyboard import CANCEL, GALLERY, STOP
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.own_styles import GONE, STAYS, UNSTYLE
from adapters.telegram.queries import acknowledge, query_of, seen_message
from adapters.telegram.result_buttons import OF_BEFORE, OTHER, RESULT, TAKEN
from adapters.telegram.settings_panel import PUT, SHOW
from bot.errors import NoSuchJob
from bot.languages import _
from bot.studio import Studio

_BEFORE_OTHERS: Final = -1
_OF_JOBS: Final = (RESULT, OTHER, TAKEN, CANCEL, *OF_BEFORE)
"""Buttons under the message of the very job that their data names."""
_TOO_OLD: Final = {
    **dict.fromkeys((SHOW, PUT), settings_command.TOO_OLD),
    **dict.fromkeys((GALLERY, UNSTYLE, GONE, STAYS), own_styles.TOO_OLD),
    privacy.STEP: privacy.TOO_OLD,
    STOP: sentences.OLD_CANCEL,
    CANCEL: sentences.ALREADY_OVER,  # what took the button's place is the answer
}


class ButtonGuard:
    """Looks at every press before all others do, and lets through those of buttons that are where they seem to be."""

    def __init__(self, studio: Studio, limits: TelegramLimits) -> None:
        self._studio = studio
        self._limits = limits

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handler."""
        application.add_handler(CallbackQueryHandler(self.check), _BEFORE_OTHERS)

    async def check(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Stop a press whose button is elsewhere or nowhere."""
        query = query_of(update)
        message = seen_message(query)
        if message is None:
            is_there = await self._is_of_job(query)
        else:
            is_there = has_button(message.reply_markup, query.data)
        if not is_there:
            sentence = _TOO_OLD.get((query.data or "").partition(":")[0], sentences.OLD_BUTTON)
            # Under a message that can be seen, the buttons changed while an impatient finger came down.
            await acknowledge(query, _(sentence), self._limits, is_alert=message is None)
            raise ApplicationHandlerStop

    async def _is_of_job(self, query: CallbackQuery) -> bool:
        """Whether a message whose buttons Telegram no longer shows is that of the job which the press is about."""
        kind, _colon, rest = (query.data or "").partition(":")
        if query.message is None or kind not in _OF_JOBS:
            return False
        first, _colon, others = rest.partition(":")
        try:
            job = await self._studio.job(others if kind == RESULT else first)
        except NoSuchJob:
            return False
        place = (job.address.get("chat_id"), job.address.get("message_id"))
        return place == (query.message.chat.id, query.message.message_id)


def has_button(keyboard: InlineKeyboardMarkup | None, data: str | None) -> bool:
    """Whether there is a button with this data."""
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    return data is not None and any(button.callback_data == data for row in rows for button in row)
