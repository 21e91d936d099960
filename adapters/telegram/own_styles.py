"""`/addstyle`: a picture becomes a style of the chat's own gallery, under a name; and is taken out again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from telegram import CallbackQuery, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ExtBot,
    MessageHandler,
    filters,
)

from adapters.telegram.house_rules import HouseRules
from adapters.telegram.keyboard import is_no_photo
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import PLATFORM
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import Picture, fetch, picture_in
from adapters.telegram.queries import acknowledge, message_of, query_of
from adapters.telegram.spot import Spot
from adapters.telegram.wishes import command_words, person_of
from bot.errors import BadPicture, NotAllowed
from bot.gallery import Gallery, Style
from bot.languages import N_, _
from bot.studio import Studio

COMMAND: Final = "addstyle"
UNSTYLE: Final = "x"
GONE: Final = "d"
STAYS: Final = "k"
TOO_OLD: Final = N_("This button is too old to work; send /styles again.")
_NEW: Final = filters.UpdateType.MESSAGE
_PICTURES: Final = filters.PHOTO | filters.Document.ALL | filters.ANIMATION | filters.Sticker.ALL
_CAPTIONED: Final = filters.CaptionRegex(rf"^\s*/{COMMAND}\b")


class OwnStyles:
    """Adds and removes styles. A refusal is raised and becomes one sentence in the error handler."""

    def __init__(
        self, bot: ExtBot[Any], studio: Studio, rules: HouseRules, outbox: Outbox, limits: TelegramLimits
    ) -> None:
        self._bot = bot
        self._studio = studio
        self._rules = rules
        self._outbox = outbox
        self._limits = limits

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers."""
        application.add_handler(CommandHandler(COMMAND, self.add, filters=_NEW))
        application.add_handler(MessageHandler(_PICTURES & _CAPTIONED & _NEW, self.add))
        for kind, handler in {UNSTYLE: self.ask, GONE: self.remove, STAYS: self.leave}.items():
            application.add_handler(CallbackQueryHandler(handler, pattern=f"^{kind}:"))

    async def add(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/addstyle [name]`, as a reply to a picture or in its caption; a name that is missing is asked for."""
        message = update.message
        assert message is not None, "the filters let only new messages through"
        name = command_words(message.text or message.caption, context.bot.username, COMMAND)
        if name is None:
            return
        await self._check_adder(message)
        picture = picture_in(message) or _replied_to(message)
        if picture is None:
            raise BadPicture(
                _("Reply to a picture with /addstyle and a name for it, or write that in the caption of a picture.")
            )
        if name:
            await self._add(message, picture, name)
            return
        words = _("What shall this style be called? Reply to this message with its name.")
        prompt = await self._outbox.say(Spot.under(message), words, ForceReply(selective=True))
        await self._studio.notes.write(PLATFORM, person_of(message), _subject(prompt), asdict(picture))

    async def takes_name(self, message: Message) -> bool:
        """Add the picture that a person was asked the name of; False where these words are no answer to that."""
        prompt = message.reply_to_message
        if prompt is None or prompt.from_user is None or prompt.from_user.id != self._bot.id or prompt.photo:
            return False
        note = await self._studio.notes.read(PLATFORM, person_of(message), _subject(prompt))
        if note is None:
            return False
        await self._check_adder(message)
        await self._add(message, Picture(**note), message.text or "")
        return True

    async def _check_adder(self, message: Message) -> None:
        if not await self._rules.may_add(message):
            raise NotAllowed(
                _(
                    "You may not add to this chat's gallery; ask an administrator to add it, or to allow you to in "
                    "/settings."
                )
            )

    async def _add(self, message: Message, picture: Picture, name: str) -> None:
        person, subject = person_of(message), f"{message.chat.id}:added:{message.message_id}"
        # Seen again after a crash, it is not told that there is such a style already.
        note = await self._studio.notes.read(PLATFORM, person, subject)
        gallery = await self._rules.gallery(message.chat.id)
        style = gallery.styles.get(note["style"]) if note is not None else None
        if style is None:
            with self._studio.privacy.taking(PLATFORM, person):
                data = (await fetch(self._bot, picture, self._limits)).data
                style = await self._studio.galleries.add(PLATFORM, str(message.chat.id), person, name, data)
                await self._studio.notes.write(PLATFORM, person, subject, {"style": style.id})
        words = _(
            "{title} is in this chat's gallery now: /styles shows it, and /stylize with its name paints in it.",
            title=style.title,
        )
        remove = InlineKeyboardButton(_("Remove"), callback_data=f"{UNSTYLE}:{style.id}")
        await self._outbox.say(Spot.under(message), words, InlineKeyboardMarkup([[remove]]))

    async def ask(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Ask once more, as it is gone for everyone."""
        query = query_of(update)
        style = await self._removable(query)
        if style is not None:
            buttons = [
                InlineKeyboardButton(_("Remove"), callback_data=f"{GONE}:{style.id}"),
                InlineKeyboardButton(_("No, keep it"), callback_data=f"{STAYS}:{style.id}"),
            ]
            words = _("Remove {title} from the gallery of this chat?", title=style.title)
            await self._outbox.rewrite(_spot_of(query), words, InlineKeyboardMarkup([buttons]))

    async def remove(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Take it out of the gallery."""
        query = query_of(update)
        style = await self._removable(query)
        if style is not None:
            spot = _spot_of(query)
            await self._studio.galleries.remove(PLATFORM, str(spot.chat_id), style.id)
            words = _("{title} is no longer in the gallery of this chat.", title=style.title)
            await self._outbox.rewrite(spot, words)

    async def leave(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Leave it where it is."""
        query = query_of(update)
        style = await self._removable(query)
        if style is not None:
            words = _("{title} stays in the gallery of this chat.", title=style.title)
            await self._outbox.rewrite(_spot_of(query), words)

    async def _removable(self, query: CallbackQuery) -> Style | None:
        """Acknowledges the press; the style that it is about, or None where this person cannot remove it."""
        style_id = (query.data or "").partition(":")[2]
        gallery = await self._rules.gallery(_spot_of(query).chat_id)
        refusal = ""
        if style_id not in gallery.own:
            refusal = _("This style is not in the gallery any more; the list of styles shows what is.")
        elif not await self._may_remove(query, gallery, style_id):
            refusal = _("Only administrators and the person who added this style can remove it; ask one of them.")
        await acknowledge(query, refusal, self._limits)
        return None if refusal else gallery.styles[style_id]

    async def _may_remove(self, query: CallbackQuery, gallery: Gallery, style_id: str) -> bool:
        return gallery.own[style_id] == str(query.from_user.id) or await self._rules.leads(query)


def _replied_to(message: Message) -> Picture | None:
    reply = message.reply_to_message
    if reply is not None:
        return None if is_no_photo(reply.reply_markup) else picture_in(reply)
    return None if message.external_reply is None else picture_in(message.external_reply)


def _subject(prompt: Message) -> str:
    return f"{prompt.chat.id}:name:{prompt.message_id}"


def _spot_of(query: CallbackQuery) -> Spot:
    message = message_of(query)
    return Spot(message.chat.id, message_id=message.message_id)
