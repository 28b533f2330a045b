"""A document → checked records: every reference is resolved, every mistake noted where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from petition_nlp.local.fields import Fields, Where, in_document
from petition_nlp.local.index import AreaIndex
from petition_nlp.local.problems import DirectoryError, Problem
from petition_nlp.local.reading_places import read_places
from petition_nlp.local.records import UNIT_LEVELS, Area, Rule, Service, Unit
from petition_nlp.local.references import SHOWN, References
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy

KINDS: Final = ("units", "rules", "places", "services")
"""The lists of a document."""
_Identified = TypeVar("_Identified", Rule, Service)


@dataclass(frozen=True, slots=True)
class Contents:
    """The checked records of a document."""

    units: tuple[Unit, ...]
    rules: tuple[Rule, ...]
    areas: tuple[Area, ...]
    services: tuple[Service, ...]


def read_document(document: Any, taxonomy: Taxonomy, where: Where = in_document) -> Contents:
    """Check a document and resolve its references.

    :param where: says where a record stands in the file that the document was made from.
    :raises DirectoryError: with everything that is wrong.
    """
    _check_shape(document)
    reader = _Reader(document, taxonomy, where)
    contents = reader.contents()
    if reader.problems:
        raise DirectoryError(reader.problems)
    return contents


def _check_shape(document: Any) -> None:
    if not isinstance(document, dict) or not all(isinstance(document.get(kind, []), list) for kind in KINDS):
        what = "目录应是键值表，其中 units、rules、places、services 各是一列记录"
        raise DirectoryError([Problem(what, "目录文件", "请参照 petition-nlp directory template 写出的样表")])
    unknown = [str(key)[:SHOWN] for key in document if key not in KINDS]
    if unknown:
        raise DirectoryError([Problem(f"不认识的项：{'、'.join(unknown)}", "目录文件", f"可用：{'、'.join(KINDS)}")])


class _Reader:
    """Reads the lists of one document in the order in which they refer to each other."""

    def __init__(self, document: Mapping[str, Any], taxonomy: Taxonomy, where: Where) -> None:
        self.problems: list[Problem] = []
        self._document, self._where = document, where
        self._references = References(taxonomy, AreaIndex())

    def contents(self) -> Contents:
        """All records, places first."""
        areas = read_places(self._records("places"), self._references)
        units = self._units()
        return Contents(tuple(units.values()), self._rules(units), areas, self._services())

    def _records(self, kind: str) -> Iterator[Fields]:
        for index, raw in enumerate(self._document.get(kind, [])):
            yield Fields(kind, index, raw, self.problems, self._where)

    def _units(self) -> dict[str, Unit]:
        records = list(self._records("units"))
        units: dict[str, Unit] = {}
        for fields in records:
            unit = self._unit(fields)
            if unit.code in units:
                fields.complain("code", f"「{unit.code[:SHOWN]}」重复", "每个编号只能出现一次")
            elif unit.code:
                units[unit.code] = unit
        for fields in records:
            for field in ("deputy", "parent"):
                _check_other_unit(fields, field, units)
            _check_no_circle(fields, units)
        return units

    def _unit(self, fields: Fields) -> Unit:
        area = self._references.area(fields)
        return Unit(
            code=fields.required("code"),
            name=fields.required("name"),
            department=self._references.department(fields),
            area=area,
            level=self._level(fields, area),
            contact=fields.text("contact"),
            deputy=fields.text("deputy"),
            parent=fields.text("parent"),
        )

    def _level(self, fields: Fields, area: str | None) -> str:
        """A unit's level is that of its area, whether it says so or not."""
        own = self._references.index.areas[area].kind if area else UNIT_LEVELS[0]
        written = fields.choice("level", "unit_levels")
        if own not in UNIT_LEVELS:
            fields.complain("area", "单位的辖区应是区县、街道、社区或网格", "小区、道路和路口请用规则指定")
        elif written not in (None, own):
            names = [vocabulary().value("unit_levels", code) for code in (written or own, own)]
            fields.complain("level", f"写的是{names[0]}，按辖区却是{names[1]}", "请改正其中一个，或不写层级")
        return own

    def _rules(self, units: Mapping[str, Unit]) -> tuple[Rule, ...]:
        records = list(self._records("rules"))
        return _with_ids(records, [self._rule(fields, units) for fields in records])

    def _rule(self, fields: Fields, units: Mapping[str, Unit]) -> Rule:
        references = self._references
        rule = Rule(
            id=fields.text("id") or "",
            department=references.department(fields),
            area=references.area(fields),
            matter=references.matter(fields),
            words=fields.texts("words"),
            words_not=fields.texts("words_not"),
            since=fields.date("since"),
            until=fields.date("until"),
            unit=fields.text("unit"),
            level=fields.choice("level", "unit_levels"),
            note=fields.text("note"),
        )
        _check_target(fields, rule, units)
        if rule.since and rule.until and rule.until < rule.since:
            fields.complain("until", "截止日期早于起始日期", "请改正")
        return rule if rule.id else replace(rule, id=self._conditions(rule))

    def _conditions(self, rule: Rule) -> str:
        """A name for a rule that has none, the same in every version of the directory."""
        name = self._references.taxonomy.name
        parts = (
            name("department", rule.department) if rule.department else "",
            rule.area or "",
            name("matter", rule.matter) if rule.matter else "",
            f"含{'、'.join(rule.words)}" if rule.words else "",
            f"不含{'、'.join(rule.words_not)}" if rule.words_not else "",
        )
        return "，".join(filter(None, parts)) or "其余"

    def _services(self) -> tuple[Service, ...]:
        records = list(self._records("services"))
        return _with_ids(records, [self._service(fields) for fields in records])

    def _service(self, fields: Fields) -> Service:
        references = self._references
        if fields.text("kind") is None:
            fields.complain("kind", "没有填写", "请填写社区社会组织、市场服务、人民调解或法律援助")
        name = fields.required("name")
        service = Service(
            id=fields.text("id") or name,
            name=name,
            kind=fields.choice("kind", "service_kinds") or "",
            offers=fields.texts("offers"),
            departments=references.departments(fields),
            matters=references.matters(fields),
            areas=references.areas(fields),
            address=fields.text("address"),
            phone=fields.text("phone"),
            hours=fields.text("hours"),
            cost=fields.text("cost"),
        )
        if not fields.texts("offers") and not fields.texts("departments"):
            fields.complain("offers", "没有写能帮什么忙", "请写几个诉求里会出现的词，如「漏水、开锁」，或写业务条线")
        return service


def _check_other_unit(fields: Fields, field: str, units: Mapping[str, Unit]) -> None:
    other = fields.text(field)
    if other is not None and other not in units:
        fields.complain(field, f"没有编号为「{other[:SHOWN]}」的单位", "请填单位编号")
    elif other is not None and other == fields.text("code"):
        fields.complain(field, "写的是单位自己", "请填另一个单位的编号")


def _check_no_circle(fields: Fields, units: Mapping[str, Unit]) -> None:
    """Complain at every unit that stands above itself, but for one that names itself."""
    code = fields.text("code") or ""
    above = units[code].parent if code in units else None
    if above == code:
        return
    seen: set[str] = set()
    while above is not None and above in units and above not in seen:
        if above == code:
            fields.complain("parent", "上级单位绕成了圈", "请改正其中一个")
            return
        seen.add(above)
        above = units[above].parent


def _check_target(fields: Fields, rule: Rule, units: Mapping[str, Unit]) -> None:
    if rule.unit is None and fields.text("level") is None:
        todo = "请填单位编号，或在「派往层级」里写网格、社区、街道、区县"
        fields.complain("unit", "没有写派往哪个单位或哪一层级", todo)
    elif rule.unit is not None and rule.level is not None:
        fields.complain("level", "单位和层级只能写一个", "请删去其中一个")
    elif rule.unit is not None and rule.unit not in units:
        fields.complain("unit", f"没有编号为「{rule.unit[:SHOWN]}」的单位", "请填单位编号")


def _with_ids(records: list[Fields], found: list[_Identified]) -> tuple[_Identified, ...]:
    """Records with an id of their own: one that was written twice is complained of, a derived one numbered."""
    taken: set[str] = set()
    result = []
    for fields, record in zip(records, found, strict=True):
        id, number = record.id, 1
        if id in taken and fields.text("id"):
            fields.complain("id", f"「{id[:SHOWN]}」重复", "每个编号只能出现一次，也可以不写")
        while id in taken:
            number += 1
            id = f"{record.id} #{number}"
        taken.add(id)
        result.append(replace(record, id=id))
    return tuple(result)
