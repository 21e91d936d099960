"""Trouble with the storage is told in the log, no oftener than it helps."""

from __future__ import annotations

import time
from typing import Final

import structlog

from bot.errors import StorageTrouble

AGAIN: Final = 600.0
"""Seconds after which the same trouble is told once more."""

log = structlog.get_logger(__name__)


class Complaints:
    """Tells each trouble in the log once, and again only after `AGAIN` seconds."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def tell(self, reason: str) -> None:
        """Write an error line, unless that was done a short while ago."""
        now = time.monotonic()
        # Never changed in place: threads share it. What was told long ago is dropped, as reasons name jobs.
        told = {each: when for each, when in self._told.items() if now - when < AGAIN}
        if reason not in told:
            log.error("storage trouble", reason=reason)
        self._told = {reason: now, **told}

    def trouble(self, reason: str) -> StorageTrouble:
        """The error to raise for a trouble, which is told."""
        self.tell(reason)
        return StorageTrouble(reason)
