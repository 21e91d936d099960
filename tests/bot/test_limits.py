"""Limits: who may ask how much, how often, and when to come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import QueueConfig
from bot.errors import TooMany
from bot.limits import DAY, Limits, Weights
from bot.queue.ledger import Ledger
from bot.requests import JobState
from bot.text import later
from tests.bot.test_ledger import COST, make_job

WIDE = Limits(1000, 1000, 1000)


class Counter:
    """Asks one after the other, on a ledger, at times that the test gives."""

    def __init__(self, ledger: Ledger, limits: Limits) -> None:
        self.ledger = ledger
        self.limits = limits
        self.number = 0

    async def ask(self, at: float, person: str = "ann", place: str = "here") -> str:
        self.number += 1
        job = replace(make_job(self.number, person, place), created=at)
        return (await self.ledger.call(self.ledger.accept, job, COST, self.limits)).id

    async def refused(self, at: float, person: str = "ann", place: str = "here") -> TooMany:
        with pytest.raises(TooMany) as caught:
            await self.ask(at, person, place)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
        return caught.value


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


async def test_a_person_has_so_many_pictures_within_any_day(ledger: Ledger) -> None:
    counter = Counter(ledger, replace(WIDE, per_person_per_day=2))
    await counter.ask(1000.0)
    await counter.ask(5000.0)
    refusal = await counter.refused(1000.0 + DAY - 7200.0)
    assert str(refusal) == "You had 2 pictures within 24 hours, which is all for a day; ask again in about 2 hours."
    assert refusal.seconds == 7200.0
    await counter.ask(5000.0, "bob")
    await counter.ask(1000.0 + DAY + 1)
    await counter.refused(1000.0 + DAY + 2)


async def test_a_place_has_so_many_pictures_within_any_day(ledger: Ledger) -> None:
    counter = Counter(ledger, replace(WIDE, per_place_per_day=2))
    await counter.ask(1000.0, "ann")
    await counter.ask(1010.0, "bob")
    refusal = await counter.refused(1020.0, "cid")
    assert str(refusal).startswith("There were 2 pictures here within 24 hours") and refusal.seconds == DAY - 20
    await counter.ask(1020.0, "cid", "there")


async def test_between_two_of_a_person_lies_some_time(ledger: Ledger) -> None:
    counter = Counter(ledger, replace(WIDE, cooldown=60.0))
    await counter.ask(1000.0)
    refusal = await counter.refused(1020.0)
    assert str(refusal) == "You asked for a picture just now; ask again in 40 seconds."
    await counter.ask(1020.0, "bob")
    await counter.ask(1060.0)


@pytest.mark.parametrize(
    ("begun", "state", "counts"),
    [(False, "cancelled", False), (True, "cancelled", True), (True, "failed", False), (True, "done", True)],
)
async def test_what_failed_or_never_began_does_not_count(
    ledger: Ledger, begun: bool, state: JobState, counts: bool
) -> None:
    counter = Counter(ledger, replace(WIDE, per_person_per_day=1))
    job = await counter.ask(1000.0)
    if begun:
        await ledger.call(ledger.release, 1)
    await ledger.call(ledger.settle, job, state)
    if counts:
        await counter.refused(2000.0)
    else:
        await counter.ask(2000.0)


async def test_what_an_operator_cancels_does_not_count(ledger: Ledger) -> None:
    counter = Counter(ledger, replace(WIDE, per_person_per_day=1))
    await counter.ask(1000.0)
    await ledger.call(ledger.release, 1)
    await ledger.call(ledger.recall, "open", "Later.")
    await counter.ask(2000.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "in 1 second"),
        (40, "in 40 seconds"),
        (89.2, "in 90 seconds"),
        (100, "in about 2 minutes"),
        (5400, "in about 90 minutes"),
        (DAY, "in about 24 hours"),
    ],
)
def test_when_to_come_back_is_told_in_words(seconds: float, words: str) -> None:
    assert later(seconds) == words


def test_the_configuration_names_limits_and_weights() -> None:
    config = QueueConfig.model_validate(
        {"max_per_person_per_day": 3, "cooldown_seconds": 5, "weights": {"test:ann": 2.0}, "moderator_weight": 4.0}
    )
    assert Limits.of(config) == Limits(5, 50, 500, 3, 0, 5.0)
    weights = Weights.of(config)
    assert weights.of_person("test", "ann", is_moderator=True) == 8.0
    assert weights.of_person("other", "ann", is_moderator=False) == 1.0
    assert weights.of_place("test", "ann") == 2.0
    for wrong in ({"weights": {"ann": 2.0}}, {"weights": {"test:ann": 0}}, {"cooldown_seconds": -1}):
        with pytest.raises(ValueError, match=r"weights|cooldown"):
            QueueConfig.model_validate(wrong)
