"""Paired differences of two models, near copies drawn together."""

from __future__ import annotations

import numpy as np
import pytest

from petition_nlp.training.bootstrap import Pairs, paired_difference


def pairs(both: int, first: int, second: int, *, copies: int = 1) -> Pairs:
    """Groups on which both, only the first or only the second model is right, each of so many copies."""
    one = np.repeat([1.0, 1.0, 0.0], [both, first, second])
    other = np.repeat([1.0, 0.0, 1.0], [both, first, second])
    groups = np.arange(len(one))
    return Pairs(*(np.repeat(column, copies) for column in (one, other, groups)))


def test_a_clear_gain_is_beyond_chance() -> None:
    found = paired_difference([pairs(400, 10, 60)], level=0.95)
    assert found.difference == pytest.approx(50 / 470)
    assert 0 < found.low < found.difference < found.high
    assert found.p_better < 0.001
    assert found.p_worse > 0.99


def test_a_gain_of_a_few_rows_is_not() -> None:
    found = paired_difference([pairs(400, 8, 11)], level=0.95)
    assert found.low < 0 < found.difference
    assert found.p_better > 0.1


@pytest.mark.parametrize(("rows", "least"), [(20, 0.05), (2000, 0.0)])
def test_models_that_never_differ_are_not_certain_to_be_equal(rows: int, least: float) -> None:
    found = paired_difference([pairs(rows, 0, 0)], level=0.95)
    assert found.difference == 0
    assert found.low < -least
    assert found.low == pytest.approx(-found.high, abs=0.02)


@pytest.mark.parametrize(("losses", "exact"), [(0, 0.0175), (2, 0.0305), (4, 0.0414)])
def test_a_strict_level_is_about_exact_where_there_are_hardly_any_differences(losses: int, exact: float) -> None:
    found = paired_difference([pairs(300 - losses, losses, 0)], level=0.995)
    assert -found.low == pytest.approx(exact, abs=0.003)


def test_copies_are_one_piece_of_evidence() -> None:
    alone, copied = (paired_difference([pairs(90, 2, 8, copies=copies)], level=0.95) for copies in (1, 20))
    assert copied.n == 20 * alone.n
    assert copied.groups == alone.groups
    assert copied.low == pytest.approx(alone.low, abs=0.01)


def test_samples_are_added_up() -> None:
    apart = [pairs(200, 5, 20), pairs(100, 4, 4)]
    found = paired_difference(apart, level=0.9)
    assert found.n == 333
    assert found.difference == pytest.approx(15 / 333)


def test_a_stricter_level_asks_for_more() -> None:
    lenient, strict = (paired_difference([pairs(300, 10, 20)], level=level) for level in (0.9, 0.995))
    assert strict.low < lenient.low


def test_the_same_seed_gives_the_same_interval() -> None:
    assert paired_difference([pairs(50, 3, 5)], level=0.95) == paired_difference([pairs(50, 3, 5)], level=0.95)
