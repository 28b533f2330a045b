"""A linear head: one score per label, calibrated to a probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from petition_nlp.embed.ngrams import SparseMatrix

FloatArray = NDArray[np.float32]


KNOT: Final = -1.0
"""Score at which a calibration bends: a support vector machine's margin on the negative side."""


@dataclass(frozen=True)
class Calibration:
    """Softmax of bent scores: slope ``below`` the margin's knot, slope ``above`` it.

    Temperature scaling (Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017)
    with two temperatures: beyond the margin a support vector machine's score says more per unit than inside it.
    It never changes which label comes first.

    :param below: slope for scores under `KNOT`, above 0; :param above: slope for scores over it, above 0.
    """

    below: float
    above: float

    def slopes(self, scores: FloatArray) -> FloatArray:
        """Derivative of each logit by its score."""
        return np.where(scores < KNOT, np.float32(self.below), np.float32(self.above))

    def probabilities(self, scores: FloatArray, logits: FloatArray | None = None) -> FloatArray:
        """(n, labels) scores to (n, labels) probabilities.

        :param logits: (n, labels) further evidence in log-odds, added as it is.
        """
        total = bend(scores, self.below, self.above)
        if logits is not None:
            total = total + logits
        logits = total - total.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), dtype=np.float32)


def bend(scores: FloatArray, below: float | FloatArray, above: float | FloatArray) -> FloatArray:
    """Piecewise linear in the score, 0 at `KNOT`; slopes of all labels or one for each."""
    distance = scores - np.float32(KNOT)
    return np.asarray(below * np.minimum(distance, 0) + above * np.maximum(distance, 0), dtype=np.float32)


@dataclass(frozen=True)
class EncoderLayer:
    """What a head reads from the encoder's vector, and how it is pooled with the n-grams' scores.

    The two are pooled as a product of experts: bent scores and weighed logits are added before the softmax
    (logarithmic opinion pool; Hinton, "Products of Experts", ICANN 1999), all three weights fitted together.

    :param weights: (d, k); :param bias: (k,). :param share: weight of the logits, 0 or above.
    :param calibration: slopes of the n-grams' scores when the encoder speaks too.
    """

    weights: FloatArray
    bias: FloatArray
    share: float
    calibration: Calibration

    def logits(self, vectors: FloatArray) -> FloatArray:
        """Weighed logits, (n, k)."""
        rows = [vector @ self.weights for vector in vectors]  # one by one: a product of all rounds differently
        own = np.array(rows, dtype=np.float32).reshape(len(vectors), len(self.bias)) + self.bias
        return np.asarray(np.float32(self.share) * own, dtype=np.float32)


class Labelled(Protocol):
    """What a table of probabilities has for its columns."""

    @property
    def name(self) -> str:
        """Of the head."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the columns, in order."""

    @property
    def leave(self) -> frozenset[str]:
        """Labels that are left to people."""


@dataclass(frozen=True)
class LinearHead:
    """What one column of labels was learnt as.

    :param name: the column, such as ``department``.
    :param labels: k codes, in the order of the weights' columns.
    :param weights: (features, k); :param bias: (k,).
    :param calibration: of the n-grams' scores alone.
    :param leave: labels that stand for "left to people" (orders for units without a code): they take
        probability, but are never suggested.
    :param encoder: what it reads from the encoder's vector; None in a model without one.
    """

    name: str
    labels: tuple[str, ...]
    weights: FloatArray
    bias: FloatArray
    calibration: Calibration
    leave: frozenset[str] = frozenset()
    encoder: EncoderLayer | None = None

    def scores(self, matrix: SparseMatrix) -> FloatArray:
        """Uncalibrated scores, (n, k)."""
        return matrix.dot(self.weights) + self.bias

    def predict_proba(self, matrix: SparseMatrix, vectors: FloatArray | None = None) -> FloatArray:
        """Calibrated probabilities, (n, k).

        :param vectors: (n, d) of the encoder; without them, or without an encoder layer, the n-grams decide alone.
        """
        return self.probabilities(self.scores(matrix), vectors)

    def probabilities(self, scores: FloatArray, vectors: FloatArray | None = None) -> FloatArray:
        """As `predict_proba`, from scores that are known."""
        if vectors is None or self.encoder is None:
            return self.calibration.probabilities(scores)
        return self.encoder.calibration.probabilities(scores, self.encoder.logits(vectors))


def ranking(head: Labelled, probabilities: FloatArray) -> list[int]:
    """Label indices of one row in falling order of probability, those left to people excluded."""
    order = np.argsort(-probabilities, kind="stable")
    return [int(index) for index in order if head.labels[index] not in head.leave]


def side_by_side(matrices: Sequence[FloatArray]) -> FloatArray:
    """The matrices beside each other; without a copy where they are the neighbouring parts of one."""
    ends = np.cumsum([matrix.shape[1] for matrix in matrices])
    whole = matrices[0].base
    if isinstance(whole, np.ndarray) and whole.ndim == 2 and whole.shape[1] == ends[-1]:
        parts = np.split(whole, ends[:-1], axis=1)
        pairs = zip(matrices, parts, strict=True)
        if all(own.base is whole and own.ctypes.data == part.ctypes.data for own, part in pairs):
            return whole
    return np.concatenate(matrices, axis=1)
