from __future__ import annotations

import math
import random

import pytest

from petition_nlp.report.statistics import (
    benjamini_hochberg,
    changes,
    log_odds_z,
    poisson_tail,
    two_sided,
    wilson,
)


def test_wilson_agrees_with_the_published_example() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)


def test_wilson_stays_between_nothing_and_all() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == pytest.approx(1.0)


@pytest.mark.parametrize(("count", "rate"), [(1, 0.5), (5, 2.0), (12, 3.4), (30, 10.0)])
def test_the_poisson_tail_is_the_sum_of_its_terms(count: int, rate: float) -> None:
    below = sum(math.exp(-rate) * rate**k / math.factorial(k) for k in range(count))
    assert math.exp(poisson_tail(count, rate)) == pytest.approx(1 - below, rel=1e-6)


def test_nothing_below_its_expectation_is_a_burst() -> None:
    assert poisson_tail(3, 10.0) == 0.0
    assert poisson_tail(0, 0.0) == 0.0
    assert poisson_tail(1, 0.0) == -math.inf


def test_benjamini_hochberg_on_a_known_example() -> None:
    values = [0.01, 0.04, 0.03, 0.005]
    assert benjamini_hochberg(values) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_chance_alone_is_seldom_called_a_change() -> None:
    rng = random.Random(3)
    alarms = 0
    for _ in range(100):
        before, after = ({name: rng.randint(90, 110) for name in "abcdefghij"} for _ in range(2))
        alarms += any(change.q < 0.05 for change in changes(before, after))
    assert alarms <= 5


def test_a_planted_rise_is_found_and_signed() -> None:
    found = changes({"供水": 50, "供电": 950}, {"供水": 120, "供电": 880})
    assert [change.name for change in found] == ["供水", "供电"]
    assert found[0].z > 3 and found[0].q < 0.001
    assert found[-1].z < -3


def test_no_change_against_an_empty_period() -> None:
    assert changes({}, {"供水": 3}) == []


def test_the_same_share_has_no_z() -> None:
    assert log_odds_z(10, 100, 10, 100) == 0
    assert two_sided(0) == 1
