"""The paintings and the example photos: what they are called, how they look."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from adapters.web.refusals import PageRefusal
from bot.gallery import Style

THUMBNAIL_SIDE: Final = 400
_KEPT_BY_BROWSER: Final = "public, max-age=3600"


class GalleryRoutes:
    """A wall of pictures at `path`: the list of them as JSON, each one's thumbnail (JPEG) and the picture itself."""

    def __init__(self, path: str, pictures: Mapping[str, Style]) -> None:
        self._path = path
        self._pictures = pictures

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get(self._path, self.names),
            web.get(self._path + "/{id}/thumbnail", self.thumbnail),
            web.get(self._path + "/{id}/picture", self.picture),
        ]

    async def names(self, request: web.Request) -> web.Response:
        """Every picture's id, title, artist, year, source, licence and own strength, in the order of the gallery."""
        return web.json_response([_as_json(picture) for picture in self._pictures.values()])

    async def thumbnail(self, request: web.Request) -> web.StreamResponse:
        """The picture in small, kept by the browser."""
        return _image(request, await asyncio.to_thread(self._find(request).thumbnail, THUMBNAIL_SIDE))

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """The picture as it lies in the gallery."""
        return _image(request, await asyncio.to_thread(self._find(request).read))

    def _find(self, request: web.Request) -> Style:
        picture = self._pictures.get(request.match_info["id"])
        if picture is None:
            raise PageRefusal("This picture is no longer in the gallery; reload the page.", "style", status=404)
        return picture


def _as_json(picture: Style) -> dict[str, Any]:
    return {
        "id": picture.id,
        "title": picture.title,
        "artist": picture.artist,
        "year": picture.year,
        "source": picture.source,
        "licence": picture.licence,
        "strength": picture.defaults.strength,
    }


def _image(request: web.Request, content: bytes) -> web.StreamResponse:
    tag = hashlib.sha256(content).hexdigest()[:32]
    known = any(entry.value == tag for entry in request.if_none_match or ())
    response = web.Response(status=304) if known else web.Response(body=content)
    if not known:
        response.content_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    response.etag = tag
    response.headers["Cache-Control"] = _KEPT_BY_BROWSER
    return response
