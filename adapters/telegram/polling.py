"""Updates by polling: the default, which needs no address of one's own."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

import structlog
from telegram.error import TelegramError
from telegram.ext import Application
from telegram.request import HTTPXRequest

from adapters.telegram.token_guard import TokenGuard
from bot.errors import SetupError

UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""What the bot wants to hear of."""
REFUSED: Final = "Telegram refused the token; copy it anew from @BotFather into telegram.token."
log = structlog.get_logger(__name__)


class PollingRequest(HTTPXRequest):
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


class Polling:
    """Brings updates into the application; a webhook that was left behind is deleted first."""

    def __init__(
        self, application: Application[Any, Any, Any, Any, Any, Any], request: PollingRequest, guard: TokenGuard
    ) -> None:
        self._application = application
        self._request = request
        self._guard = guard

    async def start(self) -> None:
        """Begin to bring updates."""
        updater = self._application.updater
        assert updater is not None, "the application is built with an updater"
        await updater.start_polling(bootstrap_retries=-1, allowed_updates=UPDATES, error_callback=self._failed)

    async def watch(self) -> None:
        """Return never; raises `SetupError` when Telegram refuses the token."""
        await self._request.refused.wait()
        raise SetupError(REFUSED)

    async def stop(self) -> None:
        """Bring no more."""
        updater = self._application.updater
        if updater is not None and updater.running:
            await updater.stop()

    def _failed(self, error: TelegramError) -> None:
        log.warning("asking telegram for updates failed", error=self._guard.clean(str(error)))
