"""Start from a model that is there, and learn what a city's few labelled orders change of it.

Each head speaks with three voices: the start's n-grams, the start's encoder, and n-grams learnt from the new orders
alone, each brought to the scale that fits held-out orders best (few orders: the start decides; many: their own voice).
They are the offset of a softmax regression on the n-grams and on the encoder's vector, whose weights are held near
zero: it learns what is left, most of all how frequent each label is here. Labels that the new orders lack keep the
start's opinion of them, so that they are still ranked. The encoder and the vocabulary stay the start's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.artifact import Model, as_stored
from petition_nlp.classify.head import KNOT, Calibration, LinearHead
from petition_nlp.embed.ngrams import SparseMatrix
from petition_nlp.text.document import Document
from petition_nlp.training.calibrate import fit_weights
from petition_nlp.training.fit import BALANCE, MIN_DOCUMENTS, LinearFit, LinearTrainer, to_scipy, topic_basis
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
    balance: Mapping[str, float],
    seed: int = 0,
    step: Callable[[str], None] = lambda what: None,
) -> Learnt:
    """Adapt every head; one that the start lacks is learnt from nothing.

    :param heads: their labels may be more than the start's, and more than the documents'.
    :param weights: n sample weights. :param folds: the fold of each of the n documents.
    :param balance: head → how much its labels count the same in the new orders' own voice, see `LinearTrainer.fit`.
    :param seed: of the solvers. :param step: called after each head with what was done.
    """
    vectors = start.encoder.transform(documents) if start.encoder is not None else None
    rows = _Rows.of(to_scipy(start.embedder.transform(documents)), vectors)
    trainer = LinearTrainer(seed=seed, basis=topic_basis(rows.known, seed=seed))
    fitted, layers, logits = [], {}, {}
    for data in heads:
        base = _Base.of(start, data)
        own = _own_voice(rows, trainer, data, weights, folds, balance.get(data.name, BALANCE))
        change, held = _best_change(rows, base, own.held, data, weights, folds)
        ngrams, encoder = base.moved(rows, own.whole, change)
        head = LinearHead(data.name, data.labels, as_stored(ngrams[0]), ngrams[1], Calibration(1.0, 1.0), data.leave)
        fitted.append(FittedHead(data, head, held[0]))
        if encoder is not None:
            layers[data.name], logits[data.name] = encoder, held[1]
        step(f"{data.name} 适应")
    encoded = FittedEncoder(start.encoder, layers, logits) if start.encoder is not None else None
    return Learnt(start.embedder, tuple(fitted), encoded)


@dataclass(frozen=True)
class _Rows:
    """n messages: their n-grams, and those that may be learnt from, beside the encoder's vector.

    :param known: the n-grams of at least `MIN_DOCUMENTS` messages alone. :param columns: which those are.
    :param features: (n, m) sparse; those n-grams, then the vector at unit length.
    :param length: mean length of the encoder's vectors.
    """

    ngrams: Any
    vectors: FloatArray | None
    known: SparseMatrix
    columns: Indices
    features: Any
    length: float

    @classmethod
    def of(cls, ngrams: Any, vectors: FloatArray | None) -> _Rows:
        from scipy.sparse import csr_matrix, hstack

        often = np.diff(ngrams.tocsc().indptr) >= MIN_DOCUMENTS
        columns = np.flatnonzero(often)
        kept = ngrams.copy()
        kept.data[~often[kept.indices]] = 0.0
        kept.eliminate_zeros()
        known = SparseMatrix(kept.indptr.astype(np.int64), kept.indices, kept.data, kept.shape[1])
        parts, length = [ngrams[:, columns]], 1.0
        if vectors is not None:
            length = float(np.linalg.norm(vectors, axis=1).mean())
            parts.append(csr_matrix(vectors / length))
        return cls(ngrams, vectors, known, columns, hstack(parts).tocsr(), length)


@dataclass(frozen=True)
class _OwnVoice:
    """N-grams learnt from the new orders alone: from all of them, and scores of each by those of the other folds."""

    whole: LinearFit
    held: FloatArray


def _own_voice(
    rows: _Rows, trainer: LinearTrainer, data: HeadData, weights: FloatArray, folds: Indices, balance: float
) -> _OwnVoice:
    labelled, classes = data.truth >= 0, len(data.labels)

    def fit(own: Indices) -> LinearFit:
        found = trainer.fit(rows.known.take(own), data.truth[own], weights[own], classes, balance=balance)
        silent = np.bincount(data.truth[own], minlength=classes) == 0
        return LinearFit(found.weights, np.where(silent, np.float32(KNOT), found.bias))  # no opinion, for or against

    held = np.zeros((len(folds), classes), dtype=np.float32)
    for fold in np.unique(folds):
        unseen = np.flatnonzero(folds == fold)
        part = fit(np.flatnonzero(labelled & (folds != fold)))
        held[unseen] = rows.ngrams[unseen] @ part.weights + part.bias
    return _OwnVoice(fit(np.flatnonzero(labelled)), held)


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
        known, classes = start.heads.get(data.name), len(data.labels)
        places = np.array(
            [known.labels.index(label) if known and label in known.labels else -1 for label in data.labels]
        )
        size = start.encoder.dimension if start.encoder is not None else 0
        layer = (np.zeros((size, classes), np.float32), np.zeros(classes, np.float32)) if size else None
        if known is None:
            return cls(np.zeros((start.embedder.dimension, classes), np.float32), np.zeros(classes, np.float32), layer)
        weights = np.where(places >= 0, known.weights[:, places], np.float32(0))
        bias = np.where(places >= 0, known.bias[places], np.float32(KNOT))
        if known.encoder is not None:
            mean, middle = known.encoder.weights.mean(axis=1, keepdims=True), known.encoder.bias.mean()
            layer = (
                np.where(places >= 0, known.encoder.weights[:, places], mean),
                np.where(places >= 0, known.encoder.bias[places], middle),
            )
        return cls(weights, bias, layer)

    def parts(self, rows: _Rows) -> tuple[FloatArray, FloatArray | None]:
        """The start's scores of all rows, and its encoder's logits."""
        scores = np.asarray(rows.ngrams @ self.weights + self.bias, dtype=np.float32)
        if self.layer is None or rows.vectors is None:
            return scores, None
        return scores, rows.vectors @ self.layer[0] + self.layer[1]

    def moved(
        self, rows: _Rows, own: LinearFit, change: _Change
    ) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray] | None]:
        """Weights and bias of the adapted n-grams, and of the adapted encoder layer."""
        first, second, *third = map(np.float32, change.scales)
        weights = first * self.weights + second * own.weights
        weights[rows.columns] += change.weights[: len(rows.columns)]
        ngrams = weights, first * self.bias + second * own.bias + change.bias
        if self.layer is None:
            return ngrams, None
        layer = third[0] * self.layer[0] + change.weights[len(rows.columns) :] / np.float32(rows.length)
        return ngrams, (layer, third[0] * self.layer[1])


@dataclass(frozen=True)
class _Change:
    """What a head's new orders change.

    :param scales: of the start's n-grams, of the new orders' own, and of the start's encoder if there is one.
    :param weights: (m, k) of the features; :param bias: (k,).
    """

    scales: list[float]
    weights: FloatArray
    bias: FloatArray


def _best_change(
    rows: _Rows, base: _Base, own: FloatArray, data: HeadData, weights: FloatArray, folds: Indices
) -> tuple[_Change, tuple[FloatArray, FloatArray]]:
    """The change learnt from all rows at the strength that predicts held-out folds best.

    :param own: (n, k) held-out scores of what the new orders say alone.
    :return: the change, and held-out scores and logits of all rows.
    """
    from scipy.special import log_softmax

    scores, logits = base.parts(rows)
    parts = [scores, own] if logits is None else [scores, own, logits]
    labelled = data.truth >= 0
    size = len(rows.columns)

    def learn(picked: Indices, strength: float) -> _Change:
        truth, sample = data.truth[picked], weights[picked]
        scales = fit_weights([part[picked] for part in parts], [1.0] * len(parts), truth, sample)
        offset = np.sum([np.float32(scale) * part[picked] for scale, part in zip(scales, parts, strict=True)], axis=0)
        return _Change(scales, *fit_change(rows.features[picked], offset, truth, sample, strength=strength))

    def held_out(strength: float) -> tuple[FloatArray, FloatArray]:
        ngrams, encoder = np.zeros_like(own), np.zeros_like(own)
        for fold in np.unique(folds):
            unseen = np.flatnonzero(folds == fold)
            change = learn(np.flatnonzero(labelled & (folds != fold)), strength)
            first, second, *third = map(np.float32, change.scales)
            moved = rows.features[unseen][:, :size] @ change.weights[:size] + change.bias
            ngrams[unseen] = first * scores[unseen] + second * own[unseen] + moved
            if logits is not None:
                encoder[unseen] = third[0] * logits[unseen] + rows.features[unseen][:, size:] @ change.weights[size:]
        return ngrams, encoder

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

    Labels without a row keep their offset: nothing was seen that speaks for or against them.

    :param features: (n, m) sparse. :param offset: (n, k). :param truth: n label indices; :param weights: of the rows.
    :param strength: variance of the weights' prior.
    :return: weights (m, k) and bias (k,).
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    n, size, classes = len(truth), features.shape[1], offset.shape[1]
    sample, places = weights.astype(np.float64), np.arange(n)
    unseen = np.bincount(truth, minlength=classes) == 0
    transposed = features.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        table = flat.reshape(size + 1, classes)
        logs = log_softmax(offset + features @ table[:-1] + table[-1], axis=1)
        slope = np.exp(logs)
        slope[places, truth] -= 1
        slope *= sample[:, None]
        slope[:, unseen] = 0
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
