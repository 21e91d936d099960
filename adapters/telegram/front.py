"""Telegram as the bot sees it: a front-end that serves in the bot's own event loop."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Any, Final

import structlog
from telegram.error import InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder
from telegram.request import HTTPXRequest

from adapters.telegram import sentences
from adapters.telegram.answers import AnswerDesk
from adapters.telegram.faults import Faults
from adapters.telegram.handlers import Handlers
from adapters.telegram.keyboard import cancel_button
from adapters.telegram.limits import LIMITS, TelegramLimits
from adapters.telegram.orders import PLATFORM, OrderDesk
from adapters.telegram.outbox import Outbox
from adapters.telegram.presses import Presses
from adapters.telegram.spot import Spot
from adapters.telegram.status import StatusBoard
from adapters.telegram.token_guard import TokenGuard
from bot import text
from bot.config import TelegramConfig
from bot.errors import AtelierError, SetupError
from bot.requests import Answer, Job, Queued, Running
from bot.studio import Studio

_TOKEN: Final = re.compile(r"\d+:[A-Za-z0-9_-]+")
_NO_TOKEN: Final = "0:none"
_REFUSED: Final = "Telegram refused the token; copy it anew from @BotFather into telegram.token."
_UPDATES: Final = ("message", "callback_query")
_LONGEST_PAUSE: Final = 30.0
log = structlog.get_logger(__name__)


class NotDelivered(AtelierError):
    """Telegram did not take an answer this time."""


class TelegramFront:
    """The Telegram front-end (`bot.requests.Front`)."""

    platform: str = PLATFORM

    def __init__(self, config: TelegramConfig, studio: Studio, limits: TelegramLimits = LIMITS) -> None:
        token = config.token.get_secret_value().strip()
        self._can_be_token = _TOKEN.fullmatch(token) is not None
        token = token if self._can_be_token else _NO_TOKEN
        self._guard = TokenGuard(token)
        self._guard.install()
        self._studio = studio
        self._polling = _PollingRequest()
        self._application = _application(token, config, self._polling)
        self._board = StatusBoard(self._edit_progress, limits)
        self._outbox = Outbox(self._application.bot, limits, self._board.hush)
        self._orders = OrderDesk(self._application.bot, studio, self._outbox, self._board, limits)
        self._answers = AnswerDesk(studio, self._outbox, limits)
        Handlers(studio.gallery, self._orders, self._outbox, limits).register(self._application)
        Presses(studio, self._orders, self._outbox, limits).register(self._application)
        self._application.add_error_handler(Faults(self._outbox, self._guard).handle)
        self._ready = asyncio.Event()

    async def run(self) -> None:
        """Serves until cancelled. Raises `SetupError` when Telegram refuses the token, at the start or later."""
        if not self._can_be_token:
            raise SetupError(_REFUSED)
        self._guard.install()
        self._polling.refused.clear()
        try:
            await self._log_in()
            async with self._application:
                await self._serve()
        finally:
            self._ready.clear()
            await self._board.close()
            await self._application.bot.shutdown()
            self._guard.remove()

    async def check(self) -> str:
        """Log in and out again; the bot's name. Raises `SetupError` when Telegram refuses it or is out of reach."""
        if not self._can_be_token:
            raise SetupError(_REFUSED)
        failure = ""
        try:
            async with self._application.bot as bot:
                return f"logged in as @{bot.username}"
        except InvalidToken:
            failure = _REFUSED
        except TelegramError as error:
            failure = f"Telegram cannot be reached ({self._guard.clean(str(error))}); try again."
        raise SetupError(failure)

    async def show(self, job: Job, event: Queued | Running) -> None:
        """Offers the words for a status message; they are shown when the chat's turn comes."""
        await self._ready.wait()
        await self._orders.settled(job.origin)
        spot = Spot.of((await self._studio.job(job.id)).address)
        if spot.message_id is not None:
            words = text.queued(event) if isinstance(event, Queued) else text.running(event)
            self._board.offer(job.id, spot, words)

    async def answer(self, job: Job, answer: Answer) -> None:
        """Turns the status message into the answer.

        Raises `Gone` when the chat is no more, `NotDelivered` when it may work later.
        """
        await self._ready.wait()
        await self._orders.settled(job.origin)
        job = await self._studio.job(job.id)
        await self._board.retire(job.id, Spot.of(job.address))
        try:
            await self._answers.bring(job, answer)
        except TelegramError as error:
            raise NotDelivered(self._guard.clean(str(error))) from None

    async def _edit_progress(self, job_id: str, spot: Spot, words: str) -> None:
        await self._outbox.rewrite_once(spot, words, cancel_button(job_id))

    async def _log_in(self) -> None:
        pause = 1.0
        while True:
            failure: TelegramError
            try:
                await self._application.initialize()
                return
            except TelegramError as error:
                failure = error
            if isinstance(failure, InvalidToken):
                # Raised out here so that the library's error, which quotes the token, is no part of it.
                raise SetupError(_REFUSED)
            log.warning("telegram cannot be reached", error=self._guard.clean(str(failure)), retry_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _serve(self) -> None:
        updater = self._application.updater
        assert updater is not None, "the application is built with an updater"
        await self._application.start()
        try:
            await updater.start_polling(
                bootstrap_retries=-1, allowed_updates=_UPDATES, error_callback=self._polling_failed
            )
            await self._offer_commands()
            self._ready.set()
            log.info("telegram is served", bot=self._application.bot.username)
            await self._polling.refused.wait()
        finally:
            self._ready.clear()
            try:
                if updater.running:
                    await updater.stop()
            finally:
                await self._application.stop()
        raise SetupError(_REFUSED)

    async def _offer_commands(self) -> None:
        try:
            await self._application.bot.set_my_commands(sentences.COMMANDS)
        except TelegramError as error:
            log.warning("command menu not set", error=self._guard.clean(str(error)))

    def _polling_failed(self, error: TelegramError) -> None:
        log.warning("asking telegram for updates failed", error=self._guard.clean(str(error)))


class _PollingRequest(HTTPXRequest):
    """The connection for updates. It tells when a token is refused while the bot runs, where polling would just end."""

    __slots__ = ("refused",)

    def __init__(self) -> None:
        super().__init__(connection_pool_size=2)
        self.refused = asyncio.Event()

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """One call; the first that is refused does not return, so that polling is stopped in order."""
        code, payload = await super().do_request(*args, **kwargs)
        if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND) and not self.refused.is_set():
            self.refused.set()
            await asyncio.Event().wait()
        return code, payload


def _application(
    token: str, config: TelegramConfig, polling: HTTPXRequest
) -> Application[Any, Any, Any, Any, Any, Any]:
    builder: ApplicationBuilder[Any, Any, Any, Any, Any, Any] = ApplicationBuilder()
    builder = builder.token(token).concurrent_updates(True).job_queue(None).rate_limiter(AIORateLimiter())
    builder = builder.get_updates_request(polling).connection_pool_size(64).pool_timeout(30)
    builder = builder.connect_timeout(10).read_timeout(30).write_timeout(30).media_write_timeout(120)
    if config.api_url:
        builder = builder.base_url(config.api_url)
    if config.file_url:
        builder = builder.base_file_url(config.file_url)
    return builder.build()
