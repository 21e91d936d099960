"""What goes wrong in a handler: a refusal becomes its sentence, anything else is logged and apologised for."""

from __future__ import annotations

from typing import Any

import structlog
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop, ContextTypes

from adapters.telegram import result_sentences as sentences
from adapters.telegram.inbox import Inbox
from adapters.telegram.outbox import Outbox
from adapters.telegram.pace import Stopping
from adapters.telegram.queries import seen_message
from adapters.telegram.spot import Spot, place_is_gone
from adapters.telegram.token_guard import TokenGuard
from bot.errors import Refusal
from bot.languages import _

log = structlog.get_logger(__name__)


class Faults:
    """The error handler of the application."""

    def __init__(self, outbox: Outbox, guard: TokenGuard, inbox: Inbox) -> None:
        self._outbox = outbox
        self._guard = guard
        self._inbox = inbox

    async def handle(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Says one sentence to the person whose message or press failed, whatever the reason, unless the bot stops."""
        if isinstance(context.error, Stopping):
            self._put_off(update)
        else:
            await self._tell(update, context.error)
        raise ApplicationHandlerStop

    async def _tell(self, update: object, error: Exception | None) -> None:
        spot = _spot_of(update)
        if isinstance(error, Refusal):
            sentence = str(error)
        else:
            log.error("a telegram handler failed", exception=self._guard.traceback(error))
            sentence = _(sentences.FAULT)
        if spot is None or (isinstance(error, TelegramError) and place_is_gone(error)):
            return
        try:
            await self._outbox.say(spot, sentence)
        except Stopping:
            self._put_off(update)
        except TelegramError as failure:
            log.warning("a sentence could not be said", error=self._guard.clean(str(failure)))

    def _put_off(self, update: object) -> None:
        """What the bot had no more time for is dealt with at the next start."""
        if isinstance(update, Update):
            self._inbox.put_off(update.update_id)


def _spot_of(update: Any) -> Spot | None:
    if not isinstance(update, Update):
        return None
    if update.callback_query is not None and update.callback_query.message is not None:
        message, seen = update.callback_query.message, seen_message(update.callback_query)
        return Spot(message.chat.id, reply_to=message.message_id) if seen is None else Spot.under(seen)
    asked = update.message or update.edited_message
    return Spot.under(asked) if asked is not None else None
