"""Interactions that Discord took as acknowledged count as that, also where its word on it was lost."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord.http import Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from adapters.discord import limits

REMEMBERED: Final = 4096
LOST: Final = (aiohttp.ClientError, OSError, TimeoutError)
"""The connection broke: whether Discord did what it was asked to is not known."""

log = structlog.get_logger(__name__)


class Acknowledgements(AsyncWebhookAdapter):
    """The library's way to interactions and their messages, which asks once more where an answer was lost.

    An acknowledgement that Discord has already is then as good as a new one. An interaction that comes twice is still
    refused the second time, so that nothing is done twice.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._begun: deque[int] = deque(maxlen=REMEMBERED)

    async def create_interaction_response(self, interaction_id: int, token: str, **how: Any) -> Any:
        """Acknowledge, or answer at once; what Discord gives back is no more than the id where its word was lost."""
        is_repeated = interaction_id in self._begun
        self._begun.append(interaction_id)
        try:
            return await super().create_interaction_response(interaction_id, token, **how)
        except discord.HTTPException as error:
            if is_repeated or error.code != limits.ALREADY_ACKNOWLEDGED:
                raise
        log.info("acknowledged before", interaction=interaction_id)
        return {"interaction": {"id": interaction_id}}

    async def request(self, route: Route, session: aiohttp.ClientSession, **how: Any) -> Any:
        """Ask Discord; once more where the connection broke, unless that could say something twice."""
        try:
            return await super().request(route, session, **how)
        except LOST:
            if route.method == "POST" and not route.path.endswith("/callback"):
                raise
            for file in how.get("files") or ():
                file.reset()
            return await super().request(route, session, **how)


def heed_acknowledgements() -> None:
    """Have the library go this way, from here to the end of this task and in the tasks begun in it."""
    async_context.set(Acknowledgements())
