"""Department, matter and place → the city's own unit: the first rule that holds, else the nearest fitting unit."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from petition_nlp.local.names import fold
from petition_nlp.local.place import Place, path_of
from petition_nlp.local.records import ADMINISTRATIVE, UNIT_LEVELS, Area, Rule, Unit
from petition_nlp.local.rules import Facts, Tried, prepare
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.normalise import normalise

_SHARED: Final = "community"
_PERSONAL: Final = "person"
"""Kinds of the party that acts (`Party.kind`) for a 小事 and a 私事."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The unit that a message goes to, None where a person has to decide.

    :param rule: the rule that held; None if none did and the unit follows from its department and place.
    :param reason: why it is this unit, or why it is none.
    :param tried: the rules before that one, and why they did not hold.
    :param deputy: the unit that acts where the first cannot.
    :param alternatives: the units that the rivals of an ambiguous place lead to, if they differ.
    """

    unit: Unit | None
    rule: Rule | None
    reason: str
    tried: tuple[Tried, ...] = ()
    deputy: Unit | None = None
    alternatives: tuple[Unit, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether the place is ambiguous and its rivals lead to different units."""
        return bool(self.alternatives)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "unit": _json(self.unit),
            "rule": self.rule.id if self.rule else None,
            "reason": self.reason,
            "tried": [tried.to_dict() for tried in self.tried],
            "deputy": _json(self.deputy),
            "ambiguous": self.ambiguous,
            "alternatives": [_json(unit) for unit in self.alternatives],
        }

    def explain(self) -> list[str]:
        """Every step of the decision, one line each."""
        lines = [f"规则「{tried.rule}」不适用：{tried.reason}" for tried in self.tried]
        lines.append(self.reason)
        if self.unit is not None:
            contact = f"，联系方式 {self.unit.contact}" if self.unit.contact else ""
            lines.append(f"派往：{self.unit.name}（{self.unit.code}）{contact}")
        if self.deputy is not None:
            lines.append(f"代办：{self.deputy.name}（{self.deputy.code}）")
        if self.alternatives:
            lines.append(f"可能的单位：{'、'.join(unit.name for unit in self.alternatives)}")
        return lines


class Assigner:
    """Assigns units; made once for a directory."""

    def __init__(
        self, units: Mapping[str, Unit], rules: Sequence[Rule], areas: Mapping[str, Area], taxonomy: Taxonomy
    ) -> None:
        self._units, self._taxonomy = units, taxonomy
        self._rules = [prepare(rule, areas, taxonomy) for rule in rules]

    def assign(
        self, *, department: str | None, matter: str | None, place: Place, text: str, on: datetime.date
    ) -> Assignment:
        """See :meth:`Directory.assign`."""
        department = department and self._taxonomy.current("department", department)
        matter = matter and self._taxonomy.current("matter", matter)
        folded = fold(normalise(text))
        found = [
            self._decide(Facts(department, matter, areas, frozenset(area.id for area in areas), folded, on))
            for areas in place.readings
        ]
        units = list(dict.fromkeys(own.unit.code if own.unit else None for own in found))
        if len(units) == 1:
            return found[0]
        alternatives = tuple(self._units[code] for code in units if code)
        return Assignment(None, None, "地点不止一种可能，各属不同单位，请先问清地点", alternatives=alternatives)

    def _decide(self, case: Facts) -> Assignment:
        tried: list[Tried] = []
        for prepared in self._rules:
            failed = prepared.fails(case)
            unit = None if failed else self._target(prepared.rule, case)
            if unit is not None:
                return self._by_rule(prepared.rule, unit, tried)
            tried.append(prepared.says[failed or "level"])
        unit, reason = self._without_rule(case)
        return Assignment(unit, None, reason, tuple(tried), self._deputy(unit))

    def _by_rule(self, rule: Rule, unit: Unit, tried: Sequence[Tried]) -> Assignment:
        level = f"，从{vocabulary().value('unit_levels', rule.level)}往上找" if rule.level else ""
        return Assignment(unit, rule, f"规则「{rule.id}」适用{level}", tuple(tried), self._deputy(unit))

    def _target(self, rule: Rule, case: Facts) -> Unit | None:
        return self._units[rule.unit] if rule.unit else self._upwards(rule, case)

    def _upwards(self, rule: Rule, case: Facts) -> Unit | None:
        """The unit of the message's place from a rule's level upwards: the department's own, else a general one."""
        highest = UNIT_LEVELS.index(rule.level or "")
        for area in (*reversed(_administrative(case.areas)), None):
            if UNIT_LEVELS.index(area.kind if area else UNIT_LEVELS[0]) > highest:
                continue
            for department in (case.department, None):
                units = self._at.get((department, area.id if area else None), ())
                if len(units) == 1:
                    return units[0]
        return None

    def _without_rule(self, case: Facts) -> tuple[Unit | None, str]:
        acts = self._acts(case.matter)
        if acts == _PERSONAL:
            return None, "没有规则适用；当事人自己的事，不派单位"
        if acts == _SHARED:
            for area in reversed(_administrative(case.areas)):
                units = self._at.get((None, area.id), ())
                if len(units) == 1:
                    return units[0], f"没有规则适用；社区共同事务由最近的单位办理：{area.name}"
        if case.department is None:
            return None, "没有规则适用，责任部门也不明，请人工指定"
        return self._of_department(case.department, case.areas)

    def _of_department(self, department: str, areas: Sequence[Area]) -> tuple[Unit | None, str]:
        """The department's unit that answers for the smallest place, if there is exactly one."""
        name = self._taxonomy.name("department", department)
        own = [unit for unit in self._units.values() if unit.department == department]
        if not own:
            return None, f"没有规则适用，目录里也没有{name}的单位，请人工指定"
        for area in (*reversed(_administrative(areas)), None):
            units = self._at.get((department, area.id if area else None), ())
            where = area.name if area else "全市"
            if len(units) > 1:
                return None, f"没有规则适用；{name}在{where}有 {len(units)} 个单位，请补规则或人工指定"
            if units and (areas or len(own) == 1):
                return units[0], f"没有规则适用；{name}在{where}只有这一个单位"
        unknown = f"{name}在{path_of(areas)}没有单位" if areas else f"地点不明，{name}有 {len(own)} 个单位"
        return None, f"没有规则适用；{unknown}，请人工指定"

    def _acts(self, matter: str | None) -> str:
        """The kind of the party that acts for a matter."""
        known = self._taxonomy.matters.get(matter or "")
        return known.default_party.kind if known and known.default_party else ""

    def _deputy(self, unit: Unit | None) -> Unit | None:
        return self._units[unit.deputy] if unit and unit.deputy else None

    @cached_property
    def _at(self) -> Mapping[tuple[str | None, str | None], list[Unit]]:
        """Units by department, None for general ones, and area, None for the whole city."""
        found: dict[tuple[str | None, str | None], list[Unit]] = defaultdict(list)
        for unit in self._units.values():
            found[unit.department, unit.area].append(unit)
        return dict(found)


def _administrative(areas: Sequence[Area]) -> list[Area]:
    return [area for area in areas if area.kind in ADMINISTRATIVE]


def _json(unit: Unit | None) -> dict[str, Any] | None:
    if unit is None:
        return None
    return {"code": unit.code, "name": unit.name, "level": unit.level, "contact": unit.contact}
