"""What a district has settled otherwise than the city: border cases of matters and departments, as configuration.

A fee dispute in a compound is a 小事 in one district and a 大事 in another. The rules act behind the model, where the
place of a message is known; where it is not and would make a difference, a person has to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from petition_nlp.conditions import CONDITIONS, Condition, Facts, read_condition
from petition_nlp.lined import LINE, LinedFolder
from petition_nlp.taxonomy import Taxonomy

_OUTCOMES: Final = ("matter", "department", "level")
_AREA: Final = ("name", "code", "aliases", "parts")
_END: Final = "。"


@dataclass(frozen=True, slots=True)
class District:
    """A district.

    :param parts: streets and communities in it, by which it is known too.
    """

    name: str
    code: str | None = None
    aliases: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DistrictRule:
    """What messages of a kind are in some districts.

    :param matter: of these messages there; :param department: likewise; :param level: at which a 小事 is deliberated.
    :param border: the city-wide rule that it departs from. :param source: where it is laid down.
    """

    id: str
    condition: Condition
    matter: str | None = None
    department: str | None = None
    level: str | None = None
    border: str | None = None
    why: str = ""
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        whole = {**asdict(self), **self.condition.to_dict()}
        outcome = {name: whole[name] for name in _OUTCOMES if getattr(self, name)}
        told = {"id": self.id, "border": self.border, "why": self.why, "source": self.source}
        return {
            **{name: value for name, value in told.items() if value},
            **self.condition.to_dict(),
            "outcome": outcome,
        }


@dataclass(frozen=True)
class Districts:
    """The districts of a city and their rules, of which the first that holds counts."""

    version: str
    districts: Mapping[str, District]
    rules: tuple[DistrictRule, ...]

    @classmethod
    def load(cls, path: Path, taxonomy: Taxonomy) -> Districts:
        """Read and check the file.

        :param taxonomy: its codes are what rules name.
        :raises TaxonomyError: names file, line and what to correct.
        """
        return _Reader(path.parent, path.name, taxonomy).districts()

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "version": self.version,
            "districts": [asdict(district) for district in self.districts.values()],
            "rules": [rule.to_dict() for rule in self.rules],
        }

    def names(self) -> dict[str, str]:
        """Every name and number of a place with its name."""
        found: dict[str, str] = {}
        for district in self.districts.values():
            own = (district.name, *district.aliases, *filter(None, [district.code]))
            found |= dict.fromkeys(own, district.name) | {part: part for part in district.parts}
        return found

    def around(self, areas: frozenset[str]) -> frozenset[str]:
        """Some places with the district that they lie in; nothing where there are several."""
        districts = self._districts_of(areas)
        return areas.union(own.name for own in districts) if len(districts) < 2 else frozenset()

    def rule_for(self, facts: Facts) -> DistrictRule | None:
        """The rule that holds for a message whose place is known."""
        return next((rule for rule in self.rules if rule.condition.holds(facts)), None)

    def undecided(self, facts: Facts) -> list[DistrictRule]:
        """The rules that would hold for a message if its place, of which not enough is known, were theirs."""
        district = next(iter(self._districts_of(facts.areas)), None)
        if district is not None and not facts.areas.isdisjoint(district.parts):
            return []
        within = None if district is None else set(district.parts)
        return [
            rule
            for rule in self.rules
            if rule.condition.holds_but_for_area(facts) and (within is None or within & set(rule.condition.areas))
        ]

    def _districts_of(self, areas: frozenset[str]) -> list[District]:
        return [own for own in self.districts.values() if own.name in areas or not areas.isdisjoint(own.parts)]


@dataclass(frozen=True)
class _Reader:
    folder: Path
    file: str
    taxonomy: Taxonomy

    @property
    def _lined(self) -> LinedFolder:
        return LinedFolder(self.folder)

    def districts(self) -> Districts:
        raw = self._lined.load(self.file)
        self._lined.only(self.file, raw, ("version", "districts", "rules"))
        version = self._lined.text(self.file, raw, "version")
        tables = self._lined.unique(self.file, self._lined.records(self.file, raw, "districts"), "name")
        found = {name: self._district(table) for name, table in tables.items()}
        self._check_places(tables, found)
        rules = self._lined.unique(self.file, self._lined.records(self.file, raw, "rules"), "id")
        known = Districts(version, found, ()).names()
        return Districts(version, found, tuple(self._rule(rule, known) for rule in rules.values()))

    def _district(self, raw: dict[str, Any]) -> District:
        self._lined.only(self.file, raw, _AREA)
        return District(
            name=self._lined.text(self.file, raw, "name"),
            code=self._lined.optional_text(self.file, raw, "code"),
            aliases=self._lined.strings(self.file, raw, "aliases"),
            parts=self._lined.strings(self.file, raw, "parts"),
        )

    def _check_places(self, tables: Mapping[str, dict[str, Any]], found: Mapping[str, District]) -> None:
        seen: dict[str, str] = {}
        for name, district in found.items():
            for own in (name, *filter(None, [district.code]), *district.aliases, *district.parts):
                if seen.setdefault(own, name) != name:
                    what = f"「{own}」同时属于 {seen[own]} 和 {name}"
                    raise self._lined.error(self.file, tables[name][LINE], what, "请写不会混淆的名称")

    def _rule(self, raw: dict[str, Any], places: Mapping[str, str]) -> DistrictRule:
        lined, file = self._lined, self.file
        lined.only(file, raw, ("id", "border", "outcome", "why", "source", *CONDITIONS))
        departments, matters = self.taxonomy.departments, self.taxonomy.matters
        condition = read_condition(lined, file, raw, matters=matters, departments=departments)
        if not condition.areas:
            raise lined.error(file, raw[LINE], "规则没有写 area", "请写它适用的区、街道或社区；全市一样的不写在这里")
        for area in condition.areas:
            lined.known(file, raw[LINE], area, places, "地点")
        border = lined.optional_text(file, raw, "border")
        condition = replace(condition, areas=tuple(places[area] for area in condition.areas))
        condition = self._with_border(raw, condition, border)
        if replace(condition, areas=()).is_empty:
            raise lined.error(file, raw[LINE], "规则没有写条件", "请写明是哪一类诉求")
        return DistrictRule(
            id=raw["id"].strip(),
            condition=condition,
            **self._outcome(raw),
            border=border,
            why=lined.optional_text(file, raw, "why") or "",
            source=lined.optional_text(file, raw, "source") or "",
        )

    def _with_border(self, raw: dict[str, Any], condition: Condition, border: str | None) -> Condition:
        """The condition with matter and department of the city-wide rule, where it names none itself."""
        if border is None:
            return condition
        rules = {str(rule["when"]).strip(_END): rule for rule in self.taxonomy.border_rules}
        if border.strip(_END) not in rules:
            raise self._lined.error(self.file, raw[LINE], "border 不是分类里的边界规则", "请照抄 border_rules 的 when")
        city = rules[border.strip(_END)]
        return replace(
            condition,
            matter=condition.matter or city["matter"],
            department=condition.department or city["department"],
        )

    def _outcome(self, raw: dict[str, Any]) -> dict[str, str | None]:
        outcome = self._lined.table(self.file, raw, "outcome")
        self._lined.only(self.file, outcome, _OUTCOMES)
        found = {name: self._lined.optional_text(self.file, outcome, name) for name in _OUTCOMES}
        if not any(found.values()):
            raise self._lined.error(self.file, outcome[LINE], "outcome 是空的", f"请至少写一项：{'、'.join(_OUTCOMES)}")
        levels = {level["code"] for matter in self.taxonomy.matters.values() for level in matter.levels}
        kinds = (("matter", self.taxonomy.matters, "事项类别"), ("department", self.taxonomy.departments, "部门"))
        for name, known, kind in (*kinds, ("level", levels, "协商层级")):
            if found[name] is not None:
                self._lined.known(self.file, outcome[LINE], found[name], known, kind)
        return found
