"""Sparse word and character n-grams with tf-idf weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.arrays import bounds, group_starts, owners, sizes, with_end
from petition_nlp.embed.lookup import ABSENT, KeyTable
from petition_nlp.embed.places import IntArray, Places, inside, skeleton
from petition_nlp.text.document import Document

WORD_NGRAMS: Final = (1, 2)
CHAR_NGRAMS: Final = (1, 3)
_ROW_SHIFT: Final = 32
_FEATURE_MASK: Final = 2**_ROW_SHIFT - 1
_POINT_BITS: Final = np.uint64(21)  # of a code point
_CHUNK: Final = 512
"""Documents whose n-grams are looked for at once."""


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

    def positions(self, rows: NDArray[np.int64], columns: NDArray[np.int32]) -> NDArray[np.intp]:
        """Where the values of some cells stand; each must be there, and columns must rise in each row."""
        cells = (owners(self.indptr) << _ROW_SHIFT) | self.indices
        return cells.searchsorted((rows << _ROW_SHIFT) | columns)

    def dot(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Product with a dense (columns, k) matrix: (rows, k)."""
        out = np.zeros((len(self), weights.shape[1]), dtype=np.float32)
        whole = weights.flags.c_contiguous  # of a part of a larger matrix `take` copies every row
        for row, (start, stop) in enumerate(itertools.pairwise(self.indptr.tolist())):
            indices = self.indices[start:stop]
            own = weights.take(indices, axis=0) if whole else weights[indices]
            np.dot(self.values[start:stop], own, out=out[row])
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
        starts = range(0, max(1, len(documents)), _CHUNK)
        parts = [self.matrix(self.places(documents[start : start + _CHUNK])) for start in starts]
        return SparseMatrix(
            indptr=np.cumsum(np.concatenate([[0], *(np.diff(part.indptr) for part in parts)])),
            indices=np.concatenate([part.indices for part in parts]),
            values=np.concatenate([part.values for part in parts]),
            columns=self.dimension,
        )

    def places(self, documents: Sequence[Document]) -> Places:
        """Every place in the documents where a feature of the vocabulary stands."""
        words = [document.tokens.words for document in documents]
        skeletons = [skeleton(document) for document in documents]
        word_bounds, char_bounds = bounds(map(len, words)), bounds(map(len, skeletons))
        by_words = self._word_index.find(itertools.chain.from_iterable(words), int(word_bounds[-1]))
        by_chars = self._char_table.get_all(_character_keys("".join(skeletons)))
        return Places(inside(by_words, word_bounds), inside(by_chars, char_bounds), word_bounds, char_bounds)

    def matrix(self, places: Places) -> SparseMatrix:
        """The embedding of documents whose features have been found; a row's features rise."""
        cells = [_cells(block, places.word_bounds) for block in places.words]
        cells += [_cells(block, places.char_bounds) for block in places.chars]
        distinct, counts = _counted(np.concatenate(cells))
        rows, indices = distinct >> _ROW_SHIFT, (distinct & _FEATURE_MASK).astype(np.int32)
        values = (np.float32(1) + np.log(counts.astype(np.float32))) * self.idf[indices]
        blocks = 2 * rows + (indices >= len(self.words))
        norms = np.sqrt(np.bincount(blocks, values.astype(np.float64) ** 2, 2 * len(places)))
        norms[norms == 0] = 1
        values /= norms[blocks].astype(np.float32)
        return SparseMatrix(rows.searchsorted(np.arange(len(places) + 1)), indices, values, self.dimension)

    @cached_property
    def _word_index(self) -> _WordIndex:
        return _WordIndex.build(self.words)

    @cached_property
    def _char_table(self) -> KeyTable:
        keys, features = [], []
        for n in range(CHAR_NGRAMS[0], CHAR_NGRAMS[1] + 1):
            own = [number for number, ngram in enumerate(self.chars) if len(ngram) == n]
            keys.append(_character_keys("".join(self.chars[number] for number in own))[n - 1][::n])
            features.append(len(self.words) + np.array(own, dtype=np.int32))
        return KeyTable.build(np.concatenate(keys), np.concatenate(features))


@dataclass(frozen=True, slots=True)
class _WordIndex:
    """Features of words and of pairs of words.

    :param numbers: of each word that some n-gram holds.
    :param single: feature by number, and for the words without one.
    :param pairs: features of pairs.
    """

    numbers: Mapping[str, int]
    single: IntArray
    pairs: KeyTable

    @classmethod
    def build(cls, ngrams: Sequence[str]) -> _WordIndex:
        parts = [ngram.split(" ") for ngram in ngrams]
        numbers = {word: number for number, word in enumerate(dict.fromkeys(itertools.chain.from_iterable(parts)))}
        single = np.full(len(numbers) + 1, ABSENT, dtype=np.int32)
        pairs: dict[int, int] = {}
        for feature, words in enumerate(parts):
            if len(words) == 1:
                single[numbers[words[0]]] = feature
            elif len(words) == 2:
                pairs[numbers[words[0]] * len(single) + numbers[words[1]]] = feature
        return cls(
            numbers,
            single,
            KeyTable.build(np.array([*pairs], dtype=np.uint64), np.array([*pairs.values()], dtype=np.int32)),
        )

    def find(self, words: Iterable[str], count: int) -> list[IntArray]:
        """Features of ``count`` words, and of each with the next."""
        found = map(self.numbers.get, words, itertools.repeat(len(self.numbers)))
        numbers = np.fromiter(found, dtype=np.uint64, count=count)
        return [self.single[numbers], self.pairs.get(numbers[:-1] * np.uint64(len(self.single)) + numbers[1:])]


def _cells(block: IntArray, limits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row and feature of every n-gram that was found, in one number."""
    found = (block != ABSENT).nonzero()[0]
    cells: NDArray[np.int64] = (owners(limits)[found] << _ROW_SHIFT) | block[found]
    return cells


def _counted(cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different ones in rising order, and how often each occurs; sorts ``cells``."""
    cells.sort()
    first = group_starts(cells)
    distinct: NDArray[np.int64] = cells[first]
    return distinct, sizes(with_end(first, len(cells)))


def _character_keys(text: str) -> list[NDArray[np.uint64]]:
    """Numbers of the n-grams that begin at each character, for each size of n-gram; of different ones, different."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32) + np.uint64(1)
    keys = [points]
    for longer in range(1, CHAR_NGRAMS[1]):
        keys.append((keys[-1][:-1] << _POINT_BITS) | points[longer:])
    return keys


def word_ngrams(document: Document) -> list[str]:
    """Word n-grams of a document, with repetitions."""
    words = document.tokens.words
    return words + [f"{first} {second}" for first, second in itertools.pairwise(words)]


def char_ngrams(document: Document) -> list[str]:
    """Character n-grams of a document, with repetitions; names and placeholders are one symbol."""
    text = skeleton(document)
    low, high = CHAR_NGRAMS
    return [text[i : i + n] for n in range(low, high + 1) for i in range(len(text) - n + 1)]
