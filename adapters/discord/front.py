"""Discord as the bot sees it: a front-end that serves, shows and answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import limits, sentences
from adapters.discord.acknowledgements import heed_acknowledgements
from adapters.discord.address import ReplyAddress
from adapters.discord.client import AtelierClient
from adapters.discord.content import status_content
from adapters.discord.wishes import PLATFORM
from bot.config import DiscordConfig
from bot.errors import SetupError
from bot.languages import speaking
from bot.requests import Answer, Job, Queued, Running
from bot.studio import Studio

log = structlog.get_logger(__name__)


class DiscordFront:
    """The front-end for Discord. `pause` is the least time between two status edits of one job, in seconds."""

    platform = PLATFORM

    def __init__(self, config: DiscordConfig, studio: Studio, *, pause: float = limits.EDIT_PAUSE) -> None:
        self._config = config
        self._studio = studio
        self._pause = pause
        self._online: asyncio.Future[AtelierClient] | None = None

    async def run(self) -> None:
        """Serve until cancelled; come back after outages. Raises `SetupError` when Discord refuses the token."""
        self._point_library()
        wait = limits.LOGIN_PAUSE_FIRST
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await until_stopped(self._serve())
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning("discord unreachable", error=str(error), next_try_in=wait)
            if asyncio.get_running_loop().time() - started > limits.LOGIN_PAUSE_LONGEST:
                wait = limits.LOGIN_PAUSE_FIRST
            await asyncio.sleep(wait)
            wait = min(2 * wait, limits.LOGIN_PAUSE_LONGEST)

    async def check(self) -> str:
        """Log in and out again; the bot's name. Raises `SetupError` when Discord refuses it or is out of reach."""
        self._point_library()
        async with discord.Client(intents=discord.Intents.none()) as client:
            try:
                await client.login(self._config.token.get_secret_value())
            except discord.LoginFailure:
                raise SetupError(sentences.TOKEN_REFUSED) from None
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                raise SetupError(sentences.OUT_OF_REACH.format(reason=type(error).__name__)) from None
            return f"logged in as {client.user}"

    async def show(self, job: Job, event: Queued | Running) -> None:
        """Show how the job goes, soon; skipped while there is no connection.

        A job that will end too late to be answered, where only its interaction can, is cancelled.
        """
        address = ReplyAddress.load(job.address)
        if self._is_too_late(address, event):
            await self._studio.cancel(job.id, job.person, sentence=sentences.TOO_LONG_HERE)
            return
        online = self._gate()
        if online.done():
            with speaking(address.language):
                online.result().board.say(job, status_content(job, event))

    async def answer(self, job: Job, answer: Answer) -> None:
        """Replace the status message by the answer; raises `Gone` when the place is no more."""
        client = await asyncio.shield(self._gate())
        await client.board.close(job.id)
        with speaking(ReplyAddress.load(job.address).language):
            await client.delivery.answer(job, answer)

    def _is_too_late(self, address: ReplyAddress, event: Queued | Running) -> bool:
        if address.is_member or event.seconds_left is None:
            return False
        return not address.token_lives(time.time() + event.seconds_left)

    async def _serve(self) -> None:
        heed_acknowledgements()
        async with AtelierClient(self._config, self._studio, self._pause) as client:
            try:
                await client.login(self._config.token.get_secret_value())
                self._gate().set_result(client)
                await client.connect(reconnect=True)
            except discord.LoginFailure:
                raise SetupError(sentences.TOKEN_REFUSED) from None
            except discord.ConnectionClosed as closed:
                if closed.code in limits.GATEWAY_REFUSED:
                    raise _setup_error(closed) from None
                raise
            finally:
                if self._gate().done():
                    self._online = None

    def _gate(self) -> asyncio.Future[AtelierClient]:
        """The client, once it is logged in."""
        if self._online is None:
            self._online = asyncio.get_running_loop().create_future()
        return self._online

    def _point_library(self) -> None:
        """Send the library elsewhere when the configuration says so; it has these two addresses for all clients."""
        if self._config.api_url:
            Route.BASE = self._config.api_url.rstrip("/")
        if self._config.gateway_url:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._config.gateway_url)


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, and when cancelled, cancel it until it ends.

    The library waits with `wait_for`, which in Python 3.11 may swallow a cancel that comes together with its event.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=limits.CANCEL_AGAIN)
    task.result()


def _setup_error(closed: discord.ConnectionClosed) -> SetupError:
    if closed.code == limits.GATEWAY_REFUSED_TOKEN:
        return SetupError(sentences.TOKEN_REFUSED)
    return SetupError(sentences.CONNECTION_REFUSED.format(code=closed.code))
