"""Probabilities → named choices, for the tables of many messages at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import Labelled
from petition_nlp.route import Choice, Prediction
from petition_nlp.taxonomy import UNCLEAR, Taxonomy

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]

DIGITS: Final = 4
"""Decimals of a probability in a route."""


@dataclass(frozen=True)
class Chooser:
    """Makes choices from one head's probabilities.

    :param alternatives: number of choices beside the first.
    """

    head: Labelled
    taxonomy: Taxonomy
    alternatives: int

    def predictions(self, table: FloatArray) -> list[Prediction]:
        """For each row of (n, labels) probabilities the first choice and the next best ones."""
        order = self._order(table, self._suggested)[:, : self.alternatives + 1]
        return [prediction(choices) for choices in self._named(table, order.tolist())]

    def predictions_or_unclear(self, table: FloatArray, threshold: float) -> list[Prediction]:
        """As `predictions`; 无法判断 comes first from the threshold on, and is never one choice among others."""
        if UNCLEAR not in self.head.labels:
            return self.predictions(table)
        unclear = self.head.labels.index(UNCLEAR)
        others = self._order(table, self._suggested[self._suggested != unclear]).tolist()
        first = (table[:, unclear] >= threshold).tolist()
        ranked = ([unclear, *row] if is_unclear else row for is_unclear, row in zip(first, others, strict=True))
        order = (row[: self.alternatives + 1] for row in ranked)
        return [prediction(choices) for choices in self._named(table, order)]

    def predictions_and_candidates(
        self, table: FloatArray, threshold: float
    ) -> Iterator[tuple[Prediction, tuple[Choice, ...]]]:
        """As `predictions`, each with all choices from a probability on, the first one always among them."""
        order = self._order(table, self._suggested)
        counts = np.maximum(1, (table[:, self._suggested] >= threshold).sum(axis=1)).tolist()
        shown = self.alternatives + 1
        kept = (row[: max(count, shown)] for row, count in zip(order.tolist(), counts, strict=True))
        for choices, count in zip(self._named(table, kept), counts, strict=True):
            yield prediction(choices[:shown]), tuple(choices[:count])

    def sure_ones(self, table: FloatArray, threshold: float) -> dict[int, list[Choice]]:
        """The choices from a probability on, for the rows that have any."""
        rows = np.flatnonzero((table[:, self._suggested] >= threshold).any(axis=1))
        own = table[rows]
        order = self._order(own, self._suggested)
        counts = (own[:, self._suggested] >= threshold).sum(axis=1).tolist()
        kept = [row[:count] for row, count in zip(order.tolist(), counts, strict=True)]
        return dict(zip(rows.tolist(), self._named(own, kept), strict=True))

    @cached_property
    def _suggested(self) -> IntArray:
        """Labels that are not left to people."""
        labels = self.head.labels
        return np.array([index for index, label in enumerate(labels) if label not in self.head.leave], dtype=np.intp)

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        return [(code, self.taxonomy.name(self.head.name, code)) for code in self.head.labels]

    def _order(self, table: FloatArray, labels: IntArray) -> IntArray:
        """Some labels in falling order of probability, for each row."""
        return labels[np.argsort(-table[:, labels], axis=1, kind="stable")]

    def _named(self, table: FloatArray, order: Iterable[list[int]]) -> Iterable[list[Choice]]:
        rounded = np.round(table.astype(np.float64), DIGITS).tolist()
        names = self._names
        for row, own in zip(order, rounded, strict=True):
            yield [Choice(*names[index], own[index]) for index in row]


def prediction(choices: list[Choice]) -> Prediction:
    """Choices in falling order, as a prediction."""
    first = choices[0]
    return Prediction(first.code, first.name, first.confidence, tuple(choices[1:]))
