"""Where the n-grams of a vocabulary stand: words, and characters of a text in which a name is one symbol."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.arrays import bounds, owners
from petition_nlp.embed.lookup import ABSENT
from petition_nlp.text.document import Document

IntArray = NDArray[np.int32]

_SYMBOL: Final = "◇"  # one character for a placeholder or a name
_DIGIT: Final = re.compile(r"\d")
_EVEN: Final = re.compile(r"[a-z 一-鿿。、《》“”‘’—【】,!?;:()\[\]*%/.+_=◇-]*")
"""Texts without a digit and without a capital; most are."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where the features of a vocabulary stand in masked texts: n features, the text of each, its start and end."""

    rows: NDArray[np.int64]
    features: NDArray[np.int32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Which n-grams of a vocabulary begin at each unit, a word or a character, of n documents.

    :param words: (2, words), features of the n-grams of 1, 2 words that begin at each word; `ABSENT` where none does.
    :param chars: (3, characters), likewise of 1, 2, 3 characters, for the characters of all skeletons.
    :param word_bounds: n + 1 numbers; the words of document i are those from the i-th number to the next.
    :param char_bounds: likewise for its characters.
    """

    words: IntArray
    chars: IntArray
    word_bounds: NDArray[np.int64]
    char_bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.word_bounds) - 1

    def word_spans(self, documents: Sequence[Document]) -> NDArray[np.int64]:
        """(2, words), start and end of each word in its document's text."""
        columns = ([document.tokens.starts for document in documents], [document.tokens.ends for document in documents])
        size = int(self.word_bounds[-1])
        return np.array([np.fromiter(itertools.chain.from_iterable(own), np.int64, size) for own in columns])

    def occurrences(self, documents: Sequence[Document], word_spans: NDArray[np.int64]) -> Occurrences:
        """Where the features stand in the documents, those of one document in the order of `words`, then `chars`."""
        words = _spanned(self.words, self.word_bounds, word_spans)
        chars = _spanned(self.chars, self.char_bounds, _character_spans(documents, word_spans))
        return Occurrences(
            np.concatenate([words.rows, chars.rows]),
            np.concatenate([words.features, chars.features]),
            np.concatenate([words.starts, chars.starts]),
            np.concatenate([words.ends, chars.ends]),
        )


def _spanned(blocks: IntArray, limits: NDArray[np.int64], spans: NDArray[np.int64]) -> Occurrences:
    """Where the n-grams of one kind of unit stand.

    :param spans: (2, units), start and end of each unit in its document's text.
    """
    longer, units = (blocks != ABSENT).nonzero()
    return Occurrences(owners(limits)[units], blocks[longer, units], spans[0, units], spans[1, units + longer])


def inside(blocks: Sequence[IntArray], limits: NDArray[np.int64]) -> IntArray:
    """One feature for each unit, without the n-grams that reach from one document into the next."""
    whole = np.full((len(blocks), limits[-1]), ABSENT, dtype=np.int32)
    for longer, block in enumerate(blocks):
        whole[longer, : len(block)] = block
        for back in range(1, longer + 1):
            ends = limits[1:] - back
            whole[longer, ends[ends >= 0]] = ABSENT
    return whole


def skeleton(document: Document) -> str:
    """The text that character n-grams are taken from."""
    text = "".join([word if word[0] != "[" or len(word) == 1 else _SYMBOL for word in document.tokens.words])
    return text if _EVEN.fullmatch(text) else _lower(_DIGIT.sub("0", text))


def _character_spans(documents: Sequence[Document], word_spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """(2, characters), start and end in its document's text of each character of the skeletons."""
    starts, ends = word_spans
    symbols = np.array(
        [word[0] == "[" and len(word) > 1 for document in documents for word in document.tokens.words], dtype=bool
    )
    sizes = np.where(symbols, 1, ends - starts)
    limits = bounds(sizes)
    word = owners(limits)
    first = starts[word] + np.arange(len(word)) - limits[word]
    return np.array([first, np.where(symbols[word], ends[word], first + 1)])


def _lower(text: str) -> str:
    """Lower case, character by character where one of them would become two (İ)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)
