"""Buttons under the gallery: a style chosen, a page turned, a picture of one's own announced, an album explained."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from telegram import CallbackQuery, ForceReply, Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from adapters.telegram import sentences
from adapters.telegram.desk import StyleDesk, Wish
from adapters.telegram.keyboard import CHOICE, EACH, GALLERY, OF_ALBUMS, OWN, PAGE, REST, Choosing, chooser
from adapters.telegram.keyboard import gallery_pages as pages_of
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.once import UnderWay, once_at_a_time
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import Picture, picture_in
from adapters.telegram.queries import acknowledge, message_of, query_of
from adapters.telegram.spot import Spot
from adapters.telegram.waiting import Sent, Waiting
from bot.errors import BadPicture, UnknownStyle
from bot.languages import _


class Choices:
    """What the bot does when somebody chooses. Each press is acknowledged before anything else."""

    def __init__(self, desk: StyleDesk, outbox: Outbox, limits: TelegramLimits) -> None:
        self._desk = desk
        self._rules = desk.rules
        self._outbox = outbox
        self._limits = limits
        self._under_way = UnderWay()

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers, one for each kind of button."""
        turn, leaf = once_at_a_time(self.turn, self._limits), once_at_a_time(self.leaf, self._limits)
        kinds = {CHOICE: self.choose, PAGE: turn, OWN: self.own, REST: self.rest, EACH: self.each}
        kinds |= {OF_ALBUMS[kind]: kinds[kind] for kind in OF_ALBUMS}
        for kind, handler in {**kinds, GALLERY: leaf}.items():
            application.add_handler(CallbackQueryHandler(handler, pattern=f"^{kind}:"))

    async def choose(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A style was pressed: the photo is the one that the keyboard replies to, or its album."""
        query = query_of(update)
        choosing, key = Choosing.parse(query.data or "")
        if not await self._is_asker(query, choosing):
            return
        keyboard = message_of(query)
        style = (await self._rules.gallery(keyboard.chat.id)).styles.get(key)
        if style is None:
            raise UnknownStyle(_(sentences.OLD_BUTTON))
        async with self._desk.room.turn(keyboard.chat.id, choosing.asker):  # until the chooser is noted
            photos, _waiting = await self._photos(choosing, keyboard)
        with self._under_way.begin(f"{keyboard.chat.id}:{keyboard.message_id}:{query.data}") as is_first:
            if is_first:
                album = _album_of(keyboard) if choosing.for_album else ""
                await self._order(query, choosing, photos, (style.id,), f"press:{query.id}", album)

    async def turn(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Another page of styles to choose from."""
        query = query_of(update)
        choosing, page = Choosing.parse(query.data or "")
        if not await self._is_asker(query, choosing):
            return
        message, number = message_of(query), int(page)
        gallery = await self._rules.gallery(message.chat.id)
        keyboard = chooser(gallery, choosing, number, self._limits)
        spot = replace(Spot.under(message), message_id=message.message_id)
        if message.photo:
            await self._desk.sheets.turn(gallery, spot, number, message.caption or "", keyboard)
            return
        await self._outbox.redress(spot, keyboard)

    async def leaf(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Another page of the gallery, for anybody."""
        query = query_of(update)
        await acknowledge(query, "", self._limits)
        message, number = message_of(query), int((query.data or "").partition(":")[2])
        spot = replace(Spot.under(message), message_id=message.message_id)
        gallery, sheets = await self._rules.gallery(message.chat.id), self._desk.sheets
        keyboard = pages_of(gallery, number, self._limits)
        if message.photo and keyboard is not None:
            await sheets.turn(gallery, spot, number, sheets.words(gallery, number), keyboard)
        elif keyboard is not None:
            await self._outbox.rewrite(spot, sheets.words(gallery, number), keyboard)

    async def own(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """The style will be a picture of the person's own: noted, and asked for."""
        query = query_of(update)
        choosing = Choosing.parse(query.data or "")[0]
        if not await self._is_asker(query, choosing):
            return
        keyboard = message_of(query)
        in_private = keyboard.chat.type == ChatType.PRIVATE
        room = self._desk.room
        async with room.turn(keyboard.chat.id, choosing.asker):
            if await room.has_asked(keyboard.chat.id, choosing.asker, query.id):
                return  # seen again after a crash, when something newer may wait
            photos, waiting = await self._photos(choosing, keyboard)
            asked = keyboard.reply_to_message or keyboard
            begun = waiting or Waiting(photos, asked.message_id, 0.0, thread_id=Spot.under(keyboard).thread_id)
            begun = replace(
                begun,
                photos=photos,
                strength=choosing.manner.strength,
                is_faithful=choosing.manner.is_faithful,
                until=time.time() + self._limits.own_style_seconds,
                messages=(*begun.messages, keyboard.message_id),
                wants_own=True,
                taken_by="",
            )
            await room.keep(keyboard.chat.id, choosing.asker, begun)
            words = sentences.SEND_STYLE if in_private else sentences.REPLY_WITH_STYLE
            force = None if in_private else ForceReply(selective=True)
            prompt = await self._outbox.say(Spot.under(keyboard, begun.asked), _(words), force)
            begun = replace(begun, messages=(*begun.messages, prompt.message_id))
            await room.keep(keyboard.chat.id, choosing.asker, begun)
            await room.keep_asked(keyboard.chat.id, choosing.asker, query.id)

    async def rest(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """The pictures of an album after the first are its styles."""
        query = query_of(update)
        choosing = Choosing.parse(query.data or "")[0]
        if not await self._is_asker(query, choosing):
            return
        photos, waiting = await self._album(choosing, message_of(query))
        styles = tuple(sent.picture for sent in photos[1:])
        with self._under_way.begin(f"{query.data}:{waiting.asked}") as is_first:
            if is_first:
                origin = f"{message_of(query).chat.id}:rest:{waiting.asked}"
                await self._order(query, choosing, photos[:1], styles, origin, _album_of(message_of(query)))

    async def each(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Each picture of an album is painted: in which style?"""
        query = query_of(update)
        choosing = Choosing.parse(query.data or "")[0]
        if not await self._is_asker(query, choosing):
            return
        message = message_of(query)
        photos, waiting = await self._album(choosing, message)
        room = self._desk.room
        async with room.turn(message.chat.id, choosing.asker):
            if await room.has_asked(message.chat.id, choosing.asker, query.id):
                return
            await self._desk.show_chooser(
                Spot.under(message, photos[0].message_id), choosing.asker, waiting.asked, photos, choosing.manner,
                sentences.choose_for_all(len(photos), choosing.manner.strength), album=_album_of(message),
            )  # fmt: skip
            await room.keep_asked(message.chat.id, choosing.asker, query.id)

    async def _order(
        self,
        query: CallbackQuery,
        choosing: Choosing,
        photos: tuple[Sent, ...],
        styles: tuple[str | Picture, ...],
        origin: str,
        album: str,
    ) -> None:
        """Of an album, whose id `album` is, pressing again after a failure makes only what is missing."""
        keyboard = message_of(query)
        # Nobody can press a button as a channel, so what a channel asked for is for whoever chooses.
        person = choosing.asker if choosing.asker == str(keyboard.chat.id) else str(query.from_user.id)
        moderator = await self._rules.is_moderator(query)
        spot = Spot.under(keyboard)
        await self._desk.paint(Wish(photos, styles, choosing.manner, spot, person, origin, moderator))
        await self._desk.taken(keyboard.chat.id, choosing.asker, keyboard.message_id, origin, album)

    async def _photos(self, choosing: Choosing, keyboard: Message) -> tuple[tuple[Sent, ...], Waiting | None]:
        """What a chooser is for, and what is noted of it."""
        if choosing.for_album:
            return await self._album(choosing, keyboard)
        source = keyboard.reply_to_message
        picture = picture_in(source) if source is not None else None
        waiting = await self._desk.room.find(keyboard.chat.id, choosing.asker)
        if waiting is not None and keyboard.message_id not in waiting.messages:
            waiting = None
        if source is not None and picture is not None:
            return (Sent(picture, source.message_id),), waiting
        if source is not None and waiting is not None:
            return waiting.photos, waiting  # a picture of another chat, which the message only quotes
        raise BadPicture(_(sentences.PHOTO_GONE))

    async def _album(self, choosing: Choosing, keyboard: Message) -> tuple[tuple[Sent, ...], Waiting]:
        album = _album_of(keyboard)
        waiting = await self._desk.room.find(keyboard.chat.id, choosing.asker, album) if album else None
        if waiting is None:
            raise BadPicture(_(sentences.PHOTO_GONE))
        return waiting.photos, waiting

    async def _is_asker(self, query: CallbackQuery, choosing: Choosing) -> bool:
        """Acknowledges the press, and tells whether it came from who may choose."""
        person, chat_id = str(query.from_user.id), _chat_id(query)
        asked_as_chat = choosing.asker == str(chat_id)
        may = person == choosing.asker or (choosing.asker.startswith("-") and not asked_as_chat)
        if asked_as_chat and not may:
            # An administrator who writes as the group presses as a person.
            may = await self._rules.administers(query)
        await acknowledge(query, "" if may else _(sentences.NOT_YOUR_CHOICE), self._limits)
        return may


def _album_of(keyboard: Message) -> str:
    """The id of the album that a keyboard replies to, or empty."""
    source = keyboard.reply_to_message
    return (source.media_group_id if source is not None else None) or ""


def _chat_id(query: CallbackQuery) -> int:
    return query.message.chat.id if query.message is not None else 0
