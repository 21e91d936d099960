"""What a chat has set for the bot, held against who asks there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from telegram import CallbackQuery, MaybeInaccessibleMessage, Message
from telegram.constants import ChatType

from adapters.telegram.administrators import Administrators
from adapters.telegram.orders import PLATFORM
from adapters.telegram.result_sentences import NOT_YOURS_TO_CANCEL
from bot.errors import NotAllowed, NotYours
from bot.gallery import Gallery, Style
from bot.languages import N_, _
from bot.place_settings import PlaceSettings
from bot.requests import Job
from bot.studio import Studio

ONLY_ADMINISTRATORS: Final = N_(
    "Here only administrators may ask for pictures; ask one of them, or ask me in our private chat."
)
Include = Callable[[int, MaybeInaccessibleMessage | None], Awaitable[bool]]


class HouseRules:
    """Who may what in a chat. What asks for settings may raise `DamagedSettings` and `StorageTrouble`."""

    def __init__(self, studio: Studio, administrators: Administrators) -> None:
        self.administrators = administrators
        self._studio = studio

    async def settings(self, chat_id: int) -> PlaceSettings:
        """What a chat has chosen."""
        return await self._studio.places.of(PLATFORM, str(chat_id))

    async def gallery(self, chat_id: int) -> Gallery:
        """The styles that there are in a chat."""
        return await self._studio.gallery_of(PLATFORM, str(chat_id))

    async def usual_style(self, chat_id: int) -> Style | None:
        """The style for those who ask there and name none."""
        return await self._studio.usual_style(PLATFORM, str(chat_id))

    async def is_moderator(self, asked: Message | CallbackQuery) -> bool:
        """Whether who writes or presses has an administrator's place in the queue, and may ask where only these may.

        Telegram is asked anew only for the latter.
        """
        message = _message_of(asked)
        if message is not None and (await self.settings(message.chat.id)).who == "everyone":
            return await self._administers(asked, self.administrators.include)
        return await self.administers(asked)

    async def administers(self, asked: Message | CallbackQuery) -> bool:
        """Whether who writes or presses administers the chat now, in their own name or hidden behind the chat's."""
        return await self._administers(asked, self.administrators.include_now)

    async def leads(self, asked: Message | CallbackQuery) -> bool:
        """Whether who writes or presses may set what holds in the chat: an administrator, or in private the person."""
        message = _message_of(asked)
        is_alone = message is not None and message.chat.type == ChatType.PRIVATE
        return is_alone or await self.administers(asked)

    async def check_canceller(self, query: CallbackQuery, job: Job) -> None:
        """Raise `NotYours` unless who presses asked for that picture, or administers the chat that it is for."""
        is_here = query.message is not None and job.address.get("chat_id") == query.message.chat.id
        if job.person != str(query.from_user.id) and not (is_here and await self.administers(query)):
            raise NotYours(_(NOT_YOURS_TO_CANCEL))

    async def check(self, asked: Message | CallbackQuery) -> None:
        """Raise `NotAllowed`, naming the way out, where who writes or presses may not ask for pictures."""
        message = _message_of(asked)
        assert message is not None, "checked before"
        if (await self.settings(message.chat.id)).who != "everyone":
            await self.check_asker(message.chat.id, is_moderator=await self.leads(asked))

    async def check_asker(self, chat_id: int, *, is_moderator: bool) -> None:
        """The same of somebody of whom it is known whether they administer the chat."""
        try:
            (await self.settings(chat_id)).check_person(is_moderator=is_moderator)
        except NotAllowed:
            raise NotAllowed(_(ONLY_ADMINISTRATORS)) from None

    async def may_add(self, message: Message) -> bool:
        """Whether the sender may add styles to the gallery of the chat."""
        here = await self.settings(message.chat.id)
        return here.may_add() or await self.leads(message)

    async def _administers(self, asked: Message | CallbackQuery, include: Include) -> bool:
        if isinstance(asked, Message) and asked.sender_chat is not None:
            return asked.chat.type != ChatType.PRIVATE and asked.sender_chat.id == asked.chat.id
        return asked.from_user is not None and await include(asked.from_user.id, _message_of(asked))


def _message_of(asked: Message | CallbackQuery) -> MaybeInaccessibleMessage | None:
    return asked if isinstance(asked, Message) else asked.message
