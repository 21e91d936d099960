"""Nobody is starved: some hours of many persons, a few of them greedy, in virtual time on the ledger's own order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.fairness import Ask, by_arrival, by_turns, ideally, make_day, now_and_then, percentile


@pytest.mark.slow
def test_who_asks_now_and_then_waits_little_longer_than_on_an_ideal_machine(tmp_path: Path) -> None:
    asks = make_day(persons=200, places=10, workers=4, load=0.9, seed=3, hours=8)
    others = now_and_then(asks)
    assert len(asks) > 1.5 * len(others) > 600

    def waited(times: list[float]) -> float:
        return percentile((times[ask.number] for ask in others), 0.95)

    turns, arrival, ideal = by_turns(asks, 4, tmp_path), by_arrival(asks, 4), ideally(asks, 4)
    longest = max(ask.seconds for ask in asks)
    assert waited(turns) < waited(ideal) + longest
    assert waited(turns) < waited(arrival) / 3


def test_the_ideal_machine_divides_itself(tmp_path: Path) -> None:
    """Two workers, three persons of one place who come together: each takes half as long again."""
    (model,) = make_day(persons=1, places=1, workers=1, load=1e-9, seed=1)
    seconds = model.seconds
    asks = [Ask(number, 0.0, f"p{number}", "here", model.cost, is_greedy=False) for number in range(3)]
    assert ideally(asks, 2) == pytest.approx([seconds / 2] * 3)
    assert ideally(asks[:2], 2) == pytest.approx([0.0, 0.0])
    assert sorted(by_turns(asks, 2, tmp_path)) == pytest.approx([0.0, 0.0, seconds])
