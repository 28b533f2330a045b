"""A city's rules made ready: whether one holds for a message, and what to say where it does not."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petition_nlp.local.index import ancestors
from petition_nlp.local.names import fold
from petition_nlp.local.records import Area, Rule
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.normalise import normalise


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that did not hold, and why."""

    rule: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"rule": self.rule, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at: one reading of the place, and the text folded as rules' words are."""

    department: str | None
    matter: str | None
    areas: tuple[Area, ...]
    ids: frozenset[str]
    text: str
    on: datetime.date


@dataclass(frozen=True, slots=True)
class PreparedRule:
    """A rule with its words folded as texts are, and what to say where one of its conditions does not hold."""

    rule: Rule
    any_of: tuple[str, ...]
    none_of: tuple[str, ...]
    says: Mapping[str, Tried]

    def fails(self, case: Facts) -> str:
        """The condition that does not hold, empty if all do; a level is left to the caller."""
        rule = self.rule
        if rule.department not in (None, case.department):
            return "department"
        if rule.matter not in (None, case.matter):
            return "matter"
        if rule.since and case.on < rule.since:
            return "since"
        if rule.until and case.on > rule.until:
            return "until"
        if rule.area and rule.area not in case.ids:
            return "area" if case.ids else "nowhere"
        if self.any_of and not any(word in case.text for word in self.any_of):
            return "words"
        return "words_not" if any(word in case.text for word in self.none_of) else ""


def prepare(rule: Rule, areas: Mapping[str, Area], taxonomy: Taxonomy) -> PreparedRule:
    """A rule that can be tried on many messages."""
    return PreparedRule(rule, _folded(rule.words), _folded(rule.words_not), _sayings(rule, areas, taxonomy))


def covers(areas: Mapping[str, Area], wide: Rule, narrow: Rule) -> bool:
    """Whether ``wide`` holds wherever ``narrow`` does, so that behind it ``narrow`` never fires."""
    within = narrow.area is not None and wide.area in (narrow.area, *ancestors(areas, narrow.area))
    return (
        wide.level is None
        and wide.department in (None, narrow.department)
        and wide.matter in (None, narrow.matter)
        and (wide.area is None or within)
        and (not wide.words or (bool(narrow.words) and set(narrow.words) <= set(wide.words)))
        and set(wide.words_not) <= set(narrow.words_not)
        and (wide.since is None or (narrow.since is not None and wide.since <= narrow.since))
        and (wide.until is None or (narrow.until is not None and narrow.until <= wide.until))
    )


def _folded(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(fold(normalise(word)) for word in words)


def _sayings(rule: Rule, areas: Mapping[str, Area], taxonomy: Taxonomy) -> dict[str, Tried]:
    """What to say for every condition of a rule that can fail."""
    name = taxonomy.name
    reasons = {
        "department": f"责任部门不是{name('department', rule.department or '')}",
        "matter": f"事项类别不是{name('matter', rule.matter or '')}",
        "since": f"{rule.since} 才开始",
        "until": f"{rule.until} 已结束",
        "area": f"地点不在{areas[rule.area].name if rule.area else ''}",
        "nowhere": "地点不明",
        "words": f"没有出现「{'、'.join(rule.words)}」",
        "words_not": f"出现了要排除的词（{'、'.join(rule.words_not)}）",
        "level": f"查不到当地{vocabulary().value('unit_levels', rule.level) if rule.level else ''}往上的单位",
    }
    return {condition: Tried(rule.id, reason) for condition, reason in reasons.items()}
