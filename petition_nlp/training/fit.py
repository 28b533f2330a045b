"""Vocabulary and linear heads from labelled documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import KNOT
from petition_nlp.embed.ngrams import NgramEmbedder, SparseMatrix, char_ngrams, word_ngrams
from petition_nlp.text.document import Document
from petition_nlp.text.segment import NAME

FloatArray = NDArray[np.float32]

MIN_DOCUMENTS: Final = 5
"""No n-gram of fewer messages is learnt: a rare one can point to a person (data sheet, rule 2)."""

MAX_FEATURES: Final = 70_000
"""Keeps the n-grams of a model with a hundred labels under 9 MB."""

BALANCE: Final = 0.5

_SVM_C: Final = 0.5
_NB_C: Final = 0.02
_NB_SMOOTHING: Final = 0.5
_TOPICS: Final = 200
_TOPIC_RATIO: Final = 2.0  # stands for the log-count ratio that topics do not have
_NEVER: Final = -9.0
_NAME_SHARE: Final = 0.5
_MAX_ITERATIONS: Final = 2000


def build_vocabulary(
    documents: Sequence[Document], *, min_documents: int = MIN_DOCUMENTS, max_features: int = MAX_FEATURES
) -> NgramEmbedder:
    """Vocabulary of the n-grams that stand in most documents, with smoothed idf.

    N-grams with a character that mostly stands in names are left out: what is left of a name that was not
    recognised shows itself by it.

    :param min_documents: n-grams of fewer documents are left out; :param max_features: as are those beyond this
        number, the rarest first.
    """
    words, chars = Counter[str](), Counter[str]()
    for document in documents:
        words.update(set(word_ngrams(document)))
        chars.update(set(char_ngrams(document)))
    names = name_characters(documents)
    ranked = sorted(
        (-count, block, ngram)
        for block, counter in enumerate((words, chars))
        for ngram, count in counter.items()
        if count >= min_documents and names.isdisjoint(ngram)
    )[:max_features]
    kept_words = tuple(sorted(ngram for _, block, ngram in ranked if block == 0))
    kept_chars = tuple(sorted(ngram for _, block, ngram in ranked if block == 1))
    frequency = np.array([words[n] for n in kept_words] + [chars[n] for n in kept_chars], dtype=np.float64)
    idf = np.log((1 + len(documents)) / (1 + frequency)) + 1
    return NgramEmbedder(kept_words, kept_chars, idf.astype(np.float32))


def name_characters(documents: Sequence[Document]) -> frozenset[str]:
    """Characters of which at least `_NAME_SHARE` stand in names (甸, 濂) rather than in words."""
    inside, everywhere = Counter[str](), Counter[str]()
    for document in documents:
        everywhere.update(document.text)
        for token in document.tokens:
            if token.word == NAME:
                inside.update(document.text[token.start : token.end])
    return frozenset(
        char for char, count in inside.items() if count >= _NAME_SHARE * everywhere[char] and "一" <= char <= "鿿"
    )


@dataclass(frozen=True)
class LinearFit:
    """Weights of one head before calibration: scores are ``matrix @ weights + bias``."""

    weights: FloatArray
    bias: FloatArray


def topic_basis(matrix: SparseMatrix, *, seed: int) -> FloatArray:
    """The strongest directions of the tf-idf matrix (latent semantic analysis), (features, k).

    Labels need not be known, so every message of the corpus helps.
    """
    from sklearn.decomposition import TruncatedSVD

    rows = to_scipy(matrix)
    size = min(_TOPICS, min(rows.shape) - 1)
    svd = TruncatedSVD(size, n_iter=4, random_state=seed).fit(rows)
    return np.ascontiguousarray(svd.components_.T, dtype=np.float32)


@dataclass(frozen=True)
class LinearTrainer:
    """The sum of a support vector machine and a naive-Bayes-scaled one, both one against the rest.

    The second scales each n-gram by how much it speaks for or against a label before it fits (Wang and
    Manning, "Baselines and Bigrams", ACL 2012); together they are more often right than each alone
    (``benchmarks/linear.py``). Both see the message's topic coordinates beside its n-grams, so that words that
    occur in like messages get like weights; what they learn there is folded back into the n-grams' weights.
    Both weigh the classes so that rare departments are not drowned.

    :param seed: of the solver's shuffling.
    :param basis: (features, k) from :func:`topic_basis`; None leaves the topics out.
    """

    seed: int = 0
    basis: FloatArray | None = None

    def fit(
        self,
        matrix: SparseMatrix,
        labels: NDArray[np.int64],
        weights: FloatArray,
        classes: int,
        *,
        balance: float = BALANCE,
    ) -> LinearFit:
        """Fit one weight vector per class, on (n, features) with n label indices and n sample weights.

        :param balance: from 0 (every row counts the same) to 1 (every class does); more finds more of the rare
            classes and costs some accuracy. The first machine is fully balanced from 0.5 on.
        """
        rows = to_scipy(matrix)
        inputs = self._with_topics(rows)
        presence = rows.copy()
        presence.data = np.ones_like(presence.data)
        presence = presence.multiply(weights[:, None]).tocsr()
        total = np.asarray(presence.sum(axis=0)).ravel()
        out = np.zeros((matrix.columns, classes), dtype=np.float32)
        bias = np.full(classes, _NEVER, dtype=np.float32)
        for label in range(classes):  # one after the other: the solver's random numbers are one stream for all threads
            positive = labels == label
            if not positive.any():
                continue  # a fold without this label
            if positive.all():
                bias[label] = -KNOT  # nothing to tell it from
                continue
            share = float(weights[positive].sum() / weights.sum())
            ratio = _log_count_ratio(presence, positive, total)
            scale = np.concatenate([ratio, np.full(inputs.shape[1] - matrix.columns, _TOPIC_RATIO, dtype=np.float32)])
            full = (classes * share) ** -min(1.0, 2 * balance)
            plain = self._svm(inputs, positive, weights, c=_SVM_C, boost=full)
            scaled = self._svm(_scale(inputs, scale), positive, weights, c=_NB_C, boost=(2 * share) ** -balance)
            out[:, label] = self._folded(plain[0] + scaled[0] * scale)
            bias[label] = plain[1] + scaled[1]
        return LinearFit(out, bias)

    def _with_topics(self, rows: Any) -> Any:
        from scipy.sparse import csr_matrix, hstack

        return rows if self.basis is None else hstack([rows, csr_matrix(rows @ self.basis)]).tocsr()

    def _folded(self, weights: FloatArray) -> FloatArray:
        """Weights of n-grams and topics as weights of n-grams alone: topics are linear in the n-grams."""
        if self.basis is None:
            return weights
        features = len(self.basis)
        return weights[:features] + self.basis @ weights[features:]

    def _svm(
        self, rows: Any, positive: NDArray[np.bool_], weights: FloatArray, *, c: float, boost: float
    ) -> tuple[FloatArray, float]:
        from sklearn.svm import LinearSVC

        balance = {True: boost, False: 1.0}
        model = LinearSVC(C=c, class_weight=balance, max_iter=_MAX_ITERATIONS, random_state=self.seed)
        model.fit(rows, positive, sample_weight=weights)
        return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def _log_count_ratio(presence: Any, positive: NDArray[np.bool_], total: FloatArray) -> FloatArray:
    inside = np.asarray(presence[positive].sum(axis=0)).ravel() + _NB_SMOOTHING
    outside = total - inside + 2 * _NB_SMOOTHING
    ratio = np.abs(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))
    return np.asarray(ratio / ratio.mean(), dtype=np.float32)


def _scale(rows: Any, factors: FloatArray) -> Any:
    scaled = rows.copy()
    scaled.data = scaled.data * factors[rows.indices]
    return scaled


def to_scipy(matrix: SparseMatrix) -> Any:
    """The matrix as ``scipy.sparse.csr_matrix`` with sorted columns."""
    from scipy.sparse import csr_matrix

    rows = csr_matrix((matrix.values, matrix.indices, matrix.indptr), shape=(len(matrix), matrix.columns))
    rows.sort_indices()
    return rows
