"""`/styles`, `/queue`, `/cancel` and `/about`."""

from __future__ import annotations

from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, filters

from adapters.telegram import sentences
from adapters.telegram.desk import StyleDesk
from adapters.telegram.keyboard import STOP, gallery_pages, is_no_photo, jobs_to_stop
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import PLATFORM
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import picture_in
from adapters.telegram.queries import acknowledge, message_of, query_of
from adapters.telegram.result_sentences import NOT_YOURS_TO_CANCEL
from adapters.telegram.spot import Spot
from adapters.telegram.wishes import person_of
from bot import text
from bot.errors import NoSuchJob, NotYours, Refusal
from bot.languages import _
from bot.requests import Job
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
        person, own = person_of(message), await self._own(message)
        if not own:
            # What was asked for just before may only now come into the queue.
            async with self._desk.room.turn(message.chat.id, person):
                own = await self._own(message)
        subject = f"{message.chat.id}:cancel:{message.message_id}"
        # Seen again after a crash, it means the same picture and not what was asked for since.
        before = await self._studio.notes.read(PLATFORM, person, subject)
        meant = None if before is None else await self._studio.job(before["job"])
        meant = meant or await self._meant(message.reply_to_message, own, context.bot.id)
        if meant is None:
            labels = [(job.id, f"{number}. {job.style_title}") for number, job in enumerate(own, 1)]
            await self._outbox.say(Spot.under(message), _(sentences.CANCEL_WHICH), jobs_to_stop(labels))
            return
        moderator = meant.person != person
        if moderator and not await self._desk.rules.administers(message):
            raise NotYours(_(NOT_YOURS_TO_CANCEL))
        await self._studio.notes.write(PLATFORM, person, subject, {"job": meant.id})
        stopped = await self._studio.cancel(meant.id, person, moderator=moderator) or meant.state == "cancelled"
        await self._outbox.say(Spot.under(message), _(sentences.IS_CANCELLED if stopped else sentences.ALREADY_OVER))

    async def stop(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """One of several was chosen to be cancelled."""
        query = query_of(update)
        person = str(query.from_user.id)
        try:
            job = await self._studio.job((query.data or "").partition(":")[2])
            await self._desk.rules.check_canceller(query, job)
        except Refusal as refusal:
            await acknowledge(query, str(refusal), self._limits)
            return
        await acknowledge(query, "", self._limits)
        stopped = await self._studio.cancel(job.id, person, moderator=job.person != person)
        await self._without(query, message_of(query), sentences.IS_CANCELLED if stopped else sentences.ALREADY_OVER)

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

    async def _meant(self, reply: Message | None, own: list[Job], bot_id: int) -> Job | None:
        """The job to be cancelled, whosever it is; None where the person is to choose from their own.

        Raises `NoSuchJob` where there is none.
        """
        may_mean_another = False
        if reply is not None:
            for job in [*own, *await self._studio.under_way(PLATFORM, place=str(reply.chat.id))]:
                if reply.message_id in (job.address.get("message_id"), job.address.get("reply_to")):
                    return job
            is_ours = reply.from_user is not None and reply.from_user.id == bot_id
            has_picture = picture_in(reply) is not None
            if is_ours and has_picture and not is_no_photo(reply.reply_markup):
                raise NoSuchJob(_(sentences.ALREADY_OVER))
            may_mean_another = is_ours or has_picture
        if not own:
            raise NoSuchJob(_(sentences.NOTHING_TO_CANCEL))
        return None if len(own) > 1 or may_mean_another else own[0]

    def _going(self, job: Job) -> str:
        return text.going(self._studio.latest(job.id)) or _(sentences.JUST_TAKEN)


def _message(update: Update) -> Message:
    assert update.message is not None, "the filters let only new messages through"
    return update.message
