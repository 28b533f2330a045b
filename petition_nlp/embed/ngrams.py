"""Sparse word and character n-grams with tf-idf weights."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.text.document import Document

WORD_NGRAMS: Final = (1, 2)
CHAR_NGRAMS: Final = (1, 3)
_SYMBOL: Final = "◇"  # one character for a placeholder or a name


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
        rows = [self._row(document) for document in documents]
        lengths = [len(indices) for indices, _ in rows]
        return SparseMatrix(
            indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            indices=np.concatenate([*(r[0] for r in rows), np.zeros(0, np.int32)]).astype(np.int32),
            values=np.concatenate([*(r[1] for r in rows), np.zeros(0, np.float32)]).astype(np.float32),
            columns=self.dimension,
        )

    def occurrences(self, document: Document) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Every place in the masked text where a feature of the vocabulary stands: features, starts, ends."""
        found = [
            (feature, start, end)
            for index, spans in ((self._word_index, word_spans(document)), (self._char_index, char_spans(document)))
            for ngram, start, end in spans
            if (feature := index.get(ngram)) is not None
        ]
        features, starts, ends = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return features, starts, ends

    def known_share(self, document: Document) -> float:
        """Share of the document's character bigrams that the vocabulary holds, 1.0 for fewer than two."""
        skeleton = _skeleton(document)[0]
        bigrams = [skeleton[i : i + 2] for i in range(len(skeleton) - 1)]
        known = self._char_index
        return sum(bigram in known for bigram in bigrams) / len(bigrams) if bigrams else 1.0

    def _row(self, document: Document) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        words = _weighted(word_ngrams(document), self._word_index, self.idf)
        chars = _weighted(char_ngrams(document), self._char_index, self.idf)
        return np.concatenate([words[0], chars[0]]), np.concatenate([words[1], chars[1]])

    @cached_property
    def _word_index(self) -> dict[str, int]:
        return {ngram: index for index, ngram in enumerate(self.words)}

    @cached_property
    def _char_index(self) -> dict[str, int]:
        return {ngram: len(self.words) + index for index, ngram in enumerate(self.chars)}


def _weighted(
    ngrams: Iterable[str], index: dict[str, int], idf: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    counts = Counter(index[ngram] for ngram in ngrams if ngram in index)
    features = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
    frequencies = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    weights = (1.0 + np.log(frequencies)) * idf[features]
    norm = float(np.sqrt(weights @ weights))
    return features, (weights / norm if norm else weights).astype(np.float32)


def word_ngrams(document: Document) -> list[str]:
    """Word n-grams of a document, with repetitions."""
    words = [token.word for token in document.tokens]
    return words + [f"{first} {second}" for first, second in itertools.pairwise(words)]


def char_ngrams(document: Document) -> list[str]:
    """Character n-grams of a document, with repetitions; names and placeholders are one symbol."""
    skeleton = _skeleton(document)[0]
    low, high = CHAR_NGRAMS
    return [skeleton[i : i + n] for n in range(low, high + 1) for i in range(len(skeleton) - n + 1)]


def word_spans(document: Document) -> Iterator[tuple[str, int, int]]:
    """Word n-grams with their spans in the masked text."""
    tokens = document.tokens
    for token in tokens:
        yield token.word, token.start, token.end
    for first, second in itertools.pairwise(tokens):
        yield f"{first.word} {second.word}", first.start, second.end


def char_spans(document: Document) -> Iterator[tuple[str, int, int]]:
    """Character n-grams with their spans in the masked text."""
    skeleton, starts, ends = _skeleton(document)
    low, high = CHAR_NGRAMS
    for n in range(low, high + 1):
        for i in range(len(skeleton) - n + 1):
            yield skeleton[i : i + n], starts[i], ends[i + n - 1]


def _skeleton(document: Document) -> tuple[str, list[int], list[int]]:
    """The text that character n-grams are taken from, with each character's span in the masked text."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for token in document.tokens:
        if token.word.startswith("[") and len(token.word) > 1:
            chars.append(_SYMBOL)
            starts.append(token.start)
            ends.append(token.end)
            continue
        for offset, char in enumerate(token.word):
            chars.append("0" if char.isdigit() else char.lower())
            starts.append(token.start + offset)
            ends.append(token.start + offset + 1)
    return "".join(chars), starts, ends
