"""Telegram as the bot sees it: a front-end that serves in the bot's own event loop."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

import structlog
from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder

from adapters.telegram.administrators import Administrators
from adapters.telegram.answers import AnswerDesk
from adapters.telegram.button_guard import ButtonGuard
from adapters.telegram.choosing import Choices
from adapters.telegram.commands import Commands
from adapters.telegram.desk import StyleDesk
from adapters.telegram.faults import Faults
from adapters.telegram.handlers import Handlers
from adapters.telegram.house_rules import HouseRules
from adapters.telegram.inbox import Inbox
from adapters.telegram.keyboard import cancel_button
from adapters.telegram.limits import LIMITS, OWN_SERVER, TelegramLimits
from adapters.telegram.membership import Membership
from adapters.telegram.menus import offer_commands_in_time
from adapters.telegram.orders import PLATFORM, OrderDesk
from adapters.telegram.outbox import Outbox
from adapters.telegram.own_styles import OwnStyles
from adapters.telegram.pace import Pace
from adapters.telegram.polling import NO_SERVER, REFUSED, Polling, PollingRequest, is_refusal
from adapters.telegram.presses import Presses
from adapters.telegram.privacy import PrivacyDesk
from adapters.telegram.result_presses import ResultPresses
from adapters.telegram.settings_command import SettingsCommand
from adapters.telegram.spot import Spot
from adapters.telegram.status import Notice, StatusBoard
from adapters.telegram.token_guard import TokenGuard
from adapters.telegram.tongues import InTheirLanguage
from adapters.telegram.webhook import Webhook
from bot import text
from bot.config import TelegramConfig
from bot.errors import AtelierError, SetupError
from bot.languages import speaking
from bot.requests import Answer, Job, Queued, Running
from bot.studio import Studio

_TOKEN: Final = re.compile(r"\d+:[A-Za-z0-9_-]+")
_NO_TOKEN: Final = "0:none"
_LONGEST_PAUSE: Final = 30.0
log = structlog.get_logger(__name__)


class BrokenDown(AtelierError):
    """The front-end ended by an error that was written down."""


class NotDelivered(AtelierError):
    """Telegram did not take an answer this time."""


class TelegramFront:
    """The Telegram front-end (`bot.requests.Front`)."""

    platform: str = PLATFORM

    def __init__(self, config: TelegramConfig, studio: Studio, limits: TelegramLimits | None = None) -> None:
        limits = limits or (OWN_SERVER if config.api_url else LIMITS)
        self._limits = limits
        token = config.token.get_secret_value().strip()
        self._can_be_token = _TOKEN.fullmatch(token) is not None
        token = token if self._can_be_token else _NO_TOKEN
        self._guard = TokenGuard(token)
        self._guard.install()
        self._studio = studio
        self._config = config
        self._inbox = Inbox(studio.folder / "telegram_inbox")
        self._polling = PollingRequest(self._inbox)
        self._pace = Pace(limits, studio.folder / "telegram_calls.json")
        self._tongues = InTheirLanguage(studio, self._inbox, limits)
        self._application = _application(token, config, self._polling, self._pace, self._tongues)
        rules = HouseRules(studio, Administrators(self._application.bot, limits))
        self._outbox = Outbox(self._application.bot, limits)
        self._board = StatusBoard(self._edit_progress, self._pace.room, limits)
        self._pace.on_flood = self._board.hush
        self._orders = OrderDesk(self._application.bot, studio, self._outbox, self._board, limits)
        self._answers = AnswerDesk(studio, self._outbox, limits)
        desk = StyleDesk(studio, self._orders, self._outbox, rules, limits)
        own_styles = OwnStyles(self._application.bot, studio, rules, self._outbox, limits)
        Commands(studio, desk, self._outbox, limits).register(self._application)
        SettingsCommand(studio, rules, self._outbox, limits).register(self._application)
        PrivacyDesk(studio, self._outbox, limits).register(self._application)
        own_styles.register(self._application)
        handlers = Handlers(desk, own_styles, self._outbox, limits)
        handlers.register(self._application)
        self._albums = handlers.albums
        Choices(desk, self._outbox, limits).register(self._application)
        ResultPresses(studio, self._orders, self._outbox, rules, limits).register(self._application)
        Presses(studio, rules, limits).register(self._application)
        ButtonGuard(studio, limits).register(self._application)
        Membership(studio, self._orders, rules.administrators).register(self._application)
        self._application.add_error_handler(Faults(self._outbox, self._guard, self._inbox).handle)
        self._source: Polling | Webhook = (
            Webhook(self._application, config, self._inbox, self._guard)
            if config.mode == "webhook"
            else Polling(self._application, config, self._polling, self._guard)
        )
        self._ready = asyncio.Event()

    async def run(self) -> None:
        """Serves until cancelled. Raises `SetupError` when Telegram refuses the token, at the start or later."""
        if not self._can_be_token:
            raise SetupError(REFUSED)
        self._guard.install()
        self._polling.refused.clear()
        await asyncio.to_thread(self._pace.open)
        self._albums.open()
        self._tongues.open()
        broken = ""
        try:
            await self._log_in()
            async with self._application:
                await self._serve()
        except SetupError:
            raise
        except Exception as error:
            log.error("telegram broke down", exception=self._guard.traceback(error))
            broken = self._guard.clean(f"{type(error).__name__}: {error}")
        finally:
            self._ready.clear()
            await self._board.close()
            await self._application.bot.shutdown()
            await self._pace.note()
            self._guard.remove()
        if broken:
            raise BrokenDown(broken)

    async def check(self) -> str:
        """Log in and out again; the bot's name. Raises `SetupError` when Telegram refuses it or is out of reach."""
        if not self._can_be_token:
            raise SetupError(REFUSED)
        failure = ""
        try:
            async with self._application.bot as bot:
                return f"logged in as @{bot.username}"
        except InvalidToken as error:
            failure = REFUSED if is_refusal(error, self._config) else NO_SERVER
        except TelegramError as error:
            failure = f"Telegram cannot be reached ({self._guard.clean(str(error))}); try again."
        raise SetupError(failure)

    async def show(self, job: Job, event: Queued | Running) -> None:
        """Offers the words for a status message; they are shown when the chat's turn comes."""
        await self._ready.wait()
        await self._orders.settled(job.origin)
        spot = Spot.of((await self._studio.job_to_tell(job.id)).address)
        if spot.message_id is not None:
            self._board.offer(job.id, _notice(job, spot, event))

    async def answer(self, job: Job, answer: Answer) -> None:
        """Turns the status message into the answer.

        Raises `Gone` when the chat is no more, `NotDelivered` when it may work later.
        """
        await self._ready.wait()
        await self._orders.settled(job.origin)
        job = await self._studio.job_to_tell(job.id)
        await self._board.retire(job.id, Spot.of(job.address))
        try:
            await self._answers.bring(job, answer)
        except TelegramError as error:
            raise NotDelivered(self._guard.clean(str(error))) from None

    async def _edit_progress(self, notice: Notice) -> None:
        await self._outbox.progress(notice.spot, notice.words, notice.keyboard, notice.preview)

    async def _log_in(self) -> None:
        pause = 1.0
        while True:
            failure: TelegramError
            try:
                await self._application.initialize()
                return
            except TelegramError as error:
                failure = error
            if isinstance(failure, InvalidToken) and is_refusal(failure, self._config):
                # Raised out here so that the library's error, which quotes the token, is no part of it.
                raise SetupError(REFUSED)
            log.warning("telegram cannot be reached", error=self._guard.clean(str(failure)), retry_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _serve(self) -> None:
        await self._application.start()
        menus = asyncio.create_task(offer_commands_in_time(self._application.bot, self._guard.clean))
        try:
            await self._inbox.look()
            await self._source.start()
            for update in await self._inbox.left():
                await self._handle(update)
            self._ready.set()
            log.info("telegram is served", bot=self._application.bot.username)
            await self._source.watch()
        finally:
            self._ready.clear()
            menus.cancel()
            self._albums.close()
            impatience = asyncio.get_running_loop().call_later(self._limits.stop_seconds, self._cut_short)
            try:
                await self._source.stop()
            finally:
                await self._application.stop()
                impatience.cancel()

    async def _handle(self, sent: Any) -> None:
        """An update of before the start."""
        try:
            await self._application.update_queue.put(Update.de_json(sent, self._application.bot))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.error("an update could not be read", reason=self._guard.clean(repr(error)))
            await self._inbox.end(sent["update_id"])

    def _cut_short(self) -> None:
        """Leave what waits for its turn, or has not begun, for the next start."""
        self._pace.close()
        self._tongues.close()


def _notice(job: Job, spot: Spot, event: Queued | Running) -> Notice:
    """How a job goes, in the language of its person."""
    with speaking(job.address.get("language")):
        if isinstance(event, Queued):
            return Notice(spot, text.queued(event), cancel_button(job.id))
        return Notice(spot, text.running(event), cancel_button(job.id), event.preview)


def _application(
    token: str, config: TelegramConfig, polling: PollingRequest, pace: Pace, tongues: InTheirLanguage
) -> Application[Any, Any, Any, Any, Any, Any]:
    builder: ApplicationBuilder[Any, Any, Any, Any, Any, Any] = ApplicationBuilder()
    builder = builder.token(token).concurrent_updates(tongues).job_queue(None).rate_limiter(pace)
    builder = builder.get_updates_request(polling).connection_pool_size(64).pool_timeout(30)
    builder = builder.connect_timeout(10).read_timeout(30).write_timeout(30).media_write_timeout(120)
    if config.api_url:
        builder = builder.base_url(config.api_url)
    if config.file_url:
        builder = builder.base_file_url(config.file_url)
    return builder.build()
