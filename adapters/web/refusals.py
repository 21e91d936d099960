"""How the page says no: one sentence, the field to show it beside, and a status."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Literal

from aiohttp import web

from bot.errors import BadOption, BadPicture, NoSuchJob, NotYours, Refusal, StorageTrouble, TooMany, UnknownStyle

Field = Literal["", "photo", "picture", "style", "options"]
"""A field of the form; `picture` where it is the photo or a style picture, empty for the form as a whole."""

_STATUS: Final[Mapping[type[Refusal], int]] = {TooMany: 429, NoSuchJob: 404, NotYours: 404, StorageTrouble: 503}
_FIELD: Final[Mapping[type[Refusal], Field]] = {
    BadPicture: "picture",
    UnknownStyle: "style",
    BadOption: "options",
}


class PageRefusal(Refusal):
    """A refusal that the page itself makes, with the `field` to show it beside and the `status` of its answer."""

    def __init__(self, sentence: str, field: Field = "", status: int = 400) -> None:
        super().__init__(sentence)
        self.field: Field = field
        self.status = status


def refused(refusal: Refusal) -> web.Response:
    """The answer to a request that is refused: 4xx with `error` and `field` in JSON."""
    if isinstance(refusal, PageRefusal):
        return sentence(str(refusal), refusal.status, refusal.field)
    answer = sentence(str(refusal), _STATUS.get(type(refusal), 400), _FIELD.get(type(refusal), ""))
    if isinstance(refusal, TooMany) and refusal.seconds is not None:
        answer.headers["Retry-After"] = str(math.ceil(refusal.seconds))
    return answer


def sentence(text: str, status: int, field: Field = "") -> web.Response:
    """One sentence for the page to show, as JSON with that status."""
    return web.json_response({"error": text, "field": field}, status=status)
