"""The page's server: where it listens, what it is made of, how it ends."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from adapters.web.events import EventRoutes
from adapters.web.form import MAX_BODY
from adapters.web.guard import Guard, is_loopback
from adapters.web.jobs import JobRoutes
from adapters.web.operating import QueueRoutes
from adapters.web.pictures import GalleryRoutes
from bot.config import WebConfig
from bot.errors import SetupError
from bot.requests import Answer, Job, Queued, Running
from bot.studio import Studio
from nst_engine.settings import LOOK_STEPS, MAX_SIZE, MAX_STEPS, MIN_SIZE

STATIC: Final = Path(__file__).parent / "static"
SECONDS_TO_CLOSE: Final = 3.0
_EVERY_ADDRESS: Final = ("", "0.0.0.0", "::")


class WebFront:
    """The local page as a front-end of the bot.

    The page watches its jobs through the studio and fetches their pictures from its store, so `show` and `answer`
    have nothing left to do. `ready` is set once the page can be opened at `url`.
    """

    platform = "web"

    def __init__(self, config: WebConfig, studio: Studio) -> None:
        self.ready = asyncio.Event()
        self._config = config
        self._studio = studio
        self._port = config.port
        is_own = is_loopback(config.host) and not config.names
        self._steers = is_own if config.steers_queue is None else config.steers_queue

    @property
    def url(self) -> str:
        """Where to open the page from this machine, without a slash at the end; its port is known when `ready`."""
        host = "127.0.0.1" if self._config.host in _EVERY_ADDRESS else self._config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    async def run(self) -> None:
        """Serve until cancelled; raises `SetupError` when the page cannot listen where it is told to."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=SECONDS_TO_CLOSE)
        try:
            await runner.setup()
            await self._listen(runner)
            structlog.get_logger(__name__).info("local page is open", url=self.url)
            self.ready.set()
            await asyncio.get_running_loop().create_future()
        finally:
            self.ready.clear()
            await runner.cleanup()

    async def check(self) -> str:
        """Where the page will be."""
        return self.url

    async def show(self, job: Job, event: Queued | Running) -> None:
        """Nothing to do: the open page watches the studio itself."""

    async def answer(self, job: Job, answer: Answer) -> None:
        """Nothing to do: the answer waits in the store until the page asks for it."""

    def _application(self) -> web.Application:
        guard = Guard(only_loopback=is_loopback(self._config.host), names=self._config.names)
        application = web.Application(middlewares=[guard.middleware])
        application.on_response_prepare.append(guard.protect)
        events = EventRoutes(self._studio)
        application.on_shutdown.append(events.close)
        application.add_routes([web.get("/", _page), web.get("/health", _health), web.get("/options", self._options)])
        application.add_routes(GalleryRoutes("/styles", self._studio.gallery.styles).routes())
        application.add_routes(GalleryRoutes("/photos", self._studio.gallery.photos).routes())
        application.add_routes(JobRoutes(self._studio).routes())
        application.add_routes(events.routes())
        if self._steers:
            application.add_routes(QueueRoutes(self._studio).routes())
        application.router.add_static("/static", STATIC)
        return application

    async def _options(self, request: web.Request) -> web.StreamResponse:
        """What the page may offer; `default` is what a job gets when nothing is chosen, `steers`: the queue, too.

        `looks` has the share of a preset's steps that a look needs.
        """
        default = self._studio.default_settings
        presets = {name: {"size": preset.size, "steps": preset.steps} for name, preset in self._studio.presets.items()}
        return web.json_response(
            {
                "presets": presets,
                "looks": dict(LOOK_STEPS),
                "default": {
                    "size": default.size,
                    "steps": default.steps,
                    "strength": self._studio.default_strength,
                },
                "size": {"min": MIN_SIZE, "max": MAX_SIZE},
                "steps": {"min": 1, "max": MAX_STEPS},
                "body": MAX_BODY,
                "steers": self._steers,
            }
        )

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self._config.host, self._config.port
        try:
            await web.TCPSite(runner, host or None, port).start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SetupError(
                    f"Port {port} is in use; set web.port to a free one in config.toml (or ATELIER_WEB__PORT)."
                ) from None
            raise SetupError(
                f"The local page cannot listen at {host}, port {port} ({error.strerror or error}); "
                "set web.host and web.port to an address of this machine."
            ) from None
        self._port = runner.addresses[0][1]


async def _page(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


async def _health(request: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "ok"})
