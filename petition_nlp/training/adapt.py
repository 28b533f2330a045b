"""Start from a model that is there, and learn what a city's few labelled orders change of it.

Each head of the start speaks first: its scores, brought to the scale that fits the new orders best, are the offset of a
softmax regression on the n-grams and on the encoder's vector, whose weights are held near zero. Few orders change
little (most of all how frequent each label is), many can change everything. Labels that the new orders lack keep the
start's opinion, so that they are still ranked. The encoder and the vocabulary stay the start's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.artifact import Model, as_stored
from petition_nlp.classify.head import KNOT, Calibration, LinearHead
from petition_nlp.text.document import Document
from petition_nlp.training.calibrate import fit_weights
from petition_nlp.training.fit import MIN_DOCUMENTS, to_scipy
from petition_nlp.training.heads import FittedEncoder, FittedHead, FloatArray, HeadData, Indices, Learnt

_STRENGTHS: Final = (0.3, 2.0, 10.0)
"""How far the weights may move from the start: variances of their prior; the best of them is chosen on the folds."""
_BIAS_VARIANCE: Final = 1.0
_MAX_ITERATIONS: Final = 150


def adapt(
    start: Model,
    documents: Sequence[Document],
    heads: Sequence[HeadData],
    weights: FloatArray,
    folds: Indices,
    *,
    step: Callable[[str], None] = lambda what: None,
) -> Learnt:
    """Adapt every head; one that the start lacks is learnt from nothing.

    :param heads: their labels may be more than the start's, and more than the documents'.
    :param weights: n sample weights. :param folds: the fold of each of the n documents.
    :param step: called after each head with what was done.
    """
    matrix = start.embedder.transform(documents)
    vectors = start.encoder.transform(documents) if start.encoder is not None else None
    rows = _Rows.of(to_scipy(matrix), vectors)
    fitted, layers, logits = [], {}, {}
    for data in heads:
        base = _Base.of(start, data)
        change, held = _best_change(rows, base, data, weights, folds)
        ngrams, encoder = base.moved(rows, change)
        head = LinearHead(data.name, data.labels, as_stored(ngrams[0]), ngrams[1], Calibration(1.0, 1.0), data.leave)
        fitted.append(FittedHead(data, head, held[0]))
        if encoder is not None:
            layers[data.name], logits[data.name] = encoder, held[1]
        step(f"{data.name} 适应")
    encoded = FittedEncoder(start.encoder, layers, logits) if start.encoder is not None else None
    return Learnt(start.embedder, tuple(fitted), encoded)


@dataclass(frozen=True)
class _Rows:
    """n messages: their n-grams, and the columns of those that the change may use beside the encoder's vector.

    :param features: (n, m) sparse; the n-grams of at least `MIN_DOCUMENTS` messages, then the vector at unit length.
    :param columns: which n-grams those are. :param length: mean length of the encoder's vectors.
    """

    ngrams: Any
    vectors: FloatArray | None
    features: Any
    columns: Indices
    length: float

    @classmethod
    def of(cls, ngrams: Any, vectors: FloatArray | None) -> _Rows:
        from scipy.sparse import csr_matrix, hstack

        columns = np.flatnonzero(np.diff(ngrams.tocsc().indptr) >= MIN_DOCUMENTS)
        parts = [ngrams[:, columns]]
        length = 1.0
        if vectors is not None:
            length = float(np.linalg.norm(vectors, axis=1).mean())
            parts.append(csr_matrix(vectors / length))
        return cls(ngrams, vectors, hstack(parts).tocsr(), columns, length)


@dataclass(frozen=True)
class _Base:
    """What the start says of one head's k labels.

    :param weights: (features, k); :param bias: (k,). :param layer: (d, k) and (k,) of the encoder, if there is one.
    """

    weights: FloatArray
    bias: FloatArray
    layer: tuple[FloatArray, FloatArray] | None

    @classmethod
    def of(cls, start: Model, data: HeadData) -> _Base:
        """The start's columns in the order of the labels; a label that it lacks has no opinion of its own."""
        known = start.heads.get(data.name)
        places = [known.labels.index(label) if known and label in known.labels else -1 for label in data.labels]
        size = start.encoder.dimension if start.encoder is not None else 0
        layer = (np.zeros((size, len(places)), np.float32), np.zeros(len(places), np.float32)) if size else None
        if known is None:
            return cls(
                np.zeros((start.embedder.dimension, len(places)), np.float32), np.zeros(len(places), np.float32), layer
            )
        own = np.array(places)
        weights = np.where(own >= 0, known.weights[:, own], np.float32(0))
        bias = np.where(own >= 0, known.bias[own], np.float32(KNOT))
        if layer is not None and known.encoder is not None:
            mean, middle = known.encoder.weights.mean(axis=1, keepdims=True), known.encoder.bias.mean()
            layer = (
                np.where(own >= 0, known.encoder.weights[:, own], mean),
                np.where(own >= 0, known.encoder.bias[own], middle),
            )
        return cls(weights, bias, layer)

    def parts(self, rows: _Rows) -> list[FloatArray]:
        """The start's scores of all rows, and its encoder's logits."""
        found = [np.asarray(rows.ngrams @ self.weights + self.bias, dtype=np.float32)]
        if self.layer is not None and rows.vectors is not None:
            found.append(rows.vectors @ self.layer[0] + self.layer[1])
        return found

    def moved(
        self, rows: _Rows, change: _Change
    ) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray] | None]:
        """Weights and bias of the adapted n-grams, and of the adapted encoder layer."""
        scales, size = change.scales, len(rows.columns)
        weights = np.float32(scales[0]) * self.weights
        weights[rows.columns] += change.weights[:size]
        bias = np.float32(scales[0]) * self.bias + change.bias
        if self.layer is None:
            return (weights, bias), None
        layer = np.float32(scales[1]) * self.layer[0] + change.weights[size:] / np.float32(rows.length)
        return (weights, bias), (layer, np.float32(scales[1]) * self.layer[1])


@dataclass(frozen=True)
class _Change:
    """What a head's new orders change: scales of the start's parts, weights (m, k) of the features, bias (k,)."""

    scales: list[float]
    weights: FloatArray
    bias: FloatArray


def _best_change(
    rows: _Rows, base: _Base, data: HeadData, weights: FloatArray, folds: Indices
) -> tuple[_Change, tuple[FloatArray, FloatArray]]:
    """The change learnt from all rows at the strength that predicts held-out folds best, and the held-out scores."""
    from scipy.special import log_softmax

    parts, labelled = base.parts(rows), data.truth >= 0

    def learn(own: Indices, strength: float) -> _Change:
        scales = fit_weights([part[own] for part in parts], [1.0] * len(parts), data.truth[own], weights[own])
        offset = np.sum([np.float32(scale) * part[own] for scale, part in zip(scales, parts, strict=True)], axis=0)
        return _Change(
            scales, *fit_change(rows.features[own], offset, data.truth[own], weights[own], strength=strength)
        )

    def held_out(strength: float) -> tuple[FloatArray, FloatArray]:
        scores, logits = (np.zeros((len(folds), len(data.labels)), dtype=np.float32) for _ in range(2))
        for fold in np.unique(folds):
            unseen = np.flatnonzero(folds == fold)
            change = learn(np.flatnonzero(labelled & (folds != fold)), strength)
            ngrams, layer = base.moved(rows, change)
            scores[unseen] = rows.ngrams[unseen] @ ngrams[0] + ngrams[1]
            if layer is not None and rows.vectors is not None:
                logits[unseen] = rows.vectors[unseen] @ layer[0] + layer[1]
        return scores, logits

    known = np.flatnonzero(labelled)

    def likelihood(held: tuple[FloatArray, FloatArray]) -> float:
        table = log_softmax((held[0] + held[1])[known].astype(np.float64), axis=1)
        return float(weights[known] @ table[np.arange(len(known)), data.truth[known]])

    tried = {strength: held_out(strength) for strength in _STRENGTHS}
    best = max(tried, key=lambda strength: likelihood(tried[strength]))
    return learn(known, best), tried[best]


def fit_change(
    features: Any, offset: FloatArray, truth: Indices, weights: FloatArray, *, strength: float
) -> tuple[FloatArray, FloatArray]:
    """Softmax regression whose logits begin at an offset, with normal priors around 0 (L-BFGS).

    :param features: (n, m) sparse. :param offset: (n, k). :param truth: n label indices; :param weights: of the rows.
    :param strength: variance of the weights' prior.
    :return: weights (m, k) and bias (k,).
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    n, size, classes = len(truth), features.shape[1], offset.shape[1]
    sample, places = weights.astype(np.float64), np.arange(n)
    transposed = features.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        table = flat.reshape(size + 1, classes)
        logs = log_softmax(offset + features @ table[:-1] + table[-1], axis=1)
        slope = np.exp(logs)
        slope[places, truth] -= 1
        slope *= sample[:, None]
        value = -float(sample @ logs[places, truth])
        value += float((table[:-1] ** 2).sum()) / (2 * strength) + float(table[-1] @ table[-1]) / (2 * _BIAS_VARIANCE)
        gradient = np.vstack(
            [transposed @ slope + table[:-1] / strength, slope.sum(axis=0) + table[-1] / _BIAS_VARIANCE]
        )
        return value, gradient.ravel()

    begin = np.zeros((size + 1) * classes)
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": _MAX_ITERATIONS})
    table = found.x.reshape(size + 1, classes).astype(np.float32)
    return table[:-1], table[-1]
