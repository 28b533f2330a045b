"""What a city's directory is made of: places, units, the rules between them, and services near a resident."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, fields
from typing import Any, Final

ADMINISTRATIVE: Final = ("district", "street", "community", "grid")
"""Kinds of places that lie one inside the other, largest first; units answer for these."""
COMPOUND: Final = "compound"
ROAD: Final = "road"
CROSSING: Final = "crossing"
PLACE_KINDS: Final = (*ADMINISTRATIVE, COMPOUND, ROAD, CROSSING)
UNIT_LEVELS: Final = ("city", *ADMINISTRATIVE)


@dataclass(frozen=True, slots=True)
class Area:
    """An entry of the gazetteer: a district, street, community, grid, compound, road or crossing.

    :param parents: ids of the places that it lies in; only a road can pass through several.
    :param aliases: further names that residents use.
    """

    id: str
    name: str
    kind: str
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One of the city's own units (承办单位).

    :param department: code of the canonical department whose business it does; none for a street office, a
        community or a grid, which serve every department.
    :param area: id of the place that it answers for; none for the whole city.
    :param deputy: code of the unit that acts where this one cannot.
    :param parent: code of the unit above it.
    """

    code: str
    name: str
    department: str | None = None
    area: str | None = None
    level: str = "city"
    contact: str | None = None
    deputy: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which unit a message goes to; every condition that is given must hold.

    :param words: any of them stands in the message; ``words_not``: none of them does.
    :param since: first day on which the rule holds; ``until``: the last one.
    :param unit: code of the unit, or
    :param level: the unit of the message's own place from this level upwards.
    """

    id: str
    department: str | None = None
    area: str | None = None
    matter: str | None = None
    words: tuple[str, ...] = ()
    words_not: tuple[str, ...] = ()
    since: datetime.date | None = None
    until: datetime.date | None = None
    unit: str | None = None
    level: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A body that can help with a 小事 or 私事: what it offers, where, when and at what cost.

    :param offers: words of messages that it can help with.
    :param departments: codes of the departments near whose business it works.
    :param matters: codes of the matters that it takes; none for every one.
    :param areas: ids of the places that it serves; none for the whole city.
    """

    id: str
    name: str
    kind: str
    offers: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    address: str | None = None
    phone: str | None = None
    hours: str | None = None
    cost: str | None = None


Record = Area | Unit | Rule | Service


def to_json(record: Record) -> dict[str, Any]:
    """JSON form of a record, every field included."""
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime.date) else value
