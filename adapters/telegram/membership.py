"""What becomes of jobs when the bot is shut out of a chat, or the chat moves."""

from __future__ import annotations

from typing import Any, Final

import structlog
from telegram import ChatMember, Update
from telegram.ext import Application, ChatMemberHandler, ContextTypes, MessageHandler, filters

from adapters.telegram import result_sentences as sentences
from adapters.telegram.administrators import Administrators
from adapters.telegram.orders import PLATFORM, OrderDesk
from adapters.telegram.spot import Spot
from bot.languages import _, speaking
from bot.studio import Studio

_OUT: Final = (ChatMember.LEFT, ChatMember.BANNED)
_BEFORE_OTHERS: Final = -1
log = structlog.get_logger(__name__)


class Membership:
    """Cancels what nobody could be shown any more, and follows a group that became a supergroup."""

    def __init__(self, studio: Studio, orders: OrderDesk, administrators: Administrators) -> None:
        self._studio = studio
        self._orders = orders
        self._administrators = administrators

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers."""
        member = ChatMemberHandler(self.changed, ChatMemberHandler.MY_CHAT_MEMBER)
        application.add_handler(member, _BEFORE_OTHERS)
        application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, self.moved), _BEFORE_OTHERS)

    async def changed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """The bot came, was removed, blocked or made something else."""
        assert update.my_chat_member is not None, "the handler gets only these"
        chat, status = update.my_chat_member.chat, update.my_chat_member.new_chat_member.status
        self._administrators.forget(chat.id)
        if status not in _OUT:
            return
        jobs = await self._studio.under_way(PLATFORM, place=str(chat.id))
        log.info("shut out of a chat", chat=chat.id, jobs_cancelled=len(jobs))
        for job in jobs:
            with speaking(job.address.get("language")):
                sentence = _(sentences.SHUT_OUT)
            await self._studio.cancel(job.id, job.person, sentence=sentence)

    async def moved(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A group became a supergroup: what is under way goes on there, and what it has set holds there."""
        assert update.message is not None, "the handler gets only these"
        old, new = update.message.chat.id, update.message.migrate_to_chat_id
        if new is None:
            return
        jobs = await self._studio.under_way(PLATFORM, place=str(old))
        log.info("a group became a supergroup", chat=old, moved_to=new, jobs=len(jobs))
        for job in jobs:
            await self._studio.remember(job.id, **Spot.of(job.address).moved(new).to_address())
        try:
            await self._studio.move_place(PLATFORM, str(old), str(new))
        finally:
            for job in jobs:
                await self._orders.follow(job, new)
