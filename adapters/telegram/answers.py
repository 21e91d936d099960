"""The one answer to a job: its status message becomes the picture, or the sentence that tells why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from telegram import Message
from telegram.error import BadRequest, ChatMigrated, TelegramError

from adapters.telegram import sentences
from adapters.telegram.keyboard import result_buttons
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.outbox import Outbox
from adapters.telegram.spot import (
    Spot,
    message_is_gone,
    picture_is_refused,
    pictures_are_forbidden,
    place_is_gone,
)
from adapters.telegram.uploads import Upload, answer_upload, whole_file
from bot import text
from bot.errors import Gone
from bot.requests import Answer, Job
from bot.studio import Studio

log = structlog.get_logger(__name__)


class AnswerDesk:
    """Brings answers; each may be brought again after a crash and is there once all the same."""

    def __init__(self, studio: Studio, outbox: Outbox, limits: TelegramLimits) -> None:
        self._studio = studio
        self._outbox = outbox
        self._limits = limits
        self._sent: dict[str, int] = {}
        """New messages that the ledger could not note yet, so that a second try edits them."""

    async def bring(self, job: Job, answer: Answer) -> None:
        """Returns when the answer stands in the chat; raises `Gone` when the chat is no more."""
        try:
            try:
                await self._bring(job, answer, self._spot(job))
            except ChatMigrated as migration:
                spot = Spot.of(job.address).moved(migration.new_chat_id)
                await self._studio.remember(job.id, **spot.to_address())
                await self._bring(job, answer, spot)
        except TelegramError as error:
            if place_is_gone(error):
                raise Gone(f"Telegram no longer lets the bot write there: {error.message}.") from None
            raise

    def _spot(self, job: Job) -> Spot:
        spot = Spot.of(job.address)
        return replace(spot, message_id=self._sent[job.id]) if job.id in self._sent else spot

    async def _bring(self, job: Job, answer: Answer, spot: Spot) -> None:
        if answer.picture is None:
            await self._sentence(job, spot, text.over(answer))
            return
        upload = await asyncio.to_thread(answer_upload, answer, self._limits)
        try:
            spot = await self._picture(job, answer, spot, upload)
        except BadRequest as error:
            if pictures_are_forbidden(error):
                await self._sentence(job, spot, sentences.PICTURE_FORBIDDEN)
                return
            if upload.kind == "document" or not picture_is_refused(error):
                raise
            upload = await asyncio.to_thread(whole_file, answer, self._limits)
            spot = await self._picture(job, answer, spot, upload)
        await self._curve(job, answer, spot)

    async def _sentence(self, job: Job, spot: Spot, sentence: str) -> None:
        await self._replace(
            job,
            spot,
            lambda: self._outbox.rewrite(spot, sentence),
            lambda: self._outbox.say(spot, sentence),
        )

    async def _picture(self, job: Job, answer: Answer, spot: Spot, upload: Upload) -> Spot:
        caption = job.style_title if answer.summary is None else text.result(job, answer.summary)
        buttons = result_buttons(job.id)
        return await self._replace(
            job,
            spot,
            lambda: self._outbox.repaint(spot, upload, caption, buttons),
            lambda: self._outbox.send(spot, upload, caption, buttons),
        )

    async def _replace(
        self,
        job: Job,
        spot: Spot,
        edit: Callable[[], Awaitable[None]],
        send: Callable[[], Awaitable[Message]],
    ) -> Spot:
        """Edits the status message or, where there is none any more, sends a new one and notes its id at once."""
        if spot.message_id is not None:
            try:
                await edit()
                return spot
            except BadRequest as error:
                if not message_is_gone(error):
                    raise
        message = await send()
        self._sent[job.id] = message.message_id
        await self._studio.remember(job.id, message_id=message.message_id)
        del self._sent[job.id]
        return replace(spot, message_id=message.message_id)

    async def _curve(self, job: Job, answer: Answer, spot: Spot) -> None:
        """The loss curve under the picture: noted before it is sent, so that it never comes twice.

        Should it get lost in between, the button under the picture still brings it.
        """
        if answer.curve is None or job.address.get("curve_sent"):
            return
        await self._studio.remember(job.id, curve_sent=True)
        under = replace(spot, reply_to=spot.message_id)
        try:
            await self._outbox.send(under, Upload(answer.curve, f"losses-{job.id}.png"), sentences.CURVE)
        except TelegramError as error:
            log.warning("loss curve not sent", job=job.id, error=error.message)
