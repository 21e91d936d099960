"""Who may ask how much, and whose turns weigh how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot import text
from bot.config import QueueConfig
from bot.errors import TooMany
from bot.languages import _, ngettext

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
            seconds = load.person_day + DAY - now
            _refuse(_all_for_person(self.per_person_per_day, text.later(seconds)), seconds)
        if load.place_day is not None:
            seconds = load.place_day + DAY - now
            _refuse(_all_for_place(self.per_place_per_day, text.later(seconds)), seconds)
        if load.person >= self.per_person:
            raise TooMany(_busy_person(load.person))
        if load.asked_last is not None:
            seconds = load.asked_last + self.cooldown - now
            _refuse(_("You asked for a picture just now; ask again {when}.", when=text.later(seconds)), seconds)
        if load.place >= self.per_place:
            raise TooMany(_busy_place(load.place))
        if load.total >= self.total:
            raise TooMany(_full(load.total))


def _refuse(sentence: str, seconds: float) -> None:
    raise TooMany(sentence, max(seconds, 1.0))


def _all_for_person(count: int, when: str) -> str:
    return ngettext(
        "You had {count} picture within 24 hours, which is all for a day; ask again {when}.",
        "You had {count} pictures within 24 hours, which is all for a day; ask again {when}.",
        count,
        when=when,
    )


def _all_for_place(count: int, when: str) -> str:
    return ngettext(
        "There was {count} picture here within 24 hours, which is all for a day; ask again {when}.",
        "There were {count} pictures here within 24 hours, which is all for a day; ask again {when}.",
        count,
        when=when,
    )


def _busy_person(count: int) -> str:
    return ngettext(
        "You already have {count} picture in the queue; wait for one, or cancel one.",
        "You already have {count} pictures in the queue; wait for one, or cancel one.",
        count,
    )


def _busy_place(count: int) -> str:
    return ngettext(
        "There is already {count} picture in the queue here; try again in a while.",
        "There are already {count} pictures in the queue here; try again in a while.",
        count,
    )


def _full(count: int) -> str:
    return ngettext(
        "The queue is full with {count} picture; try again in a while.",
        "The queue is full with {count} pictures; try again in a while.",
        count,
    )


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
