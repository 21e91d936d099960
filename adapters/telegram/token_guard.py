"""Keeps the bot's token out of the log: it is part of every address that the client library calls."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, Final
from urllib.parse import quote

_LIBRARY_LOGGERS: Final = (
    "telegram",
    "telegram.Bot",
    "telegram.ext",
    "telegram.ext.AIORateLimiter",
    "telegram.ext.Application",
    "telegram.ext.ExtBot",
    "telegram.ext.Updater",
    "telegram.request.BaseRequest",
    "telegram.request.HTTPXRequest",
)
_ADDRESS_LOGGERS: Final = ("httpx", "httpcore")
_STANDIN: Final = "<token>"
_LEAST_SECRET: Final = 8
"""So short a text would be found in words that mean nothing by it."""


class TokenGuard(logging.Filter):
    """Takes the token, and other secrets that it is told, out of texts and of all records that are logged."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._secrets: list[str] = []
        self.hide(token)
        self.hide(token.partition(":")[2])

    def hide(self, secret: str) -> None:
        """Take this out too, as it is and as it stands in addresses."""
        if len(secret) >= _LEAST_SECRET:
            self._secrets += [secret, quote(secret, safe="")]

    def install(self) -> None:
        """Guards the log and quiets those that write down addresses."""
        for guarded in self._guarded():
            guarded.addFilter(self)
        for name in _ADDRESS_LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        # Every flood limit is logged by the limiter of this front-end; there it would come with a traceback.
        logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)

    def remove(self) -> None:
        """Takes the filter away again; the quiet stays."""
        for guarded in self._guarded():
            guarded.removeFilter(self)

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _STANDIN)
        return text

    def traceback(self, error: BaseException | None) -> str:
        """The traceback of an error as text without the token, and without the values of variables."""
        return "" if error is None else self.clean("".join(traceback.format_exception(error)))

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites a record where a secret is in it or in its traceback; lets every record through."""
        told = _told(record.exc_info)
        event: Any = record.msg
        is_event = isinstance(event, dict)
        if is_event:
            record.msg = event = self._clean_event(event)
        elif self._has_secret(text := record.getMessage()):
            record.msg, record.args = self.clean(text), None
        if self._has_secret(told):
            if is_event:
                event["exception"] = self.clean(told)
            else:
                record.msg, record.args = f"{record.getMessage()}\n{self.clean(told)}", None
            record.exc_info = record.exc_text = None
        return True

    def _clean_event(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event of structlog, whose values may be anything."""
        cleaned = {name: self._clean_value(value) for name, value in event.items()}
        told = _told(event.get("exc_info"))
        if self._has_secret(told):
            cleaned.pop("exc_info", None)
            cleaned["exception"] = self.clean(told)
        return cleaned

    def _clean_value(self, value: Any) -> Any:
        told = value if isinstance(value, str) else repr(value)
        return self.clean(told) if self._has_secret(told) else value

    def _has_secret(self, text: str) -> bool:
        return any(secret in text for secret in self._secrets)

    def _guarded(self) -> list[logging.Filterer]:
        """The loggers of the library, for whoever listens to them, and all that writes."""
        loggers = [logging.getLogger(name) for name in (*_LIBRARY_LOGGERS, *_ADDRESS_LOGGERS)]
        return [*loggers, *logging.getLogger().handlers]


def _told(exc_info: Any) -> str:
    """What a log would write of an error, in any form in which it may be given."""
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
