"""Who may ask how much."""

from __future__ import annotations

from dataclasses import dataclass

from bot.config import QueueConfig
from bot.errors import TooMany


@dataclass(frozen=True, slots=True)
class Load:
    """How many jobs are not over yet: of one person, of one place, and in all."""

    person: int
    place: int
    total: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The most jobs that may wait or run at once."""

    per_person: int
    per_place: int
    total: int

    @classmethod
    def of(cls, config: QueueConfig) -> Limits:
        """The limits that the configuration gives."""
        return cls(config.max_per_person, config.max_per_place, config.max_total)

    def check(self, load: Load) -> None:
        """Raise `TooMany`, with the reason and what to do, when one more job would be over a limit."""
        if load.person >= self.per_person:
            noun = "picture" if load.person == 1 else "pictures"
            raise TooMany(f"You already have {load.person} {noun} in the queue; wait for one, or cancel one.")
        if load.place >= self.per_place:
            raise TooMany(f"This place already has {load.place} pictures in the queue; try again in a while.")
        if load.total >= self.total:
            raise TooMany(f"The queue is full with {load.total} pictures; try again in a while.")
