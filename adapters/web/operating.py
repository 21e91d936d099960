"""The operator's page: the queue seen, paused, resumed, emptied; for those alone who may."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from adapters.web.refusals import PageRefusal
from bot import text
from bot.requests import QueueLine, QueueView
from bot.studio import Studio

MOST_SHOWN: Final = 100
LONGEST_REASON: Final = 200


class QueueRoutes:
    """The addresses under /queue. To be added only where whoever opens the page may steer the queue."""

    def __init__(self, studio: Studio) -> None:
        self._operator = studio.operator

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/queue", self.view),
            web.post("/queue/pause", self.pause),
            web.post("/queue/resume", self.resume),
            web.post("/queue/empty", self.empty),
            web.post("/queue/jobs/{id}/cancel", self.cancel),
        ]

    async def view(self, request: web.Request) -> web.Response:
        """What runs, and the first of those that wait; `count` is how many do."""
        return web.json_response(_as_json(await self._operator.view()))

    async def pause(self, request: web.Request) -> web.Response:
        """Begin nothing more; `reason`, which may be left out, is told to those who wait."""
        reason = (await request.post()).get("reason", "")
        if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
            raise PageRefusal(f"Give the reason in at most {LONGEST_REASON} characters.")
        await self._operator.pause(reason)
        return await self.view(request)

    async def resume(self, request: web.Request) -> web.Response:
        """Go on."""
        await self._operator.resume()
        return await self.view(request)

    async def empty(self, request: web.Request) -> web.Response:
        """Cancel all that wait."""
        await self._operator.empty()
        return await self.view(request)

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel one job, whosever it is."""
        await self._operator.cancel(request.match_info["id"])
        return await self.view(request)


def _as_json(view: QueueView) -> dict[str, Any]:
    return {
        "paused": view.paused,
        "running": [_line(line) for line in view.running],
        "waiting": [_line(line) for line in view.waiting[:MOST_SHOWN]],
        "count": len(view.waiting),
        "error": view.error,
    }


def _line(line: QueueLine) -> dict[str, Any]:
    takes = "" if line.seconds is None else text.duration(line.seconds)
    return {"id": line.job_id, "platform": line.platform, "place": line.place, "person": line.person, "takes": takes}
