"""Several heads side by side: one product and one softmax for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from petition_nlp.arrays import bounds, owners
from petition_nlp.classify.head import LinearHead, bend, side_by_side
from petition_nlp.embed.ngrams import SparseMatrix

FloatArray = NDArray[np.float32]


class JointHeads:
    """The same scores and probabilities as those of each head by itself, in less time for few messages."""

    def __init__(self, heads: Mapping[str, LinearHead]) -> None:
        own = list(heads.values())
        limits = bounds(len(head.labels) for head in own)
        self.labels = int(limits[-1])
        self._head_of_label = owners(limits)
        self._starts = limits[:-1]
        self._parts = {name: slice(*limits[n : n + 2].tolist()) for n, name in enumerate(heads)}
        self._weights = side_by_side([head.weights for head in own])
        self._bias = np.concatenate([head.bias for head in own])
        slopes = np.array([[head.calibration.below, head.calibration.above] for head in own], dtype=np.float32)
        self._below, self._above = slopes[self._head_of_label].T

    def scores(self, matrix: SparseMatrix) -> FloatArray:
        """Uncalibrated scores, (n, labels of all heads)."""
        scores: FloatArray = matrix.dot(self._weights) + self._bias
        return scores

    def weights_along(self, matrix: SparseMatrix, directions: FloatArray) -> FloatArray:
        """Each n-gram's weights in some directions of its row's scores: (values of the matrix, k).

        :param directions: (n, labels of all heads, k).
        """
        found = np.empty((len(matrix.indices), directions.shape[2]), dtype=np.float32)
        for row, (start, stop) in enumerate(itertools.pairwise(matrix.indptr.tolist())):
            np.dot(self._weights.take(matrix.indices[start:stop], axis=0), directions[row], out=found[start:stop])
        return found

    def part(self, head: str) -> slice:
        """Where the labels of a head stand among those of all heads."""
        return self._parts[head]

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Calibrated probabilities of the n-grams alone, (n, labels of all heads)."""
        logits = bend(scores, self._below, self._above)
        most = np.maximum.reduceat(logits, self._starts, axis=1)
        exponentials = np.exp(logits - most[:, self._head_of_label])
        sums = np.stack([exponentials[:, part].sum(axis=1) for part in self._parts.values()], axis=1)
        return np.asarray(exponentials / sums[:, self._head_of_label], dtype=np.float32)

    def by_head(self, table: FloatArray) -> dict[str, FloatArray]:
        """The part of each head, without a copy."""
        return {name: table[:, part] for name, part in self._parts.items()}
