"""Whether and since when the queue is out of reach, for those who must be told."""

from __future__ import annotations

import time
from typing import Final

import structlog

TOLD_AFTER: Final = 3.0
"""Seconds after which people are told: a queue that only restarts is back by then."""

log = structlog.get_logger(__name__)


class Outage:
    """An outage of the queue; true while it lasts."""

    def __init__(self) -> None:
        self.ended = float("-inf")
        """When the last one ended, by the monotonic clock."""
        self._began: float | None = None

    def __bool__(self) -> bool:
        return self._began is not None

    @property
    def is_long(self) -> bool:
        """Whether it lasts long enough to be told."""
        return self._began is not None and time.monotonic() - self._began >= TOLD_AFTER

    def begin(self, reason: str) -> None:
        """Note that the queue did not answer."""
        if self._began is None:
            self._began = time.monotonic()
            log.warning("the queue is out of reach; jobs are kept until it is back", reason=reason)

    def end(self) -> None:
        """Note that the queue answered."""
        if self._began is not None:
            self.ended = time.monotonic()
            log.info("the queue is back", seconds=round(self.ended - self._began, 1))
            self._began = None
