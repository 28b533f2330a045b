"""Sparse word and character n-grams with tf-idf weights."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.text.document import Document

WORD_NGRAMS: Final = (1, 2)
CHAR_NGRAMS: Final = (1, 3)
_SYMBOL: Final = "◇"  # one character for a placeholder or a name
_DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True)
class SparseMatrix:
    """Compressed sparse rows: row i has ``values[indptr[i]:indptr[i+1]]`` in columns ``indices[...]``."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: NDArray[np.float32]
    columns: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, number: int) -> SparseMatrix:
        """One row, as a matrix of its own."""
        start, stop = self.indptr[number], self.indptr[number + 1]
        indptr = np.array([0, stop - start], dtype=np.int64)
        return SparseMatrix(indptr, self.indices[start:stop], self.values[start:stop], self.columns)

    def take(self, rows: NDArray[np.int64]) -> SparseMatrix:
        """Some rows, in the order given."""
        starts, stops = self.indptr[rows], self.indptr[rows + 1]
        picks = np.concatenate([*map(np.arange, starts, stops), np.zeros(0, dtype=np.int64)]).astype(np.int64)
        indptr = np.concatenate([[0], np.cumsum(stops - starts)]).astype(np.int64)
        return SparseMatrix(indptr, self.indices[picks], self.values[picks], self.columns)

    def dot(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Product with a dense (columns, k) matrix: (rows, k)."""
        out = np.zeros((len(self), weights.shape[1]), dtype=np.float32)
        for row in range(len(self)):
            start, stop = self.indptr[row], self.indptr[row + 1]
            if start < stop:
                out[row] = self.values[start:stop] @ weights[self.indices[start:stop]]
        return out


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where the features of a vocabulary stand in one masked text: n features, their starts and their ends."""

    features: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


@dataclass(frozen=True)
class NgramEmbedder:
    """Word n-grams and character n-grams, each block tf-idf weighted (sublinear tf) and L2-normalised.

    :param words: word n-grams, their words joined by a space; feature i is ``words[i]``.
    :param chars: character n-grams; feature ``len(words) + j`` is ``chars[j]``.
    :param idf: weight of each feature, ``len(words) + len(chars)`` values.
    """

    words: tuple[str, ...]
    chars: tuple[str, ...]
    idf: NDArray[np.float32]

    @property
    def dimension(self) -> int:
        """Number of columns of the matrix."""
        return len(self.words) + len(self.chars)

    def transform(self, documents: Sequence[Document]) -> SparseMatrix:
        """Embed documents: (len(documents), dimension)."""
        return self.matrix(self.occurrences(document) for document in documents)

    def matrix(self, found: Iterable[Occurrences]) -> SparseMatrix:
        """The embedding of documents whose features have been found; a row's features rise."""
        rows = [self._row(own.features) for own in found]
        lengths = [len(indices) for indices, _ in rows]
        return SparseMatrix(
            indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            indices=np.concatenate([*(r[0] for r in rows), np.zeros(0, np.int32)]).astype(np.int32),
            values=np.concatenate([*(r[1] for r in rows), np.zeros(0, np.float32)]).astype(np.float32),
            columns=self.dimension,
        )

    def occurrences(self, document: Document) -> Occurrences:
        """Every place in the masked text where a feature of the vocabulary stands."""
        tokens = document.tokens
        bounds = np.array([(token.start, token.end) for token in tokens], dtype=np.int32).reshape(-1, 2)
        words = [token.word for token in tokens]
        pairs = [f"{first} {second}" for first, second in itertools.pairwise(words)]
        skeleton, spans = _skeleton(document)
        parts = [_found(words, self._word_index, bounds, 1), _found(pairs, self._word_index, bounds, 2)]
        for n in range(CHAR_NGRAMS[0], CHAR_NGRAMS[1] + 1):
            parts.append(_found(_cut(skeleton, n), self._char_index, spans, n))
        features, starts, ends = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return Occurrences(features, starts, ends)

    def _row(self, features: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        indices, counts = np.unique(features, return_counts=True)
        values = (1.0 + np.log(counts.astype(np.float32))) * self.idf[indices]
        border = np.searchsorted(indices, len(self.words))
        for block in (values[:border], values[border:]):
            norm = np.sqrt(block @ block)
            if norm:
                block /= norm
        return indices, values.astype(np.float32)

    @cached_property
    def _word_index(self) -> dict[str, int]:
        return {ngram: index for index, ngram in enumerate(self.words)}

    @cached_property
    def _char_index(self) -> dict[str, int]:
        return {ngram: len(self.words) + index for index, ngram in enumerate(self.chars)}


def _found(
    ngrams: Sequence[str], index: dict[str, int], spans: NDArray[np.int32], size: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Features, starts and ends of those n-grams, each of ``size`` neighbouring units, that the index has.

    :param spans: (units, 2), start and end of each unit in the text.
    """
    features = np.fromiter((index.get(ngram, -1) for ngram in ngrams), dtype=np.int32, count=len(ngrams))
    places = np.flatnonzero(features >= 0)
    return features[places], spans[places, 0], spans[places + size - 1, 1]


def word_ngrams(document: Document) -> list[str]:
    """Word n-grams of a document, with repetitions."""
    words = [token.word for token in document.tokens]
    return words + [f"{first} {second}" for first, second in itertools.pairwise(words)]


def char_ngrams(document: Document) -> list[str]:
    """Character n-grams of a document, with repetitions; names and placeholders are one symbol."""
    skeleton = _skeleton(document)[0]
    low, high = CHAR_NGRAMS
    return [ngram for n in range(low, high + 1) for ngram in _cut(skeleton, n)]


def _cut(text: str, n: int) -> list[str]:
    return [text[i : i + n] for i in range(len(text) - n + 1)]


def _skeleton(document: Document) -> tuple[str, NDArray[np.int32]]:
    """The text that character n-grams are taken from, and (characters, 2) spans of them in the masked text."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for token in document.tokens:
        if token.word.startswith("[") and len(token.word) > 1:
            parts.append(_SYMBOL)
            starts.append(token.start)
            ends.append(token.end)
        else:
            parts.append(token.word)
            starts.extend(range(token.start, token.end))
            ends.extend(range(token.start + 1, token.end + 1))
    return _lower(_DIGIT.sub("0", "".join(parts))), np.array([starts, ends], dtype=np.int32).T


def _lower(text: str) -> str:
    """Lower case, character by character where one of them would become two (İ)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)
