"""Updates by polling: the default, which needs no address of one's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application
from telegram.request import HTTPXRequest

from adapters.telegram.inbox import Inbox
from adapters.telegram.token_guard import TokenGuard
from bot.config import TelegramConfig
from bot.errors import SetupError

UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""What the bot wants to hear of."""
REFUSED: Final = "Telegram refused the token; copy it anew from @BotFather into telegram.token."
NO_SERVER: Final = "The Bot API server at telegram.api_url does not know the bot's methods; check that address."
log = structlog.get_logger(__name__)


def is_refusal(error: InvalidToken, config: TelegramConfig) -> bool:
    """Whether Telegram itself refuses the token. A 404 of somebody's own server may be a proxy's, and pass."""
    cause = error.__cause__ if isinstance(error.__cause__, InvalidToken) else error
    return not config.api_url or "unauthorized" in cause.message.lower()


async def confirms_refusal(application: Application[Any, Any, Any, Any, Any, Any], config: TelegramConfig) -> bool:
    """Whether Telegram, asked once more, refuses the token."""
    try:
        await application.bot.get_me()
    except InvalidToken as error:
        return is_refusal(error, config)
    except TelegramError:
        return False
    return False


class PollingRequest(HTTPXRequest):
    """The connection for updates, which are in the inbox before the next call confirms them.

    It tells when a token is refused while the bot runs, where polling would just end.
    """

    __slots__ = ("confirms_refusal", "inbox", "refused")

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(connection_pool_size=2)
        self.inbox = inbox
        self.refused = asyncio.Event()
        self.confirms_refusal: Callable[[], Awaitable[bool]] | None = None

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """One call; the first that is refused does not return, so that polling is stopped in order.

        Raises `NetworkError` where something on the way refused it.
        """
        code, payload = await super().do_request(*args, **kwargs)
        if code == HTTPStatus.OK:
            await self.inbox.keep(_updates_in(payload))
        elif code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND) and not self.refused.is_set():
            assert self.confirms_refusal is not None, "set before polling"
            if not await self.confirms_refusal():
                raise NetworkError(f"{HTTPStatus(code).phrase} ({code})")
            self.refused.set()
            await asyncio.Event().wait()
        return code, payload


class Polling:
    """Brings updates into the application; a webhook that was left behind is deleted first."""

    def __init__(
        self,
        application: Application[Any, Any, Any, Any, Any, Any],
        config: TelegramConfig,
        request: PollingRequest,
        guard: TokenGuard,
    ) -> None:
        self._application = application
        self._request = request
        self._guard = guard
        request.confirms_refusal = lambda: confirms_refusal(application, config)

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


def _updates_in(payload: bytes) -> list[Any]:
    """The updates of an answer; none where it cannot be read, which the library tells."""
    try:
        updates = json.loads(payload)["result"]
    except (ValueError, KeyError, TypeError):
        return []
    return updates if isinstance(updates, list) else []
