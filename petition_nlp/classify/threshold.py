"""The confidence from which on a decision is right often enough."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FIRST: Final = 150
"""Rows, the surest ones, that the first test is made on, if there are four times as many."""
_FARTHER: Final = 1.5
"""The walk begins anew at about so many times as many rows, again and again."""
_SHARE: Final = 0.5
"""Of the risk, for all later starts together; the first has the rest."""


def solve_threshold(
    confidence: NDArray[np.float32],
    correct: NDArray[np.bool_],
    *,
    target: float,
    risk: float = 0.05,
) -> float:
    """Smallest confidence from which on precision is at least ``target`` with probability ``1 - risk``.

    Learn-then-test: thresholds are tested from the strictest down, each by an exact binomial (Clopper–Pearson) test of
    "precision ≤ target". A few unlucky rows among the surest must not end the walk for good, so it has several starts:
    each has its share of the risk, which is handed on as long as tests reject, and lost where one does not.
    Sources: Angelopoulos et al., "Learn then Test: Calibrating Predictive Algorithms to Achieve Risk Control", 2021;
    the fallback procedure of Wiens, Pharmaceutical Statistics 2, 2003. The bound assumes that future messages are drawn
    like the calibration rows.

    :param confidence: n confidences of calibration rows.
    :param correct: n flags, whether the decision was right.
    :return: the threshold; ``math.inf`` when none qualifies, so that everything goes to people.
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    right = np.cumsum(correct[order])
    best, level = math.inf, 0.0
    points = _test_points(sorted_confidence, target=target, risk=risk)
    starts = _starts(points)
    for count in points:
        level += starts.get(count, 0.0) * risk
        if not level or binomial_tail(int(right[count - 1]), count, target) > level:
            level = 0.0
        else:
            best = float(sorted_confidence[count - 1])
    return best


def _starts(points: list[int]) -> dict[int, float]:
    """The share of the risk of each count at which the walk begins, or begins anew."""
    later: list[int] = []
    place = 0
    while points and (place := bisect_left(points, points[place] * _FARTHER)) < len(points):
        later.append(points[place])
    first = {count: 1 - _SHARE * bool(later) for count in points[:1]}
    return first | {count: _SHARE / len(later) for count in later}


def _test_points(sorted_confidence: NDArray[np.float32], *, target: float, risk: float) -> list[int]:
    """Numbers of accepted rows to test: ends of ties, from the smallest count at which a test can reject.

    About 200 counts, from a twentieth of the rows and at least `_FIRST` on, so that one unlucky row near the top does
    not end the walk. The counts are the same for every target that so many rows can show, so a higher target never
    gives a lower threshold.
    """
    rows = len(sorted_confidence)
    least = risk * (1 - _SHARE)
    smallest = max(1, math.ceil(math.log(least) / math.log(target))) if target < 1 else rows + 1
    step = max(1, rows // 200)
    first = math.ceil(max(smallest, min(_FIRST, rows // 4), rows // 20) / step) * step
    ends = np.flatnonzero(np.append(np.diff(sorted_confidence) < 0, True)) + 1
    return sorted({int(ends[np.searchsorted(ends, count)]) for count in range(first, rows + 1, step)})


def binomial_tail(successes: int, trials: int, probability: float) -> float:
    """P(at least ``successes`` of ``trials`` succeed), exact."""
    if successes <= 0:
        return 1.0
    if successes > trials:
        return 0.0
    k = np.arange(successes, trials + 1)
    log_choose = _log_factorials(trials)[trials] - _log_factorials(trials)[k] - _log_factorials(trials)[trials - k]
    terms = log_choose + k * math.log(probability) + (trials - k) * math.log1p(-probability)
    peak = float(terms.max())
    return min(1.0, math.exp(peak) * float(np.exp(terms - peak).sum()))


@lru_cache(maxsize=64)
def _log_factorials(n: int) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
