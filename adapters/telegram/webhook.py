"""Updates by webhook: Telegram calls the bot at an address of its own, with a secret that proves who calls."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from telegram import Update, WebhookInfo
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import Application

from adapters.telegram.inbox import Inbox
from adapters.telegram.polling import REFUSED, UPDATES, confirms_refusal
from adapters.telegram.token_guard import TokenGuard
from bot.config import TelegramConfig
from bot.errors import SetupError

HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
LARGEST_UPDATE: Final = 1024 * 1024
LOOK_SECONDS: Final = 300.0
"""How often the webhook is looked at: somebody else may have set it, and polling would have seen a refused token."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
log = structlog.get_logger(__name__)


class Webhook:
    """Brings updates into the application. The webhook stays set when the bot stops: Telegram keeps what comes in
    the meantime for the next start.
    """

    def __init__(
        self,
        application: Application[Any, Any, Any, Any, Any, Any],
        config: TelegramConfig,
        inbox: Inbox,
        guard: TokenGuard,
    ) -> None:
        self._application = application
        self._inbox = inbox
        self._config = config
        self._guard = guard
        self._secret = config.webhook_secret.get_secret_value() or secrets.token_urlsafe(32)
        guard.hide(self._secret)
        self._runner: web.AppRunner | None = None
        self._last_error: object = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        assert self._runner is not None, "started before"
        host, port, *_ = self._runner.addresses[0]
        return host, port

    async def start(self) -> None:
        """Listen, then have Telegram call. Raises `SetupError` for an address that cannot be used."""
        config = self._config
        app = web.Application(client_max_size=LARGEST_UPDATE)
        app.router.add_post(urlsplit(config.webhook_url).path or "/", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, config.webhook_listen, config.webhook_port).start()
        except OSError as error:
            place = f"{config.webhook_listen}:{config.webhook_port}"
            raise SetupError(
                f"The webhook cannot listen on {place} ({error.strerror}); change telegram.webhook_listen or "
                "telegram.webhook_port."
            ) from None
        await self._set()

    async def watch(self) -> NoReturn:
        """Look after the webhook; raises `SetupError` when Telegram refuses the token or the address."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Set the webhook anew where it is another one; tell what Telegram could not deliver."""
        is_refused = False
        try:
            info = await self._application.bot.get_webhook_info()
            self._tell(info)
            if info.url != self._config.webhook_url:
                log.warning("the webhook was changed by somebody else; it is set anew")
                await self._set()
        except InvalidToken:
            is_refused = await confirms_refusal(self._application, self._config)
        except TelegramError as error:
            log.warning("the webhook could not be looked at", error=self._guard.clean(str(error)))
        if is_refused:
            raise SetupError(REFUSED)

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _set(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            refusal = ""
            try:
                await self._application.bot.set_webhook(
                    self._config.webhook_url, allowed_updates=UPDATES, secret_token=self._secret
                )
                return
            except InvalidToken as error:
                if await confirms_refusal(self._application, self._config):
                    refusal = REFUSED
                else:
                    self._not_yet(error, pause)
            except BadRequest as error:
                reason = self._guard.clean(error.message)
                refusal = f"Telegram does not take the webhook ({reason}); check telegram.webhook_url."
            except TelegramError as error:
                self._not_yet(error, pause)
            if refusal:
                # Raised out here so that the library's error, which may quote the token, is no part of it.
                raise SetupError(refusal)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _not_yet(self, error: TelegramError, pause: float) -> None:
        log.warning("the webhook is not set yet", error=self._guard.clean(str(error)), retry_in=pause)

    def _tell(self, info: WebhookInfo) -> None:
        if info.last_error_date is not None and info.last_error_date != self._last_error:
            reason = self._guard.clean(info.last_error_message or "")
            log.warning("telegram could not reach the webhook", reason=reason, waiting=info.pending_update_count)
        self._last_error = info.last_error_date

    async def _take(self, request: web.Request) -> web.Response:
        """One update. What is no secret of ours learns nothing; what is no update is not sent again for ever."""
        given = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret.encode()):
            return web.Response(status=403)
        try:
            sent = json.loads(await request.read())
            update = Update.de_json(sent, self._application.bot)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.error("an update could not be read", reason=self._guard.clean(repr(error)))
            return web.Response()
        await self._inbox.keep([sent])
        await self._application.update_queue.put(update)
        return web.Response()
