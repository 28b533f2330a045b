"""Near copies belong together: a split that parts them measures memory, not skill."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_SHINGLE: Final = 4
_PERMUTATIONS: Final = 64
_NOT_TEXT: Final = re.compile(r"\W+")


def near_duplicate_groups(
    texts: Sequence[str], known: Sequence[str] = (), *, threshold: float = 0.6, seed: int = 0
) -> NDArray[np.int64]:
    """Group texts whose character 4-gram sets have a Jaccard similarity of about ``threshold`` or more.

    MinHash with locality-sensitive hashing (Broder 1997; `datasketch`), groups closed under similarity.

    :param known: names of groups that are known beforehand, an empty string for a text of none.
    :return: a group number for each text; the number is the index of the group's first text.
    """
    from datasketch import MinHash, MinHashLSH

    parent = np.arange(len(texts))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = int(parent[index])
        return index

    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    blank = MinHash(num_perm=_PERMUTATIONS, seed=seed + 1)
    for number, text in enumerate(texts):
        signature = blank.copy()
        signature.update_batch([shingle.encode() for shingle in shingles(text)])
        for other in sorted(index.query(signature)):
            first, second = sorted((root(number), root(other)))
            parent[second] = first
        index.insert(number, signature)
    first_of: dict[str, int] = {}
    for number, name in enumerate(known):
        if name:
            first, second = sorted((root(number), root(first_of.setdefault(name, number))))
            parent[second] = first
    return np.array([root(number) for number in range(len(texts))], dtype=np.int64)


def near_copies(
    texts: Sequence[str], others: Sequence[str], *, threshold: float = 0.7, length: int = 5
) -> NDArray[np.bool_]:
    """Which of the texts are nearly one of the others: Jaccard similarity of their character n-gram sets, exact.

    :param length: of the n-grams.
    """
    from scipy.sparse import csr_matrix

    columns: dict[str, int] = {}

    def table(own: Sequence[str]) -> Any:
        rows = [[columns.setdefault(part, len(columns)) for part in shingles(text, length)] for text in own]
        bounds = np.cumsum([0, *map(len, rows)])
        places = np.array([place for row in rows for place in row], dtype=np.int64)
        return csr_matrix((np.ones(len(places), dtype=np.int32), places, bounds), shape=(len(rows), len(columns)))

    if not texts or not others:
        return np.zeros(len(texts), dtype=bool)
    second, first = table(others), table(texts)
    second.resize(second.shape[0], len(columns))
    shared = (first @ second.T).tocoo()
    first_sizes, second_sizes = np.diff(first.indptr), np.diff(second.indptr)
    union = first_sizes[shared.row] + second_sizes[shared.col] - shared.data
    found = np.zeros(len(texts), dtype=bool)
    found[shared.row[shared.data >= threshold * union]] = True
    return found


def shingles(text: str, length: int = _SHINGLE) -> set[str]:
    """Character n-grams, 4-grams by default, of a text's letters and digits; the text itself if it is shorter."""
    letters = _NOT_TEXT.sub("", text)
    return {letters[i : i + length] for i in range(max(1, len(letters) - length + 1))}
