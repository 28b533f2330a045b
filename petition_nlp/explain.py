"""Which words led to a choice: spans of the text with their share of the score, for many messages at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.predict import Scored
from petition_nlp.embed.places import bounds
from petition_nlp.route import Evidence
from petition_nlp.text.document import Document

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

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
    """Explains the choices that were made for n messages.

    Each n-gram's weight is its value times the gradient of the choice's log-probability; it is shared among the
    characters of its occurrences, and tokens collect their characters'. The encoder's part of the score has no words
    of its own: what it adds moves the gradient, not the spans.
    """

    def __init__(self, scored: Scored, documents: Sequence[Document]) -> None:
        self._scored = scored
        self._words = list(itertools.chain.from_iterable(document.tokens.words for document in documents))
        self._texts = bounds([document.text for document in documents])
        self._token_rows = np.repeat(np.arange(len(documents)), np.diff(scored.places.word_bounds))
        places = scored.places
        spans = places.word_spans(documents)
        self._tokens = spans + self._texts[self._token_rows]
        found = places.occurrences(documents, spans)
        self._position = scored.matrix.positions(found.rows, found.features)
        times = np.bincount(self._position, minlength=len(scored.matrix.indices))
        self._share = 1.0 / (times[self._position] * (found.ends - found.starts))
        offsets = self._texts[found.rows]
        self._starts, self._ends = found.starts + offsets, found.ends + offsets

    def spans(self, head: LinearHead, choices: Sequence[int]) -> list[list[Span]]:
        """For each message the strongest spans for a head's choice.

        :param choices: index of each message's label; `NO_CHOICE` for a message without spans.
        :return: at most `MAX_SPANS` for each, in falling order of weight, none overlapping.
        """
        weights = self._token_weights(head, choices)
        found: list[list[Span]] = [[] for _ in choices]
        for row, start, end, weight in self._strongest(self._merged(self._strong(weights), weights)):
            found[row].append(Span(start, end, weight))
        return found

    def _token_weights(self, head: LinearHead, choices: Sequence[int]) -> FloatArray:
        share = self._feature_weights(head, choices)[self._position] * self._share
        size = int(self._texts[-1]) + 1
        changes = np.bincount(self._starts, share, size) - np.bincount(self._ends, share, size)
        before = np.concatenate([[0.0], np.cumsum(np.cumsum(changes))])
        starts, ends = self._tokens
        return np.asarray(before[ends] - before[starts])

    def _feature_weights(self, head: LinearHead, choices: Sequence[int]) -> NDArray[np.float32]:
        """What each n-gram of each message says for the message's choice."""
        scored = self._scored
        scores = scored.scores[head.name]
        slopes = head.calibration.slopes(scores)
        if head.encoder is not None:
            slopes = np.where(scored.encoded[:, None], head.encoder.calibration.slopes(scores), slopes)
        directions = -scored.probabilities[head.name] * slopes
        chosen = [row for row, choice in enumerate(choices) if choice != NO_CHOICE]
        columns = [choices[row] for row in chosen]
        directions[chosen, columns] += slopes[chosen, columns]
        weights = np.zeros(len(scored.matrix.indices), dtype=np.float32)
        limits = scored.matrix.indptr.tolist()
        for row in chosen:
            own = slice(limits[row], limits[row + 1])
            np.dot(head.weights[scored.matrix.indices[own]], directions[row], out=weights[own])
        return weights * scored.matrix.values

    def _strong(self, weights: FloatArray) -> IntArray:
        """The tokens that speak clearly for their message's choice."""
        most = np.zeros(len(self._texts) - 1)
        np.maximum.at(most, self._token_rows, weights)
        enough = np.flatnonzero((weights > 0) & (weights >= (most * _WEAKEST_SHARE)[self._token_rows]))
        words = self._words
        readable = [any(map(str.isalnum, words[token])) for token in enough.tolist()]
        return enough[np.array(readable, dtype=bool)]

    def _merged(self, strong: IntArray, weights: FloatArray) -> _Spans:
        """Neighbouring strong tokens as one span, of so many tokens at most."""
        rows = self._token_rows[strong]
        starts, ends = self._tokens[:, strong]
        apart = np.ones(len(strong), dtype=bool)
        apart[1:] = (np.diff(strong) > 1) | (starts[1:] != ends[:-1]) | (np.diff(rows) > 0)
        runs = np.flatnonzero(apart)
        place = np.arange(len(strong)) - np.repeat(runs, np.diff(runs, append=len(strong)))
        first = np.flatnonzero(place % _MAX_SPAN_TOKENS == 0)
        last = np.append(first[1:], len(strong)) - 1
        if not len(first):
            return _Spans(rows, starts, ends, weights[strong])
        return _Spans(rows[first], starts[first], ends[last], np.add.reduceat(weights[strong], first))

    def _strongest(self, spans: _Spans) -> Iterator[tuple[int, int, int, float]]:
        """Message, start, end and weight of those that are shown."""
        order = np.lexsort((-np.round(spans.weights, _TIED_DIGITS), spans.rows))  # stable: the first of tied ones
        rows = spans.rows[order]
        first = np.searchsorted(rows, rows)
        weights = spans.weights[order]
        shown = (np.arange(len(rows)) - first < MAX_SPANS) & (weights >= weights[first] * _WEAKEST_SHARE)
        picked = order[shown]
        rows = spans.rows[picked]
        offsets = self._texts[rows]
        starts, ends = spans.starts[picked] - offsets, spans.ends[picked] - offsets
        return zip(rows.tolist(), starts.tolist(), ends.tolist(), spans.weights[picked].tolist(), strict=True)


class _Spans(NamedTuple):
    """Spans of all messages in order: of which message each is, and where it stands in all texts joined."""

    rows: IntArray
    starts: IntArray
    ends: IntArray
    weights: FloatArray
