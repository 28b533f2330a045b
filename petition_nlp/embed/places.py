"""Where the n-grams of a vocabulary stand: words, and characters of a text in which a name is one symbol."""

from __future__ import annotations

import re
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.embed.lookup import ABSENT
from petition_nlp.text.document import Document

IntArray = NDArray[np.int32]

_SYMBOL: Final = "◇"  # one character for a placeholder or a name
_DIGIT: Final = re.compile(r"\d")
_EVEN: Final = re.compile(r"[a-z 一-鿿。、《》“”‘’—【】,!?;:()\[\]*%/.+_=◇-]*")
"""Texts without a digit and without a capital; most are."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where the features of a vocabulary stand in one masked text: n features, their starts and their ends."""

    features: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


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

    def occurrences(self, row: int, document: Document) -> Occurrences:
        """Where the features stand in one of the documents."""
        word_spans = np.array([document.tokens.starts, document.tokens.ends], dtype=np.int32)
        parts = (
            _spanned(self.words, self.word_bounds[row : row + 2], word_spans),
            _spanned(self.chars, self.char_bounds[row : row + 2], _character_spans(document, word_spans)),
        )
        features, starts, ends = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return Occurrences(features, starts, ends)


def _spanned(
    blocks: IntArray, limits: NDArray[np.int64], spans: NDArray[np.int32]
) -> tuple[IntArray, IntArray, IntArray]:
    """Features, starts and ends of one document's n-grams.

    :param spans: (2, units), start and end of each unit in the text.
    """
    own = blocks[:, limits[0] : limits[1]]
    longer, units = np.nonzero(own != ABSENT)
    return own[longer, units], spans[0, units], spans[1, units + longer]


def bounds(parts: Sequence[Sized]) -> NDArray[np.int64]:
    """Where each part begins when all stand in a row, and where the last one ends."""
    return np.cumsum([0, *map(len, parts)])


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


def _character_spans(document: Document, word_spans: NDArray[np.int32]) -> NDArray[np.int32]:
    """(2, characters), start and end in the masked text of each character of the skeleton."""
    starts, ends = word_spans
    symbols = [word[0] == "[" and len(word) > 1 for word in document.tokens.words]
    sizes = np.where(symbols, 1, ends - starts)
    word = np.repeat(np.arange(len(sizes)), sizes)
    first = starts[word] + np.arange(len(word)) - (np.cumsum(sizes) - sizes)[word]
    return np.array([first, np.where(np.array(symbols, dtype=bool)[word], ends[word], first + 1)], dtype=np.int32)


def _lower(text: str) -> str:
    """Lower case, character by character where one of them would become two (İ)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)
