"""The ways to a job's message: the interaction token, a reply in the channel, an edit there."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

import discord
import structlog

from adapters.discord import limits, sentences
from adapters.discord.address import ReplyAddress
from adapters.discord.content import MessageContent, addressed, answer_content, withheld_content
from adapters.discord.place import age_restriction
from bot.errors import Gone
from bot.languages import _
from bot.picture_threads import on_picture_thread
from bot.requests import Answer, Job
from bot.studio import Studio

log = structlog.get_logger(__name__)


LATE_ORDER: Final = ("token", "new message", "channel")
REMEMBERED_CLOSED: Final = 4096


class Forbidden(Gone):
    """The bot lacks a permission for what it wanted to bring."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to bring content to a job's message; `file_limit` in bytes."""

    name: str
    file_limit: int
    bring: Callable[[MessageContent], Awaitable[None]]


class Delivery:
    """Brings contents to the message of a job, by the first way that is open."""

    def __init__(self, client: discord.Client, studio: Studio) -> None:
        self._client = client
        self._studio = studio
        self._closed: deque[tuple[str, int]] = deque(maxlen=REMEMBERED_CLOSED)
        """Ways to messages that are closed for good: asking again would count as an invalid request."""

    async def edit(self, job: Job, content: MessageContent) -> None:
        """Make the status message hold `content`; raises `Gone` when it or its place is no more."""
        address = ReplyAddress.load(job.address)
        if content.files and self._is_opened(address):
            content = replace(content, files=())
        if time.time() < address.created + limits.EDITS_UNTIL:
            await self._bring(address, self._edits(address), lambda way: way.bring(content))

    async def answer(self, job: Job, answer: Answer) -> None:
        """Make the status message the answer; raises `Gone`.

        A picture that the token cannot bring any more comes as a reply to the status message, which then says so: an
        edit would go unnoticed after so long. Sentences are edited in. A message that is no more is replaced. A
        picture of an age-restricted channel is not shown where that is open to all by now.
        """
        address = ReplyAddress.load(job.address)
        edits, anew = self._edits(address), self._new_message(address, job)
        if answer.picture is not None and address.status_id is None:
            ways = sorted([*edits, *anew], key=lambda way: LATE_ORDER.index(way.name))
        else:
            ways = [*edits, *anew]
        try:
            if answer.picture is not None and self._is_opened(address):
                withheld = withheld_content(job, answer, _(sentences.RESTRICTED))
                await self._bring(address, ways, lambda way: way.bring(withheld))
            else:
                await self._bring(address, ways, lambda way: _fitting(way, job, answer))
        except Forbidden:
            if answer.picture is None:
                raise
            forbidden = withheld_content(job, answer, _(sentences.MAY_NOT_ATTACH))
            await self._bring(address, self._edits(address), lambda way: way.bring(forbidden))
        if address.status_id is not None:
            await self._point(address, address.status_id, address.message_id)

    async def _point(self, address: ReplyAddress, status_id: int, answer_id: int) -> None:
        """Have the status message say where the answer is. An outage is raised, so that it is tried again."""
        channel = self._channel(address)
        if channel is None or ("channel", status_id) in self._closed:
            return
        words = sentences.answered_below(channel.get_partial_message(answer_id).jump_url)
        try:
            await channel.get_partial_message(status_id).edit(**MessageContent(words).to_edit())
        except discord.DiscordServerError:
            raise
        except discord.HTTPException as error:
            log.info("status message not ended", status=error.status, code=error.code)
            self._note_closed("channel", status_id, error)

    def _note_closed(self, way: str, message_id: int, error: discord.HTTPException) -> None:
        if way == "token" or error.code == limits.UNKNOWN_MESSAGE:
            self._closed.append((way, message_id))

    async def _bring(self, address: ReplyAddress, ways: list[Way], through: Callable[[Way], Awaitable[None]]) -> None:
        for way in ways:
            try:
                await through(way)
                return
            except discord.HTTPException as error:
                if not _is_closed(way, error):
                    raise
                log.info("way closed", way=way.name, status=error.status, code=error.code)
                self._note_closed(way.name, address.message_id, error)
        raise Gone("The message to answer in is no longer there.")

    def _edits(self, address: ReplyAddress) -> list[Way]:
        ways = []
        lives = address.status_id is None and address.token_lives(time.time())
        if lives and ("token", address.message_id) not in self._closed:
            webhook = discord.Webhook.partial(address.application_id, address.interaction_token, client=self._client)

            async def by_token(content: MessageContent) -> None:
                await webhook.edit_message(address.message_id, **content.to_edit())

            ways.append(Way("token", address.file_limit, by_token))
        channel = self._channel(address)
        if channel is not None and ("channel", address.message_id) not in self._closed:
            message = channel.get_partial_message(address.message_id)

            async def by_channel(content: MessageContent) -> None:
                await message.edit(**content.to_edit())

            ways.append(Way("channel", address.channel_file_limit, by_channel))
        return ways

    def _new_message(self, address: ReplyAddress, job: Job) -> list[Way]:
        channel = self._channel(address)
        if channel is None:
            return []

        async def anew(content: MessageContent) -> None:
            fields = addressed(content, address.user_id).to_send()
            under = discord.MessageReference(
                message_id=address.message_id,
                channel_id=channel.id,
                guild_id=address.guild_id,
                fail_if_not_exists=False,
            )
            message = await channel.send(nonce=job.id, reference=under, **fields)
            await self._studio.remember(job.id, message_id=message.id, status_id=address.message_id)
            await self._point(address, address.message_id, message.id)

        return [Way("new message", address.channel_file_limit, anew)]

    def _is_opened(self, address: ReplyAddress) -> bool:
        """Whether an age-restricted channel is known to be so no more."""
        if not address.is_restricted or address.channel_id is None:
            return False
        channel = self._client.get_channel(address.channel_id)
        return channel is not None and age_restriction(channel) is False

    def _channel(self, address: ReplyAddress) -> discord.PartialMessageable | None:
        if address.channel_id is None or not address.is_member:
            return None
        return self._client.get_partial_messageable(address.channel_id, guild_id=address.guild_id)


async def _fitting(way: Way, job: Job, answer: Answer) -> None:
    """Bring the answer, with smaller files as long as Discord calls them too large."""
    limit = way.file_limit
    while True:
        content = await on_picture_thread(answer_content, job, answer, limit)
        try:
            await way.bring(content)
            return
        except discord.HTTPException as error:
            limit = limit_after(error, content.largest_file)


def limit_after(error: discord.HTTPException, size: int) -> int:
    """The file limit to try after one of `size` bytes was too large; raises the error again where that is not it."""
    smaller = size * 2 // 3
    if (error.status != 413 and error.code != limits.FILE_TOO_LARGE) or smaller < limits.REQUEST_OVERHEAD:
        raise error
    log.info("file too large", size=size, next_limit=smaller)
    return smaller


def _is_closed(way: Way, error: discord.HTTPException) -> bool:
    """Whether the next way should be tried; raises `Gone` when no other can work either."""
    if way.name == "token":
        return error.status in (401, 403, 404) or error.code in limits.TOKEN_LOST
    if way.name == "new message" and error.code == limits.MISSING_PERMISSIONS:
        return True
    if error.code == limits.MISSING_PERMISSIONS:
        raise Forbidden("The channel no longer lets me write.") from None
    if error.code in limits.PLACE_LOST:
        raise Gone("The channel is no longer there, or no longer lets me write.") from None
    return error.code in (limits.UNKNOWN_MESSAGE, limits.THREAD_ARCHIVED, limits.OLD_MESSAGE_EDITS)
