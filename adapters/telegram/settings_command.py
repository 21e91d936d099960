"""`/settings`: in a group its administrators set what holds there, in private each person what is usual for them."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, Final

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, filters

from adapters.telegram.house_rules import HouseRules
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.once import once_at_a_time
from adapters.telegram.orders import PLATFORM
from adapters.telegram.outbox import Outbox
from adapters.telegram.queries import acknowledge, message_of, query_of
from adapters.telegram.settings_panel import HOME, PUT, RESET, SECTIONS, SHOW, TOGETHER, SettingsPanel
from adapters.telegram.spot import Spot
from bot.errors import BadSetting, NotAllowed, Refusal
from bot.languages import N_, _, speaking
from bot.place_settings import PlaceSettings
from bot.places import Places
from bot.settings_words import change
from bot.studio import Studio

TOO_OLD: Final = N_("This button is too old to work; send /settings again.")


class SettingsCommand:
    """Shows the panel and serves its buttons, which hold over restarts."""

    def __init__(self, studio: Studio, rules: HouseRules, outbox: Outbox, limits: TelegramLimits) -> None:
        self._places: Places = studio.places
        self._rules = rules
        self._outbox = outbox
        self._limits = limits
        self._turns: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers."""
        application.add_handler(CommandHandler("settings", self.open, filters=filters.UpdateType.MESSAGE))
        application.add_handler(
            CallbackQueryHandler(
                once_at_a_time(self.show, self._limits), pattern=rf"^{SHOW}:({'|'.join(SECTIONS)})(:\d{{1,4}})?$"
            )
        )
        application.add_handler(CallbackQueryHandler(self.put, pattern=rf"^{PUT}:({RESET}|{'|'.join(TOGETHER)}):"))

    async def open(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/settings`."""
        message = update.message
        assert message is not None, "the filters let only new messages through"
        if not await self._rules.leads(message):
            raise NotAllowed(_not_allowed())
        panel = await self._panel(message)
        await self._outbox.say(Spot.under(message), panel.text(), panel.keyboard())

    async def show(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Another section of the panel."""
        query = query_of(update)
        if await self._may(query):
            _kind, section, *page = (query.data or "").split(":")
            await self._rewrite(query, section, page=int(page[0]) if page else 0)

    async def put(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Something was chosen; it holds at once."""
        query = query_of(update)
        message = message_of(query)
        _kind, field, value = (query.data or "").split(":", 2)
        # Many may come at once, as after an outage; the last one holds.
        async with self._turns.setdefault(message.chat.id, asyncio.Lock()):
            if not await self._may(query):
                return
            changed = await self._change(message, field, value)
        with speaking(changed.language or query.from_user.language_code):
            words = _("All is as in the beginning.") if field == RESET else _("Set; it holds from now on.")
            await self._rewrite(query, HOME, words)

    async def _change(self, message: Message, field: str, value: str) -> PlaceSettings:
        """All that the chat has set after it. Raises `BadSetting`."""
        place = str(message.chat.id)
        if field == RESET:
            return await self._places.reset(PLATFORM, place)
        if not (await self._panel(message)).offers(field, value):
            raise BadSetting(_(TOO_OLD))
        return await self._places.change(PLATFORM, place, **change(field, value))

    async def _rewrite(self, query: CallbackQuery, section: str, words: str = "", page: int = 0) -> None:
        message = message_of(query)
        panel = await self._panel(message, section, page)
        spot = Spot(message.chat.id, message_id=message.message_id)
        await self._outbox.rewrite(spot, panel.text(words), panel.keyboard())

    async def _panel(self, message: Message, section: str = HOME, page: int = 0) -> SettingsPanel:
        settings = await self._rules.settings(message.chat.id)
        gallery = await self._rules.gallery(message.chat.id)
        return SettingsPanel(settings, gallery, message.chat.type == ChatType.PRIVATE, section, page)

    async def _may(self, query: CallbackQuery) -> bool:
        """Acknowledges the press, and tells whether it came from who may set something here."""
        try:
            may = await self._rules.leads(query)
        except Refusal:
            may = False
        await acknowledge(query, "" if may else _not_allowed(), self._limits)
        return may


def _not_allowed() -> str:
    return _("Only administrators of this chat can change what is set here; ask one of them.")
