"""What written rules make of a decision: splits and re-assignments of a new taxonomy, and the rules of districts.

A rule changes what a message is, never how sure the model was: the confidence stays that of the choice that the rule
replaces, and it is what the threshold looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from petition_nlp.choose import DIGITS
from petition_nlp.conditions import AreaNames, Condition, Facts
from petition_nlp.decide import Decision
from petition_nlp.districts import DistrictRule, Districts
from petition_nlp.local.names import fold
from petition_nlp.mapping import Chain, Fate
from petition_nlp.migration import DEPARTMENT, KIND_NAMES, MATTER, Kind, Reassignment, Step
from petition_nlp.policy import reason
from petition_nlp.route import Applied, Candidates, Choice, Prediction, Reason, code_of
from petition_nlp.taxonomy import UNCLEAR, Taxonomy

SPLIT: Final = "split"
REASSIGN: Final = "reassign"
DISTRICT: Final = "district"
"""Kinds of rules that a route names."""
_SHOWN: Final = 3


class Adjusted(NamedTuple):
    """A decision behind the rules.

    :param rules: those that changed it; :param reasons: why a person has to look.
    :param level: of a 小事, where a rule says it.
    """

    decision: Decision
    rules: tuple[Applied, ...] = ()
    reasons: tuple[Reason, ...] = ()
    level: str | None = None


@dataclass(frozen=True)
class Adjuster:
    """Applies the rules.

    :param chain: from the model's taxonomy to this one, if they differ.
    """

    taxonomy: Taxonomy
    chain: Chain | None
    districts: Districts | None

    def adjust(self, decision: Decision, text: str, area: Callable[[], str | None]) -> Adjusted:
        """One decision.

        :param text: the normalised message; :param area: its field for the place, asked for if it can matter.
        """
        if decision.matter is not None and decision.matter.code == UNCLEAR:
            return Adjusted(decision)
        text = fold(text)
        facts = Facts(
            text=text,
            matter=code_of(decision.matter),
            department=code_of(decision.department),
            topics=frozenset(label.code for label in decision.labels.values()),
            areas=self.areas(area()) if self._asks_for_place(text) else frozenset(),
        )
        return self._in_district(self._reassigned(self._moved(Adjusted(decision), facts), facts), facts)

    def areas(self, field: str | None) -> frozenset[str]:
        """The places that are known of a message with a field for its place."""
        named = self._names.find(field) if field else frozenset()
        return named if self.districts is None else self.districts.around(named)

    def _asks_for_place(self, text: str) -> bool:
        """Whether a condition on the place stands beside words that are right."""
        return any(condition.words_hold(text) for condition in self._with_areas)

    @cached_property
    def _with_areas(self) -> Sequence[Condition]:
        """Conditions on the place."""
        rules = self.districts.rules if self.districts else ()
        conditions = (*self._conditions(), *(rule.condition for rule in rules))
        return [condition for condition in conditions if condition.areas]

    @cached_property
    def _names(self) -> AreaNames:
        names = self.districts.names() if self.districts else {}
        return AreaNames({area: area for condition in self._conditions() for area in condition.areas} | names)

    def _conditions(self) -> Iterator[Condition]:
        """Those of splits and re-assignments."""
        yield from (rule.condition for step in self._steps() for rule in step.rules)
        yield from (own.condition for own in self._reassignments)

    def _steps(self) -> Iterator[Step]:
        for migration in self.chain.migrations if self.chain else ():
            yield from migration.steps

    @cached_property
    def _reassignments(self) -> Sequence[Reassignment]:
        return self.chain.reassignments if self.chain else ()

    def _moved(self, present: Adjusted, facts: Facts) -> Adjusted:
        """Columns of an earlier taxonomy become codes of this one."""
        if self.chain is None:
            return present
        matter, first = self._resolved(MATTER, present.decision.matter, facts)
        present = self._told(present, MATTER, first)
        facts = replace(facts, matter=code_of(matter))
        decision = present.decision
        department, second = self._resolved(DEPARTMENT, decision.department, facts)
        candidates = decision.candidates and Candidates(
            decision.candidates.coverage, tuple(self._choices(DEPARTMENT, decision.candidates.departments, facts))
        )
        others = tuple(self._choices(DEPARTMENT, decision.co_departments, facts))
        sure = min([decision.confidence, *(own.confidence for own in (matter, department) if own is not None)])
        moved = decision._replace(
            matter=matter,
            department=department,
            candidates=candidates,
            co_departments=tuple(one for one in others if one.code != code_of(department)),
            confidence=sure,
        )
        return self._told(present._replace(decision=moved), DEPARTMENT, second)

    def _resolved(self, head: str, own: Prediction | None, facts: Facts) -> tuple[Prediction | None, _First | None]:
        if own is None:
            return None, None
        choices = list(self._choices(head, (Choice(own.code, own.name, own.confidence), *own.alternatives), facts))
        first = _First(own, self._fate(head, own.code, facts))
        if not choices:
            return None, first
        chosen, *rest = choices
        shown = max(len(own.alternatives), len(first.fate.codes) - 1)
        rest = sorted(rest, key=lambda choice: -choice.confidence)[:shown]
        return Prediction(chosen.code, chosen.name, chosen.confidence, tuple(rest)), first

    def _choices(self, head: str, choices: Iterable[Choice], facts: Facts) -> Iterator[Choice]:
        """The same in codes of this taxonomy; what is open is shared evenly among what it can be."""
        shares: dict[str, float] = {}
        for choice in choices:
            codes = self._fate(head, choice.code, facts).codes
            for code in codes:
                shares[code] = min(1.0, shares.get(code, 0.0) + choice.confidence / len(codes))
        for code, share in shares.items():
            yield Choice(code, self.taxonomy.name(head, code), round(share, DIGITS))

    def _fate(self, head: str, code: str, facts: Facts) -> Fate:
        return self.chain.of_column(head, code, facts) if self.chain else Fate((code,))

    def _told(self, present: Adjusted, head: str, first: _First | None) -> Adjusted:
        """What is to be told of the first choice, if its ways part."""
        if first is None or not first.fate.steps:
            return present
        old, (step, _) = first.own, first.fate.steps[-1]
        names = [self.taxonomy.name(head, code) for code in first.fate.codes]
        if len(names) == 1:
            step = next(own for own, _ in reversed(first.fate.steps) if own.kind is Kind.SPLIT)
            why = f"（{step.why}）" if step.why else ""
            told = f"「{old.name}」已拆分{why}，按规则归「{names[0]}」"
            rule = Applied(SPLIT, f"{KIND_NAMES[step.kind]}{old.name}", head, old.code, first.fate.codes[0], told)
            return present._replace(rules=(*present.rules, rule))
        what = f"「{old.name}」已分为{'、'.join(f'「{name}」' for name in names)}，没有规则说明归哪一个"
        what = what if names else f"「{old.name}」已撤销，没有承接它的{'部门' if head == DEPARTMENT else '类别'}"
        return present._replace(reasons=(*present.reasons, reason("taxonomy_changed", what=what)))

    def _reassigned(self, present: Adjusted, facts: Facts) -> Adjusted:
        """The first re-assignment that holds."""
        facts = _facts_of(present.decision, facts)
        for own in self._reassignments:
            if own.condition.holds(facts):
                why = f"（{own.why}）" if own.why else ""
                return self._changed(present, REASSIGN, own.name, f"按改派规则「{own.name}」{why}", own)
        return present

    def _in_district(self, present: Adjusted, facts: Facts) -> Adjusted:
        """The rule of the message's district; where the place is open and would matter, a person has to ask."""
        if self.districts is None:
            return present
        facts = _facts_of(present.decision, facts)
        rule = self.districts.rule_for(facts)
        if rule is not None:
            told = f"按{'、'.join(rule.condition.areas)}规则「{rule.id}」"
            grounds = "，".join(part for part in (rule.why, rule.source) if part)
            changed = self._changed(present, DISTRICT, rule.id, f"{told}（{grounds}）" if grounds else told, rule)
            return changed._replace(level=rule.level)
        others = [own for own in self.districts.undecided(facts) if _differs(own, present.decision)]
        if not others:
            return present
        rules = "、".join(f"{'、'.join(own.condition.areas)}「{own.id}」" for own in others[:_SHOWN])
        return present._replace(reasons=(*present.reasons, reason("district_unknown", rules=rules)))

    def _changed(
        self, present: Adjusted, kind: str, name: str, told: str, outcome: Reassignment | DistrictRule
    ) -> Adjusted:
        """The outcome of a rule in the place of what was decided; told of wherever it is another one."""
        decision, rules = present.decision, list(present.rules)
        for head, code in ((MATTER, outcome.matter), (DEPARTMENT, outcome.department)):
            own = decision.matter if head == MATTER else decision.department
            if code is None or own is None or own.code == code:
                continue
            new = self.taxonomy.name(head, code)
            rules.append(Applied(kind, name, head, own.code, code, f"{told}：{own.name} → {new}"))
            decision = _with(decision, head, Choice(code, new, own.confidence))
        if len(rules) == len(present.rules) and isinstance(outcome, DistrictRule) and outcome.level is not None:
            rules.append(Applied(kind, name, "level", "", outcome.level, told))
        return present._replace(decision=decision, rules=tuple(rules))


class _First(NamedTuple):
    """The first choice as the model made it, and what became of it."""

    own: Prediction
    fate: Fate


def _facts_of(decision: Decision, facts: Facts) -> Facts:
    return replace(facts, matter=code_of(decision.matter), department=code_of(decision.department))


def _differs(rule: DistrictRule, decision: Decision) -> bool:
    """Whether a rule would change a decision."""
    outcomes = ((rule.matter, decision.matter), (rule.department, decision.department))
    changed = any(code is not None and own is not None and own.code != code for code, own in outcomes)
    return changed or rule.level is not None


def _with(decision: Decision, head: str, choice: Choice) -> Decision:
    """A decision with another first choice of a head."""
    own = decision.matter if head == MATTER else decision.department
    others = tuple(one for one in own.alternatives if one.code != choice.code) if own else ()
    new = Prediction(choice.code, choice.name, choice.confidence, others)
    if head == MATTER:
        return decision._replace(matter=new)
    candidates = decision.candidates
    if candidates is not None:
        rest = tuple(one for one in candidates.departments[1:] if one.code != choice.code)
        candidates = Candidates(candidates.coverage, (choice, *rest))
    helpers = tuple(one for one in decision.co_departments if one.code != choice.code)
    return decision._replace(department=new, candidates=candidates, co_departments=helpers)
