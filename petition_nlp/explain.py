"""Which words led to a choice: spans of the text with their share of the score, for many messages at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from petition_nlp.arrays import IntArray, bounds, owners, sizes, with_end
from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.predict import Scored
from petition_nlp.route import Evidence
from petition_nlp.text.document import Document

FloatArray = NDArray[np.float64]

MAX_SPANS: Final = 5
NO_CHOICE: Final = -1
_MAX_SPAN_TOKENS: Final = 3
_WEAKEST_SHARE: Final = 0.1  # of the strongest span's weight
_TIED_DIGITS: Final = 9  # weights that differ by less are of the same words in two places


class Span(NamedTuple):
    """A part of a document's text that speaks for a choice."""

    start: int
    end: int
    weight: float

    def quoted(self, document: Document, head: str, *, source: str, skip: int) -> Evidence | None:
        """The span in the original text; None if it says nothing there.

        :param source: the original text; :param skip: characters of a title in front that spans must not reach.
        """
        start, end = document.aligned.origin(self.start, self.end)
        weight = round(self.weight, 4)
        if start < skip or weight <= 0:
            return None
        return Evidence(start - skip, end - skip, source[start:end], weight, head)


class Explainer:
    """Explains the choices that some heads made for n messages.

    Each n-gram's weight is its value times the gradient of the choice's log-probability; it is shared among the
    characters of its occurrences, and tokens collect their characters'. The encoder's part of the score has no words
    of its own: what it adds moves the gradient, not the spans.
    """

    def __init__(self, scored: Scored, documents: Sequence[Document]) -> None:
        self._scored = scored
        self._words = list(itertools.chain.from_iterable(document.tokens.words for document in documents))
        self._texts = bounds(len(document.text) for document in documents)
        places = scored.places
        self._token_rows = owners(places.word_bounds)
        spans = places.word_spans(documents)
        self._tokens = spans + self._texts[self._token_rows]
        found = places.occurrences(documents, spans)
        self._position = scored.matrix.positions(found.rows, found.features)
        times = np.bincount(self._position, minlength=len(scored.matrix.indices))
        self._share = 1.0 / (times[self._position] * (found.ends - found.starts))
        self._occurrences = np.array([found.starts, found.ends]) + self._texts[found.rows]

    def spans(self, choices: Sequence[tuple[LinearHead, Sequence[int]]]) -> list[list[list[Span]]]:
        """For each head, for each message, the strongest spans for the head's choice.

        :param choices: heads with the column of each message's choice; `NO_CHOICE` for a message without spans.
        :return: at most `MAX_SPANS` for each, in falling order of weight, none overlapping.
        """
        number = len(self._texts) - 1
        weights = self._token_weights(self._feature_weights(choices))
        rows = (np.arange(len(choices))[:, None] * number + self._token_rows).ravel()
        found: list[list[Span]] = [[] for _ in range(len(choices) * number)]
        for row, start, end, weight in self._strongest(self._merged(self._strong(weights, rows), weights, rows)):
            found[row].append(Span(start, end, weight))
        return [found[first : first + number] for first in range(0, len(found), max(number, 1))]

    def _token_weights(self, features: NDArray[np.float32]) -> FloatArray:
        """What each token of all texts says for the choice of each head, one head after the other.

        :param features: (heads, n-grams of all messages).
        """
        heads, size = len(features), int(self._texts[-1]) + 1
        share = (features[:, self._position] * self._share).ravel()
        first = np.arange(heads)[:, None] * size
        begin, stop = ((first + own).ravel() for own in self._occurrences)
        changes = np.bincount(begin, share, heads * size) - np.bincount(stop, share, heads * size)
        before = np.zeros((heads, size + 1))
        changes.reshape(heads, size).cumsum(axis=1).cumsum(axis=1, out=before[:, 1:])
        starts, ends = self._tokens
        return np.asarray(before[:, ends] - before[:, starts]).ravel()

    def _feature_weights(self, choices: Sequence[tuple[LinearHead, Sequence[int]]]) -> NDArray[np.float32]:
        """What each n-gram of each message says for the message's choice of each head: (heads, n-grams)."""
        joint, matrix = self._scored.joint, self._scored.matrix
        directions = np.zeros((len(matrix), joint.labels, len(choices)), dtype=np.float32)
        for number, (head, own) in enumerate(choices):
            directions[:, joint.part(head.name), number] = self._directions(head, own)
        return joint.weights_along(matrix, directions).T * matrix.values

    def _directions(self, head: LinearHead, choices: Sequence[int]) -> NDArray[np.float32]:
        """(n, labels), the gradient of the log-probability of each message's choice; zero where there is none.

        A choice that several labels make up has the sum of their probabilities: each counts by its part of that.
        """
        scored = self._scored
        scores = scored.scores[head.name]
        slopes = head.calibration.slopes(scores)
        if head.encoder is not None and scored.encoded.any():
            slopes = np.where(scored.encoded[:, None], head.encoder.calibration.slopes(scores), slopes)
        own = scored.own[head.name]
        directions = -own * slopes
        columns = np.array(choices)
        chosen = np.flatnonzero(columns != NO_CHOICE)
        if head.name in scored.maps:
            parts = own[chosen] * scored.maps[head.name].matrix().T[columns[chosen]]
            directions[chosen] += slopes[chosen] * parts / parts.sum(axis=1, keepdims=True)
        else:
            directions[chosen, columns[chosen]] += slopes[chosen, columns[chosen]]
        directions[columns == NO_CHOICE] = 0
        return np.asarray(directions, dtype=np.float32)

    def _strong(self, weights: FloatArray, rows: IntArray) -> IntArray:
        """The tokens that speak clearly for a head's choice."""
        most = np.zeros(int(rows[-1]) + 1 if len(rows) else 0)
        np.maximum.at(most, rows, weights)
        strong: IntArray = ((weights > 0) & (weights >= (most * _WEAKEST_SHARE)[rows])).nonzero()[0]
        words, number = self._words, len(self._words)
        readable = [any(map(str.isalnum, words[token % number])) for token in strong.tolist()]
        return strong if all(readable) else strong[np.array(readable)]

    def _merged(self, strong: IntArray, weights: FloatArray, rows: IntArray) -> _Spans:
        """Neighbouring strong tokens as one span, of so many tokens at most."""
        rows = rows[strong]
        starts, ends = self._tokens[:, strong % max(len(self._words), 1)]
        apart = np.ones(len(strong), dtype=bool)
        apart[1:] = (sizes(strong) > 1) | (starts[1:] != ends[:-1]) | (sizes(rows) > 0)
        runs = with_end(apart.nonzero()[0], len(strong))
        place = np.arange(len(strong)) - runs[:-1].repeat(sizes(runs))
        first = (place % _MAX_SPAN_TOKENS == 0).nonzero()[0]
        last = with_end(first, len(strong))[1:] - 1
        weights = np.add.reduceat(weights[strong], first) if len(first) else weights[strong]
        return _Spans(rows[first], starts[first], ends[last], weights)

    def _strongest(self, spans: _Spans) -> Iterator[tuple[int, int, int, float]]:
        """Row, start, end and weight of those that are shown; places count from the start of the message's text."""
        order = np.lexsort((-spans.weights.round(_TIED_DIGITS), spans.rows))  # stable: the first of tied ones
        rows, weights = spans.rows[order], spans.weights[order]
        first = rows.searchsorted(rows)
        shown = ((np.arange(len(rows)) - first < MAX_SPANS) & (weights >= weights[first] * _WEAKEST_SHARE)).nonzero()[0]
        picked, rows = order[shown], rows[shown]
        offsets = self._texts[rows % max(len(self._texts) - 1, 1)]
        starts, ends = spans.starts[picked] - offsets, spans.ends[picked] - offsets
        return zip(rows.tolist(), starts.tolist(), ends.tolist(), weights[shown].tolist(), strict=True)


class _Spans(NamedTuple):
    """Spans for the choices of all heads, one head after the other.

    :param rows: head × n + message of each. :param starts: where it begins in the texts joined. :param ends: likewise.
    """

    rows: IntArray
    starts: IntArray
    ends: IntArray
    weights: FloatArray
