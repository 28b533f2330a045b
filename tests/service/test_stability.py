from __future__ import annotations

import pytest

from service.board.drift import stability


def test_the_index_is_the_sum_over_the_classes() -> None:
    found = stability({"a": 500_000, "b": 500_000}, {"a": 600_000, "b": 400_000})
    assert found.psi == pytest.approx(0.1 * 0.182322 + -0.1 * -0.223144, abs=1e-4)
    assert [part.code for part in found.parts] == ["b", "a"]


@pytest.mark.parametrize(
    ("recent", "level"),
    [
        ({"a": 5_000, "b": 5_000}, "stable"),
        ({"a": 6_000, "b": 4_000}, "stable"),
        ({"a": 7_000, "b": 3_000}, "watch"),
        ({"a": 8_000, "b": 2_000}, "changed"),
    ],
)
def test_levels_follow_the_index(recent: dict[str, int], level: str) -> None:
    assert stability({"a": 5_000, "b": 5_000}, recent).level == level


def test_few_petitions_in_many_classes_differ_by_chance() -> None:
    before = {str(n): 10 + n % 2 for n in range(40)}
    recent = {str(n): 2 + n % 5 for n in range(40)}
    found = stability(before, recent)
    assert found.psi > 0.1 and found.level == "stable"


def test_chance_is_that_of_the_chi_squared_distribution() -> None:
    found = stability({"a": 100, "b": 100, "c": 100}, {"a": 100, "b": 100, "c": 100})
    assert found.chance == pytest.approx(5.991 * (1 / 300 + 1 / 300), rel=0.02)


def test_rare_classes_count_as_one() -> None:
    found = stability({"a": 900, **{f"x{n}": 1 for n in range(30)}}, {"a": 900, **{f"y{n}": 1 for n in range(30)}})
    assert {part.code for part in found.parts} == {"", "a"}
    assert found.psi == pytest.approx(0.0)
