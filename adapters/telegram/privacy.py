"""`/privacy`: what is kept of the person who asks, and the buttons with which they have it deleted.

It is told in private alone. The buttons are about whoever presses them, and hold over restarts.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, filters
from telegram.helpers import create_deep_linked_url

from adapters.telegram.limits import TelegramLimits
from adapters.telegram.orders import PLATFORM
from adapters.telegram.outbox import Outbox
from adapters.telegram.queries import acknowledge, message_of, query_of
from adapters.telegram.spot import Spot
from bot import privacy_text
from bot.languages import N_, _, moment
from bot.privacy import Kept
from bot.studio import Studio

COMMAND: Final = "privacy"
STEP: Final = "w"
TOO_OLD: Final = N_("This button is too old to work; send /privacy again.")
Step = Literal["ask", "yes", "no"]
LABELS: Final[dict[Step, str]] = {
    "ask": N_("Delete my data"),
    "yes": N_("Yes, delete it"),
    "no": N_("No, keep my data"),
}
_NEW: Final = filters.UpdateType.MESSAGE


class PrivacyDesk:
    """Tells what is kept, and deletes it."""

    def __init__(self, studio: Studio, outbox: Outbox, limits: TelegramLimits) -> None:
        self._privacy = studio.privacy
        self._outbox = outbox
        self._limits = limits

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers; the link from a group comes as `/start privacy`, before any other `/start`."""
        application.add_handler(CommandHandler(COMMAND, self.tell, filters=_NEW))
        linked = filters.Regex(rf"^/start(@\w+)?\s+{COMMAND}$")
        application.add_handler(CommandHandler("start", self.tell, filters=_NEW & linked))
        application.add_handler(CallbackQueryHandler(self.press, pattern=f"^{STEP}:({'|'.join(get_args(Step))})$"))

    async def tell(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/privacy`: in a group only the way to the private chat."""
        message = update.message
        assert message is not None, "the filters let only new messages through"
        spot = Spot.under(message)
        if message.chat.type != ChatType.PRIVATE or message.from_user is None:
            link = create_deep_linked_url(context.bot.username, COMMAND)
            button = InlineKeyboardButton(_("Open our private chat"), url=link)
            words = _(
                "What I keep of you is for you alone; our private chat shows it, and there you can have it deleted."
            )
            await self._outbox.say(spot, words, InlineKeyboardMarkup([[button]]))
            return
        kept = await self._privacy.what_is_kept(PLATFORM, str(message.from_user.id))
        await self._outbox.say(spot, overview(kept), buttons_of("ask") if kept.can_be_erased else None)

    async def press(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """One step of the way to have everything deleted; the message says what comes of it."""
        query = query_of(update)
        await acknowledge(query, "", self._limits)
        message, person = message_of(query), str(query.from_user.id)
        if message.chat.type != ChatType.PRIVATE:
            return
        spot = Spot(message.chat.id, message_id=message.message_id)
        step = (query.data or "").partition(":")[2]
        if step == "ask":
            words = privacy_text.question(await self._privacy.what_is_kept(PLATFORM, person))
            await self._outbox.rewrite(spot, words, buttons_of("yes", "no"))
        elif step == "yes":
            erased = await self._privacy.erase(PLATFORM, person)
            await self._outbox.rewrite(spot, "\n".join([*privacy_text.erased_lines(erased), _sent()]))
        else:
            await self._outbox.rewrite(spot, privacy_text.not_erased())


def buttons_of(*steps: Step) -> InlineKeyboardMarkup:
    """The buttons for these steps, below one another."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(_(LABELS[step]), callback_data=f"{STEP}:{step}")] for step in steps]
    )


def overview(kept: Kept) -> str:
    """What is kept, what the bot sees, and what it has no hand in."""
    seen = [
        _("Your Telegram id and the language of your app, not your name; and what you send me here, or in a group with "
          "a command, as a reply to me or with a button."),
        _("I do not keep what else is said in a group, even where I can see it."),
        _("Pictures are painted on the machines of this bot's operator, and sent to nobody else."),
    ]  # fmt: skip
    parts = {
        _("What I keep of you"): privacy_text.kept_lines(kept, moment),
        _("What I see"): seen,
        _("What I sent"): [_sent()],
    }
    return "\n\n".join("\n".join([title, *(f"• {line}" for line in lines)]) for title, lines in parts.items())


def _sent() -> str:
    return _("Pictures that I sent stay in their chats: press Delete under each of yours, or delete it yourself.")
