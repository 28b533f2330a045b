"""Whether a share of right decisions has fallen below its target, looked at as often as one likes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

WORSE: Final = ((1.5, 0.7), (4.0, 0.3))
"""How many times the odds of an error may have grown, each with its weight: what the evidence is for."""
LIMIT: Final = 260.0
"""Evidence that is enough: 13 months begin in a year at most, and 13 / 260 is 5 %."""
_MOST_LOG: Final = 700.0

Counts = tuple[int, int]
"""How many were right, and how many wrong."""


def evidence(months: Sequence[Counts], target: float) -> float:
    """How strongly counts speak for a share below the target.

    It is the sum, over every month as the beginning of a fall, of a likelihood ratio: a share that is worse, by a
    mixture of `WORSE`, against the target. While the true share is at least the target, each of these has a mean of at
    most 1 however often one looks, and so their sum reaches `LIMIT` within a year with a probability of at most
    13 / `LIMIT` (Ville's inequality, for an e-detector: Shin, Ramdas & Rinaldo 2024, arXiv:2203.03532).

    :param months: oldest first; the last may not be over.
    """
    total, right, wrong = 0.0, 0, 0
    for own_right, own_wrong in reversed(months):
        right, wrong = right + own_right, wrong + own_wrong
        total += _ratio(right, wrong, target)
    return total


def _ratio(right: int, wrong: int, target: float) -> float:
    total = 0.0
    for times, weight in WORSE:
        worse = target / (target + times * (1 - target))
        log = right * math.log(worse / target) + wrong * math.log((1 - worse) / (1 - target))
        total += weight * math.exp(min(log, _MOST_LOG))
    return total
