"""Messages in: commands, photos and albums become orders or a keyboard of styles."""

from __future__ import annotations

from typing import Any

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from adapters.telegram import sentences
from adapters.telegram.albums import AlbumCollector
from adapters.telegram.keyboard import Choosing, chooser
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import Order, OrderDesk
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import Picture, picture_in
from adapters.telegram.spot import Spot
from adapters.telegram.wishes import command_words, person_of, wish_of
from bot.errors import BadOption, BadPicture
from bot.gallery import Gallery

_NEW = filters.UpdateType.MESSAGE
_PICTURES = (filters.PHOTO | filters.Document.ALL) & _NEW
_PRIVATE_TEXT = filters.ChatType.PRIVATE & filters.TEXT & _NEW


class Handlers:
    """What the bot does with messages. A refusal is raised and becomes one sentence in the error handler."""

    def __init__(self, gallery: Gallery, orders: OrderDesk, outbox: Outbox, limits: TelegramLimits) -> None:
        self._gallery = gallery
        self._orders = orders
        self._outbox = outbox
        self._limits = limits
        self._albums = AlbumCollector(limits.album_quiet_seconds)

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers; the first that fits a message gets it."""
        application.add_handler(CommandHandler(("start", "help"), self.help, filters=_NEW))
        application.add_handler(CommandHandler("styles", self.styles, filters=_NEW))
        application.add_handler(CommandHandler("stylize", self.stylize, filters=_NEW))
        application.add_handler(MessageHandler(_PICTURES, self.picture))
        application.add_handler(MessageHandler(_PRIVATE_TEXT, self.hint))

    async def help(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/start` and `/help`: how to use the bot."""
        await self._say(_message(update), sentences.HELP)

    async def hint(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Other words in a private chat."""
        await self._say(_message(update), sentences.HINT)

    async def styles(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/styles`: the gallery."""
        labels = [style.label for style in self._gallery.styles.values()]
        await self._say(_message(update), sentences.gallery(labels, self._limits.text))

    async def stylize(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/stylize [style] [strength]` as a reply to a picture."""
        message = _message(update)
        source = message.reply_to_message
        picture = picture_in(source) if source is not None else None
        if source is None or picture is None:
            raise BadPicture(sentences.NO_PHOTO)
        words = command_words(message.text, context.bot.username) or ""
        await self._one(message, source.message_id, picture, words)

    async def picture(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A photo or a file, alone or in an album; in groups only with the command in its caption."""
        message = _message(update)
        album = [message] if message.media_group_id is None else await self._albums.collect(message)
        if album is None:
            return
        called = [command_words(part.caption, context.bot.username) for part in album]
        words = next((words for words in called if words is not None), None)
        if words is None and message.chat.type != ChatType.PRIVATE:
            return
        pictures = [picture for part in album if (picture := picture_in(part)) is not None]
        if len(pictures) == 1:
            await self._one(album[0], album[0].message_id, pictures[0], words or "")
        else:
            await self._several(album[0], pictures, words or "")

    async def _one(self, message: Message, photo_id: int, picture: Picture, words: str) -> None:
        style, strength = wish_of(words, self._gallery)
        spot = Spot.under(message, photo_id)
        if style is None:
            choosing = Choosing(person_of(message), strength)
            keyboard = chooser(self._gallery, choosing, 0, self._limits)
            await self._outbox.say(spot, sentences.choose(strength), keyboard)
            return
        origin = f"{message.chat.id}:{message.message_id}"
        await self._orders.take(Order(spot, person_of(message), origin, picture, (style.id,), strength))

    async def _several(self, message: Message, pictures: list[Picture], words: str) -> None:
        style, strength = wish_of(words, self._gallery)
        if style is not None:
            raise BadOption(sentences.ALBUM_AND_STYLE)
        origin = f"{message.chat.id}:album:{message.media_group_id}"
        photo, *styles = pictures
        await self._orders.take(Order(Spot.under(message), person_of(message), origin, photo, tuple(styles), strength))

    async def _say(self, message: Message, text: str) -> None:
        await self._outbox.say(Spot.under(message), text)


def _message(update: Update) -> Message:
    assert update.message is not None, "the filters let only new messages through"
    return update.message
