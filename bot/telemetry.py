"""Structured logs on standard error, for a console or as JSON lines; secrets never among them."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

from bot.config import LogConfig

QUIET: Final = ("httpx", "httpcore", "apscheduler", "discord", "aiohttp.access", "telegram")
"""Libraries whose information is noise here; some of it would carry a token in an address."""
MUTE: Final = "docket"
"""Of an outage it warns every second; the bot says so itself, once."""


def configure_logs(config: LogConfig) -> None:
    """Send the program's and its libraries' logs to standard error in the configured level and format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_json = config.format == "json"
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        # Not the pretty one: it prints local variables, and among those may be a token.
        exception_formatter=structlog.dev.plain_traceback,
    )
    if is_json:
        renderer = structlog.processors.JSONRenderer()
    tail = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    if is_json:
        tail.insert(1, structlog.processors.format_exc_info)
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=tail))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(MUTE).setLevel(logging.ERROR)
