"""The forms for one record: what they send, and how it becomes a record of the directory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from pydantic import Field

from petition_nlp.local.directory import Directory
from petition_nlp.local.index import AreaIndex, path
from petition_nlp.local.records import Area, Rule, Service, Unit
from petition_nlp.local.tables import values_of
from service import problems
from service.api.directory_schemas import MOST_VERSION
from service.console.texts import units as texts
from service.petitions.schemas import Reason
from service.schemas import In, Text

KEYS: Final = {"units": "code", "rules": "id", "places": "id", "services": "id"}
Kind = Literal["units", "rules", "places", "services"]
Values = dict[str, str]
_BETWEEN: Final = "、"


class ChangeIn(In):
    """What every change says: of which record, in which version, and why.

    :param key: of the record; none for a new one.
    """

    key: Text | None = Field(default=None, max_length=500)
    version: int = Field(ge=0, le=MOST_VERSION)
    why: Reason


class UnitIn(ChangeIn):
    """A unit."""

    code: Text | None = None
    name: Text | None = None
    department: Text | None = None
    area: Text | None = None
    contact: Text | None = None
    deputy: Text | None = None
    parent: Text | None = None

    def record(self) -> dict[str, Any]:
        """As the directory's document has it."""
        return self.model_dump(exclude={"key", "version", "why"}) | ({"code": self.key} if self.key else {})


class RuleIn(ChangeIn):
    """A rule, and its place among the others, from 1."""

    id: Text | None = None
    department: Text | None = None
    area: Text | None = None
    matter: Text | None = None
    words: Text | None = None
    words_not: Text | None = None
    since: Text | None = None
    until: Text | None = None
    unit: Text | None = None
    level: Text | None = None
    note: Text | None = None
    position: int = Field(ge=1)

    def record(self) -> dict[str, Any]:
        """As the directory's document has it."""
        written = self.model_dump(exclude={"key", "version", "why", "position"})
        return written | {name: values_of(written[name] or "") for name in ("words", "words_not")}


class PlaceIn(ChangeIn):
    """A place. Without a code of its own it is called by its path, also later when it has another name."""

    id: Text | None = None
    name: Text | None = None
    kind: Text | None = None
    parents: Text | None = None
    aliases: Text | None = None

    def record(self) -> dict[str, Any]:
        """As the directory's document has it."""
        return _record(self, "parents", "aliases")


class ServiceIn(ChangeIn):
    """A service, called by its first name."""

    name: Text | None = None
    kind: Text | None = None
    offers: Text | None = None
    departments: Text | None = None
    matters: Text | None = None
    areas: Text | None = None
    address: Text | None = None
    phone: Text | None = None
    hours: Text | None = None
    cost: Text | None = None

    def record(self) -> dict[str, Any]:
        """As the directory's document has it."""
        return _record(self, "offers", "departments", "matters", "areas")


def _record(body: ChangeIn, *lists: str) -> dict[str, Any]:
    """What a form sends; in some fields several values are written, and a key that there was stays."""
    written = body.model_dump(exclude={"key", "version", "why"})
    kept = {"id": body.key} if body.key else {}
    return written | {name: values_of(written[name] or "") for name in lists} | kept


class RemovalIn(ChangeIn):
    """The end of a record."""

    kind: Kind
    key: Text = Field(max_length=500)


class MoveIn(ChangeIn):
    """Another place for a rule, from 1."""

    key: Text = Field(max_length=500)
    position: int = Field(ge=1)


def placed(document: dict[str, Any], kind: Kind, key: str | None, record: dict[str, Any], position: int | None) -> int:
    """Put a record into a document: in the place of the one with ``key``, at the end, or where ``position`` says.

    :return: where it stands now, from 0.
    :raises Problem: 404, the document has no such record.
    """
    records: list[dict[str, Any]] = document[kind]
    at = len(records) if key is None else index_of(document, kind, key)
    records[at : at + 1] = []
    at = at if position is None else min(position - 1, len(records))
    records.insert(at, record)
    return at


def index_of(document: dict[str, Any], kind: Kind, key: str) -> int:
    """Where a record stands.

    :raises Problem: 404, the document has no such record.
    """
    for index, record in enumerate(document[kind]):
        if record[KEYS[kind]] == key:
            return index
    raise problems.no_such(texts.TABS[kind])


def unit_values(directory: Directory, unit: Unit) -> Values:
    """What the form shows of a unit."""
    return {
        "code": unit.code,
        "name": unit.name,
        "department": unit.department or "",
        "area": written_area(directory, unit.area),
        "contact": unit.contact or "",
        "deputy": unit.deputy or "",
        "parent": unit.parent or "",
    }


def rule_values(directory: Directory, rule: Rule) -> Values:
    """What the form shows of a rule."""
    return {
        "id": rule.id,
        "department": rule.department or "",
        "area": written_area(directory, rule.area),
        "matter": rule.matter or "",
        "words": _written(rule.words),
        "words_not": _written(rule.words_not),
        "since": str(rule.since or ""),
        "until": str(rule.until or ""),
        "unit": rule.unit or "",
        "level": rule.level or "",
        "note": rule.note or "",
        "position": str(directory.rules.index(rule) + 1),
    }


def place_values(directory: Directory, area: Area) -> Values:
    """What the form shows of a place."""
    return {
        "id": area.id,
        "name": area.name,
        "kind": area.kind,
        "parents": _written(written_area(directory, parent) for parent in area.parents),
        "aliases": _written(area.aliases),
    }


def service_values(directory: Directory, service: Service) -> Values:
    """What the form shows of a service."""
    name = directory.taxonomy.name
    return {
        "name": service.name,
        "kind": service.kind,
        "offers": _written(service.offers),
        "departments": _written(name("department", code) for code in service.departments),
        "matters": _written(name("matter", code) for code in service.matters),
        "areas": _written(written_area(directory, area) for area in service.areas),
        "address": service.address or "",
        "phone": service.phone or "",
        "hours": service.hours or "",
        "cost": service.cost or "",
    }


def _written(values: Iterable[str]) -> str:
    return _BETWEEN.join(values)


def written_area(directory: Directory, code: str | None) -> str:
    """A place as people write it: its path, or its code where the path stands for several."""
    if code is None:
        return ""
    written = path(directory.areas, directory.areas[code])
    return written if len(index(directory).find(written)) == 1 else code


def index(directory: Directory) -> AreaIndex:
    """The directory's places by what people write for them."""
    made = AreaIndex()
    for area in directory.areas.values():
        made.add(area)
    return made
