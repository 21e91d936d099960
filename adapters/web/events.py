"""A job's events as a stream (server-sent events), for as long as the page listens."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from aiohttp import web

from adapters.web.jobs import own_job
from bot import text
from bot.languages import unpacked
from bot.requests import Finished, JobEvent, Queued
from bot.studio import Studio

SECONDS_BETWEEN_SIGNS_OF_LIFE: Final = 15.0
MILLISECONDS_TO_RECONNECT: Final = 1000


class EventRoutes:
    """GET /jobs/{id}/events: the present state first, then each event, until the job is over."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._open: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [web.get("/jobs/{id}/events", self.stream)]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the events of the visitor's own job."""
        job = await own_job(self._studio, request)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await response.prepare(request)
            await response.write(f"retry: {MILLISECONDS_TO_RECONNECT}\n\n".encode())
            await _send(self._studio.watch(job.id), response)
        except ConnectionError:
            pass  # the page was closed; it asks again when it comes back
        finally:
            self._open.discard(task)
        return response

    async def close(self, application: web.Application) -> None:
        """End every stream, so that the server can close; open pages connect again by themselves."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


async def _send(events: AsyncIterator[JobEvent], response: web.StreamResponse) -> None:
    """Write each event as it comes, and a sign of life in long pauses, so that a page that left is noticed."""
    upcoming: asyncio.Future[JobEvent] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.ensure_future(anext(events))
            await asyncio.wait({upcoming}, timeout=SECONDS_BETWEEN_SIGNS_OF_LIFE)
            if not upcoming.done():
                await response.write(b": still here\n\n")
                continue
            event = upcoming.result()
            upcoming = None
            await response.write(f"data: {json.dumps(_as_json(event))}\n\n".encode())
    except StopAsyncIteration:
        pass
    finally:
        if upcoming is not None:
            upcoming.cancel()
            await asyncio.gather(upcoming, return_exceptions=True)
        if isinstance(events, AsyncGenerator):
            await events.aclose()


def _as_json(event: JobEvent) -> dict[str, Any]:
    if isinstance(event, Finished):
        return {"kind": "finished", "state": event.state, "sentence": unpacked(event.sentence)}
    left = text.left(event.seconds_left)
    if isinstance(event, Queued):
        return {"kind": "queued", "position": event.position, "left": left, "text": text.queued(event)}
    return {
        "kind": "running",
        "step": event.step,
        "steps": event.steps,
        "percent": event.percent,
        "left": left,
        "held": text.HELD if event.held else "",
        "losses": dict(event.losses),
        "preview": None if event.preview is None else _data_url(event.preview),
    }


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
