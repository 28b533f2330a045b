"""What a row was under the earlier version and is under the later one: as it was stored, or as a model routes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, Protocol

from petition_nlp.adjust import Adjuster
from petition_nlp.archive.rows import Row, as_text
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.conditions import Facts
from petition_nlp.decide import Decision
from petition_nlp.directory import UnitNames
from petition_nlp.districts import Districts
from petition_nlp.mapping import Chain, is_open
from petition_nlp.migration import DEPARTMENT, KIND_NAMES, MATTER, Kind
from petition_nlp.route import Applied, Prediction, Reason, Route, code_of
from petition_nlp.router import Router
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from petition_nlp.text.normalise import normalise

ROUTE_KEY: Final = "route"
MATTER_COLUMN: Final = "事项类别"
BY_RULES: Final = frozenset({"taxonomy_changed", "district_unknown"})
"""Review reasons that say that the new version leaves a row to people."""
OPEN: Final = "?"
"""Stands for the code of a row that people have to choose."""
SUMMED: Final = "合并后几类的概率相加，第一选择随之改变"
_LEVELS: Final = re.compile(r"\s*(?:->|→|—>|>|/|\\|\|)\s*")

Codes = tuple[str | None, str | None]
"""Matter and department."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row under both versions.

    :param known: whether it could be told what the row was.
    :param why: what moved it, in words; :param options: what leaves it to people, in words.
    :param renamed: whether its codes are called otherwise and nothing else.
    """

    before: Codes
    after: Codes
    known: bool = True
    why: str = ""
    options: str = ""
    renamed: bool = False

    @property
    def moved(self) -> bool:
        """Whether it goes elsewhere, or nobody can say where without looking."""
        return not self.renamed and (self.before != self.after or bool(self.options))


class Replayer(Protocol):
    """Says what rows were and are."""

    def outcomes(self, plan: SourcePlan, rows: Sequence[Row]) -> Iterable[Outcome]:
        """One outcome for each row, in order."""


@dataclass(frozen=True)
class StoredReplay:
    """From the department, or route, that rows have already: no model is asked.

    :param before: rules of districts that are applied to what is stored; None where what is stored follows them.
    """

    old: Taxonomy
    new: Taxonomy
    chain: Chain | None
    before: Districts | None = None
    after: Districts | None = None

    def outcomes(self, plan: SourcePlan, rows: Sequence[Row]) -> Iterator[Outcome]:
        """One outcome for each row, in order."""
        for row in rows:
            stored = self._stored(plan, row)
            if not any(stored):
                yield Outcome(stored, stored, known=False)
            elif self._reads(stored):
                yield self._outcome(stored, *_read(plan, row))
            else:
                yield self._plain(stored)

    def _stored(self, plan: SourcePlan, row: Row) -> Codes:
        route = row.fields.get(ROUTE_KEY)
        if isinstance(route, Mapping):
            return _code(route, MATTER), _code(route, DEPARTMENT)
        written = as_text(row.fields.get(plan.mapped.department or "")).strip()
        matter = self.old.resolve(MATTER, as_text(row.fields.get(MATTER_COLUMN)))
        return matter if matter in self.old.matters else None, self._department(written)

    @cached_property
    def _department(self) -> Callable[[str], str | None]:
        units = UnitNames(self.old)
        return lru_cache(100_000)(lambda written: units.code(written) if written else None)

    @cached_property
    def _reads(self) -> Callable[[Codes], bool]:
        """Whether text and place have a say in what becomes of these codes."""
        return lru_cache(10_000)(self._is_open)

    def _is_open(self, stored: Codes) -> bool:
        if self.before or self.after:
            return True
        matter, department = self._columns(stored)
        reassigned = self.chain.reassignments if self.chain else ()
        conditions = (own.condition for own in reassigned)
        by_rule = any(own.matter in (None, matter) and own.department in (None, department) for own in conditions)
        return by_rule or any(is_open(code) for code in (matter, department) if code)

    @cached_property
    def _plain(self) -> Callable[[Codes], Outcome]:
        return lru_cache(10_000)(lambda stored: self._outcome(stored, "", None, frozenset()))

    @cached_property
    def _adjusters(self) -> tuple[Adjuster, Adjuster]:
        return Adjuster(self.old, None, self.before), Adjuster(self.new, self.chain, self.after)

    def _outcome(self, stored: Codes, text: str, area: str | None, topics: frozenset[str]) -> Outcome:
        first, second = self._adjusters
        labels = {topic: Prediction(topic, topic, 1.0) for topic in topics}
        before = stored
        if self.before is not None:
            before = _codes_of(first.adjust(_decision(stored, labels, self.old), text, area).decision)
        became = second.adjust(_decision(self._columns(stored), labels, self.new), text, area)
        return outcome_of(before, _codes_of(became.decision), became.rules, became.reasons, self.chain)

    def _columns(self, stored: Codes) -> Codes:
        if self.chain is None:
            return stored
        matter, department = stored
        return (
            matter and self.chain.column(MATTER, matter),
            department and self.chain.column(DEPARTMENT, department),
        )


@dataclass(frozen=True)
class RoutedReplay:
    """From a model that routes every row under both versions."""

    old: Router
    new: Router

    def outcomes(self, plan: SourcePlan, rows: Sequence[Row]) -> Iterator[Outcome]:
        """One outcome for each row, in order."""
        messages = [plan.mapped.message(row)[0] for row in rows]
        for before, after in self.old.route_both(self.new, messages):
            yield outcome_of(_routed(before), _routed(after), after.rules, after.review.reasons, self.new.loaded.chain)


def outcome_of(
    before: Codes, after: Codes, rules: Sequence[Applied], reasons: Iterable[Reason], chain: Chain | None
) -> Outcome:
    """What two decisions on one row say.

    :param rules: that led to the second; :param reasons: why people have to look at it.
    """
    options = "；".join(reason.message for reason in reasons if reason.code in BY_RULES)
    named = "；".join(rule.message for rule in rules)
    steps = _steps(before, chain)
    after = _with_open(before, after, rules, chain)
    changed = [
        (head, old, new) for head, old, new in zip((MATTER, DEPARTMENT), before, after, strict=True) if old != new
    ]
    alone = bool(changed) and not named and not options and _only_renamed(changed, steps)
    why = named or "；".join(dict.fromkeys(told for _, told in steps.values())) or SUMMED
    told = "" if OPEN in after or not changed else why
    return Outcome(before, after, why=told, options=options, renamed=alone)


def _with_open(before: Codes, after: Codes, rules: Sequence[Applied], chain: Chain | None) -> Codes:
    """What a split without a fitting rule, or a retired code, leaves to people."""
    settled = {rule.head for rule in rules}
    matter, department = (
        OPEN if chain and old and head not in settled and chain.of_code(head, old, Facts("")).is_open else new
        for head, old, new in zip((MATTER, DEPARTMENT), before, after, strict=True)
    )
    return matter, department


def _steps(before: Codes, chain: Chain | None) -> dict[str, tuple[tuple[Kind, ...], str]]:
    """What became of codes whatever the message says, by head."""
    found = {}
    for head, code in zip((MATTER, DEPARTMENT), before, strict=True):
        taken = chain.of_code(head, code, Facts("")).steps if chain and code else ()
        if taken:
            told = "；".join(f"{KIND_NAMES[step.kind]}{f'（{step.why}）' if step.why else ''}" for step, _ in taken)
            found[head] = (tuple(step.kind for step, _ in taken), told)
    return found


def _only_renamed(
    changed: Sequence[tuple[str, str | None, str | None]], steps: Mapping[str, tuple[tuple[Kind, ...], str]]
) -> bool:
    return all(head in steps and set(steps[head][0]) == {Kind.RENAME} for head, _, _ in changed)


def _read(plan: SourcePlan, row: Row) -> tuple[str, str | None, frozenset[str]]:
    message, _ = plan.mapped.message(row)
    whole = f"{message.title}\n{message.text}" if message.title else message.text
    topic = as_text(row.fields.get(plan.mapped.topic)) if plan.mapped.topic else ""
    return normalise(whole), message.area, frozenset(filter(None, [topic, *_LEVELS.split(topic)]))


def _decision(codes: Codes, labels: Mapping[str, Prediction], taxonomy: Taxonomy) -> Decision:
    matter, department = (
        code and Prediction(code, taxonomy.name(head, code), 1.0)
        for head, code in zip((MATTER, DEPARTMENT), codes, strict=True)
    )
    unclear = isinstance(matter, Prediction) and matter.code == UNCLEAR
    return Decision(matter or None, None if unclear else department or None, None, None, (), labels, 1.0)


def _codes_of(decision: Decision) -> Codes:
    return code_of(decision.matter), code_of(decision.department)


def _routed(route: Route) -> Codes:
    return code_of(route.matter), code_of(route.department)


def _code(route: Mapping[str, Any], head: str) -> str | None:
    found = route.get(head)
    return str(found["code"]) if isinstance(found, Mapping) and found.get("code") else None
