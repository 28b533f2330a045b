"""Near copies belong together: a split that parts them measures memory, not skill."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

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


def shingles(text: str) -> set[str]:
    """Character 4-grams of a text's letters and digits; the text itself if it is shorter."""
    letters = _NOT_TEXT.sub("", text)
    return {letters[i : i + _SHINGLE] for i in range(max(1, len(letters) - _SHINGLE + 1))}
