"""How long jobs will take: learned from finished ones, then by what was measured, and otherwise unknown."""

from __future__ import annotations

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.queue.estimates import Done, Estimates, learned_pace, times_left
from bot.speed import Cost, Pace

MEASURED = Pace(step=0.05, megapixel_step=8.0)
SIZES = (0.05, 0.2, 0.45)
"""Megapixels of a step: about those of draft, standard and fine."""

paces = st.builds(Pace, st.floats(0.001, 5), st.floats(0.01, 100))
costs = st.builds(lambda steps, size: Cost(steps, steps * size), st.integers(1, 500), st.floats(0.001, 16))


def at(pace: Pace, cost: Cost, factor: float = 1.0) -> Done:
    return Done(cost, pace.seconds(cost) * factor)


def of_size(megapixels: float, steps: int = 100) -> Cost:
    return Cost(steps, megapixels * steps)


def test_nothing_known_is_nothing_told() -> None:
    assert learned_pace([]) is None
    assert Estimates([]).seconds(of_size(0.2)) is None


def test_what_was_measured_holds_until_a_job_is_done() -> None:
    assert Estimates([], MEASURED).seconds(Cost(100, 20.0)) == pytest.approx(100 * 0.05 + 20 * 8)


@given(true=paces, done=st.lists(costs, min_size=1, max_size=20), wanted=costs)
def test_a_machine_that_keeps_its_measured_pace_is_told_right(true: Pace, done: list[Cost], wanted: Cost) -> None:
    estimates = Estimates([at(true, cost) for cost in done], true)
    assert estimates.seconds(wanted) == pytest.approx(true.seconds(wanted), rel=1e-3)


@given(true=paces, steps=st.lists(st.integers(1, 500), min_size=9, max_size=18), wanted=costs)
def test_jobs_of_several_sizes_teach_both_parts_of_the_pace(true: Pace, steps: list[int], wanted: Cost) -> None:
    done = [at(true, of_size(SIZES[number % 3], count)) for number, count in enumerate(steps)]
    assert Estimates(done).seconds(wanted) == pytest.approx(true.seconds(wanted), rel=1e-3)


@given(factor=st.floats(0.1, 10), measured=paces)
def test_jobs_of_one_size_scale_what_was_measured(factor: float, measured: Pace) -> None:
    done = [at(measured, of_size(0.2), factor) for _ in range(3)]
    learned = learned_pace(done, measured)
    assert learned is not None
    assert learned.step == pytest.approx(factor * measured.step)
    assert learned.megapixel_step == pytest.approx(factor * measured.megapixel_step)


def test_one_job_alone_says_what_a_megapixel_step_takes() -> None:
    assert learned_pace([Done(Cost(10, 4.0), 2.0)]) == Pace(0.0, 0.5)


@given(seed=st.integers(0, 2**32))
def test_chance_and_an_odd_job_or_two_do_little(seed: int) -> None:
    chance = random.Random(seed)
    costs = [of_size(SIZES[number % 3], chance.choice((60, 100, 200))) for number in range(20)]
    done = [at(MEASURED, cost, chance.uniform(0.9, 1.1)) for cost in costs]
    for odd in chance.sample(range(20), 2):
        done[odd] = Done(done[odd].cost, 30 * done[odd].seconds)
    estimates = Estimates(done)
    for size in SIZES:
        assert estimates.seconds(of_size(size)) == pytest.approx(MEASURED.seconds(of_size(size)), rel=0.25)


def test_each_size_has_its_own_correction() -> None:
    """Pictures that are painted in blocks take longer than the line through the others says."""
    done = [at(MEASURED, of_size(size)) for size in (*SIZES, *SIZES, *SIZES)] + [at(MEASURED, of_size(4), 3)] * 3
    estimates = Estimates(done)
    assert estimates.seconds(of_size(4, 50)) == pytest.approx(MEASURED.seconds(of_size(4, 50)) * 3, rel=0.01)
    assert estimates.seconds(of_size(0.2)) == pytest.approx(MEASURED.seconds(of_size(0.2)), rel=0.01)


@given(done=st.lists(st.builds(Done, costs, st.floats(0.001, 1e5)), max_size=20), wanted=costs)
def test_an_estimate_is_a_positive_number_within_what_was_seen_or_unknown(done: list[Done], wanted: Cost) -> None:
    seconds = Estimates(done).seconds(wanted)
    assert (seconds is None) == (not done)
    if seconds is not None:
        assert seconds > 0
        same = Estimates(done).seconds(done[0].cost)
        alike = [each.seconds / each.cost.steps for each in done if each.cost == done[0].cost]
        if len(alike) == len(done):
            assert same == pytest.approx(median(alike) * done[0].cost.steps)


def test_a_cost_without_steps_is_no_trouble() -> None:
    """Ledgers of an older version may lack them."""
    assert Estimates([Done(Cost(0, 2.0), 4.0)]).seconds(Cost(0, 1.0)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("running", "waiting", "workers", "ends"),
    [
        ([], [], 1, []),
        ([], [5.0, 7.0], 1, [5.0, 12.0]),
        ([10.0], [5.0, 7.0], 1, [15.0, 22.0]),
        ([10.0, 2.0], [5.0, 7.0], 2, [7.0, 14.0]),
        ([10.0], [5.0, 7.0], 2, [5.0, 12.0]),
        ([10.0, 4.0], [5.0], 1, [19.0]),
        ([3.0], [5.0], 0, [8.0]),
        ([None], [5.0], 1, [None]),
        ([10.0], [5.0, None, 7.0], 1, [15.0, None, None]),
    ],
)
def test_jobs_are_over_in_the_order_in_which_workers_are_free(
    running: list[float | None], waiting: list[float | None], workers: int, ends: list[float | None]
) -> None:
    assert times_left(running, waiting, workers) == ends
