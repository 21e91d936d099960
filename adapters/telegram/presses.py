"""Buttons in: a job cancelled, and buttons of an older day."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from adapters.telegram import result_sentences, sentences
from adapters.telegram.house_rules import HouseRules
from adapters.telegram.keyboard import CANCEL
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.queries import acknowledge, query_of
from bot.errors import NoSuchJob, Refusal
from bot.languages import _, speaking
from bot.studio import Studio


class Presses:
    """What the bot does when a button is pressed. Each press is acknowledged before anything else."""

    def __init__(self, studio: Studio, rules: HouseRules, limits: TelegramLimits) -> None:
        self._studio = studio
        self._rules = rules
        self._limits = limits

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers, one for each kind of button, and one for buttons of an older day."""
        kinds = {
            CANCEL: self.cancel,
        }
        for kind, handler in kinds.items():
            application.add_handler(CallbackQueryHandler(handler, pattern=f"^{kind}:"))
        application.add_handler(CallbackQueryHandler(self.unknown))

    async def cancel(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Cancel, by the person whose job it is or an administrator of the chat."""
        query = query_of(update)
        person = str(query.from_user.id)
        try:
            job = await self._studio.job((query.data or "").partition(":")[2])
            if query.message is None or job.address.get("chat_id") != query.message.chat.id:
                raise NoSuchJob(_(result_sentences.OTHER_CHAT))
            await self._rules.check_canceller(query, job)
        except Refusal as refusal:
            await acknowledge(query, str(refusal), self._limits)
            return
        await acknowledge(query, "", self._limits)
        with speaking(job.address.get("language")):
            await self._studio.cancel(job.id, person, moderator=job.person != person)

    async def unknown(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A button that no longer means anything."""
        await acknowledge(query_of(update), _(sentences.OLD_BUTTON), self._limits)
