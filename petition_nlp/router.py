"""The one public path: messages in, routes out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.artifact import Model, load_model
from petition_nlp.classify.conformal import inclusion_threshold
from petition_nlp.classify.gate import Gate, solve_gate
from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.predict import Predictor, Row, Scored
from petition_nlp.classify.profile import Profile
from petition_nlp.explain import Explainer
from petition_nlp.policy import Policy, Reading, review_reasons
from petition_nlp.resources import default_model_path
from petition_nlp.route import Candidates, Choice, Evidence, Message, Prediction, Responsible, Review, Route
from petition_nlp.segments import segments
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from petition_nlp.text.document import Document, prepare

FloatArray = NDArray[np.float32]

DOMAIN: Final = "domain"
"""Head that tells petitions from other text; it informs the review and is no part of a route."""
OUTSIDE: Final = "outside"
EMERGENCY: Final = "emergency"
"""Head that tells the line (110, 119, 120, 122) of a message about an immediate danger from `NO_EMERGENCY`."""
NO_EMERGENCY: Final = "none"
SEVERAL: Final = "several"
"""Head that tells messages with several matters from those with one; its label for the former has its name."""
CO_DEPARTMENT: Final = "co_department"
_OWN_KEYS: Final = frozenset({"matter", "department", "request_type", CO_DEPARTMENT, DOMAIN, EMERGENCY, SEVERAL})
_ALTERNATIVES: Final = {"matter": 2}
_DEFAULT_ALTERNATIVES: Final = 3
_CO_DEPARTMENT_CONFIDENCE: Final = 0.3
_MAX_CO_DEPARTMENTS: Final = 2
_CLIP: Final = 1e-4


@dataclass(frozen=True)
class Router:
    """Decides where messages should go.

    Thread-safe: nothing in it changes after loading.
    """

    loaded: Model
    taxonomy: Taxonomy
    policy: Policy
    profile_name: str | None = None

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        target_precision: float | None = None,
        policy: Path | None = None,
        taxonomy: Path | None = None,
        profile: str | None = None,
    ) -> Router:
        """Load a model folder; default: the committed model.

        :param profile: fast, balanced or best; default: the best that the model has.
        :param target_precision: overrides the policy's.
        :param policy: a policy file; :param taxonomy: a taxonomy folder; default: the shipped ones.
        :raises PetitionError: the model, taxonomy or policy cannot be used.
        """
        terms = Taxonomy.load(taxonomy)
        rules = Policy.load(policy)
        if target_precision is not None:
            rules = rules.with_target_precision(target_precision)
        path = Path(folder) if folder is not None else default_model_path()
        model = load_model(path, taxonomy=terms.version)
        return cls(model, terms, rules, model.profile(profile).name)

    @property
    def model(self) -> str:
        """Name and version of the model."""
        return self.loaded.id

    @property
    def profile(self) -> Profile:
        """The model's profile that routes are made with."""
        return self.loaded.profile(self.profile_name)

    @cached_property
    def predictor(self) -> Predictor:
        """Documents to probabilities, as the profile has it."""
        return Predictor(self.loaded.embedder, self.loaded.encoder, self.loaded.heads, self.profile)

    @cached_property
    def gate(self) -> Gate | None:
        """Which routes need no review for their confidence; None without calibration rows."""
        return self.gate_at(self.policy.target_precision)

    def gate_at(self, target: float) -> Gate | None:
        """The gate for a target precision."""
        name = "department" if "department" in self.loaded.heads else "matter"
        rows = self.profile.calibration_rows.get(name)
        return None if rows is None else solve_gate(rows, self.loaded.heads[name].labels, target=target)

    def route(self, messages: Iterable[str | Message]) -> list[Route]:
        """Decide where each message should go.

        :param messages: n messages of any length; longer ones are read up to ``policy.max_chars`` characters.
        :return: n routes in the same order; a message without a readable character becomes a route that
            asks for review, so one bad row never stops a batch.
        """
        readings = [self._read(message) for message in messages]
        rows = self.predictor.predict([reading.document for reading in readings])
        several = self._several(readings, rows)
        return [self._route(reading, rows.row(number), several[number]) for number, reading in enumerate(readings)]

    def _read(self, message: str | Message) -> _Read:
        message = message if isinstance(message, Message) else Message(message)
        title = (message.title or "").strip()
        skip = len(title) + 1 if title else 0
        whole = f"{title}\n{message.text}" if title else message.text
        source = whole[: self.policy.max_chars]
        return _Read(source, skip, len(whole) > len(source), prepare(source))

    def _several(self, readings: Sequence[_Read], scored: Scored) -> list[tuple[str, ...]]:
        """For each message that seems to hold several matters, two departments that they could belong to.

        Where the head `SEVERAL` is sure enough, the two most probable ones. A model without that head looks at the
        parts of messages that announce a further matter: it misses those that are merely run together.
        """
        head, learnt = self.loaded.heads.get("department"), self.loaded.heads.get(SEVERAL)
        if head is None:
            return [() for _ in readings]
        if learnt is None or SEVERAL not in learnt.labels:
            return self._different_parts(readings, head)
        found: list[tuple[str, ...]] = [() for _ in readings]
        several = scored.probabilities[SEVERAL][:, learnt.labels.index(SEVERAL)]
        for row in np.flatnonzero(several >= self.policy.several_learnt).tolist():
            first, second, *_ = head.ranking(scored.probabilities["department"][row])
            found[row] = (head.labels[first], head.labels[second])
        return found

    def _different_parts(self, readings: Sequence[_Read], head: LinearHead) -> list[tuple[str, ...]]:
        """For each message that announces a further matter, the departments of two parts that clearly differ."""
        parts = [segments(reading.document) for reading in readings]
        flat = [part for own in parts for part in own]
        probabilities = head.predict_proba(self.loaded.embedder.transform(flat))
        bounds = np.cumsum([0, *map(len, parts)])
        return [
            different_departments(head, probabilities[start:stop], self.policy.several)
            for start, stop in itertools.pairwise(bounds.tolist())
        ]

    def _route(self, read: _Read, row: Row, several: tuple[str, ...]) -> Route:
        readable = sum(char.isalnum() for char in read.document.text)
        matter = self._predict("matter", row) if readable else _nothing_readable(self.taxonomy)
        unclear = matter is not None and matter.code == UNCLEAR
        department = None if unclear else self._predict("department", row)
        emergency = self.policy.emergency(read.document.text, self._lines(row))
        reading = Reading(
            readable=readable,
            cut=read.cut,
            matter=matter,
            department=department,
            outside=self._outside(row),
            several=several,
            gate=self.gate,
            emergency=emergency,
            text=read.document.text,
        )
        reasons = review_reasons(reading, self.policy, self.taxonomy)
        return Route(
            matter=matter,
            department=department,
            responsible=None if unclear else self._responsible(matter, department),
            candidates=self._candidates(row) if department else None,
            co_departments=() if unclear else self._co_departments(department, row),
            request_type=self._predict("request_type", row) if readable else None,
            confidence=self._confidence(matter, department) if readable else 0.0,
            review=Review(reasons),
            emergency=emergency,
            evidence=tuple(self._evidence(read, row, matter, department)) if readable else (),
            model=self.model,
            taxonomy=self.taxonomy.version,
            policy=self.policy.to_dict(),
            labels=self._further(row) if readable else {},
            profile=self.profile.name,
        )

    def _predict(self, name: str, row: Row) -> Prediction | None:
        head = self.loaded.heads.get(name)
        if head is None:
            return None
        probabilities = row.probabilities[name]
        ranked = head.ranking(probabilities)
        if name == "matter":
            ranked = self._settle_unclear(head, probabilities, ranked)
        count = _ALTERNATIVES.get(name, _DEFAULT_ALTERNATIVES) + 1
        first, *rest = (self._choice(name, head, probabilities, index) for index in ranked[:count])
        return Prediction(first.code, first.name, first.confidence, tuple(rest))

    def _settle_unclear(self, head: LinearHead, probabilities: FloatArray, ranked: list[int]) -> list[int]:
        """无法判断 comes first from the policy's probability on; it is never one choice among others."""
        if UNCLEAR not in head.labels:
            return ranked
        unclear = head.labels.index(UNCLEAR)
        others = [index for index in ranked if index != unclear]
        return [unclear, *others] if probabilities[unclear] >= self.policy.unclear else others

    def _choice(self, name: str, head: LinearHead, probabilities: FloatArray, index: int) -> Choice:
        code = head.labels[index]
        return Choice(code, self.taxonomy.name(name, code), round(float(probabilities[index]), 4))

    def _responsible(self, matter: Prediction | None, department: Prediction | None) -> Responsible | None:
        known = self.taxonomy.matters.get(matter.code) if matter else None
        party = known.party(department.code if department else None) if known else None
        if party is None:
            return None
        name = party.name.replace("{department}", department.name if department else "相关部门")
        channel = party.channel.replace("{department}", department.name if department else "相关部门")
        return Responsible(party.kind, name, channel, party.level)

    @cached_property
    def _included_from(self) -> float | None:
        """Probability from which on a department is a candidate; None without enough calibration rows."""
        rows = self.profile.calibration_rows.get("department")
        if rows is None:
            return None
        known = rows.solves & np.isfinite(rows.truth)
        return inclusion_threshold(rows.truth[known], self.policy.candidate_coverage)

    def _candidates(self, row: Row) -> Candidates | None:
        """Departments of which one is right as often as the policy wants; the first choice is always among them."""
        if self._included_from is None:
            return None
        head, probabilities = self.loaded.heads["department"], row.probabilities["department"]
        first, *rest = head.ranking(probabilities)
        kept = [first, *(index for index in rest if probabilities[index] >= self._included_from)]
        choices = tuple(self._choice("department", head, probabilities, index) for index in kept)
        return Candidates(self.policy.candidate_coverage, choices)

    def _co_departments(self, department: Prediction | None, row: Row) -> tuple[Choice, ...]:
        head = self.loaded.heads.get(CO_DEPARTMENT)
        if head is None:
            return ()
        probabilities = row.probabilities[CO_DEPARTMENT]
        choices = [
            self._choice(CO_DEPARTMENT, head, probabilities, index)
            for index in head.ranking(probabilities)
            if probabilities[index] >= _CO_DEPARTMENT_CONFIDENCE
        ]
        own = department.code if department else None
        return tuple(choice for choice in choices if choice.code != own)[:_MAX_CO_DEPARTMENTS]

    def _confidence(self, matter: Prediction | None, department: Prediction | None) -> float:
        """Probability that matter and department are both right; of the one there is, if there is one."""
        if matter is None or department is None:
            single = department or matter
            return single.confidence if single else 0.0
        joint = self.profile.joint
        if joint is None:  # too few rows had both labels: taken as independent
            return round(matter.confidence * department.confidence, 4)
        first, second = joint.coefficients
        score = first * _log_odds(matter.confidence) + second * _log_odds(department.confidence)
        both = 1 / (1 + math.exp(-score - joint.intercept))
        return round(min(both, matter.confidence, department.confidence), 4)

    def _outside(self, row: Row) -> float:
        head = self.loaded.heads.get(DOMAIN)
        if head is None or OUTSIDE not in head.labels:
            return 0.0
        return float(row.probabilities[DOMAIN][head.labels.index(OUTSIDE)])

    def _lines(self, row: Row) -> dict[str, float]:
        """Probability of each emergency line; empty if the model has no such head."""
        head = self.loaded.heads.get(EMERGENCY)
        if head is None:
            return {}
        probabilities = row.probabilities[EMERGENCY]
        return {line: float(p) for line, p in zip(head.labels, probabilities, strict=True) if line != NO_EMERGENCY}

    def _further(self, row: Row) -> dict[str, Prediction]:
        found = {name: self._predict(name, row) for name in self.loaded.heads if name not in _OWN_KEYS}
        return {name: prediction for name, prediction in found.items() if prediction is not None}

    def _evidence(
        self, read: _Read, row: Row, matter: Prediction | None, department: Prediction | None
    ) -> list[Evidence]:
        explainer = Explainer(read.document, row, source=read.source, skip=read.skip)
        found: list[Evidence] = []
        for name, prediction in (("department", department), ("matter", matter)):
            head = self.loaded.heads.get(name)
            if head is not None and prediction is not None:
                choice = head.labels.index(prediction.code)
                found += explainer.evidence(head, choice)
        return found


@dataclass(frozen=True, slots=True)
class _Read:
    """A message as far as it is read; ``skip`` characters of ``source`` are the title."""

    source: str
    skip: int
    cut: bool
    document: Document


def different_departments(head: LinearHead, parts: FloatArray, needed: float) -> tuple[str, ...]:
    """The two departments that two parts of a message differ in most, if they differ clearly enough.

    Two parts with different first choices a and b differ by p1(a) (1 - p1(b)) p2(b) (1 - p2(a)).

    :param parts: (n, labels) probabilities of the parts.
    :param needed: smallest difference that counts.
    """
    best: tuple[float, tuple[str, ...]] = (needed, ())
    choices = [head.ranking(part)[0] for part in parts]
    for (a, first), (b, second) in itertools.combinations(zip(choices, parts, strict=True), 2):
        difference = float(first[a] * (1 - first[b]) * second[b] * (1 - second[a]))
        if a != b and difference >= best[0]:
            best = (difference, (head.labels[a], head.labels[b]))
    return best[1]


def _nothing_readable(taxonomy: Taxonomy) -> Prediction:
    others = [Choice(code, matter.name, 0.0) for code, matter in taxonomy.matters.items() if code != UNCLEAR]
    return Prediction(UNCLEAR, taxonomy.name("matter", UNCLEAR), 1.0, tuple(others[: _ALTERNATIVES["matter"]]))


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _CLIP), 1 - _CLIP)
    return math.log(clipped / (1 - clipped))
