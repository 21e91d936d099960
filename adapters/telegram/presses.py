"""Buttons in: a style chosen, a page turned, a job cancelled, a curve or a file asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from telegram import CallbackQuery, ChatMember, Message, Update
from telegram.error import BadRequest, TelegramError
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, ExtBot

from adapters.telegram import sentences
from adapters.telegram.keyboard import CANCEL, CHOICE, CURVE, FILE, PAGE, Choosing, chooser
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import Order, OrderDesk
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import picture_in
from adapters.telegram.spot import Spot, is_unchanged
from adapters.telegram.uploads import Upload, whole_file
from bot.errors import BadPicture, NoSuchJob, UnknownStyle
from bot.requests import Answer, Job
from bot.studio import Studio

_ADMINISTRATORS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
log = structlog.get_logger(__name__)


class Presses:
    """What the bot does when a button is pressed. Each press is acknowledged before anything else."""

    def __init__(self, studio: Studio, orders: OrderDesk, outbox: Outbox, limits: TelegramLimits) -> None:
        self._studio = studio
        self._orders = orders
        self._outbox = outbox
        self._limits = limits
        self._under_way: set[str] = set()

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers, one for each kind of button, and one for buttons of an older day."""
        kinds = {
            CHOICE: self.choose,
            PAGE: self.turn,
            CANCEL: self.cancel,
            CURVE: self.send_extra,
            FILE: self.send_extra,
        }
        for kind, handler in kinds.items():
            application.add_handler(CallbackQueryHandler(handler, pattern=f"^{kind}:"))
        application.add_handler(CallbackQueryHandler(self.unknown))

    async def choose(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A style was pressed: the photo is the one that the keyboard replies to."""
        query = _query(update)
        choosing, key = Choosing.parse(query.data or "")
        if not await self._is_asker(query, choosing, context.bot):
            return
        keyboard = _whole_message(query)
        source = keyboard.reply_to_message
        picture = picture_in(source) if source is not None else None
        if source is None or picture is None:
            raise BadPicture(sentences.PHOTO_GONE)
        style = self._studio.gallery.styles.get(key)
        if style is None:
            raise UnknownStyle(sentences.OLD_BUTTON)
        press = f"{keyboard.chat.id}:{keyboard.message_id}:{query.data}"
        with self._once(press) as is_first:
            if is_first:
                spot = Spot.under(keyboard, source.message_id)
                origin = f"press:{query.id}"
                await self._orders.take(Order(spot, choosing.asker, origin, picture, (style.id,), choosing.strength))

    async def turn(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Another page of styles."""
        query = _query(update)
        choosing, page = Choosing.parse(query.data or "")
        if not await self._is_asker(query, choosing, context.bot):
            return
        keyboard = chooser(self._studio.gallery, choosing, int(page), self._limits)
        try:
            await _whole_message(query).edit_reply_markup(keyboard)
        except BadRequest as error:
            if not is_unchanged(error):
                raise

    async def cancel(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Cancel, by the person whose job it is or an administrator of the chat."""
        query = _query(update)
        await _acknowledge(query)
        job = await self._job_of(query)
        person = str(query.from_user.id)
        moderator = person != job.person and await _is_administrator(query, context.bot)
        await self._studio.cancel(job.id, person, moderator=moderator)

    async def send_extra(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """The loss curve, or the picture as a file; pressed again while one is on its way changes nothing."""
        query = _query(update)
        await _acknowledge(query)
        data = query.data or ""
        with self._once(data) as is_first:
            if not is_first:
                return
            job = await self._job_of(query)
            answer = await self._studio.answer(job.id)
            if answer is None or answer.picture is None:
                raise NoSuchJob(sentences.NOT_READY)
            upload = await self._extra(data[0], job, answer)
            await self._outbox.send(Spot.under(_whole_message(query)), upload, "")

    async def unknown(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A button that no longer means anything."""
        await _acknowledge(_query(update), sentences.OLD_BUTTON)

    @contextmanager
    def _once(self, press: str) -> Iterator[bool]:
        """Whether this press is the first of its kind under way: an impatient second one changes nothing."""
        if press in self._under_way:
            yield False
            return
        self._under_way.add(press)
        try:
            yield True
        finally:
            self._under_way.discard(press)

    async def _extra(self, kind: str, job: Job, answer: Answer) -> Upload:
        if kind == CURVE:
            if answer.curve is None:
                raise NoSuchJob(sentences.NOT_READY)
            return Upload(answer.curve, f"losses-{job.id}.png")
        upload = await asyncio.to_thread(whole_file, answer, self._limits)
        if len(upload.data) > self._limits.document_bytes:
            raise NoSuchJob(sentences.FILE_TOO_BIG)
        return upload

    async def _is_asker(self, query: CallbackQuery, choosing: Choosing, bot: ExtBot[Any]) -> bool:
        """Acknowledges the press, and tells whether it came from who asked."""
        if str(query.from_user.id) == choosing.asker:
            await _acknowledge(query)
            return True
        message = query.message
        if message is not None and choosing.asker == str(message.chat.id):
            # An administrator who writes as the group presses as a person.
            await _acknowledge(query)
            return await _is_administrator(query, bot)
        await _acknowledge(query, sentences.NOT_YOUR_CHOICE)
        return False

    async def _job_of(self, query: CallbackQuery) -> Job:
        """The job that a button names, if it belongs to the chat where the button is."""
        job = await self._studio.job((query.data or "")[2:])
        chat_id = query.message.chat.id if query.message is not None else None
        if job.address.get("chat_id") != chat_id:
            raise NoSuchJob(sentences.OLD_BUTTON)
        return job


async def _acknowledge(query: CallbackQuery, alert: str | None = None) -> None:
    try:
        await query.answer(alert, show_alert=alert is not None)
    except TelegramError as error:
        # Too old to be acknowledged, as after an outage; what was pressed is done all the same.
        log.info("a press came too late to be acknowledged", error=error.message)


async def _is_administrator(query: CallbackQuery, bot: ExtBot[Any]) -> bool:
    if query.message is None:
        return False
    try:
        member = await bot.get_chat_member(query.message.chat.id, query.from_user.id)
    except TelegramError as error:
        log.warning("a member could not be looked up", error=error.message)
        return False
    return member.status in _ADMINISTRATORS


def _query(update: Update) -> CallbackQuery:
    assert update.callback_query is not None, "the handlers get only presses"
    return update.callback_query


def _whole_message(query: CallbackQuery) -> Message:
    if not isinstance(query.message, Message):
        raise NoSuchJob(sentences.OLD_BUTTON)
    return query.message
