"""A bot living on the stand-in: the front-end over a studio, started, stopped and started again."""

from __future__ import annotations

import asyncio
import contextlib
import io
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from PIL import Image

from adapters.discord import DiscordFront
from bot.app import Atelier, open_atelier
from bot.config import Config, DiscordConfig
from bot.gallery import Gallery
from bot.requests import Job, Options, StylizeRequest
from nst_engine.settings import MAX_STEPS
from tests.standins.discord.platform import PATIENCE, DiscordStandIn
from tests.standins.discord.world import Invocation, Message
from tests.standins.instant_engine import InstantEngineDriver


class House:
    """One front-end on the stand-in over the studio of `atelier`; `pause` None keeps the front-end's own."""

    def __init__(self, discord: DiscordStandIn, atelier: Atelier, *, pause: float | None = 0.05, **config: Any) -> None:
        self.discord = discord
        self.studio = atelier.studio
        self._atelier = atelier
        settings = {
            "token": discord.token,
            "api_url": discord.api_url,
            "gateway_url": discord.gateway_url,
            "cdn_urls": (discord.cdn_url,),
        }
        self.config = DiscordConfig.model_validate(settings | config)
        self._pause = pause
        self.front = self._new_front()
        self._serving: asyncio.Task[None] | None = None

    def _new_front(self) -> DiscordFront:
        return DiscordFront(self.config, self.studio, **({} if self._pause is None else {"pause": self._pause}))

    async def start(self) -> None:
        """Run the front-end; returns when Discord knows its commands and its connections stand."""
        self._serving = asyncio.create_task(self._atelier.serve(self.front))
        await self.discord.until(lambda: self._ended() or (self.discord.commands and self._is_connected()))

    def _is_connected(self) -> bool:
        online, gateway = self.front._online, self.discord.gateway
        assert not gateway.strayed, "connected past the configured gateway"
        shards = online.result().shards if online is not None and online.done() else {}
        return len(shards) == len(gateway.connected) == gateway.shards

    def _ended(self) -> bool:
        assert self._serving is not None
        if self._serving.done():
            self._serving.result()
        return self._serving.done()

    async def stop(self) -> None:
        """End the front-end."""
        if self._serving is None:
            return
        self._serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving
        self._serving = None

    async def restart(self) -> None:
        """End the front-end and start another one that knows nothing but the ledger."""
        await self.stop()
        self.front = self._new_front()
        await self.start()

    async def job_of(self, invocation: Invocation) -> Job:
        """The job behind a status message that has shown its cancel button."""
        shown = await self.discord.until(lambda: invocation.original and invocation.original.custom_ids)
        assert shown
        return await self.studio.job(shown[0].rpartition(":")[2])

    async def result_of(self, invocation: Invocation) -> Message:
        """The status message once it holds the picture and the bot knows that it does."""
        message = await picture_of(self.discord, invocation)
        await self.settled((await self.job_of(invocation)).id)
        return message

    async def settled(self, job_id: str) -> Job:
        """The job once its answer was delivered, or its place found gone."""
        async with asyncio.timeout(PATIENCE):
            while not (job := await self.studio.job(job_id)).replied:
                await self.discord.next_change()
        return job

    @contextlib.asynccontextmanager
    async def busy_engine(self) -> AsyncIterator[None]:
        """Keep the engine at the long job of somebody else, so that what comes next waits."""
        options = Options(size=64, steps=MAX_STEPS)
        request = StylizeRequest("elsewhere", "x", "x", uuid.uuid4().hex, jpeg(), (a_style(),), options=options)
        job = await self.studio.submit(request)
        async with asyncio.timeout(PATIENCE):
            while (await self.studio.job(job.id)).state != "released":
                await self.discord.next_change()
        try:
            yield
        finally:
            await self.studio.cancel(job.id, "x")


@contextlib.asynccontextmanager
async def instant_house(
    discord: DiscordStandIn, folder: Path, *, pause: float | None = 0.05, **engine: Any
) -> AsyncIterator[House]:
    """A bot on an engine that paints nothing, with the options of its program; `pause` as of a `House`."""
    sections = {
        "storage": {"path": folder / "data"},
        "engine": {"device": "cpu", "default_size": 64},
        "queue": {"max_per_place": 500},
    }
    driver = InstantEngineDriver(**engine)
    try:
        async with open_atelier(Config.model_validate(sections), driver) as atelier:
            house = House(discord, atelier, pause=pause)
            try:
                await house.start()
                yield house
            finally:
                await house.stop()
    finally:
        await driver.stop()


def jpeg(width: int = 64, height: int = 48, colour: str = "olive") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def noise(side: int) -> bytes:
    """A gray picture as PNG that hardly shrinks."""
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


def a_style() -> str:
    return next(iter(Gallery.load().styles))


async def picture_of(discord: DiscordStandIn, invocation: Invocation) -> Message:
    """The status message once it holds the picture."""
    await discord.until(
        lambda: invocation.original and any("atelier-" in file.name for file in invocation.original.files)
    )
    assert invocation.original is not None
    return invocation.original
