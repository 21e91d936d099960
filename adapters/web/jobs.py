"""A visitor's jobs: made, looked at, fetched, cancelled; nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from adapters.web.form import Form, read_form
from adapters.web.refusals import PageRefusal
from adapters.web.visitor import person
from bot import text
from bot.errors import NoSuchJob
from bot.languages import unpacked
from bot.requests import Answer, Job, StylizeRequest
from bot.studio import Studio
from nst_engine.summary import LossSummary

PLATFORM: Final = "web"
PLACE: Final = "local page"
MOVING: Final = ("timelapse", "animation", "film")
"""The parts of an answer that move, where they are."""
_KEPT_BY_BROWSER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}


class JobRoutes:
    """The addresses under /jobs, but for the stream of events."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.post("/jobs", self.create),
            web.get("/jobs/{id}", self.job),
            web.get("/jobs/{id}/picture", self.picture),
            web.get("/jobs/{id}/curve", self.curve),
            web.get("/jobs/{id}/losses", self.losses),
            web.get("/jobs/{id}/timelapse", self.timelapse),
            web.get("/jobs/{id}/animation", self.animation),
            web.get("/jobs/{id}/film", self.film),
            web.post("/jobs/{id}/cancel", self.cancel),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """Take a form: 201 with the new job, 200 with the one that the same form made before."""
        form = await read_form(request)
        visitor = person(request)
        job = await self._studio.submit(
            StylizeRequest(
                platform=PLATFORM,
                place=PLACE,
                person=visitor,
                origin=f"{visitor}:{form.token}",
                photo=await self._photo(form),
                styles=_styles(form),
                options=form.options,
                masks=tuple(form.masks),
            )
        )
        location = {"Location": f"/jobs/{job.id}"}
        return web.json_response(
            {**_as_json(job), "text": text.accepted(job)},
            status=201 if job.is_new else 200,
            headers=location,
        )

    async def job(self, request: web.Request) -> web.Response:
        """How the job stands and, when it is done, its losses as rows of a table."""
        job = await own_job(self._studio, request)
        answer = await self._studio.answer(job.id) if job.is_over else None
        return web.json_response(_as_json(job) if answer is None else _with_answer(job, answer))

    async def picture(self, request: web.Request) -> web.Response:
        """The painted picture as PNG."""
        answer = await self._done(request)
        return _file(request, answer.picture, f"atelier-{answer.job_id}.png", "image/png")

    async def curve(self, request: web.Request) -> web.Response:
        """The losses over the steps as PNG."""
        answer = await self._done(request)
        return _file(request, answer.curve, f"atelier-{answer.job_id}-losses.png", "image/png")

    async def timelapse(self, request: web.Request) -> web.Response:
        """The picture as it formed, as MP4."""
        answer = await self._done(request)
        return _file(request, answer.timelapse, f"atelier-{answer.job_id}-timelapse.mp4", "video/mp4")

    async def animation(self, request: web.Request) -> web.Response:
        """All frames of a painted animation as WebP."""
        answer = await self._done(request)
        return _file(request, answer.animation, f"atelier-{answer.job_id}.webp", "image/webp")

    async def film(self, request: web.Request) -> web.Response:
        """All frames of a painted animation as MP4."""
        answer = await self._done(request)
        return _file(request, answer.film, f"atelier-{answer.job_id}.mp4", "video/mp4")

    async def losses(self, request: web.Request) -> web.Response:
        """Every loss of every step as JSON."""
        answer = await self._done(request)
        if answer.summary is None:
            raise _not_kept()
        return web.json_response(answer.summary.to_dict(), headers=_KEPT_BY_BROWSER)

    async def cancel(self, request: web.Request) -> web.Response:
        """Stop the visitor's own job; `cancelled` is false when it was over already."""
        job = await own_job(self._studio, request)
        return web.json_response({"cancelled": await self._studio.cancel(job.id, person(request))})

    async def _photo(self, form: Form) -> bytes:
        if form.photo:
            return form.photo
        if not form.photo_id:
            raise PageRefusal("Choose a photo first: drop one here, or take one of the examples.", "photo")
        example = self._studio.gallery.photos.get(form.photo_id)
        if example is None:
            raise PageRefusal("This example photo is no longer here; choose another one.", "photo")
        return await asyncio.to_thread(example.read)

    async def _done(self, request: web.Request) -> Answer:
        job = await own_job(self._studio, request)
        answer = await self._studio.answer(job.id)
        if answer is None:
            raise PageRefusal("This picture is not ready yet; wait for its job to end.", status=409)
        if answer.state != "done":
            raise PageRefusal(text.over(answer), status=404)
        return answer


async def own_job(studio: Studio, request: web.Request) -> Job:
    """The job named in the address; raises `NoSuchJob` when there is none or it is somebody else's."""
    try:
        job = await studio.job(request.match_info["id"])
    except NoSuchJob:
        raise _unknown() from None
    if job.platform != PLATFORM or job.person != person(request):
        raise _unknown()
    return job


def _styles(form: Form) -> tuple[str | bytes, ...]:
    if not form.styles:
        raise PageRefusal("Choose a style: one or more paintings, or a picture of your own.", "style")
    return tuple(form.styles)


def _as_json(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "over": job.is_over,
        "sentence": unpacked(job.sentence),
        "style": job.style_title,
        "settings": dict(job.settings),
        "created": job.created,
    }


def _with_answer(job: Job, answer: Answer) -> dict[str, Any]:
    sentence = "" if answer.state == "done" else text.over(answer)
    summary = None if answer.summary is None else _summary(answer.summary)
    moving = [part for part in MOVING if getattr(answer, part) is not None]
    return {**_as_json(job), "sentence": sentence, "summary": summary, "moving": moving}


def _summary(summary: LossSummary) -> Mapping[str, Any]:
    rows = [{"loss": label, "first": first, "last": last, "fall": fall} for label, first, last, fall in summary.rows()]
    return {
        "rows": rows,
        "steps": summary.steps,
        "time": text.duration(summary.seconds),
        "device": summary.device,
        "precision": summary.precision,
        "width": summary.width,
        "height": summary.height,
        "notes": list(summary.notes),
    }


def _file(request: web.Request, content: bytes | None, name: str, kind: str) -> web.Response:
    """A file whole, or the part that is asked for, without which some browsers play no films."""
    if content is None:
        raise _not_kept()
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Accept-Ranges": "bytes", **_KEPT_BY_BROWSER}
    wanted = _wanted(request, len(content))
    if wanted is None:
        return web.Response(body=content, content_type=kind, headers=headers)
    headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{len(content)}"
    return web.Response(body=content[wanted.start : wanted.stop], status=206, content_type=kind, headers=headers)


def _wanted(request: web.Request, length: int) -> range | None:
    """The bytes that a request asks for; None for all of them, and where it cannot be understood."""
    if "Range" not in request.headers:
        return None
    try:
        wanted = range(length)[request.http_range]
    except ValueError:
        return None
    return wanted or None


def _unknown() -> NoSuchJob:
    return NoSuchJob("There is no such job of yours here; it may have been cleared away since.")


def _not_kept() -> PageRefusal:
    return PageRefusal("The pictures of this job are no longer kept; paint it again.", status=404)
