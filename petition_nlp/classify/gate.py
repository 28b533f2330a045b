"""Which decisions need no person: sure enough by themselves, and of a label that is proven."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.profile import CalibrationRows
from petition_nlp.classify.threshold import binomial_tail, solve_threshold

MIN_LABEL_ROWS: Final = 60
"""A label that fewer calibration rows were given to is not proven."""
LABEL_SLACK: Final = 0.10
"""How far under the target a single label's precision may lie."""
RISK: Final = 0.05


@dataclass(frozen=True)
class Gate:
    """Lets a decision through from a confidence on.

    :param threshold: smallest confidence that passes; `math.inf` if none is proven.
    :param floors: smallest confidence for each proven label; decisions for other labels never pass.
    """

    threshold: float
    floors: Mapping[str, float] = field(default_factory=dict)

    def opens(self, label: str, confidence: float) -> bool:
        """Whether a decision needs no person for its confidence."""
        return confidence >= max(self.threshold, self.floors.get(label, math.inf))


def solve_gate(rows: CalibrationRows, labels: Sequence[str], *, target: float) -> Gate:
    """The gate for a target precision.

    A label is proven if at least `MIN_LABEL_ROWS` rows were decided for it, and from the smallest confidence on from
    which its own precision has a lower bound (Clopper–Pearson, 95 %) of at least ``target - LABEL_SLACK``: that is its
    floor. The threshold is solved on the rows that no calibrator was fitted on, among the decisions above their floors
    that the rest of the policy lets through, so that the precision of what passes is at least ``target`` with
    probability 95 % as long as messages are like those rows (see `solve_threshold`; that the floors see the same rows
    does not cost the promise, as tests/test_policy.py shows on simulated cities).

    :param labels: the head's labels, in the order of ``rows.choice``.
    """
    free = ~rows.held
    counts = np.bincount(rows.choice[free], minlength=len(labels))
    floors = np.full(len(labels), math.inf)
    for number in np.flatnonzero(counts >= MIN_LABEL_ROWS):
        own = free & (rows.choice == number)
        floors[number] = _floor(rows.confidence[own], rows.correct[own], target - LABEL_SLACK)
    above = free & rows.solves & (rows.confidence >= floors[rows.choice])
    threshold = solve_threshold(rows.confidence[above], rows.correct[above], target=target) if above.any() else math.inf
    proven = {label: float(floor) for label, floor in zip(labels, floors, strict=True) if math.isfinite(floor)}
    return Gate(threshold, proven)


def _floor(confidence: NDArray[np.float32], correct: NDArray[np.bool_], least: float) -> float:
    """Smallest confidence from which on the share of right decisions has a lower bound of at least ``least``."""
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(correct[order])
    enough = [n for n in range(1, len(order) + 1) if binomial_tail(int(right[n - 1]), n, least) <= RISK]
    return float(confidence[order][enough[-1] - 1]) if enough else math.inf
