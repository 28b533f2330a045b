"""Where the n-grams of a vocabulary stand: words, and characters of a text in which a name is one symbol."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Sized
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

    :param words: features of the n-grams of 1, 2 words, for each word of all documents; `ABSENT` where none begins.
    :param chars: likewise of 1, 2, 3 characters, for each character of all skeletons.
    :param word_bounds: n + 1 numbers; the words of document i are those from the i-th number to the next.
    :param char_bounds: likewise for its characters.
    """

    words: tuple[IntArray, ...]
    chars: tuple[IntArray, ...]
    word_bounds: NDArray[np.int64]
    char_bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.word_bounds) - 1

    def occurrences(self, row: int, document: Document) -> Occurrences:
        """Where the features stand in one of the documents."""
        spans = np.array([document.tokens.starts, document.tokens.ends], dtype=np.int32)
        parts = [
            *_spanned(self.words, self.word_bounds[row : row + 2], spans),
            *_spanned(self.chars, self.char_bounds[row : row + 2], _character_spans(document)),
        ]
        features, starts, ends = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return Occurrences(features, starts, ends)


def _spanned(
    blocks: Sequence[IntArray], limits: NDArray[np.int64], spans: NDArray[np.int32]
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Features, starts and ends of one document's n-grams, for each size of n-gram.

    :param spans: (2, units), start and end of each unit in the text.
    """
    for longer, block in enumerate(blocks):
        own = block[limits[0] : limits[1]]
        units = np.flatnonzero(own != ABSENT)
        yield own[units], spans[0, units], spans[1, units + longer]


def bounds(parts: Sequence[Sized]) -> NDArray[np.int64]:
    """Where each part begins when all stand in a row, and where the last one ends."""
    return np.cumsum([0, *map(len, parts)])


def inside(blocks: Sequence[IntArray], limits: NDArray[np.int64]) -> tuple[IntArray, ...]:
    """One feature for each unit, without the n-grams that reach from one document into the next."""
    whole = np.full((len(blocks), limits[-1]), ABSENT, dtype=np.int32)
    for longer, block in enumerate(blocks):
        whole[longer, : len(block)] = block
        for back in range(1, longer + 1):
            ends = limits[1:] - back
            whole[longer, ends[ends >= 0]] = ABSENT
    return tuple(whole)


def skeleton(document: Document) -> str:
    """The text that character n-grams are taken from."""
    text = "".join([word if word[0] != "[" or len(word) == 1 else _SYMBOL for word in document.tokens.words])
    return text if _EVEN.fullmatch(text) else _lower(_DIGIT.sub("0", text))


def _character_spans(document: Document) -> NDArray[np.int32]:
    """(2, characters), start and end in the masked text of each character of the skeleton."""
    starts: list[int] = []
    ends: list[int] = []
    for token in document.tokens:
        if token.word[0] == "[" and len(token.word) > 1:
            starts.append(token.start)
            ends.append(token.end)
        else:
            starts.extend(range(token.start, token.end))
            ends.extend(range(token.start + 1, token.end + 1))
    return np.array([starts, ends], dtype=np.int32)


def _lower(text: str) -> str:
    """Lower case, character by character where one of them would become two (İ)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)
