"""Messages in: commands, pictures, albums and names of styles become orders, or a keyboard of styles."""

from __future__ import annotations

from typing import Any

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CommandHandler, ContextTypes, ExtBot, MessageHandler, filters

from adapters.telegram import sentences
from adapters.telegram.albums import AlbumCollector
from adapters.telegram.desk import StyleDesk
from adapters.telegram.keyboard import is_no_photo
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.manner import Manner
from adapters.telegram.outbox import Outbox
from adapters.telegram.own_styles import OwnStyles
from adapters.telegram.pictures import Picture, picture_in
from adapters.telegram.spot import Spot
from adapters.telegram.waiting import Sent, Waiting
from adapters.telegram.wishes import LONGEST_NAME, command_words, named_in, person_of, wish_of
from bot.errors import BadPicture
from bot.gallery import Gallery, Style
from bot.languages import _

_NEW = filters.UpdateType.MESSAGE
_ANY = filters.UpdateType.MESSAGES
_PICTURES = filters.PHOTO | filters.Document.ALL | filters.ANIMATION | filters.Sticker.ALL
_OTHERS = filters.VIDEO | filters.VIDEO_NOTE | filters.AUDIO | filters.VOICE
"""What may come instead of pictures, or among those of an album."""


class Handlers:
    """What the bot does with messages. A refusal is raised and becomes one sentence in the error handler."""

    def __init__(self, desk: StyleDesk, own_styles: OwnStyles, outbox: Outbox, limits: TelegramLimits) -> None:
        self._desk = desk
        self._own_styles = own_styles
        self._rules = desk.rules
        self._outbox = outbox
        self._limits = limits
        self.albums = AlbumCollector(limits.album_quiet_seconds)

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers; the first that fits a message gets it."""
        application.add_handler(CommandHandler(("start", "help"), self.help, filters=_NEW))
        application.add_handler(CommandHandler("stylize", self.stylize, filters=_ANY))
        application.add_handler(MessageHandler((_PICTURES | _OTHERS) & _ANY, self.picture))
        application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND & _ANY, self.words))
        other = filters.ChatType.PRIVATE & _NEW & ~filters.StatusUpdate.ALL
        application.add_handler(MessageHandler(other, self.hint))

    async def help(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/start` and `/help`: how to use the bot."""
        words = f"{_(sentences.HELP)}\n{_(sentences.FAITHFUL_HELP)}\n{_(sentences.MORE_HELP)}"
        await self._outbox.say(Spot.under(_message(update)), words)

    async def hint(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Commands that there are not, and whatever else is sent, in a private chat."""
        await self._outbox.say(Spot.under(_message(update)), _(sentences.HINT))

    async def stylize(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/stylize [style] [strength] [faithful]` as a reply to a picture; edited, if it made no picture before."""
        message, words = _message(update), command_words(_message(update).text, context.bot.username)
        if words is None or self._is_late(message):
            return
        async with self._desk.room.turn(message.chat.id, person_of(message)):
            waiting = await self._waiting(message)
            if _had_its_way(message, waiting):
                return
            photo = shown_to(message)
            photos = _meant(message, waiting) if photo is None else (photo,)
            if not photos:
                raise BadPicture(_(sentences.NO_PHOTO))
            style, manner = wish_of(words, await self._rules.gallery(message.chat.id))
            style = style or await self._rules.usual_style(message.chat.id)
            await self._paint(message, photos, style, manner, waiting)

    async def picture(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A picture, alone or in an album; in groups only with the command in its caption, or as the style awaited."""
        message = _message(update)
        if message.media_group_id is None or message.edit_date is not None:
            await self._picture([message], context)
            return
        async with self.albums.collected(message) as parts:
            if parts is not None:
                await self._picture(parts, context)

    async def _picture(self, parts: list[Message], context: ContextTypes.DEFAULT_TYPE) -> None:
        message = parts[0]
        is_edit = message.edit_date is not None
        if self._is_late(message) or not _may_concern(parts, context.bot):
            return
        async with self._desk.room.turn(message.chat.id, person_of(message)):
            waiting = await self._waiting(message)
            if _had_its_way(message, waiting):
                return
            called = _called(parts, context.bot.username, await self._rules.gallery(message.chat.id))
            if called is not None:
                is_known = is_edit and message.media_group_id is not None
                photos = waiting.photos if is_known and waiting else await self._pictures(parts)
                style, manner = called
                if len(photos) == 1:
                    style = style or await self._rules.usual_style(message.chat.id)
                await self._several(message, photos, style, manner, waiting)
            elif waiting is not None and not is_edit and _brings_style(parts, waiting, context.bot.id):
                styles = tuple(sent.picture for sent in await self._pictures(parts))
                await self._desk.paint_waiting(message, waiting, styles)
            elif message.chat.type == ChatType.PRIVATE and not is_edit:
                await self._several(message, await self._pictures(parts), None, Manner(), waiting)

    async def words(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """The name of a style, for the picture replied to or, in private, the one just sent.

        In groups all other words are talk.
        """
        message = _message(update)
        if message.edit_date is None and await self._own_styles.takes_name(message):
            return
        is_asking = message.chat.type == ChatType.PRIVATE and message.edit_date is None
        gallery = await self._rules.gallery(message.chat.id)
        named = named_in(message.text, gallery)
        if self._is_late(message) or (named is None and not is_asking):
            return
        async with self._desk.room.turn(message.chat.id, person_of(message)):
            waiting = await self._waiting(message)
            photo = shown_to(message)
            photos = _meant(message, waiting) if photo is None else (photo,)
            if photos and (named is not None or len(message.text or "") <= LONGEST_NAME):
                style, manner = named or wish_of((message.text or "").strip(), gallery)
                await self._paint(message, photos, style, manner, waiting)
                return
        if is_asking:
            sentence = sentences.HINT if named is None else sentences.STYLE_WITHOUT_PHOTO
            await self._outbox.say(Spot.under(message), _(sentence))

    async def _pictures(self, parts: list[Message]) -> tuple[Sent, ...]:
        """The pictures of a message or an album; what else an album holds is said to be left out.

        Raises `BadPicture` where there are none.
        """
        photos: list[Sent] = []
        others: list[Message] = []
        reason = BadPicture(_(sentences.NO_PICTURE))
        for part in parts:
            try:
                picture = picture_in(part)
            except BadPicture as error:
                picture, reason = None, error
            if picture is None:
                others.append(part)
            else:
                photos.append(Sent(picture, part.message_id))
        if not photos:
            raise reason
        if others:
            await self._outbox.say(Spot.under(others[0]), sentences.left_out(len(others)))
        return tuple(photos)

    async def _several(
        self,
        message: Message,
        photos: tuple[Sent, ...],
        style: Style | None,
        manner: Manner,
        waiting: Waiting | None,
    ) -> None:
        """One picture, or an album: each in the style that was named, or one by another, or as the person chooses."""
        if style is not None or len(photos) == 1:
            await self._paint(message, photos, style, manner, waiting)
        elif len(photos) == 2:
            await self._paint(message, photos[:1], photos[1].picture, manner, waiting)
        elif message.edit_date is None:
            await self._desk.ask_about_album(message, photos, manner)

    async def _paint(
        self,
        message: Message,
        photos: tuple[Sent, ...],
        style: Style | Picture | None,
        manner: Manner,
        waiting: Waiting | None,
    ) -> None:
        waits = waiting is not None and (photos == waiting.photos or waiting.asked == message.message_id)
        if style is None:
            if not (waits and message.edit_date is not None):
                await self._desk.offer(message, photos, manner)
            return
        styles = (style.id if isinstance(style, Style) else style,)
        if waiting is not None and waits:
            await self._desk.paint_waiting(message, waiting, styles, manner)
        else:
            await self._desk.paint_asked(message, photos, styles, manner)

    async def _waiting(self, message: Message) -> Waiting | None:
        """What waits for a style; of an edited album that album."""
        album = message.media_group_id if message.edit_date is not None else None
        return await self._desk.room.find(message.chat.id, person_of(message), album or "")

    def _is_late(self, message: Message) -> bool:
        """Whether a message was edited when it was old."""
        if message.edit_date is None:
            return False
        return (message.edit_date - message.date).total_seconds() > self._limits.edit_window_seconds


def _message(update: Update) -> Message:
    message = update.message or update.edited_message
    assert message is not None, "the filters let only messages through"
    return message


def shown_to(message: Message) -> Sent | None:
    """The picture that a message replies to, be it in another chat; what shows the gallery or a progress is none."""
    reply = message.reply_to_message
    if reply is not None:
        picture = None if is_no_photo(reply.reply_markup) else picture_in(reply)
        return None if picture is None else Sent(picture, reply.message_id)
    picture = None if message.external_reply is None else picture_in(message.external_reply)
    return None if picture is None else Sent(picture, message.message_id)


def _may_concern(parts: list[Message], bot: ExtBot[Any]) -> bool:
    """Whether pictures may be meant for the bot; most of those in a busy group are not, and cost nothing."""
    reply = parts[0].reply_to_message
    is_reply = reply is not None and reply.from_user is not None and reply.from_user.id == bot.id
    is_called = any(command_words(part.caption, bot.username) is not None for part in parts)
    return parts[0].chat.type == ChatType.PRIVATE or is_reply or is_called


def _called(parts: list[Message], bot_name: str, gallery: Gallery) -> tuple[Style | None, Manner] | None:
    """The style and the manner that a caption asks for; None where none asks for anything."""
    for part in parts:
        if part.forward_origin is not None and not part.is_automatic_forward:
            continue  # these are somebody else's words
        words = command_words(part.caption, bot_name)
        if words is not None:
            return wish_of(words, gallery)
        if part.chat.type == ChatType.PRIVATE and (named := named_in(part.caption, gallery)) is not None:
            return named
    return None


def _had_its_way(message: Message, waiting: Waiting | None) -> bool:
    """Whether a message or its album, seen again or edited, has had its answer: a style was chosen, or is offered."""
    if waiting is None:
        return False
    if waiting.taken_by == str(message.message_id):
        return True
    is_its_album = message.media_group_id is not None and message.media_group_id == waiting.album
    if waiting.asked != message.message_id and not is_its_album:
        return False
    return bool(waiting.taken_by) or (message.edit_date is None and bool(waiting.messages))


def _meant(message: Message, waiting: Waiting | None) -> tuple[Sent, ...]:
    """What waits, if a style that is named without a picture is for that."""
    taker = str(message.message_id)
    if waiting is None or waiting.taken_by not in ("", taker):
        return ()
    is_reply = message.reply_to_message is not None and message.reply_to_message.message_id in waiting.messages
    is_next = message.chat.type == ChatType.PRIVATE and waiting.is_open(taker)
    return waiting.photos if is_reply or is_next else ()


def _brings_style(parts: list[Message], waiting: Waiting, bot_id: int) -> bool:
    """Whether a picture is the style for what waits: the next in private, a reply to the bot in groups."""
    message, taker = parts[0], str(parts[0].message_id)
    if waiting.asked >= message.message_id or waiting.taken_by not in ("", taker):
        return False
    if message.chat.type == ChatType.PRIVATE:
        return waiting.is_open(taker) and (waiting.wants_own or len(parts) == 1)
    reply = message.reply_to_message
    if reply is None or reply.from_user is None or reply.from_user.id != bot_id:
        return False
    return reply.message_id in waiting.messages or (waiting.wants_own and not reply.photo)
