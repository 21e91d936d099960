"""Presses of buttons as they arrive: acknowledged at once, and where they were made."""

from __future__ import annotations

import structlog
from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError

from adapters.telegram import sentences
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.spot import Spot
from bot.errors import NoSuchJob
from bot.languages import _
from bot.requests import Job

log = structlog.get_logger(__name__)


def query_of(update: Update) -> CallbackQuery:
    """The press of an update that the handlers for presses got."""
    assert update.callback_query is not None, "the handlers get only presses"
    return update.callback_query


def seen_message(query: CallbackQuery) -> Message | None:
    """The message with the button; None where the bot is only told that there is one, as of old and deleted ones."""
    message = query.message
    # The library makes a `Message` of those, too; they have no date.
    return message if isinstance(message, Message) and message.is_accessible else None


def message_of(query: CallbackQuery) -> Message:
    """The same, for handlers that can do nothing without it. Raises `NoSuchJob`."""
    message = seen_message(query)
    if message is None:
        raise NoSuchJob(_(sentences.OLD_BUTTON))
    return message


async def acknowledge(query: CallbackQuery, words: str, limits: TelegramLimits, *, is_alert: bool = True) -> None:
    """Say that the press arrived, with words to be closed or, where it is no alert, words for a moment."""
    try:
        await query.answer(words[: limits.alert] or None, show_alert=bool(words) and is_alert)
    except TelegramError as error:
        # Too old to be acknowledged, as after an outage; what was pressed is done all the same.
        log.info("a press came too late to be acknowledged", error=error.message)


def spot_of(query: CallbackQuery, job: Job | None) -> Spot:
    """The message with the button, also where Telegram no longer shows it to the bot."""
    message, seen = query.message, seen_message(query)
    assert message is not None, "checked before"
    if seen is not None:
        thread_id = Spot.under(seen).thread_id
    else:
        thread_id = None if job is None else job.address.get("thread_id")
    return Spot(message.chat.id, thread_id=thread_id, message_id=message.message_id)
