"""What a chat has set for the bot, held against who asks there."""

from __future__ import annotations

from telegram import CallbackQuery, Message
from telegram.constants import ChatType

from adapters.telegram.administrators import Administrators
from adapters.telegram.orders import PLATFORM
from bot.gallery import Gallery, Style
from bot.place_settings import PlaceSettings
from bot.studio import Studio


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

    async def is_moderator(self, message: Message) -> bool:
        """Whether a message is of an administrator of its chat, in their own name or hidden behind the chat's."""
        if message.sender_chat is not None:
            return message.chat.type != ChatType.PRIVATE and message.sender_chat.id == message.chat.id
        return message.from_user is not None and await self.administrators.include(message.from_user.id, message)

    async def leads(self, asked: Message | CallbackQuery) -> bool:
        """Whether who writes or presses may set what holds in the chat: an administrator, or in private the person."""
        message = asked if isinstance(asked, Message) else asked.message
        if message is None:
            return False
        if message.chat.type == ChatType.PRIVATE:
            return True
        if isinstance(asked, Message):
            return await self.is_moderator(asked)
        return await self.administrators.include(asked.from_user.id, message)

    async def check(self, message: Message) -> None:
        """Raise `NotAllowed`, naming the way out, where the chat does not let the sender ask for pictures."""
        here = await self.settings(message.chat.id)
        if here.who != "everyone":
            here.check_person(is_moderator=await self.leads(message))

    async def may_add(self, message: Message) -> bool:
        """Whether the sender may add styles to the gallery of the chat."""
        leads = message.chat.type == ChatType.PRIVATE
        here = await self.settings(message.chat.id)
        return leads or here.may_add() or await self.is_moderator(message)
