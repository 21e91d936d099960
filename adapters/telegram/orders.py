"""From a picture and a style to a job with its status message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from telegram.error import TelegramError
from telegram.ext import ExtBot

from adapters.telegram import sentences
from adapters.telegram.keyboard import cancel_button
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.manner import Manner
from adapters.telegram.outbox import Outbox
from adapters.telegram.pictures import Fetched, Picture, fetch
from adapters.telegram.spot import Spot
from adapters.telegram.status import StatusBoard
from bot import text
from bot.errors import NoSuchJob, StorageTrouble
from bot.languages import speaking, spoken
from bot.requests import Job, StylizeRequest
from bot.reruns import Rerun
from bot.studio import Studio

PLATFORM: Final = "telegram"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants painted; a style is the id of a gallery style or a picture brought along."""

    spot: Spot
    person: str
    origin: str
    photo: Picture
    styles: tuple[str | Picture, ...]
    manner: Manner = field(default_factory=Manner)
    moderator: bool = False


class OrderDesk:
    """Takes orders: fetches the pictures, submits the request, opens the status message."""

    def __init__(
        self,
        bot: ExtBot[Any],
        studio: Studio,
        outbox: Outbox,
        board: StatusBoard,
        limits: TelegramLimits,
    ) -> None:
        self._bot = bot
        self._studio = studio
        self._outbox = outbox
        self._board = board
        self._limits = limits
        self._room = asyncio.Semaphore(limits.orders_at_once)
        self._openings: dict[str, asyncio.Event] = {}

    async def take(self, order: Order) -> Job:
        """The job, new or, where this origin was seen before, the one that it made.

        Raises a `Refusal` whose text says why the order is not taken.
        """
        with self._opening(order.origin), self._studio.privacy.taking(PLATFORM, order.person):
            async with self._room:
                request, is_cut = await self._request(order)
                job = await self._studio.submit(request)
            if job.is_new:
                await self._open_status(job, order.spot)
                if is_cut:
                    await self._tell_of_cut(order.spot)
        return job

    async def again(self, job_id: str, rerun: Rerun, spot: Spot) -> None:
        """A job of before once more, with a status message of its own. Raises a `Refusal`."""
        with self._opening(rerun.origin), self._studio.privacy.taking(PLATFORM, rerun.person):
            async with self._room:
                job = await self._studio.rerun(job_id, rerun)
            if job.is_new:
                await self._open_status(job, spot)

    async def follow(self, job: Job, chat_id: int) -> None:
        """A job under way is told of in another chat, to which its address points already."""
        with self._opening(job.origin), speaking(job.address.get("language")):
            await self._board.retire(job.id, Spot.of(job.address))
            try:
                is_over = (await self._studio.job(job.id)).is_over
            except NoSuchJob:
                return
            if not is_over:
                await self._open_status(job, Spot(chat_id), text.going(self._studio.latest(job.id)))

    async def settled(self, origin: str) -> None:
        """Returns once the status message of this order is out, where it is just being sent."""
        if opening := self._openings.get(origin):
            await opening.wait()

    async def _request(self, order: Order) -> tuple[StylizeRequest, bool]:
        """What to ask of the studio, and whether it paints but the beginning of an animation."""
        styles = tuple([style if isinstance(style, str) else await self._fetch(style) for style in order.styles])
        photo = await self._fetch(order.photo)
        request = StylizeRequest(
            platform=PLATFORM,
            place=str(order.spot.chat_id),
            person=order.person,
            origin=order.origin,
            photo=photo.data,
            styles=tuple(style if isinstance(style, str) else style.data for style in styles),
            address={**order.spot.to_address(), "language": spoken()},
            options=order.manner.options,
            moderator=order.moderator,
        )
        return request, photo.is_cut

    async def _fetch(self, picture: Picture) -> Fetched:
        return await fetch(self._bot, picture, self._limits)

    async def _tell_of_cut(self, spot: Spot) -> None:
        try:
            await self._outbox.say(spot, sentences.cut(self._limits.film_seconds))
        except TelegramError as error:
            log.info("that an animation is cut was not told", error=error.message)

    async def _open_status(self, job: Job, spot: Spot, words: str = "") -> None:
        self._board.sent(spot)
        try:
            message = await self._outbox.say(spot, words or text.accepted(job), cancel_button(job.id))
        except TelegramError as error:
            # The job is accepted all the same; its answer comes as a message of its own.
            log.warning("no status message", job=job.id, error=error.message)
            return
        try:
            await self._studio.remember(job.id, chat_id=message.chat.id, message_id=message.message_id)
        except StorageTrouble as error:
            log.warning("a status message is not remembered", job=job.id, reason=error.reason)

    @contextmanager
    def _opening(self, origin: str) -> Iterator[None]:
        if origin in self._openings:
            yield
            return
        opening = self._openings[origin] = asyncio.Event()
        try:
            yield
        finally:
            del self._openings[origin]
            opening.set()
