"""Texts as sets of weighted character pairs, and their weighted MinHash signatures.

Pairs of characters find a place's or firm's name however the words around it are cut and are computed for all texts
at once. A pair weighs what its rarity says (idf, as a share of the largest possible), so that 来电人反映 counts for
nothing. Pairs inside a name of a place, person or firm are marked: two reports of one issue nearly always share one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.text.mask import PLACEHOLDER, without_placeholders
from petition_nlp.text.names import name_spans
from petition_nlp.text.segment import tokens

Ints = NDArray[np.int64]
SmallInts = NDArray[np.int32]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

BANDS: Final = 32
"""Length of a signature; each of its entries alone makes two texts candidates."""
BUCKETS: Final = 1 << 22
"""Features are numbers below this."""

_MOST_FEATURES: Final = 40
_OTHER_TEXTS: Final = 500
"""Texts that are thought to have gone before, so that an issue which fills a small archive keeps its weight."""
_FIRST_HAN: Final = 0x4E00
_LAST_HAN: Final = 0x9FFF
_MIX: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_NOT_CONTENT: Final = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Vector:
    """Features of one text with their weights, and whether they belong to a name."""

    ids: SmallInts
    weights: Floats
    named: Bools

    @property
    def norm(self) -> float:
        """Euclidean length."""
        return float(np.sqrt(np.sum(self.weights.astype(np.float64) ** 2)))


@dataclass(frozen=True)
class Vectors:
    """n sparse vectors by rows: row i holds ``ids[starts[i]:starts[i + 1]]``, ascending.

    :param starts: (n + 1); :param weights: of the features, 0 to 1; :param named: whether they belong to a name.
    :param norms: (n) Euclidean lengths; :param signatures: (n, `BANDS`) features chosen, -1 for an empty row.
    """

    starts: Ints
    ids: SmallInts
    weights: Floats
    named: Bools
    norms: Floats
    signatures: SmallInts

    def __len__(self) -> int:
        return len(self.norms)

    def row(self, index: int) -> Vector:
        """A copy of one row."""
        part = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return Vector(self.ids[part].copy(), self.weights[part].copy(), self.named[part].copy())

    def entries(self, rows: Ints) -> tuple[Ints, Ints]:
        """Where the features of some rows stand, and for each the position in ``rows`` that it belongs to."""
        lengths = (self.starts[1:] - self.starts[:-1])[rows]
        owner = np.repeat(np.arange(len(rows)), lengths)
        offsets = np.cumsum(lengths) - lengths
        return (self.starts[:-1][rows] - offsets)[owner] + np.arange(len(owner)), owner

    def take(self, rows: Ints) -> Vectors:
        """Some of the rows in the order given."""
        where, _ = self.entries(rows)
        lengths = (self.starts[1:] - self.starts[:-1])[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Vectors(
            starts,
            self.ids[where],
            self.weights[where],
            self.named[where],
            self.norms[rows],
            self.signatures[rows],
        )


def joined(first: Vectors, second: Vectors) -> Vectors:
    """The rows of both."""
    return Vectors(
        np.concatenate([first.starts, second.starts[1:] + first.starts[-1]]),
        np.concatenate([first.ids, second.ids]),
        np.concatenate([first.weights, second.weights]),
        np.concatenate([first.named, second.named]),
        np.concatenate([first.norms, second.norms]),
        np.concatenate([first.signatures, second.signatures]),
    )


class Weighting:
    """How often every feature has been seen so far, and what it therefore weighs."""

    def __init__(self) -> None:
        self._seen = np.zeros(BUCKETS, dtype=np.int32)
        self._texts = 0

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Count the texts, then weigh them against everything counted so far."""
        rows, ids, named = _pairs(texts)
        self._seen += np.bincount(ids, minlength=BUCKETS).astype(np.int32)
        self._texts += len(texts)
        weights = self._weights(ids)
        kept = _strongest(rows, ids, weights, len(texts))
        rows, ids, weights, named = rows[kept], ids[kept], weights[kept], named[kept]
        starts = np.searchsorted(rows, np.arange(len(texts) + 1)).astype(np.int64)
        norms = np.sqrt(np.bincount(rows, weights.astype(np.float64) ** 2, minlength=len(texts)))
        signatures = _signatures(starts, ids, weights)
        return Vectors(starts, ids.astype(np.int32), weights, named, norms.astype(np.float32), signatures)

    def rarity(self, word: str) -> float:
        """Weight of the commonest pair in a word, than which the word itself cannot be commoner; 0 to 1."""
        _, ids, _ = _pairs([word])
        return float(self._weights(ids).min()) if len(ids) else 0.0

    def _weights(self, ids: Ints) -> Floats:
        texts = self._texts + _OTHER_TEXTS
        idf = np.log(texts / (self._seen[ids] + 0.5)) / np.log(texts)
        return np.asarray(np.clip(idf, 0.0, 1.0), dtype=np.float32)


def content(text: str) -> str:
    """What a text says, without placeholders, punctuation and blanks: the same for copies of one message."""
    return _NOT_CONTENT.sub("", PLACEHOLDER.sub("", text))


def _pairs(texts: Sequence[str]) -> tuple[Ints, Ints, Bools]:
    """Every text's distinct character pairs as (row, feature, part of a name), sorted; none across punctuation."""
    plain = [_blanked(text) for text in texts]
    codes = np.frombuffer("\n".join(plain).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.int64)
    row = np.cumsum(codes == ord("\n"))
    word = (
        ((codes >= _FIRST_HAN) & (codes <= _LAST_HAN))
        | ((codes >= ord("0")) & (codes <= ord("9")))
        | ((codes >= ord("a")) & (codes <= ord("z")))
    )
    both = np.flatnonzero(word[:-1] & word[1:])
    ids = _mixed((codes[both] << 21 | codes[both + 1]).astype(np.uint64)) % np.uint64(BUCKETS)
    inside = _in_names(texts, len(codes))
    keys, which = np.unique(row[both] * BUCKETS + ids.astype(np.int64), return_inverse=True)
    named = np.bincount(which, inside[both] & inside[both + 1], minlength=len(keys)) > 0
    return keys // BUCKETS, keys % BUCKETS, named


def _blanked(text: str) -> str:
    """A text of the same length without placeholders, in lower case where that keeps the length."""
    text = without_placeholders(text).replace("\n", " ")
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _in_names(texts: Sequence[str], length: int) -> Bools:
    """For each character of the texts, one after another with one between, whether it stands in a name."""
    inside = np.zeros(length, dtype=bool)
    offset = 0
    for text in texts:
        for start, end in name_spans(tokens(text)):
            inside[offset + start : offset + end] = True
        offset += len(text) + 1
    return inside


def _strongest(rows: Ints, ids: Ints, weights: Floats, n: int) -> Ints:
    """Which features to keep: those with any weight, of each row at most `_MOST_FEATURES` of the heaviest."""
    order = np.lexsort((ids, -weights, rows))
    first = np.searchsorted(rows, np.arange(n))
    rank = np.arange(len(rows)) - first[rows[order]]
    return np.sort(order[(rank < _MOST_FEATURES) & (weights[order] > 0)])


def _signatures(starts: Ints, ids: Ints, weights: Floats) -> SmallInts:
    """Weighted MinHash: a feature is chosen with a chance in proportion to its squared weight (exponential race)."""
    signatures = np.full((len(starts) - 1, BANDS), -1, dtype=np.int32)
    filled = np.flatnonzero(starts[1:] > starts[:-1])
    if not len(filled):
        return signatures
    cuts, squared = starts[:-1][filled], weights.astype(np.float64) ** 2
    sizes = (starts[1:] - starts[:-1])[filled]
    for band in range(BANDS):
        seed = np.uint64((band + 1) * _MIX[2] % 2**64)
        uniform = (_mixed(ids.astype(np.uint64) + seed) >> np.uint64(11)).astype(np.float64) / 2.0**53
        race = -np.log(uniform + 1e-300) / squared
        lowest = np.repeat(np.minimum.reduceat(race, cuts), sizes)
        signatures[filled, band] = np.maximum.reduceat(np.where(race == lowest, ids, -1), cuts)
    return signatures


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A 64-bit finaliser (splitmix64): neighbours in, unrelated numbers out."""
    first, second, third = (np.uint64(factor) for factor in _MIX)
    values = values + first
    values = (values ^ (values >> np.uint64(30))) * second
    values = (values ^ (values >> np.uint64(27))) * third
    return np.asarray(values ^ (values >> np.uint64(31)))
