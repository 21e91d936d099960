"""Keeps the bot's token out of the log: it is part of every address that the client library calls."""

from __future__ import annotations

import logging
import traceback
from typing import Final

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


class TokenGuard(logging.Filter):
    """Takes the token out of texts and of the records of the client library."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def install(self) -> None:
        """Guards the loggers of the client library and quiets those that write down addresses."""
        for name in _LIBRARY_LOGGERS:
            logging.getLogger(name).addFilter(self)
        for name in _ADDRESS_LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        # Every flood limit is logged by the outbox or the status board; here it would come with a traceback.
        logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)

    def remove(self) -> None:
        """Takes the filter away again; the quiet stays."""
        for name in _LIBRARY_LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def clean(self, text: str) -> str:
        """The text without the token."""
        return text.replace(self._token, _STANDIN)

    def traceback(self, error: BaseException | None) -> str:
        """The traceback of an error as text without the token, and without the values of variables."""
        return "" if error is None else self.clean("".join(traceback.format_exception(error)))

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites a record, with its traceback as text; lets every record through."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}\n{''.join(traceback.format_exception(record.exc_info[1]))}"
            record.exc_info = None
        record.msg, record.args, record.exc_text = self.clean(text), None, None
        return True
