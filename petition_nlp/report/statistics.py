"""The few tests that the report's statements rest on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_Z95: Final = 1.959964
_SMOOTHING: Final = 0.5


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) of nothing."""
    if not trials:
        return 0.0, 1.0
    share, spread = successes / trials, _Z95**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = _Z95 * math.sqrt(share * (1 - share) / trials + spread / trials / 4) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Change:
    """How a share moved between two periods.

    :param z: of the log odds ratio; :param q: its p-value after Benjamini and Hochberg over all that were compared.
    """

    name: str
    before: int
    after: int
    share_before: float
    share_after: float
    z: float
    q: float


def changes(before: Mapping[str, int], after: Mapping[str, int]) -> list[Change]:
    """Every share's change from one period to another, the clearest rise first and the clearest fall last.

    Log odds ratio with 0.5 added to each count, its normal approximation for z.
    """
    names = sorted(set(before) | set(after))
    n_before, n_after = sum(before.values()), sum(after.values())
    if not n_before or not n_after:
        return []
    scores = [log_odds_z(before.get(name, 0), n_before, after.get(name, 0), n_after) for name in names]
    adjusted = benjamini_hochberg([two_sided(z) for z in scores])
    found = [
        Change(
            name,
            before.get(name, 0),
            after.get(name, 0),
            before.get(name, 0) / n_before,
            after.get(name, 0) / n_after,
            z,
            q,
        )
        for name, z, q in zip(names, scores, adjusted, strict=True)
    ]
    return sorted(found, key=lambda change: (-change.z, change.name))


def log_odds_z(before: int, n_before: int, after: int, n_after: int) -> float:
    """z of the log odds ratio of two shares; positive where the second is larger."""
    cells = [count + _SMOOTHING for count in (after, n_after - after, before, n_before - before)]
    ratio = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
    return ratio / math.sqrt(sum(1 / cell for cell in cells))


def two_sided(z: float) -> float:
    """Two-sided p-value of a standard normal score."""
    return math.erfc(abs(z) / math.sqrt(2))


def benjamini_hochberg(values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    adjusted, lowest = [1.0] * len(values), 1.0
    for rank in range(len(order), 0, -1):
        index = order[rank - 1]
        lowest = min(lowest, values[index] * len(values) / rank)
        adjusted[index] = lowest
    return adjusted


def poisson_tail(count: int, rate: float) -> float:
    """Natural logarithm of the chance of at least ``count`` events where ``rate`` are expected; 0 for certainty."""
    if count <= 0:
        return 0.0
    if rate <= 0:
        return -math.inf
    if count <= rate:
        return 0.0  # an upper bound is enough: nothing below its expectation is a burst
    first = -rate + count * math.log(rate) - math.lgamma(count + 1)
    total, term, index = 1.0, 1.0, count
    while term > 1e-12 * total:
        index += 1
        term *= rate / index
        total += term
    return min(0.0, first + math.log(total))
