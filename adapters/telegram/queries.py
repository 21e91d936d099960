"""Presses of buttons as they arrive: acknowledged at once, and where they were made."""

from __future__ import annotations

import structlog
from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.spot import Spot
from bot.requests import Job

log = structlog.get_logger(__name__)


def query_of(update: Update) -> CallbackQuery:
    """The press of an update that the handlers for presses got."""
    assert update.callback_query is not None, "the handlers get only presses"
    return update.callback_query


async def acknowledge(query: CallbackQuery, words: str, limits: TelegramLimits, *, is_alert: bool = True) -> None:
    """Say that the press arrived, with words to be closed or, where it is no alert, words for a moment."""
    try:
        await query.answer(words[: limits.alert] or None, show_alert=bool(words) and is_alert)
    except TelegramError as error:
        # Too old to be acknowledged, as after an outage; what was pressed is done all the same.
        log.info("a press came too late to be acknowledged", error=error.message)


def spot_of(query: CallbackQuery, job: Job | None) -> Spot:
    """The message with the button, also where Telegram no longer shows it to the bot."""
    message = query.message
    assert message is not None, "checked before"
    if isinstance(message, Message):
        spot = Spot.under(message)
        return Spot(spot.chat_id, thread_id=spot.thread_id, message_id=message.message_id)
    thread_id = None if job is None else job.address.get("thread_id")
    return Spot(message.chat.id, thread_id=thread_id, message_id=message.message_id)
