"""`/styles`, `/queue`, `/cancel` and `/about`."""

from __future__ import annotations

from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, filters

from adapters.telegram import sentences
from adapters.telegram.desk import StyleDesk
from adapters.telegram.keyboard import STOP, gallery_pages, jobs_to_stop
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import PLATFORM
from adapters.telegram.outbox import Outbox
from adapters.telegram.queries import acknowledge, message_of, query_of
from adapters.telegram.spot import Spot
from adapters.telegram.wishes import person_of
from bot import text
from bot.errors import NoSuchJob
from bot.languages import _
from bot.requests import Job, Queued, Running
from bot.studio import Studio

_NEW = filters.UpdateType.MESSAGE


class Commands:
    """What can be asked for without a picture."""

    def __init__(self, studio: Studio, desk: StyleDesk, outbox: Outbox, limits: TelegramLimits) -> None:
        self._studio = studio
        self._desk = desk
        self._outbox = outbox
        self._limits = limits

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers."""
        commands = {"styles": self.styles, "queue": self.queue, "cancel": self.cancel, "about": self.about}
        for name, handler in commands.items():
            application.add_handler(CommandHandler(name, handler, filters=_NEW))
        application.add_handler(CallbackQueryHandler(self.stop, pattern=f"^{STOP}:"))

    async def styles(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/styles`: the gallery, page by page."""
        message, sheets = _message(update), self._desk.sheets
        gallery = await self._desk.rules.gallery(message.chat.id)
        keyboard = gallery_pages(gallery, 0, self._limits)
        await sheets.send(gallery, Spot.under(message), 0, sheets.words(gallery, 0), keyboard)

    async def about(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/about`: what the bot does, and with what."""
        message = _message(update)
        gallery = await self._desk.rules.gallery(message.chat.id)
        await self._outbox.say(Spot.under(message), sentences.about(self._studio.keep_hours, len(gallery.styles)))

    async def queue(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/queue`: how the person's pictures go; in a group those of that group, and how many wait there in all."""
        message = _message(update)
        in_private = message.chat.type == ChatType.PRIVATE
        own = await self._own(message)
        lines = [sentences.queue_line(job.style_title, self._going(job)) for job in own]
        if not lines:
            lines = [_(sentences.NOTHING_WAITS if in_private else sentences.NOTHING_WAITS_HERE)]
        if not in_private:
            here = await self._studio.under_way(PLATFORM, place=str(message.chat.id))
            lines.append(sentences.waiting_here(len(here)))
        await self._outbox.say(Spot.under(message), "\n".join(lines))

    async def cancel(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/cancel`: the picture replied to, or the only one, or the one that is chosen then."""
        message = _message(update)
        moderator = await self._desk.rules.administers(message)
        jobs = await self._own(message)
        if (meant := await self._meant(message, jobs, moderator=moderator)) is not None:
            jobs = [meant]
        if not jobs:
            raise NoSuchJob(_(sentences.NOTHING_TO_CANCEL))
        if len(jobs) > 1:
            labels = [(job.id, f"{number}. {job.style_title}") for number, job in enumerate(jobs, 1)]
            await self._outbox.say(Spot.under(message), _(sentences.CANCEL_WHICH), jobs_to_stop(labels))
            return
        stopped = await self._studio.cancel(jobs[0].id, person_of(message), moderator=moderator)
        await self._outbox.say(Spot.under(message), _(sentences.IS_CANCELLED if stopped else sentences.ALREADY_OVER))

    async def stop(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """One of several was chosen to be cancelled."""
        query = query_of(update)
        await acknowledge(query, "", self._limits)
        person, message = str(query.from_user.id), message_of(query)
        job = await self._studio.job((query.data or "").partition(":")[2])
        is_here = job.address.get("chat_id") == message.chat.id
        moderator = is_here and await self._desk.rules.administers(query)
        stopped = await self._studio.cancel(job.id, person, moderator=moderator)
        await self._without(query, message, sentences.IS_CANCELLED if stopped else sentences.ALREADY_OVER)

    async def _without(self, query: CallbackQuery, message: Message, sentence: str) -> None:
        """The same choice less what was just chosen; once nothing is left to choose, words that say so."""
        keyboard = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
        rows = [row for row in keyboard if row[0].callback_data != query.data]
        spot = Spot(message.chat.id, message_id=message.message_id)
        if rows:
            await self._outbox.rewrite(spot, _(sentences.CANCEL_WHICH), InlineKeyboardMarkup(rows))
        else:
            await self._outbox.rewrite(spot, _(sentence))

    async def _own(self, message: Message) -> list[Job]:
        """The person's pictures under way; in a group only those of that group, which are known there."""
        jobs = await self._studio.under_way(PLATFORM, person=person_of(message))
        if message.chat.type == ChatType.PRIVATE:
            return jobs
        return [job for job in jobs if job.place == str(message.chat.id)]

    async def _meant(self, message: Message, own: list[Job], *, moderator: bool) -> Job | None:
        """The job whose photo or status message is replied to, where it is the person's or they are a moderator."""
        reply = message.reply_to_message
        if reply is None:
            return None
        here = await self._studio.under_way(PLATFORM, place=str(message.chat.id)) if moderator else own
        known = ("message_id", "reply_to")
        return next((job for job in here if reply.message_id in [job.address.get(name) for name in known]), None)

    def _going(self, job: Job) -> str:
        event = self._studio.latest(job.id)
        if isinstance(event, Queued):
            return text.queued(event)
        return text.running(event) if isinstance(event, Running) else _(sentences.JUST_TAKEN)


def _message(update: Update) -> Message:
    assert update.message is not None, "the filters let only new messages through"
    return update.message
