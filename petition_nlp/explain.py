"""Which words led to a choice: spans of the original text with their share of the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.predict import Row
from petition_nlp.route import Evidence
from petition_nlp.text.document import Document
from petition_nlp.text.segment import Tokens

MAX_SPANS: Final = 5
_MAX_SPAN_TOKENS: Final = 3
_WEAKEST_SHARE: Final = 0.1  # of the strongest span's weight
_TIED_DIGITS: Final = 9  # weights that differ by less are of the same words in two places


class _Span(NamedTuple):
    start: int
    end: int
    weight: float


class Explainer:
    """Explains one message's choices.

    :param row: the message's n-grams and scores.
    :param source: the original text; :param skip: characters of a title in front that spans must not reach.
    """

    def __init__(self, document: Document, row: Row, *, source: str, skip: int) -> None:
        self._document, self._source, self._skip, self._row = document, source, skip, row
        found = row.occurrences
        position = np.searchsorted(row.matrix.indices, found.features)
        times = np.bincount(position, minlength=len(row.matrix.indices))
        self._position = position
        tokens = document.tokens
        self._bounds = np.array([tokens.starts, tokens.ends], dtype=np.int64)
        self._share = 1.0 / (times[position] * (found.ends - found.starts))

    def evidence(self, head: LinearHead, choice: int) -> list[Evidence]:
        """The strongest spans for a head's choice.

        Each n-gram's weight is its value times the gradient of the choice's log-probability; it is shared among
        the characters of its occurrences, and tokens collect their characters'. The encoder's part of the score
        has no words of its own: what it adds moves the gradient, not the spans.

        :param choice: index of the chosen label.
        :return: at most `MAX_SPANS` spans in falling order of weight, none overlapping.
        """
        spans = _strongest(_merged(self._document.tokens, self._token_weights(head, choice)))
        found = []
        for span in spans:
            start, end = self._document.aligned.origin(span.start, span.end)
            start, end = start - self._skip, end - self._skip
            if start >= 0 and round(span.weight, 4) > 0:
                text = self._source[start + self._skip : end + self._skip]
                found.append(Evidence(start, end, text, round(span.weight, 4), head.name))
        return found

    def _token_weights(self, head: LinearHead, choice: int) -> NDArray[np.float64]:
        row = self._row
        calibration = head.encoder.calibration if row.encoded and head.encoder else head.calibration
        slopes = calibration.slopes(row.scores[head.name])
        direction = -row.probabilities[head.name] * slopes
        direction[choice] += slopes[choice]
        by_feature = (head.weights[row.matrix.indices] @ direction) * row.matrix.values
        share = by_feature[self._position] * self._share
        size = len(self._document.text) + 1
        found = row.occurrences
        changes = np.bincount(found.starts, share, size) - np.bincount(found.ends, share, size)
        before = np.concatenate([[0.0], np.cumsum(np.cumsum(changes))])
        starts, ends = self._bounds
        return np.asarray(before[ends] - before[starts])


def _merged(tokens: Tokens, weights: NDArray[np.float64]) -> list[_Span]:
    """Neighbouring tokens that both speak for the choice become one span."""
    spans: list[_Span] = []
    size = 0
    before = -1
    threshold = weights.max(initial=0.0) * _WEAKEST_SHARE
    strong = np.flatnonzero((weights > 0) & (weights >= threshold))
    for place, weight in zip(strong.tolist(), weights[strong].tolist(), strict=True):
        if not any(map(str.isalnum, tokens.words[place])):
            continue
        start, end = tokens.starts[place], tokens.ends[place]
        if place == before + 1 and spans and spans[-1].end == start and size < _MAX_SPAN_TOKENS:
            spans[-1] = _Span(spans[-1].start, end, spans[-1].weight + weight)
            size += 1
        else:
            spans.append(_Span(start, end, weight))
            size = 1
        before = place
    return spans


def _strongest(spans: Sequence[_Span]) -> list[_Span]:
    ranked = sorted(spans, key=lambda span: (-round(span.weight, _TIED_DIGITS), span.start))[:MAX_SPANS]
    return [span for span in ranked if span.weight >= ranked[0].weight * _WEAKEST_SHARE]
