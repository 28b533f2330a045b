"""Vectors as a few hundred bits each: the nearest of many are found by comparing bits.

Each bit says on which side of a random hyperplane a vector lies; the share of bits in which two vectors differ
estimates the angle between them (Charikar, Similarity estimation techniques from rounding algorithms, 2002).
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.embed.ngrams import SparseMatrix

Sketches = NDArray[np.uint64]

WORDS: Final = 16
"""Numbers of 64 bits in a sketch."""
BITS: Final = 64 * WORDS
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def sketches(matrix: SparseMatrix) -> Sketches:
    """(n, `WORDS`) sketches of n rows, the same in every process. A row without a feature gets an arbitrary one."""
    found = np.empty((len(matrix), WORDS), dtype=np.uint64)
    for row, (start, stop) in enumerate(itertools.pairwise(matrix.indptr.tolist())):
        signs = np.unpackbits(_signs(matrix.indices[start:stop]).view(np.uint8), axis=1)
        # A set bit counts +1, another -1; constants cancel: sum(w * (2 b - 1)) > 0 where sum(w * b) > sum(w) / 2.
        values = matrix.values[start:stop]
        sides = values @ signs.astype(np.float32) > values.sum() / 2
        found[row] = np.packbits(sides).view(np.uint64)
    return found


def nearest(query: Sketches, among: Sketches, count: int) -> NDArray[np.intp]:
    """Which ``count`` sketches differ least from one, the nearest first.

    :param query: (`WORDS`,) one sketch. :param among: (`WORDS`, n), a column for each, which is the quickest to add up.
    """
    differing = np.bitwise_count(among ^ query[:, None]).sum(axis=0, dtype=np.uint16)
    rows = np.argpartition(differing, count)[:count] if count < len(differing) else np.arange(len(differing))
    nearest_first: NDArray[np.intp] = rows[differing[rows].argsort(kind="stable")]
    return nearest_first


def _signs(features: NDArray[np.int32]) -> Sketches:
    """(k, `WORDS`) random bits of k features: splitmix64 of the feature's and the word's number."""
    counters = features.astype(np.uint64)[:, None] * np.uint64(WORDS) + np.arange(1, WORDS + 1, dtype=np.uint64)
    mixed: Sketches = np.multiply(counters, _GOLDEN, dtype=np.uint64)
    for shift, factor in _MIX:
        mixed = np.multiply(mixed ^ (mixed >> shift), factor, dtype=np.uint64)
    return mixed ^ (mixed >> np.uint64(31))
