"""Who is looking: a random id in a cookie, and the person it stands for."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from aiohttp import web

COOKIE: Final = "atelier_visitor"
_SECONDS_KEPT: Final = 365 * 24 * 3600
_GOOD: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
_NEW: Final = web.RequestKey("atelier_new_visitor", str)


def person(request: web.Request) -> str:
    """The person behind a request: a digest of the cookie, so that the secret itself gets into no store or log.

    A browser without a cookie becomes a new person, who is given one by `greet`.
    """
    secret = request.cookies.get(COOKIE, "")
    if not _GOOD.fullmatch(secret):
        secret = request.get(_NEW) or secrets.token_urlsafe(24)
        request[_NEW] = secret
    return hashlib.sha256(secret.encode()).hexdigest()[:24]


def greet(request: web.Request, response: web.StreamResponse) -> None:
    """Give a new visitor a cookie: on the page itself and wherever `person` had to make one up."""
    if request.path == "/":
        person(request)
    if secret := request.get(_NEW):
        response.set_cookie(COOKIE, secret, max_age=_SECONDS_KEPT, httponly=True, samesite="Lax", path="/")
