"""Steps on sorted and joined arrays; for a handful of values each costs a fraction of numpy's general forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def bounds(sizes: Iterable[int]) -> IntArray:
    """Where each of n parts begins when all stand in a row, and where the last one ends: n + 1 numbers."""
    return np.array([0, *sizes], dtype=np.int64).cumsum()


def sizes(limits: NDArray[Any]) -> NDArray[Any]:
    """How long the parts between such bounds are."""
    steps: NDArray[Any] = limits[1:] - limits[:-1]
    return steps


def owners(limits: IntArray) -> IntArray:
    """For each element of the parts in a row, which part it belongs to."""
    return np.arange(len(limits) - 1).repeat(sizes(limits))


def group_starts(ordered: NDArray[Any]) -> IntArray:
    """Where each group of equal neighbours begins."""
    changed = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=changed[1:])
    return changed.nonzero()[0]


def with_end(starts: IntArray, end: int) -> IntArray:
    """Where groups begin, and where the last one ends."""
    found = np.full(len(starts) + 1, end, dtype=np.int64)
    found[:-1] = starts
    return found
