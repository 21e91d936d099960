"""Between the pictures that people send and the orders made of them: styles are offered, and taken when they come."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import structlog
from telegram import Message
from telegram.constants import ChatType
from telegram.error import TelegramError

from adapters.telegram import sentences
from adapters.telegram.house_rules import HouseRules
from adapters.telegram.keyboard import Choosing, album_question, chooser
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.manner import Manner
from adapters.telegram.orders import PLATFORM, Order, OrderDesk
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import Picture
from adapters.telegram.result_sentences import FAULT
from adapters.telegram.sheets import Sheets
from adapters.telegram.spot import Spot
from adapters.telegram.waiting import Begun, Sent, Waiting, WaitingRoom
from adapters.telegram.wishes import person_of
from bot.errors import BadPicture, Refusal
from bot.languages import _
from bot.studio import Studio

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """Pictures to paint, each in all of the styles: ids of the gallery or pictures. `spot` is where to answer.

    `origin` is what asked: the same once more makes no second job.
    """

    photos: tuple[Sent, ...]
    styles: tuple[str | Picture, ...]
    manner: Manner
    spot: Spot
    person: str
    origin: str
    moderator: bool = False


class StyleDesk:
    """Notes what waits for a style, offers styles, and orders pictures."""

    def __init__(
        self,
        studio: Studio,
        orders: OrderDesk,
        outbox: Outbox,
        rules: HouseRules,
        limits: TelegramLimits,
    ) -> None:
        self.room = WaitingRoom(studio.notes)
        self.sheets = Sheets(outbox, limits)
        self.rules = rules
        self._studio = studio
        self._orders = orders
        self._outbox = outbox
        self._limits = limits

    async def offer(self, message: Message, photos: tuple[Sent, ...], manner: Manner, album: str = "") -> None:
        """Let the person who sent `message` choose a style for these; `album` is the id of the album they are."""
        await self.rules.check(message)
        in_private = message.chat.type == ChatType.PRIVATE
        words = sentences.choose_for_all(len(photos), manner.strength) if album else ""
        words = words or sentences.choose(manner.strength, in_private=in_private)
        await self.show_chooser(
            Spot.under(message, photos[0].message_id), person_of(message), message.message_id, photos, manner, words,
            album=album,
        )  # fmt: skip

    async def show_chooser(
        self,
        spot: Spot,
        person: str,
        asked: int,
        photos: tuple[Sent, ...],
        manner: Manner,
        words: str,
        *,
        album: str = "",
    ) -> None:
        """A keyboard of styles, noted first, so that a style that comes in another way finds its pictures."""
        until = time.time() + self._limits.waits_seconds
        waiting = Waiting.of(photos, asked, until, manner, spot.thread_id, album)
        await self._note(spot.chat_id, person, waiting)
        gallery = await self.rules.gallery(spot.chat_id)
        keyboard = chooser(gallery, Choosing(person, manner, bool(album)), 0, self._limits)
        shown = await self.sheets.send(gallery, spot, 0, words, keyboard)
        await self._note(spot.chat_id, person, replace(waiting, messages=(shown.message_id,)))

    async def ask_about_album(self, message: Message, photos: tuple[Sent, ...], manner: Manner) -> None:
        """Have the person say what the pictures after the first are, unless they are too many to be styles."""
        await self.rules.check(message)
        album = message.media_group_id or ""
        if len(photos) - 1 > self._studio.max_styles:
            await self.offer(message, photos, manner, album)
            return
        spot, person = Spot.under(message), person_of(message)
        waiting = Waiting.of(photos, message.message_id, time.time(), manner, spot.thread_id, album)
        await self.room.keep(spot.chat_id, person, waiting, album)
        await self._outbox.say(spot, _(sentences.ALBUM_QUESTION), album_question(Choosing(person, manner)))

    async def paint(self, wish: Wish) -> None:
        """Order each of the pictures. Raises a `Refusal`, which tells how many were taken where some were.

        The same asked again after that makes only what is missing.
        """
        await self.rules.check_asker(wish.spot.chat_id, is_moderator=wish.moderator)
        # All of them are asked for at once: what is deleted meanwhile holds for those whose turn comes later, too.
        with self._studio.privacy.taking(PLATFORM, wish.person):
            if len(wish.photos) == 1:
                await self._orders.take(_order(wish, wish.photos[0], wish.origin))
            else:
                await self._paint_each(wish)

    async def _paint_each(self, wish: Wish) -> None:
        words = f"{wish.photos[0].message_id}:{wish.styles}:{wish.manner.code}"
        begun = await self.room.find_begun(wish.spot.chat_id, wish.person, words)
        origin = wish.origin if begun is None else begun.origin_for(wish.origin)
        taken, failure = await self._take_each(wish, origin)
        if taken and (failure is not None or begun is not None):
            begun = Begun(origin, "" if failure is not None else wish.origin)
            await self.room.keep_begun(wish.spot.chat_id, wish.person, words, begun)
        if failure is None:
            return
        if not taken:
            raise failure
        reason = str(failure) if isinstance(failure, Refusal) else _(FAULT)
        raise Refusal(sentences.some_taken(taken, len(wish.photos), reason))

    async def _take_each(self, wish: Wish, origin: str) -> tuple[int, Refusal | TelegramError | None]:
        """How many of several pictures were taken, and why the others were not."""
        taken, failure = 0, None
        for sent in wish.photos:
            try:
                await self._orders.take(_order(wish, sent, f"{origin}:{sent.message_id}"))
                taken += 1
            except (Refusal, TelegramError) as reason:
                failure = reason
                if isinstance(reason, TelegramError):
                    log.warning("a picture of an album was not taken", error=reason.message)
                elif not isinstance(reason, BadPicture):
                    break
        return taken, failure

    async def wish(
        self, message: Message, photos: tuple[Sent, ...], styles: tuple[str | Picture, ...], manner: Manner
    ) -> Wish:
        """What the sender of a message wants; the same message, or an album of it, wants it once."""
        asked = f"album:{message.media_group_id}" if message.media_group_id else message.message_id
        origin = f"{message.chat.id}:{asked}"
        moderator = await self.rules.is_moderator(message)
        return Wish(photos, styles, manner, Spot.under(message), person_of(message), origin, moderator)

    async def paint_waiting(
        self, message: Message, waiting: Waiting, styles: tuple[str | Picture, ...], manner: Manner | None = None
    ) -> None:
        """What waited gets its style from `message`, which a second time changes nothing."""
        manner = waiting.manner.then(manner or Manner())
        wish = await self.wish(message, waiting.photos, styles, manner)
        await self.paint(replace(wish, spot=replace(wish.spot, thread_id=waiting.thread_id)))
        taken = replace(waiting, taken_by=str(message.message_id))
        latest = await self.room.find(message.chat.id, wish.person)
        if latest is None or latest.asked == waiting.asked:  # else something newer, which goes on waiting
            await self.room.keep(message.chat.id, wish.person, taken)
        for album in {waiting.album, message.media_group_id or ""} - {""}:  # what waited, and what is the style
            await self.room.keep(message.chat.id, wish.person, replace(taken, album=album), album)

    async def paint_asked(
        self, message: Message, photos: tuple[Sent, ...], styles: tuple[str | Picture, ...], manner: Manner
    ) -> None:
        """What `message` brings or replies to, in the style that it names; of an album it is noted that it had that."""
        wish = await self.wish(message, photos, styles, manner)
        album = message.media_group_id
        if album is None:
            await self.paint(wish)
            return
        spot = wish.spot
        asked = Waiting.of(photos, message.message_id, time.time(), manner, spot.thread_id, album)
        await self.room.keep(spot.chat_id, wish.person, asked, album)
        await self.paint(wish)
        await self.room.keep(spot.chat_id, wish.person, replace(asked, taken_by=str(message.message_id)), album)

    async def taken(self, chat_id: int, person: str, chooser_id: int, by: str, album: str = "") -> None:
        """A button of that chooser brought the style: the next picture is a new one, and the album had its way."""
        latest = await self.room.find(chat_id, person)
        if latest is not None and chooser_id in latest.messages and not latest.taken_by:
            await self.room.keep(chat_id, person, replace(latest, taken_by=by))
        waiting = await self.room.find(chat_id, person, album) if album else None
        if waiting is not None and not waiting.taken_by:
            await self.room.keep(chat_id, person, replace(waiting, taken_by=by), album)

    async def _note(self, chat_id: int, person: str, waiting: Waiting) -> None:
        await self.room.keep(chat_id, person, waiting)
        if waiting.album:
            await self.room.keep(chat_id, person, waiting, waiting.album)


def _order(wish: Wish, sent: Sent, origin: str) -> Order:
    """One of the pictures of a wish."""
    spot = replace(wish.spot, reply_to=sent.message_id)
    return Order(spot, wish.person, origin, sent.picture, wish.styles, wish.manner, wish.moderator)
