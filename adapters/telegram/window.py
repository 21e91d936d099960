"""So many calls within so much time, and no more."""

from __future__ import annotations

import math
from collections import deque


class Window:
    """At most `most` calls within any `seconds`, as the one sees it who is called.

    A call counts from its beginning until `seconds` after its end, since it is not known when in between it arrived.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.ends: deque[float] = deque()
        self._most = most
        self._seconds = seconds
        self._under_way = 0

    def pause(self, now: float, weight: int, spared: int = 0) -> float:
        """Seconds until `weight` more calls fit, so many `spared`; infinite while that hangs on calls under way."""
        self.forget(now)
        room = max(self._most - spared, 1)
        short = min(weight, room) + self._under_way + len(self.ends) - room
        if short <= 0:
            return 0.0
        return math.inf if short > len(self.ends) else self.ends[short - 1] + self._seconds - now

    def begin(self, weight: int) -> None:
        """So many calls begin."""
        self._under_way += weight

    def end(self, now: float, weight: int) -> None:
        """So many calls have ended."""
        self._under_way -= weight
        self.ends.extend([now] * weight)

    def forget(self, now: float) -> None:
        """Count no more what is long past."""
        while self.ends and self.ends[0] <= now - self._seconds:
            self.ends.popleft()

    def times(self, now: float) -> list[float]:
        """When the calls that count ended; those under way now."""
        return [*self.ends, *[now] * self._under_way]

    def is_idle(self, now: float) -> bool:
        """Whether nothing counts at present."""
        self.forget(now)
        return not self.ends and not self._under_way
