"""What becomes of the departments, or routes, that rows have already: no model is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from typing import Any, Final, NamedTuple

from petition_nlp.adjust import DISTRICT, Adjusted, Adjuster
from petition_nlp.archive.rows import Row, as_text
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.conditions import Condition
from petition_nlp.decide import Decision
from petition_nlp.directory import UnitNames
from petition_nlp.districts import Districts
from petition_nlp.local.gazetteer import Gazetteer
from petition_nlp.mapping import Chain, is_open
from petition_nlp.migration import DEPARTMENT, MATTER
from petition_nlp.replay.moves import MATTER_COLUMN, ROUTE_KEY, Codes, Decided, Outcome, outcome_of
from petition_nlp.route import Applied, Message, Prediction, Reason, code_of
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from petition_nlp.text.normalise import normalise

_APPLIED: Final = ("kind", "rule", "head", "from", "to", "message")
"""What a rule in a stored route says, in the order of `Applied`."""
_LEVELS: Final = re.compile(r"\s*(?:->|→|—>|>|/|\\|\|)\s*")

Area = Callable[[], str | None]
"""A row's field for its place."""


class _Stored(NamedTuple):
    """What a row has.

    :param decided: its decision; :param model: the same before rules of districts changed it.
    """

    decided: Decided
    model: Codes


@dataclass(frozen=True)
class StoredReplay:
    """From what rows have already.

    Where rules of districts are compared, those that a stored route followed are undone first.

    :param before: rules of districts that lead to the state before; None where what is stored is that state.
    :param gazetteer: finds the places of rows in their texts too.
    """

    old: Taxonomy
    new: Taxonomy
    chain: Chain | None
    before: Districts | None = None
    after: Districts | None = None
    gazetteer: Gazetteer | None = None

    def outcomes(self, plan: SourcePlan, rows: Sequence[Row]) -> Iterator[Outcome]:
        """One outcome for each row, in order."""
        for row in rows:
            stored = self._stored(plan, row)
            if not any(stored.decided.codes):
                yield Outcome(stored.decided.codes, stored.decided.codes, known=False)
            elif self._reads(stored.model):
                yield self._outcome(stored, *self._read(plan, row))
            else:
                yield self._plain(stored)

    def _stored(self, plan: SourcePlan, row: Row) -> _Stored:
        route = row.fields.get(ROUTE_KEY)
        if isinstance(route, Mapping):
            codes = _code(route, MATTER), _code(route, DEPARTMENT)
            compared = self.before or self.after
            return _before_rules(codes, route) if compared else _Stored(Decided(codes), codes)
        written = as_text(row.fields.get(plan.mapped.department or "")).strip()
        matter = self.old.resolve(MATTER, as_text(row.fields.get(MATTER_COLUMN)))
        codes = matter if matter in self.old.matters else None, self._department(written)
        return _Stored(Decided(codes), codes)

    @cached_property
    def _department(self) -> Callable[[str], str | None]:
        units = UnitNames(self.old)
        return lru_cache(100_000)(lambda written: units.code(written) if written else None)

    @cached_property
    def _reads(self) -> Callable[[Codes], bool]:
        """Whether text and place have a say in what becomes of these codes."""
        return lru_cache(10_000)(self._is_open)

    def _is_open(self, model: Codes) -> bool:
        became = self._columns(model)
        reassigned = [own.condition for own in self.chain.reassignments] if self.chain else []
        return (
            any(is_open(code) for code in became if code)
            or any(_can_hold(condition, became) for condition in (*reassigned, *_conditions(self.after)))
            or any(_can_hold(condition, model) for condition in _conditions(self.before))
        )

    @cached_property
    def _plain(self) -> Callable[[_Stored], Outcome]:
        return lru_cache(10_000)(lambda stored: self._outcome(stored, "", lambda: None, frozenset()))

    @cached_property
    def _adjusters(self) -> tuple[Adjuster, Adjuster]:
        return Adjuster(self.old, None, self.before), Adjuster(self.new, self.chain, self.after)

    def _outcome(self, stored: _Stored, text: str, area: Area, topics: frozenset[str]) -> Outcome:
        first, second = self._adjusters
        labels = {topic: Prediction(topic, topic, 1.0) for topic in topics}
        before = stored.decided
        if self.before is not None:
            before = _decided(first.adjust(_decision(stored.model, labels, self.old), text, area))
        after = _decided(second.adjust(_decision(self._columns(stored.model), labels, self.new), text, area))
        return outcome_of(before, after, self.chain)

    def _read(self, plan: SourcePlan, row: Row) -> tuple[str, Area, frozenset[str]]:
        """Text, place and topics."""
        message, _ = plan.mapped.message(row)
        topic = as_text(row.fields.get(plan.mapped.topic)) if plan.mapped.topic else ""
        area = cache(partial(self._area, message))
        return normalise(message.whole), area, frozenset(filter(None, [topic, *_LEVELS.split(topic)]))

    def _area(self, message: Message) -> str | None:
        return message.area if self.gazetteer is None else self.gazetteer.locate(message).area

    def _columns(self, stored: Codes) -> Codes:
        if self.chain is None:
            return stored
        matter, department = stored
        return (
            matter and self.chain.column(MATTER, matter),
            department and self.chain.column(DEPARTMENT, department),
        )


def _before_rules(codes: Codes, route: Mapping[str, Any]) -> _Stored:
    """A stored route, also without what rules of districts made of it."""
    rules = [rule for rule in _records(route.get("rules")) if rule.get("kind") == DISTRICT]
    applied = tuple(Applied(*(str(rule.get(key) or "") for key in _APPLIED)) for rule in rules)
    review = route.get("review")
    reasons = _records(review.get("reasons")) if isinstance(review, Mapping) else []
    told = tuple(Reason(str(own.get("code")), str(own.get("message"))) for own in reasons)
    changed = {rule.head: rule.before or None for rule in applied}
    matter, department = codes
    model = changed.get(MATTER, matter), changed.get(DEPARTMENT, department)
    return _Stored(Decided(codes, applied, told), model)


def _records(listed: Any) -> list[Mapping[str, Any]]:
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _conditions(districts: Districts | None) -> Sequence[Condition]:
    return [rule.condition for rule in districts.rules] if districts else []


def _can_hold(condition: Condition, codes: Codes) -> bool:
    """Whether a condition holds for some row with these codes."""
    matter, department = codes
    return condition.matter in (None, matter) and condition.department in (None, department)


def _decision(codes: Codes, labels: Mapping[str, Prediction], taxonomy: Taxonomy) -> Decision:
    matter, department = (
        code and Prediction(code, taxonomy.name(head, code), 1.0)
        for head, code in zip((MATTER, DEPARTMENT), codes, strict=True)
    )
    unclear = isinstance(matter, Prediction) and matter.code == UNCLEAR
    return Decision(matter or None, None if unclear else department or None, None, None, (), labels, 1.0)


def _decided(own: Adjusted) -> Decided:
    return Decided((code_of(own.decision.matter), code_of(own.decision.department)), own.rules, own.reasons)


def _code(route: Mapping[str, Any], head: str) -> str | None:
    found = route.get(head)
    return str(found["code"]) if isinstance(found, Mapping) and found.get("code") else None
