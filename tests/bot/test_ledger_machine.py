"""The ledger against a model that does everything the simple way, over whatever may happen to jobs, in any order."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.errors import TooMany
from bot.limits import DAY, Limits, Weights
from bot.queue.ledger import Ledger
from bot.requests import JobState
from bot.speed import Cost
from tests.bot.test_ledger import make_job

PLACES: Final = ("hall", "attic")
PERSONS: Final = ("ann", "bob", "cid")
WEIGHTS: Final = Weights({"test:attic": 0.5, "test:bob": 2.0}, moderator=3.0)
LIMITS: Final = Limits(4, 7, 9, per_person_per_day=6, per_place_per_day=10, cooldown=5.0)
HOUR: Final = 3600.0


@dataclass
class Lane:
    """A place, or a person in it."""

    start: float = 0.0
    weight: float = 1.0
    served: int = 0
    joined: str = ""

    @property
    def order(self) -> tuple[float, float, int, str]:
        return (self.start, -self.weight, self.served, self.joined)


@dataclass
class Level:
    """Those who take turns with each other."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    clock: float = 0.0
    ceiling: float = 0.0

    def join(self, name: str, weight: float, job_id: str, waiting: set[str]) -> None:
        if not waiting:
            self.clock = self.ceiling
        lane = self.lanes.setdefault(name, Lane(self.clock))
        if name not in waiting:
            lane.start, lane.joined = max(lane.start, self.clock), job_id
        lane.weight = weight

    def first(self, waiting: set[str]) -> str:
        return min(waiting, key=lambda name: self.lanes[name].order)

    def charge(self, name: str, effort: float, served: int) -> None:
        lane = self.lanes[name]
        self.clock = max(self.clock, lane.start)
        lane.start += effort / lane.weight
        lane.served = served
        self.ceiling = max(self.ceiling, lane.start)

    def merge(self, name: str, lane: Lane, shift: float) -> None:
        lane.start += shift
        there = self.lanes.setdefault(name, lane)
        there.start, there.served = max(there.start, lane.start), max(there.served, lane.served)
        there.joined = min(there.joined, lane.joined)


@dataclass
class Known:
    """A job as the model knows it."""

    id: str
    person: str
    place: str
    created: float
    cost: Cost
    state: JobState = "accepted"
    attempts: int = 0
    counts: bool = True
    replied: bool = False
    forgotten: bool = False
    is_recalled: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in ("accepted", "released")


class LedgerMachine(RuleBasedStateMachine):
    """Rules are what happens to jobs; invariants compare all that the ledger tells."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.jobs: dict[str, Known] = {}
        self.places = Level()
        self.persons: dict[str, Level] = {}
        self.served = 0
        self.now = 1e6
        self.paused: str | None = None
        self.open()

    def open(self) -> None:
        self.ledger = Ledger(self.folder / "ledger.sqlite3")
        # Nothing here loses power.
        self.call(self.ledger._db.execute, "PRAGMA synchronous = OFF")

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self.ledger._thread.submit(method, *args, **kwargs).result()

    def of(self, **wanted: object) -> list[Known]:
        return [job for job in self.jobs.values() if all(getattr(job, name) == is_ for name, is_ in wanted.items())]

    def waiting_in(self, place: str) -> set[str]:
        return {job.person for job in self.of(state="accepted", place=place)}

    def refused(self, person: str, place: str) -> str | None:
        """In which words the next job is refused."""
        counted = [job for job in self.of(counts=True) if job.created > self.now - DAY]
        opened = self.of(is_open=True)
        of_person = [job for job in counted if job.person == person]
        if len(of_person) >= LIMITS.per_person_per_day:
            return "You had 6 pictures within 24 hours"
        if sum(job.place == place for job in counted) >= LIMITS.per_place_per_day:
            return "There were 10 pictures here within 24 hours"
        if sum(job.person == person for job in opened) >= LIMITS.per_person:
            return "You already have 4"
        if any(job.created > self.now - LIMITS.cooldown for job in of_person):
            return "just now"
        if sum(job.place == place for job in opened) >= LIMITS.per_place:
            return "There are already 7"
        return "full with 9" if len(opened) >= LIMITS.total else None

    @rule(
        person=st.sampled_from(PERSONS),
        place=st.sampled_from(PLACES),
        cost=st.builds(Cost, st.integers(1, 9), st.floats(0.1, 20.0)),
        moderator=st.booleans(),
        later=st.sampled_from([0.0, 4.0, 6.0, 6.0, 6.0, HOUR]),
    )
    def accept(self, person: str, place: str, cost: Cost, moderator: bool, later: float) -> None:
        self.now += later
        job = replace(make_job(len(self.jobs), person, place), created=self.now, photo=f"photo of {person}")
        refused = self.refused(person, place)
        if refused is not None:
            with pytest.raises(TooMany, match=refused) as caught:
                self.call(self.ledger.accept, job, cost, LIMITS, WEIGHTS, moderator=moderator)
            assert caught.value.seconds is None or 0 < caught.value.seconds <= DAY
            return
        self.places.join(
            place, WEIGHTS.of_place("test", place), job.id, {one.place for one in self.of(state="accepted")}
        )
        weight = WEIGHTS.of_person("test", person, moderator)
        self.persons.setdefault(place, Level()).join(person, weight, job.id, self.waiting_in(place))
        self.jobs[job.id] = Known(job.id, person, place, self.now, cost)
        assert self.call(self.ledger.accept, job, cost, LIMITS, WEIGHTS, moderator=moderator).is_new

    @rule(old=st.sampled_from(PLACES), new=st.sampled_from(PLACES))
    def move_place(self, old: str, new: str) -> None:
        self.call(self.ledger.move_place, "test", old, new)
        if old == new or old not in self.persons:
            return
        for job in self.of(place=old):
            job.place = new
        self.places.merge(new, self.places.lanes.pop(old), 0.0)
        come, there = self.persons.pop(old), self.persons.get(new)
        if there is None:
            self.persons[new] = come
            return
        shift = there.clock - come.clock
        for person, lane in come.lanes.items():
            there.merge(person, lane, shift)
        there.ceiling = max(there.ceiling, come.ceiling + shift)

    @precondition(lambda self: bool(self.jobs))
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(list(self.jobs.values())))
        again = replace(make_job(999_999, known.person), origin=f"origin{int(known.id[3:])}", created=self.now)
        found = self.call(self.ledger.accept, again, known.cost, LIMITS, WEIGHTS)
        assert (found.id, found.is_new, found.state) == (known.id, False, known.state)

    @rule(room=st.integers(0, 4))
    def release(self, room: int) -> None:
        released = [job.id for job in self.call(self.ledger.release, room)]
        expected = self.order()[:room] if self.paused is None else []
        assert released == [job.id for job in expected]
        for job in expected:
            self.take(job, self.places, self.persons)
            job.state = "released"

    def take(self, job: Known, places: Level, persons: dict[str, Level]) -> None:
        self.served += 1
        places.charge(job.place, job.cost.effort, self.served)
        persons[job.place].charge(job.person, job.cost.effort, self.served)

    def order(self) -> list[Known]:
        """The waiting jobs, the next one first, found by taking one after the other from a copy."""
        places = Level({name: replace(lane) for name, lane in self.places.lanes.items()})
        persons = {
            place: Level({name: replace(lane) for name, lane in level.lanes.items()})
            for place, level in self.persons.items()
        }
        served, waiting, order = self.served, self.of(state="accepted"), []
        while waiting:
            place = places.first({job.place for job in waiting})
            person = persons[place].first({job.person for job in waiting if job.place == place})
            job = next(job for job in waiting if (job.place, job.person) == (place, person))
            self.take(job, places, persons)
            waiting.remove(job)
            order.append(job)
        self.served = served
        return order

    @precondition(lambda self: bool(self.jobs))
    @rule(data=st.data(), state=st.sampled_from(["done", "failed", "cancelled"]))
    def end(self, data: st.DataObject, state: JobState) -> None:
        """At the end of painting, or by cancel, also late: the first end holds."""
        job = data.draw(st.sampled_from(list(self.jobs.values())))
        assert self.call(self.ledger.settle, job.id, state, "", 1.0) is job.is_open
        if job.is_open:
            job.counts &= not (state == "failed" or (state == "cancelled" and job.state == "accepted"))
            job.state = state

    @rule(data=st.data(), which=st.sampled_from(["waiting", "open", "one"]))
    def recall(self, data: st.DataObject, which: Any) -> None:
        chosen = self.of(state="accepted") if which == "waiting" else self.of(is_open=True)
        if which == "one":
            chosen = [data.draw(st.sampled_from(chosen))] if chosen else []
            which = (chosen[0].id if chosen else "nobody's",)
        assert self.call(self.ledger.recall, which, "Later.") == [job.id for job in chosen]
        for job in chosen:
            job.state, job.counts, job.is_recalled = "cancelled", False, True

    @precondition(lambda self: bool(self.of(is_recalled=True)))
    @rule(data=st.data())
    def tell_recalled(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.of(is_recalled=True)))
        self.call(self.ledger.mark_told, job.id)
        job.is_recalled = False

    @rule(reason=st.sampled_from([None, "", "Back at noon"]))
    def pause(self, reason: str | None) -> None:
        if reason is None:
            assert self.call(self.ledger.resume) is (self.paused is not None)
        else:
            self.call(self.ledger.pause, reason)
        self.paused = reason

    @precondition(lambda self: bool(self.jobs))
    @rule(data=st.data())
    def count_attempt(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.jobs.values())))
        job.attempts += job.state == "released"
        told = self.call(self.ledger.count_attempt, job.id)
        assert told == (job.attempts if job.state == "released" else None)

    @precondition(lambda self: bool(self.of(is_open=False, replied=False)))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.of(is_open=False, replied=False)))
        self.call(self.ledger.mark_replied, job.id)
        job.replied = True

    @rule()
    def forget(self) -> None:
        old = self.of(replied=True, forgotten=False)
        kept = {f"photo of {job.person}" for job in self.jobs.values() if not job.forgotten and job not in old}
        jobs, keys = self.call(self.ledger.forget, 1e12)
        assert jobs == [job.id for job in old]
        assert {key for key in keys if key.startswith("photo")} == {f"photo of {job.person}" for job in old} - kept
        for job in old:
            job.forgotten = True

    @rule(in_order=st.booleans())
    def restart(self, in_order: bool) -> None:
        if in_order:
            self.call(self.ledger.excuse_attempts)
            for job in self.of(state="released"):
                job.attempts = max(job.attempts - 1, 0)
        self.ledger.close()
        self.open()

    @invariant()
    def all_stand_as_they_should(self) -> None:
        for known in self.jobs.values():
            job = self.call(self.ledger.job, known.id)
            assert (job.state, job.attempts, job.replied) == (known.state, known.attempts, known.replied)

    @invariant()
    def the_ledger_tells_what_the_model_knows(self) -> None:
        assert self.call(self.ledger.waiting) == [job.id for job in self.order()]
        assert [job.id for job in self.call(self.ledger.released)] == [job.id for job in self.of(state="released")]
        over = [job.id for job in self.of(is_open=False, replied=False)]
        assert [job.id for job in self.call(self.ledger.unanswered)] == over
        assert [job.id for job in self.call(self.ledger.recalled)] == [job.id for job in self.of(is_recalled=True)]
        assert self.call(self.ledger.paused) == self.paused
        for person in PERSONS:
            own = {job.id for job in self.of(is_open=True, person=person)}
            assert set(self.call(self.ledger.open_jobs, "test", person)) == own


TestLedgerMachine = pytest.mark.slow(LedgerMachine.TestCase)
TestLedgerMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
