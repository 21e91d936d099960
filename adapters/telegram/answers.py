"""The one answer to a job: its status message becomes the picture, or the sentence that tells why there is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from telegram import InlineKeyboardMarkup, Message
from telegram.error import BadRequest, ChatMigrated, TelegramError

from adapters.telegram import result_sentences as sentences
from adapters.telegram.extras import too_large
from adapters.telegram.limits import LIMITS, TelegramLimits
from adapters.telegram.outbox import Outbox
from adapters.telegram.pace import Rank
from adapters.telegram.result_buttons import buttons_of
from adapters.telegram.spot import (
    Spot,
    is_too_large,
    message_is_gone,
    picture_is_refused,
    pictures_are_forbidden,
    place_is_gone,
)
from adapters.telegram.uploads import Upload, answer_upload, whole_file
from bot import text
from bot.errors import Gone
from bot.languages import _, speaking
from bot.picture_threads import on_picture_thread
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
        with speaking(job.address.get("language")):
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
        upload = await on_picture_thread(answer_upload, answer, self._limits)
        try:
            await self._picture(job, answer, spot, upload)
        except TelegramError as error:
            if pictures_are_forbidden(error):
                await self._sentence(job, spot, _(sentences.PICTURE_FORBIDDEN), buttons_of(job, answer))
                return
            other = await on_picture_thread(self._instead, answer, upload, error)
            if other is not None:
                await self._picture(job, answer, spot, other)
            elif is_too_large(error):
                await self._sentence(job, spot, too_large(upload, LIMITS), buttons_of(job, answer))
            else:
                raise

    def _instead(self, answer: Answer, upload: Upload, error: TelegramError) -> Upload | None:
        """What to bring instead of a file that was refused, if anything. Blocking."""
        if is_too_large(error):
            # Less than this is taken everywhere, by whatever stands between the bot and Telegram.
            smaller = answer_upload(answer, LIMITS)
            return smaller if len(smaller.data) < len(upload.data) else None
        if upload.kind == "document" or not picture_is_refused(error):
            return None
        return whole_file(answer, self._limits)

    async def _sentence(self, job: Job, spot: Spot, sentence: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        await self._replace(
            job,
            spot,
            lambda: self._outbox.rewrite(spot, sentence, buttons),
            lambda: self._outbox.say(spot, sentence, buttons, Rank.ANSWER),
        )

    async def _picture(self, job: Job, answer: Answer, spot: Spot, upload: Upload) -> None:
        caption = job.style_title if answer.summary is None else text.result(job, answer.summary)
        buttons = buttons_of(job, answer)
        await self._replace(
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
    ) -> None:
        """Edits the status message or, where there is none any more, sends a new one and notes its id at once."""
        if spot.message_id is not None:
            try:
                await edit()
                await self._note(job.id)
                return
            except BadRequest as error:
                if not message_is_gone(error):
                    raise
        self._sent[job.id] = (await send()).message_id
        await self._note(job.id)

    async def _note(self, job_id: str) -> None:
        """Have the ledger know the message of an answer, where it is a new one."""
        if job_id in self._sent:
            await self._studio.remember(job_id, message_id=self._sent[job_id])
            del self._sent[job_id]
