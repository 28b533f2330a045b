"""Tables of probabilities → decisions, for many messages at once; a `Route` is put together from them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from petition_nlp.choose import DIGITS, Chooser
from petition_nlp.classify.conformal import inclusion_threshold
from petition_nlp.classify.head import Labelled, ranking
from petition_nlp.classify.profile import Profile
from petition_nlp.policy import Policy
from petition_nlp.route import Candidates, Choice, Prediction
from petition_nlp.taxonomy import UNCLEAR, Taxonomy

FloatArray = NDArray[np.float32]
Tables = Mapping[str, FloatArray]
"""(n, labels) probabilities by head."""

MATTER: Final = "matter"
DEPARTMENT: Final = "department"
REQUEST_TYPE: Final = "request_type"
CO_DEPARTMENT: Final = "co_department"
DOMAIN: Final = "domain"
"""Head that tells petitions from other text; it informs the review and is no part of a route."""
OUTSIDE: Final = "outside"
EMERGENCY: Final = "emergency"
"""Head that tells the line (110, 119, 120, 122) of a message about an immediate danger from `NO_EMERGENCY`."""
NO_EMERGENCY: Final = "none"
SEVERAL: Final = "several"
"""Head that tells messages with several matters from those with one; its label for the former has its name."""
_OWN_KEYS: Final = frozenset({MATTER, DEPARTMENT, REQUEST_TYPE, CO_DEPARTMENT, DOMAIN, EMERGENCY, SEVERAL})
_ALTERNATIVES: Final = 3
_MATTER_ALTERNATIVES: Final = 2
_CO_DEPARTMENT_CONFIDENCE: Final = 0.3
_MAX_CO_DEPARTMENTS: Final = 2
_CLIP: Final = 1e-4


class Decision(NamedTuple):
    """What the heads say of one message; a head that the model lacks is None."""

    matter: Prediction | None
    department: Prediction | None
    request_type: Prediction | None
    candidates: Candidates | None
    co_departments: tuple[Choice, ...]
    labels: Mapping[str, Prediction]
    confidence: float


@dataclass(frozen=True)
class Decider:
    """Makes decisions from the probabilities of many messages."""

    heads: Mapping[str, Labelled]
    profile: Profile
    taxonomy: Taxonomy
    policy: Policy

    def decisions(self, tables: Tables, readable: Sequence[int]) -> Iterator[Decision]:
        """One decision for each message.

        :param readable: letters and digits of each; a message without any is unclear, whatever the heads say.
        """
        columns = zip(
            readable,
            self._matters(tables),
            self._departments(tables),
            self._request_types(tables),
            self._co_departments(tables),
            self._labels(tables),
            strict=True,
        )
        for count, matter, (department, candidates), request_type, co_departments, labels in columns:
            if not count:
                yield self._nothing_readable
            elif matter is not None and matter.code == UNCLEAR:
                yield Decision(matter, None, request_type, None, (), labels, matter.confidence)
            else:
                own = department.code if department else None
                others = tuple(choice for choice in co_departments if choice.code != own)[:_MAX_CO_DEPARTMENTS]
                sure = self._confidence(matter, department)
                yield Decision(matter, department, request_type, candidates, others, labels, sure)

    def several(self, tables: Tables) -> dict[int, tuple[str, ...]]:
        """The two most probable departments of each message that a learnt head is sure holds several matters."""
        learnt, head = self.heads[SEVERAL], self.heads[DEPARTMENT]
        several = tables[SEVERAL][:, learnt.labels.index(SEVERAL)]
        found: dict[int, tuple[str, ...]] = {}
        for row in np.flatnonzero(several >= self.policy.several_learnt).tolist():
            first, second, *_ = ranking(head, tables[DEPARTMENT][row])
            found[row] = (head.labels[first], head.labels[second])
        return found

    def outside(self, tables: Tables) -> list[float]:
        """Each message's probability that it is no petition."""
        head = self.heads.get(DOMAIN)
        if head is None or OUTSIDE not in head.labels:
            return [0.0] * _rows(tables)
        outside: list[float] = tables[DOMAIN][:, head.labels.index(OUTSIDE)].tolist()
        return outside

    def lines(self, tables: Tables) -> list[dict[str, float]]:
        """Each message's probability of each emergency line; empty without a head for them."""
        head = self.heads.get(EMERGENCY)
        if head is None:
            return [{}] * _rows(tables)
        lines = [line for line in head.labels if line != NO_EMERGENCY]
        table = tables[EMERGENCY][:, [head.labels.index(line) for line in lines]]
        return [dict(zip(lines, row, strict=True)) for row in table.tolist()]

    @cached_property
    def _choosers(self) -> dict[str, Chooser]:
        counts = {MATTER: _MATTER_ALTERNATIVES}
        return {
            name: Chooser(head, self.taxonomy, counts.get(name, _ALTERNATIVES)) for name, head in self.heads.items()
        }

    def _matters(self, tables: Tables) -> Sequence[Prediction | None]:
        if MATTER not in self.heads:
            return [None] * _rows(tables)
        return self._choosers[MATTER].predictions_or_unclear(tables[MATTER], self.policy.unclear)

    def _departments(self, tables: Tables) -> Iterable[tuple[Prediction | None, Candidates | None]]:
        """With the departments of which one is right as often as the policy wants; the first choice is among them."""
        if DEPARTMENT not in self.heads:
            return [(None, None)] * _rows(tables)
        chooser, table = self._choosers[DEPARTMENT], tables[DEPARTMENT]
        if self._included_from is None:
            return zip(chooser.predictions(table), itertools.repeat(None), strict=False)
        coverage = self.policy.candidate_coverage
        found = chooser.predictions_and_candidates(table, self._included_from)
        return ((department, Candidates(coverage, choices)) for department, choices in found)

    def _request_types(self, tables: Tables) -> Sequence[Prediction | None]:
        if REQUEST_TYPE not in self.heads:
            return [None] * _rows(tables)
        return self._choosers[REQUEST_TYPE].predictions(tables[REQUEST_TYPE])

    @cached_property
    def _included_from(self) -> float | None:
        """Probability from which on a department is a candidate; None without enough calibration rows."""
        rows = self.profile.calibration_rows.get(DEPARTMENT)
        if rows is None:
            return None
        known = rows.solves & np.isfinite(rows.truth)
        return inclusion_threshold(rows.truth[known], self.policy.candidate_coverage)

    def _co_departments(self, tables: Tables) -> list[Sequence[Choice]]:
        if CO_DEPARTMENT not in self.heads:
            return [()] * _rows(tables)
        found = self._choosers[CO_DEPARTMENT].sure_ones(tables[CO_DEPARTMENT], _CO_DEPARTMENT_CONFIDENCE)
        return [found.get(row, ()) for row in range(_rows(tables))]

    def _labels(self, tables: Tables) -> Iterator[dict[str, Prediction]]:
        """Predictions of the heads that have no field of their own in a route."""
        names = [name for name in self.heads if name not in _OWN_KEYS]
        found = [self._choosers[name].predictions(tables[name]) for name in names]
        for row in range(_rows(tables)):
            yield {name: column[row] for name, column in zip(names, found, strict=True)}

    def _confidence(self, matter: Prediction | None, department: Prediction | None) -> float:
        """Probability that matter and department are both right; of the one there is, if there is one."""
        if matter is None or department is None:
            single = department or matter
            return single.confidence if single else 0.0
        joint = self.profile.joint
        if joint is None:  # too few rows had both labels: taken as independent
            return round(matter.confidence * department.confidence, DIGITS)
        first, second = joint.coefficients
        score = first * _log_odds(matter.confidence) + second * _log_odds(department.confidence)
        both = 1 / (1 + math.exp(-score - joint.intercept))
        return round(min(both, matter.confidence, department.confidence), DIGITS)

    @cached_property
    def _nothing_readable(self) -> Decision:
        codes = [code for code in self.taxonomy.matters if code != UNCLEAR][:_MATTER_ALTERNATIVES]
        others = tuple(Choice(code, self.taxonomy.name(MATTER, code), 0.0) for code in codes)
        matter = Prediction(UNCLEAR, self.taxonomy.name(MATTER, UNCLEAR), 1.0, others)
        return Decision(matter, None, None, None, (), {}, 0.0)


def _rows(tables: Tables) -> int:
    return len(next(iter(tables.values())))


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _CLIP), 1 - _CLIP)
    return math.log(clipped / (1 - clipped))
