"""Sketches: the same every time, near where vectors are near."""

from __future__ import annotations

import numpy as np

from petition_nlp.embed.ngrams import SparseMatrix
from petition_nlp.embed.sketch import BITS, nearest, sketches


def rows(*columns: list[int]) -> SparseMatrix:
    """Rows of equal weights in some of 1000 columns."""
    indptr = np.cumsum([0, *map(len, columns)]).astype(np.int64)
    indices = np.array([column for own in columns for column in own], dtype=np.int32)
    return SparseMatrix(indptr, indices, np.ones(len(indices), dtype=np.float32), 1000)


def test_bits_differ_as_the_angle_does() -> None:
    made = sketches(rows(list(range(100)), list(range(50, 150)), list(range(500, 600)), list(range(100))))
    shares = [float(np.bitwise_count(made[0] ^ other).sum()) / BITS for other in made]
    assert shares[0] == shares[3] == 0
    assert abs(shares[1] - 1 / 3) < 0.06  # half in common: 60 degrees
    assert abs(shares[2] - 1 / 2) < 0.06  # nothing in common


def test_the_nearest_come_first_and_never_more_than_there_are() -> None:
    made = sketches(rows([1, 2, 3, 4], [1, 2, 3, 9], [7, 8, 9], [1, 2, 3, 4], []))
    first, second, third = nearest(made[0], made.T, 3).tolist()
    assert ({first, second}, third) == ({0, 3}, 1)
    assert sorted(nearest(made[0], made.T, 50).tolist()) == [0, 1, 2, 3, 4]
    assert nearest(made[0], made[:0].T, 3).tolist() == []


def test_a_sketch_depends_on_nothing_but_its_row() -> None:
    assert sketches(rows([5, 6]))[0].tolist() == sketches(rows([1], [5, 6]))[1].tolist()
