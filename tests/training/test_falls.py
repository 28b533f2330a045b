"""Departments that fall, told from those that fall by chance."""

from __future__ import annotations

import numpy as np
import pytest

from petition_nlp.training.bootstrap import Pairs
from petition_nlp.training.falls import SMALL, falls, holm


def part(n: int, first: int, second: int, *, group: int = 0) -> Pairs:
    """A department of n rows; the first model is right on the first so many, the second likewise.

    :param group: number of the first row's group.
    """
    places = np.arange(n)
    return Pairs((places < first).astype(float), (places < second).astype(float), places + group)


def test_a_ruined_department_is_found_among_many() -> None:
    parts = {f"d{number}": part(30, 25, 26) for number in range(30)} | {"ruined": part(30, 27, 9)}
    (first, *others) = falls(parts, min_rows=10, level=0.05)
    assert (first.department, first.beyond_chance, first.worse) == ("ruined", True, 18)
    assert first.size == pytest.approx(0.6)
    assert not any(own.beyond_chance for own in others)


def test_a_fall_of_a_few_rows_is_chance() -> None:
    found = falls({"a": part(20, 15, 12), "b": part(200, 150, 150)}, min_rows=10, level=0.05)
    assert [own.beyond_chance for own in found] == [False, False]


def test_small_departments_are_judged_together() -> None:
    parts = {f"d{number}": part(4, 4, 1, group=4 * number) for number in range(5)} | {"large": part(50, 40, 40)}
    (small, large) = falls(parts, min_rows=10, level=0.05)
    assert (small.department, small.n, small.beyond_chance) == (SMALL, 20, True)
    assert not large.beyond_chance


def test_holm_divides_the_level_among_what_is_left() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005], [0.0] * 4, level=0.05) == [True, False, False, True]


def test_tests_that_could_never_reject_cost_nothing() -> None:
    assert holm([0.03, 0.5, 0.5], [0.001, 0.5, 0.25], level=0.05) == [True, False, False]
    assert holm([0.03, 0.5, 0.5], [0.001, 0.001, 0.001], level=0.05) == [False, False, False]
