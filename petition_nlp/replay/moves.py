"""What a row was under the earlier version and is under the later one: as it was stored, or as a model routes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from petition_nlp.adjust import DISTRICT
from petition_nlp.archive.rows import Row
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.conditions import Facts
from petition_nlp.mapping import Chain
from petition_nlp.migration import DEPARTMENT, KIND_NAMES, MATTER, Kind
from petition_nlp.route import Applied, Reason, Route, code_of
from petition_nlp.router import Router

ROUTE_KEY: Final = "route"
MATTER_COLUMN: Final = "事项类别"
BY_RULES: Final = frozenset({"taxonomy_changed", "district_unknown"})
"""Review reasons that say that the new version leaves a row to people."""
OPEN: Final = "?"
"""Stands for the code of a row that people have to choose."""
SUMMED: Final = "合并后几类的概率相加，第一选择随之改变"
NO_LONGER: Final = "不再按各区规则「{}」"

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


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a row, by one of the versions.

    :param rules: that led to it; :param reasons: why people have to look at it.
    """

    codes: Codes
    rules: tuple[Applied, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def left(self) -> list[str]:
        """What leaves it to people, in words."""
        return [reason.message for reason in self.reasons if reason.code in BY_RULES]

    def districts(self) -> list[str]:
        """The rules of districts that led to it."""
        return list(dict.fromkeys(rule.rule for rule in self.rules if rule.kind == DISTRICT))


class Replayer(Protocol):
    """Says what rows were and are."""

    def outcomes(self, plan: SourcePlan, rows: Sequence[Row]) -> Iterable[Outcome]:
        """One outcome for each row, in order."""


@dataclass(frozen=True)
class RoutedReplay:
    """From a model that routes every row under both versions."""

    old: Router
    new: Router

    def outcomes(self, plan: SourcePlan, rows: Sequence[Row]) -> Iterator[Outcome]:
        """One outcome for each row, in order."""
        messages = [plan.mapped.message(row)[0] for row in rows]
        for before, after in self.old.route_both(self.new, messages):
            yield outcome_of(_routed(before), _routed(after), self.new.loaded.chain)


def outcome_of(before: Decided, after: Decided, chain: Chain | None) -> Outcome:
    """What two decisions on one row say; that people have to look at it counts if they had not to before."""
    options = "；".join(told for told in after.left() if told not in before.left())
    named = "；".join(rule.message for rule in after.rules)
    steps = _steps(before.codes, chain)
    codes = _with_open(before.codes, after.codes, after.rules, chain)
    changed = [
        (head, old, new) for head, old, new in zip((MATTER, DEPARTMENT), before.codes, codes, strict=True) if old != new
    ]
    alone = bool(changed) and not named and not options and _only_renamed(changed, steps)
    by_steps = "；".join(dict.fromkeys(told for _, told in steps.values()))
    no_longer = NO_LONGER.format("、".join(before.districts())) if before.districts() else ""
    told = "" if OPEN in codes or not changed else named or by_steps or no_longer or SUMMED
    return Outcome(before.codes, codes, why=told, options=options, renamed=alone)


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


def _routed(route: Route) -> Decided:
    return Decided((code_of(route.matter), code_of(route.department)), route.rules, route.review.reasons)
