"""When a share of right decisions counts as fallen below its target."""

from __future__ import annotations

from math import comb

import pytest

from petition_nlp.fall import LIMIT, evidence


@pytest.mark.parametrize(
    ("months", "stops"),
    [
        ([(95, 5)], False),
        ([(80, 20)], False),
        ([(160, 40)], True),
        ([(1900, 100), (160, 40)], True),
        ([(1900, 100), (0, 2)], False),
        ([(0, 10)], True),
        ([(0, 1_000_000)], True),
        ([], False),
    ],
)
def test_evidence_grows_with_a_fall(months: list[tuple[int, int]], stops: bool) -> None:
    assert (evidence(months, 0.9) >= LIMIT) == stops


def test_evidence_is_fair_at_the_target() -> None:
    """Its mean over all outcomes is 1 where the precision is the target, so that looking often gains nothing."""

    def chance(right: int) -> float:
        return comb(verdicts, right) * precision**right * (1 - precision) ** (verdicts - right)

    for verdicts, precision in ((1, 0.9), (20, 0.9), (20, 0.95)):
        outcomes = range(verdicts + 1)
        mean = sum(chance(right) * evidence([(right, verdicts - right)], 0.9) for right in outcomes)
        assert mean == pytest.approx(1) if precision == 0.9 else mean < 1
