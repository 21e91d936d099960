"""Who may ask how much, and whose turns weigh how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot import text
from bot.config import QueueConfig
from bot.errors import TooMany

DAY: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Load:
    """How many jobs are not over yet: of one person, of one place, and in all; and when was asked before.

    `asked_last` is when the person asked last, `person_day` and `place_day` when they asked for the first of as many
    pictures as are allowed a day; None where that limits nothing. All in seconds since the epoch.
    """

    person: int
    place: int
    total: int
    asked_last: float | None = None
    person_day: float | None = None
    place_day: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The most jobs that may wait or run at once, and be asked for within any 24 hours; of the latter, 0 is no limit.

    `cooldown` is how many seconds a person waits between two of them.
    """

    per_person: int
    per_place: int
    total: int
    per_person_per_day: int = 0
    per_place_per_day: int = 0
    cooldown: float = 0.0

    @classmethod
    def of(cls, config: QueueConfig) -> Limits:
        """The limits that the configuration gives."""
        return cls(
            config.max_per_person,
            config.max_per_place,
            config.max_total,
            config.max_per_person_per_day,
            config.max_per_place_per_day,
            config.cooldown_seconds,
        )

    def check(self, load: Load, now: float) -> None:
        """Raise `TooMany`, with the reason and what to do, when one more job would be over a limit."""
        if load.person_day is not None:
            asked = _pictures(self.per_person_per_day)
            _refuse(f"You had {asked} within 24 hours, which is all for a day", load.person_day + DAY - now)
        if load.place_day is not None:
            asked = _pictures(self.per_place_per_day)
            _refuse(f"This place had {asked} within 24 hours, which is all for a day", load.place_day + DAY - now)
        if load.person >= self.per_person:
            raise TooMany(f"You already have {_pictures(load.person)} in the queue; wait for one, or cancel one.")
        if load.asked_last is not None:
            _refuse("You asked for a picture just now", load.asked_last + self.cooldown - now)
        if load.place >= self.per_place:
            raise TooMany(f"This place already has {_pictures(load.place)} in the queue; try again in a while.")
        if load.total >= self.total:
            raise TooMany(f"The queue is full with {_pictures(load.total)}; try again in a while.")


def _pictures(count: int) -> str:
    return f"{count} picture" if count == 1 else f"{count} pictures"


def _refuse(reason: str, seconds: float) -> None:
    raise TooMany(f"{reason}; ask again {text.later(seconds)}.", max(seconds, 1.0))


@dataclass(frozen=True, slots=True)
class Weights:
    """How much work a place or a person gets beside others: those that weigh 2 twice that of those that weigh 1.

    `named` are ids with their platform, as in the configuration; a moderator's weight is multiplied by `moderator`.
    """

    named: Mapping[str, float] = field(default_factory=dict)
    moderator: float = 1.0

    @classmethod
    def of(cls, config: QueueConfig) -> Weights:
        """The weights that the configuration gives."""
        return cls(config.weights, config.moderator_weight)

    def of_place(self, platform: str, place: str) -> float:
        """A place's weight among places."""
        return self.named.get(f"{platform}:{place}", 1.0)

    def of_person(self, platform: str, person: str, is_moderator: bool) -> float:
        """A person's weight among those of their place."""
        return self.named.get(f"{platform}:{person}", 1.0) * (self.moderator if is_moderator else 1.0)


EVEN: Final = Weights()
"""Everyone weighs the same."""
