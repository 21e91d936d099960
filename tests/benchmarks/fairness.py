"""How long people wait for their turn, in virtual time: a day on the ledger's own order, with a clock of its own.

    python -m tests.benchmarks.fairness --persons 1000 --workers 8

Most persons ask for a picture now and then; a few ask for fifty at once. Waiting is from the request to the start of
its painting. The ideal is told for those who ask now and then. It is a machine that paints for everybody at once: each
place that waits gets the same share of the workers, and in it each person, who has one picture at a time; a picture
waits there for as long as it ends later than if its person were alone. Prints a table for docs/benchmarks.md.

"""

from __future__ import annotations

import argparse
import heapq
import random
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bot.limits import Limits
from bot.queue.ledger import Ledger
from bot.speed import Cost
from tests.bot.test_ledger import make_job

WIDE: Final = Limits(10**6, 10**6, 10**6)
SIZES: Final = ((60, 2.5), (100, 17.0), (200, 80.0))
"""Steps and megapixel-steps of the presets: draft, standard, fine."""
SECONDS_FOR_EFFORT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: when, by whom, where, and what it costs. `is_greedy`: one of fifty at once."""

    number: int
    at: float
    person: str
    place: str
    cost: Cost
    is_greedy: bool

    @property
    def seconds(self) -> float:
        """How long a worker paints it."""
        return SECONDS_FOR_EFFORT * self.cost.effort


def make_day(persons: int, places: int, workers: int, load: float, seed: int, hours: float = 24.0) -> list[Ask]:
    """Requests that keep the workers busy for the given share of the time."""
    chance = random.Random(seed)
    costs = [Cost(steps, work) for steps, work in SIZES]
    homes = [min(int(chance.expovariate(5.0) * places), places - 1) for _ in range(persons)]
    length = 3600.0 * hours
    budget = load * workers * length / SECONDS_FOR_EFFORT
    asks: list[tuple[float, int, Cost, bool]] = []
    while budget > 0:
        who = chance.randrange(persons)
        greedy = who < persons // 50
        cost = chance.choices(costs, (2, 7, 1))[0]
        at = chance.uniform(0, length)
        for _ in range(50 if greedy else 1):
            asks.append((at, who, cost, greedy))
            budget -= cost.effort
    asks.sort(key=lambda ask: ask[0])
    return [
        Ask(number, at, f"person {who}", f"place {homes[who]}", cost, greedy)
        for number, (at, who, cost, greedy) in enumerate(asks)
    ]


def by_turns(asks: list[Ask], workers: int, folder: Path) -> list[float]:
    """How long each waits when the ledger says who is next."""
    ledger = Ledger(folder / "ledger.sqlite3")
    call = ledger._thread.submit
    call(ledger._db.execute, "PRAGMA synchronous = OFF").result()

    def join(ask: Ask) -> None:
        job = replace(make_job(ask.number, ask.person, ask.place), created=ask.at)
        call(ledger.accept, job, ask.cost, WIDE).result()

    def leave() -> int | None:
        released = call(ledger.release, 1).result()
        if not released:
            return None
        call(ledger.settle, released[0].id, "done", "", 1.0).result()
        return int(released[0].id.removeprefix("job"))

    try:
        return _serve(asks, workers, join, leave)
    finally:
        ledger.close()


def by_arrival(asks: list[Ask], workers: int) -> list[float]:
    """How long each waits when the first to come is the first to be served."""
    line: deque[int] = deque()
    return _serve(asks, workers, lambda ask: line.append(ask.number), lambda: line.popleft() if line else None)


def _serve(asks: list[Ask], workers: int, join: Callable[[Ask], None], leave: Callable[[], int | None]) -> list[float]:
    waited = [0.0] * len(asks)
    busy: list[float] = []
    coming = deque(asks)
    now = 0.0
    while coming or busy:
        now = min(coming[0].at if coming else float("inf"), busy[0] if busy else float("inf"))
        while coming and coming[0].at <= now:
            join(coming.popleft())
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        while len(busy) < workers and (number := leave()) is not None:
            waited[number] = now - asks[number].at
            heapq.heappush(busy, now + asks[number].seconds)
    return waited


def ideally(asks: list[Ask], workers: int) -> list[float]:
    """How much later each ends, on the machine that paints for everybody at once, than if its person were alone."""
    ideal = _Ideal(workers)
    alone: dict[str, float] = defaultdict(float)
    lone: list[float] = []
    for ask in asks:
        alone[ask.person] = max(alone[ask.person], ask.at) + ask.seconds
        lone.append(alone[ask.person])
        ideal.pass_until(ask.at)
        ideal.add(ask)
    ideal.pass_until(float("inf"))
    return [max(ideal.ended[ask.number] - lone[ask.number], 0.0) for ask in asks]


class _Ideal:
    """Workers divided evenly among places, and a place's share among its persons, of whom none has more than one."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._now = 0.0
        self._lines: dict[tuple[str, str], deque[Ask]] = defaultdict(deque)
        self._left: dict[tuple[str, str], float] = {}
        self.ended: dict[int, float] = {}

    def add(self, ask: Ask) -> None:
        lane = (ask.place, ask.person)
        self._lines[lane].append(ask)
        self._left.setdefault(lane, ask.seconds)

    def pass_until(self, when: float) -> None:
        while self._left and self._now < when:
            rates = self._rates()
            step = min(when - self._now, *(self._left[lane] / rate for lane, rate in rates.items()))
            self._now += step
            for lane, rate in rates.items():
                self._left[lane] -= rate * step
                if self._left[lane] <= 1e-9:
                    self._end_one(lane)
        if when != float("inf"):
            self._now = when

    def _end_one(self, lane: tuple[str, str]) -> None:
        line = self._lines[lane]
        self.ended[line.popleft().number] = self._now
        if line:
            self._left[lane] = line[0].seconds
        else:
            del self._left[lane], self._lines[lane]

    def _rates(self) -> dict[tuple[str, str], float]:
        """Each place gets the same, but none more than a worker for each of its persons."""
        persons = Counter(place for place, _ in self._left)
        free, rates, remaining = float(self._workers), {}, len(persons)
        for place, count in sorted(persons.items(), key=lambda item: item[1]):
            rates[place] = min(free / remaining, float(count))
            free -= rates[place]
            remaining -= 1
        return {(place, person): rates[place] / persons[place] for place, person in self._left}


def percentile(values: Iterable[float], share: float) -> float:
    """The value that so large a share of them stays below."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def now_and_then(asks: list[Ask]) -> list[Ask]:
    """The requests of those who ask now and then."""
    return [ask for ask in asks if not ask.is_greedy]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=1000)
    parser.add_argument("--places", type=int, default=40)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--load", type=float, nargs="+", default=[0.5, 0.8, 0.95])
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print("| load | jobs | of | ideal, 95 % | by turns, 95 % | by arrival, 95 % | by turns, median |")
    print("|---|---|---|---|---|---|---|")
    began = time.monotonic()
    for load in chosen.load:
        asks = make_day(chosen.persons, chosen.places, chosen.workers, load, chosen.seed)
        with tempfile.TemporaryDirectory() as folder:
            turns = by_turns(asks, chosen.workers, Path(folder))
        arrival, ideal = by_arrival(asks, chosen.workers), ideally(asks, chosen.workers)
        for name, group, told in (
            ("who asks now and then", now_and_then(asks), (ideal, turns, arrival)),
            ("who asks for fifty", [ask for ask in asks if ask.is_greedy], (turns, arrival)),
        ):
            figures = [f"{percentile([times[ask.number] for ask in group], 0.95):,.0f} s" for times in told]
            middle = percentile([turns[ask.number] for ask in group], 0.5)
            cells = " | ".join([*[""] * (3 - len(told)), *figures])
            print(f"| {load:.0%} | {len(group):,} | {name} | {cells} | {middle:,.0f} s |")
    print(f"\n{chosen.persons} persons, {chosen.workers} workers; simulated in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
