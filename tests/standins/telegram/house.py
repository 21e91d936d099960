"""A bot living on the stand-in: the front-end over a studio, started, stopped and started again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from adapters.telegram import LIMITS, TelegramFront, TelegramLimits
from bot.config import TelegramConfig
from bot.requests import Job, Options, Running, StylizeRequest
from nst_engine.settings import MAX_STEPS
from tests.standins.telegram.flood import FloodRules
from tests.standins.telegram.server import PATIENCE_SECONDS, TelegramStandin
from tests.standins.telegram.world import Chat, Message, Person

QUICK = replace(
    LIMITS,
    private_edit_seconds=0.01,
    group_edit_seconds=0.01,
    administrators_fresh_seconds=0.0,
    album_quiet_seconds=0.25,
    hiccup_seconds=0.05,
    chat_calls=10_000,
    group_calls=10_000,
)


def hurried(faster: float) -> tuple[TelegramLimits, FloodRules]:
    """The bot's limits and Telegram's with all that is about speaking so many times faster."""
    real = FloodRules()
    spoken = ("chat", "group", "all", "private_edit", "group_edit", "stop", "flood_patience", "word_patience")
    times = {f"{name}_seconds": getattr(LIMITS, f"{name}_seconds") / faster for name in spoken}
    rules = {f"{name}_seconds": getattr(real, f"{name}_seconds") / faster for name in ("chat", "group", "all")}
    return replace(LIMITS, **times), replace(real, **rules)


class House:
    """One front-end on the stand-in over the studio of `atelier`, with Ann and Bob and their chats."""

    def __init__(
        self, telegram: TelegramStandin, atelier: Any, limits: TelegramLimits = QUICK, **settings: object
    ) -> None:
        self.telegram = telegram
        self.studio = atelier.studio
        self.limits = limits
        self.picks_limits = False
        """Whether the front-end goes by its configuration, not by `limits`."""
        self.settings = settings
        """More of the configuration's section."""
        self._delivery = atelier.delivery
        self._serving: asyncio.Task[None] | None = None
        self.ann = telegram.person("Ann")
        self.bob = telegram.person("Bob")
        self.private = telegram.private(self.ann)
        self.club = telegram.group("Club")

    async def start(self) -> None:
        """Run a front-end that knows nothing but the ledger; returns when it asks for updates."""
        polls = self.telegram.polls
        self.front = self.new_front()
        sets = self.telegram.webhooks_set
        self._serving = asyncio.create_task(self.front.run())
        await self._delivery.serve(self.front)
        if self.settings.get("mode") == "webhook":
            await self.telegram.until(lambda: self.telegram.webhooks_set > sets)
        else:
            await self.telegram.until(lambda: self.telegram.polls > polls)

    def new_front(self) -> TelegramFront:
        """A front-end that does not run yet."""
        values = {
            "token": self.telegram.token,
            "api_url": self.telegram.api_url,
            "file_url": self.telegram.file_url,
            **self.settings,
        }
        limits = None if self.picks_limits else self.limits
        return TelegramFront(TelegramConfig.model_validate(values), self.studio, limits)

    async def stop(self) -> None:
        """End the front-end."""
        if self._serving is not None:
            self._delivery.leave(self.front)
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
            self._serving = None

    async def ended(self) -> None:
        """Wait until the front-end ends by itself; raises what it ended with."""
        assert self._serving is not None
        serving, self._serving = self._serving, None
        self._delivery.leave(self.front)
        await asyncio.wait_for(serving, PATIENCE_SECONDS)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def picture_in(self, chat: Chat, reply_to: Message | None = None) -> Message:
        """The bot's first message in a chat that holds a picture with a result's buttons, and no preview."""
        return await self.message(chat, lambda m: m.media is not None and is_result(m), reply_to)

    async def status_in(self, chat: Chat, reply_to: Message | None = None) -> Message:
        """The first status message in a chat, once it is there with its button."""
        return await self.message(chat, lambda message: "Cancel" in message.labels, reply_to)

    async def message(self, chat: Chat, fits: Any, reply_to: Message | None = None) -> Message:
        """The bot's first message in a chat for which `fits` holds, replying to a certain one if that is given."""

        def found() -> Message | None:
            meant = [m for m in chat.from_bot if reply_to is None or m.reply_to is reply_to]
            return next((message for message in meant if fits(message)), None)

        message: Message = await self.telegram.until(found)
        return message

    async def sentence_in(self, chat: Chat, words: str) -> Message:
        """The bot's message in a chat that says these words."""
        return await self.message(chat, lambda message: words in message.text)

    async def turned(self, chooser: Message, before: list[str]) -> None:
        """Returns once a keyboard shows other buttons than before."""
        await self.telegram.until(lambda: chooser.labels != before)

    async def job_of(self, message: Message) -> Job:
        """The job that the first button of a message names."""
        job: Job = await self.studio.job(message.buttons[0][0]["callback_data"].rpartition(":")[2])
        return job

    async def settled(self, job_id: str) -> Job:
        """The job once its answer was delivered, or its place found gone."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job: Job = await self.studio.job(job_id)
                if job.replied:
                    return job
                await asyncio.sleep(0.02)

    async def remembered(self, status: Message) -> Job:
        """The job of a status message, once the ledger knows that message."""
        job_id = (await self.job_of(status)).id
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job: Job = await self.studio.job(job_id)
                if job.address.get("message_id") == status.id:
                    return job
                await asyncio.sleep(0.02)

    async def caught_up(self, chat: Chat, person: Person) -> None:
        """Returns once all that this person wrote before in a chat is dealt with; leaves one more result there."""
        await self.picture_in(chat, await self.asks(chat, person))

    async def asks(self, chat: Chat, person: Person, words: str = "") -> Message:
        """A photo with `/stylize` in its caption, in a style unless the words name one; returns the photo."""
        caption = f"/stylize {words or self.a_style}"
        return await self.telegram.sends_photo(person, chat, jpeg(), caption)

    def digest(self, message: Message) -> str:
        """What the bot's copy of a message's picture is told by: `Job.photo` and `Job.styles` end so."""
        assert message.media is not None
        json = message.media.json
        file_id = json[-1]["file_id"] if isinstance(json, list) else json["file_id"]
        return hashlib.sha256(self.telegram.world.files.by_id[file_id]).hexdigest()

    def of_style(self, style_id: str) -> str:
        """The same for a style of the gallery."""
        return hashlib.sha256(self.studio.gallery.styles[style_id].read()).hexdigest()

    async def painted(self, result: Message) -> tuple[str, tuple[str, ...]]:
        """By what a result's photo and its styles are told."""
        job = await self.job_of(result)
        return job.photo.rpartition("/")[2], tuple(key.rpartition("/")[2] for key in job.styles)

    async def results(self, chat: Chat, count: int) -> list[Message]:
        """The finished pictures in a chat, oldest first, once there are so many."""

        def finished() -> list[Message] | None:
            found = results(chat)
            return found if len(found) >= count else None

        found: list[Message] = await self.telegram.until(finished)
        return found

    @property
    def a_style(self) -> str:
        return str(next(iter(self.studio.gallery.styles)))

    @contextlib.asynccontextmanager
    async def busy_engine(self) -> AsyncIterator[None]:
        """Keep the engine at the long job of somebody else, so that what comes next waits."""
        options = Options(size=64, steps=MAX_STEPS)
        request = StylizeRequest("elsewhere", "x", "x", "x", jpeg(), (self.a_style,), options=options)
        job = await self.studio.submit(request)
        async for event in self.studio.watch(job.id):
            if isinstance(event, Running):
                break
        try:
            yield
        finally:
            await self.studio.cancel(job.id, "x")


def is_result(message: Message) -> bool:
    """Whether the buttons of a finished picture are under it."""
    return any(button.get("callback_data", "").startswith("r:") for row in message.buttons for button in row)


def results(chat: Chat) -> list[Message]:
    """The finished pictures in a chat, oldest first."""
    return [message for message in chat.from_bot if is_result(message)]


def jpeg(width: int = 96, height: int = 64, seed: int = 1) -> bytes:
    """A picture with something in it: smooth blobs of colour."""
    coarse = np.random.default_rng(seed).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
    return out.getvalue()
