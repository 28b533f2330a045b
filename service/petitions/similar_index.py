"""What a process keeps in memory of past cases: a sketch of each, and the vectors of some."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Final

import numpy as np

from petition_nlp.embed.ngrams import SparseMatrix
from petition_nlp.embed.sketch import WORDS, Sketches, nearest

NEAREST: Final = 100
RECENT: Final = 2_000
"""Vectors kept, of some kilobyte each."""


class CaseIndex:
    """Sketches by petition; of more than ``most`` petitions the newest."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._rows: dict[str, int] = {}
        self._ids = np.empty(most, dtype="S32")
        self._sketches = np.empty((WORDS, most), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, petition: str) -> bool:
        return petition in self._rows

    def nearest(self, query: Sketches) -> list[str]:
        """The petitions whose sketches differ least from ``query``, the nearest first."""
        with self._lock:
            rows = nearest(query, self._sketches[:, : len(self._rows)], NEAREST)
            return [found.decode() for found in self._ids[rows].tolist()]

    def add(self, petitions: Sequence[str], own: Sketches) -> None:
        """Know some more petitions."""
        with self._lock:
            for petition, sketch in zip(petitions, own, strict=True):
                row = self._row_for(petition)
                if row is not None:
                    self._ids[row], self._sketches[:, row] = petition.encode(), sketch
                    self._rows[petition] = row

    def drop(self, petitions: set[str]) -> None:
        """Know some petitions no more."""
        with self._lock:
            for petition in petitions & self._rows.keys():
                row, last = self._rows.pop(petition), len(self._rows)
                if row != last:
                    self._ids[row], self._sketches[:, row] = self._ids[last], self._sketches[:, last]
                    self._rows[self._ids[row].decode()] = row
                self._ids[last], self._sketches[:, last] = b"", 0

    def after(self, petition: str, count: int) -> list[str]:
        """The next known petitions after one, in the order of their numbers."""
        with self._lock:
            ids = self._ids[: len(self._rows)]
            later = np.sort(ids[ids > petition.encode()])
        return [found.decode() for found in later[:count].tolist()]

    def _row_for(self, petition: str) -> int | None:
        """Where to put a petition; None where all that are known are newer."""
        if petition in self._rows or len(self._rows) < self.most:
            return self._rows.get(petition, len(self._rows))
        oldest = int(self._ids.argmin())
        if petition.encode() < self._ids[oldest]:
            return None
        del self._rows[self._ids[oldest].decode()]
        return oldest


class RecentVectors:
    """Vectors that were needed lately."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._vectors: dict[str, SparseMatrix] = {}

    def get(self, petitions: Sequence[str]) -> dict[str, SparseMatrix]:
        """Those of some petitions that are at hand; they count as needed now."""
        with self._lock:
            found = {petition: self._vectors.pop(petition) for petition in petitions if petition in self._vectors}
            self._vectors.update(found)
        return found

    def add(self, vectors: Mapping[str, SparseMatrix]) -> None:
        """Keep some, and let go those that were not needed for longest."""
        with self._lock:
            self._vectors.update(vectors)
            for petition in [*itertools.islice(self._vectors, max(0, len(self._vectors) - RECENT))]:
                del self._vectors[petition]

    def drop(self, petitions: Iterable[str]) -> None:
        """Let go some."""
        with self._lock:
            for petition in petitions:
                self._vectors.pop(petition, None)
