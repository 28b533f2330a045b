"""What a model answers to labelled messages, as two models can be compared on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.decide import DEPARTMENT, MATTER
from petition_nlp.route import Message, Route, code_of
from petition_nlp.router import Router
from petition_nlp.training.bootstrap import Pairs
from petition_nlp.training.corpus import Corpus
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.labels import AREA

Flags = NDArray[np.bool_]

COMPARED: Final = (DEPARTMENT, MATTER)
_BATCH: Final = 256


@dataclass(frozen=True)
class Answers:
    """One model's answers to the n rows of a sample.

    :param right: head → whether its choice is the row's label. :param automatic: whether no person would look.
    """

    right: Mapping[str, Flags]
    automatic: Flags


@dataclass(frozen=True)
class Sample:
    """Labelled messages that neither model has learnt from, answered by both.

    :param labels: head → n labels, None without one. :param leave: labels that are left to people.
    :param groups: n numbers; near copies share one.
    """

    name: str
    labels: Mapping[str, Sequence[str | None]]
    leave: Mapping[str, frozenset[str]]
    groups: NDArray[np.int64]
    current: Answers
    candidate: Answers

    @classmethod
    def of(cls, name: str, corpus: Corpus, current: Router, candidate: Router) -> Sample:
        """Let both models answer a labelled file."""
        leave = {
            head: frozenset().union(*(router.heads[head].leave for router in (current, candidate)))
            for head in COMPARED
            if all(head in router.heads for router in (current, candidate))
        }
        return cls(
            name,
            {head: corpus.labels[head] for head in leave if head in corpus.labels},
            leave,
            near_duplicate_groups(corpus.texts),
            _answers(corpus, current),
            _answers(corpus, candidate),
        )

    def __len__(self) -> int:
        return len(self.groups)

    def rows(self, head: str) -> Flags:
        """Rows with a label that a router is meant to suggest."""
        leave = self.leave.get(head, frozenset())
        column = self.labels.get(head, (None,) * len(self))
        return np.array([label is not None and label not in leave for label in column], dtype=bool)

    def pairs(self, head: str, rows: Flags | None = None) -> Pairs:
        """Right answers of both models on the rows with a label of the head."""
        kept = self.rows(head) if rows is None else rows
        first, second = (own.right.get(head, np.zeros(len(self), dtype=bool)) for own in (self.current, self.candidate))
        return Pairs(first[kept].astype(np.float64), second[kept].astype(np.float64), self.groups[kept])

    def by_label(self, head: str) -> dict[str, Pairs]:
        """As `pairs`, for each label apart."""
        column = np.array([label or "" for label in self.labels.get(head, (None,) * len(self))])
        wanted = self.rows(head)
        return {str(label): self.pairs(head, wanted & (column == label)) for label in np.unique(column[wanted])}

    def reviews(self) -> Pairs:
        """Which rows a person would look at."""
        first, second = (~own.automatic for own in (self.current, self.candidate))
        return Pairs(first.astype(np.float64), second.astype(np.float64), self.groups)

    def dispatched(self, answers: Answers, head: str) -> tuple[int, int]:
        """Of the labelled rows that one model would send on without a person: how many are right, and how many are."""
        labelled = np.array([label is not None for label in self.labels.get(head, (None,) * len(self))], dtype=bool)
        sent = answers.automatic & labelled
        right = answers.right.get(head, np.zeros(len(self), dtype=bool))
        return int(right[sent].sum()), int(sent.sum())


def _answers(corpus: Corpus, router: Router) -> Answers:
    right: dict[str, list[bool]] = {head: [] for head in COMPARED if head in corpus.labels}
    automatic: list[bool] = []
    areas = corpus.further.get(AREA, ("",) * len(corpus))
    messages = [Message(text, area=area or None) for text, area in zip(corpus.texts, areas, strict=True)]
    for start in range(0, len(corpus), _BATCH):
        routes = router.route_without_evidence(messages[start : start + _BATCH])
        automatic += [not route.review.reasons for route in routes]
        for head, found in right.items():
            labels = corpus.labels[head][start : start + _BATCH]
            found += [
                label is not None and _choice(route, head) == label for route, label in zip(routes, labels, strict=True)
            ]
    return Answers(
        {head: np.array(found, dtype=bool) for head, found in right.items()}, np.array(automatic, dtype=bool)
    )


def _choice(route: Route, head: str) -> str | None:
    return code_of(route.department if head == DEPARTMENT else route.matter)
