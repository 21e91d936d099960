"""Who may speak to the page, and in what words it says no."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.web.refusals import PageRefusal, refused, sentence
from adapters.web.visitor import greet
from bot.errors import Refusal

CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SENTENCES: Final[Mapping[int, str]] = {
    404: "There is nothing at this address; go back to the start page.",
    405: "This address does not take that kind of request.",
}


class Guard:
    """Turns strangers away and puts the same protection on every response.

    With `only_loopback` the page answers only to the names of this machine, else to any address and to the `names`
    that were configured, so that no foreign name that was made to point here (DNS rebinding) can read it.
    """

    def __init__(self, *, only_loopback: bool, names: Collection[str] = ()) -> None:
        self._only_loopback = only_loopback
        self._names = {name.lower() for name in names}

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check where the request comes from, then answer it; every error becomes one sentence in JSON."""
        response = await self._answer(request, handler)
        if not response.prepared:
            greet(request, response)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._check_host(request)
            _check_origin(request)
            return await handler(request)
        except Refusal as refusal:
            return refused(refusal)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            text = _SENTENCES.get(error.status, "The request could not be understood; reload the page.")
            return sentence(text, error.status)
        except (ConnectionError, web.RequestPayloadError):
            raise
        except Exception:
            structlog.get_logger(__name__).exception("a request to the local page failed", path=request.path)
            return sentence("Something went wrong inside the bot; try again, and then look into its log.", 500)

    async def protect(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put the protecting headers on a response that is about to go."""
        response.headers.update(HEADERS)
        if request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-cache")
        response.headers.setdefault("Cache-Control", "no-store")

    def _check_host(self, request: web.Request) -> None:
        host = _host_of(request)
        if is_loopback(host) or host in self._names:
            return
        if self._only_loopback:
            raise PageRefusal(
                "This page answers only on its own machine; open it as 127.0.0.1 or localhost.", status=403
            )
        if not _is_address(host):
            raise PageRefusal(f"This page does not answer to the name {host}; add it to web.names.", status=403)


def is_loopback(host: str) -> bool:
    """Whether a page that listens at `host` can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host_of(request: web.Request) -> str:
    """The name or address that the page was opened by, in small letters, without its port."""
    try:
        return urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check_origin(request: web.Request) -> None:
    """Refuse what another site's page sends in a visitor's name; programs that are no browser send no origin."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("Host", "").lower()
    if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise PageRefusal("This request came from another site; use the page itself.", status=403)
