"""Records of the directory in words: conditions, paths, periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from petition_nlp.local.directory import Directory
from petition_nlp.local.index import ancestors, path
from petition_nlp.local.records import Area, Rule, Service, Unit
from petition_nlp.local.vocabulary import vocabulary
from service.console.texts import units as texts

_BETWEEN: Final = " / "


def area_path(directory: Directory, code: str | None) -> str:
    """A place behind those that it lies in; the whole city for none."""
    if code is None:
        return texts.PAGE["whole_city"]
    return path(directory.areas, directory.areas[code]).replace("/", _BETWEEN)


def department_name(directory: Directory, code: str | None) -> str:
    """A department's name, or what units without one are called."""
    return directory.taxonomy.name("department", code) if code else texts.PAGE["general"]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as a list shows it."""

    unit: Unit
    department: str
    area: str
    deputy: Unit | None
    parent: Unit | None


def unit_row(directory: Directory, unit: Unit) -> UnitRow:
    """A unit with the names of what it refers to."""
    return UnitRow(
        unit,
        department_name(directory, unit.department),
        area_path(directory, unit.area),
        directory.units.get(unit.deputy or ""),
        directory.units.get(unit.parent or ""),
    )


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a list shows it.

    :param number: its place, from 1.
    :param conditions: pairs of what is asked and of what.
    :param state: ``open``, ``before`` or ``over``, for its period.
    """

    number: int
    rule: Rule
    conditions: Sequence[tuple[str, str]]
    target: str
    period: str
    state: str


def rule_row(directory: Directory, rule: Rule, number: int, today: date) -> RuleRow:
    """A rule in words."""
    return RuleRow(
        number, rule, list(_conditions(directory, rule)), _target(directory, rule), _period(rule), _state(rule, today)
    )


def rule_rows(directory: Directory, today: date) -> list[RuleRow]:
    """All rules in their order."""
    return [rule_row(directory, rule, number, today) for number, rule in enumerate(directory.rules, start=1)]


def _conditions(directory: Directory, rule: Rule) -> Iterator[tuple[str, str]]:
    words = texts.CONDITIONS
    if rule.department:
        yield words["department"], directory.taxonomy.name("department", rule.department)
    if rule.matter:
        yield words["matter"], directory.taxonomy.name("matter", rule.matter)
    if rule.area:
        yield words["area"], area_path(directory, rule.area)
    if rule.words:
        yield words["words"], _quoted(rule.words)
    if rule.words_not:
        yield words["words_not"], _quoted(rule.words_not)


def _quoted(words: Sequence[str]) -> str:
    return "".join(f"「{word}」" for word in words)


def _target(directory: Directory, rule: Rule) -> str:
    if rule.unit:
        return directory.units[rule.unit].name
    return texts.PAGE["upwards"].format(level=vocabulary().value("unit_levels", rule.level or ""))


def _period(rule: Rule) -> str:
    if rule.since and rule.until:
        return texts.PAGE["period"].format(since=rule.since, until=rule.until)
    if rule.since:
        return texts.PAGE["period_since"].format(since=rule.since)
    return texts.PAGE["period_until"].format(until=rule.until) if rule.until else ""


def _state(rule: Rule, today: date) -> str:
    if rule.since and today < rule.since:
        return "before"
    return "over" if rule.until and today > rule.until else "open"


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place as a list shows it.

    :param depth: how many places it lies in, one inside the other.
    """

    area: Area
    kind: str
    above: str
    depth: int


def place_rows(directory: Directory) -> list[PlaceRow]:
    """All places, each behind the one that it lies in."""
    below: dict[str | None, list[Area]] = {}
    for area in directory.areas.values():
        below.setdefault(area.parents[0] if area.parents else None, []).append(area)

    def walk(parent: str | None, depth: int) -> Iterator[PlaceRow]:
        for area in below.get(parent, ()):
            yield _place_row(directory, area, depth)
            yield from walk(area.id, depth + 1)

    return list(walk(None, 0))


def _place_row(directory: Directory, area: Area, depth: int) -> PlaceRow:
    above = "、".join(area_path(directory, parent) for parent in area.parents)
    return PlaceRow(area, vocabulary().value("place_kinds", area.kind), above, depth)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service as a list shows it."""

    service: Service
    kind: str
    departments: str
    matters: str
    areas: str


def service_row(directory: Directory, service: Service) -> ServiceRow:
    """A service with the names of what it refers to."""
    name = directory.taxonomy.name
    return ServiceRow(
        service,
        vocabulary().value("service_kinds", service.kind),
        "、".join(name("department", code) for code in service.departments),
        "、".join(name("matter", code) for code in service.matters),
        "、".join(area_path(directory, code) for code in service.areas) or texts.PAGE["whole_city"],
    )


def lies_in(directory: Directory, area: str | None, wanted: str) -> bool:
    """Whether a place is the wanted one, or lies in it."""
    return area is not None and (area == wanted or wanted in ancestors(directory.areas, area))
