"""Flood limits: how many messages and edits a bot may send, and what happens when it sends more."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FloodRules:
    """Telegram's limits: in any chat one a second after a short burst, in a group 20 a minute, 30 a second overall."""

    chat_burst: int = 3
    chat_seconds: float = 1.0
    group_messages: int = 20
    group_seconds: float = 60.0
    all_messages: int = 30
    all_seconds: float = 1.0


@dataclass
class Flood:
    """Counts calls against the rules; with no rules only what a test asks for is refused."""

    rules: FloodRules | None = None
    refused: list[tuple[str, int, int]] = field(default_factory=list)
    violations: list[tuple[str, int]] = field(default_factory=list)
    """What was refused for being too much, not because the chat was closed."""
    _sent: dict[int, deque[float]] = field(default_factory=dict)
    _closed_until: dict[int, float] = field(default_factory=dict)

    def close(self, chat_id: int, seconds: float) -> None:
        """Refuses everything in that chat for so long."""
        self._closed_until[chat_id] = time.monotonic() + seconds

    def retry_after(self, method: str, chat_id: int) -> int | None:
        """Seconds that the bot has to wait, or None when the call may go through and is counted."""
        now = time.monotonic()
        excess = self._excess(chat_id, now)
        if excess > 0:
            self.violations.append((method, chat_id))
        wait = max(self._closed_until.get(chat_id, 0.0) - now, excess)
        if wait > 0:
            seconds = math.ceil(wait)
            self.refused.append((method, chat_id, seconds))
            return seconds
        for key in (chat_id, 0):
            self._sent.setdefault(key, deque(maxlen=1000)).append(now)
        return None

    def _excess(self, chat_id: int, now: float) -> float:
        if self.rules is None:
            return 0.0
        rules = self.rules
        windows = [
            (chat_id, rules.chat_burst, rules.chat_burst * rules.chat_seconds),
            (0, rules.all_messages, rules.all_seconds),
        ]
        if chat_id < 0:
            windows.append((chat_id, rules.group_messages, rules.group_seconds))
        waits = [0.0]
        for key, most, seconds in windows:
            recent = [at for at in self._sent.get(key, ()) if at > now - seconds]
            if len(recent) >= most:
                waits.append(recent[-most] + seconds - now)
        return max(waits)

    def busiest(self, chat_id: int) -> int:
        """The most calls to that group that there were within its time."""
        assert self.rules is not None, "counted by the rules"
        times = list(self._sent.get(chat_id, ()))
        return max((sum(at <= other < at + self.rules.group_seconds for other in times) for at in times), default=0)
