"""Counts petitions by the day they came in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from service.board.parts import Part, parts_of
from service.board.units import UnitCount, Workdays, handled
from service.moments import CHINA
from service.monitoring.watched import Watched
from service.petitions.changes import PERSON
from service.petitions.states import Status
from service.store.tables import Entry, Petition

MEASURES: Final = (
    "petitions",
    "emergencies",
    "to_people",
    "dispatched",
    "redirected",
    "returned",
    "decided",
    "agreed",
    "closed",
    "in_time",
    "rated",
    "satisfied",
)
"""What is counted of petitions, in this order."""
LENGTHS: Final = (20, 50, 100, 200, 500)
"""Characters at which the next class of lengths begins."""

_CLOSED: Final = frozenset({Status.RESOLVED, Status.ARCHIVED})
_MOVES: Final = frozenset({"corrected", "returned"})
_COLUMNS: Final = (
    Petition.id,
    Petition.received,
    Petition.restricted,
    Petition.matter,
    Petition.department,
    Petition.channel,
    Petition.district,
    Petition.street,
    Petition.community,
    Petition.unit,
    Petition.status,
    Petition.emergency,
    Petition.asked_review,
    Petition.review_reasons,
    Petition.confidence,
    Petition.unseen,
    Petition.model,
    Petition.policy,
    Petition.redirected,
    Petition.returns,
    Petition.decided_by,
    Petition.closed,
    Petition.due,
    Petition.due_at,
    Petition.satisfied,
    func.length(Petition.text).label("length"),
)


def _measures() -> list[int]:
    return [0] * len(MEASURES)


@dataclass(slots=True)
class DayCount:
    """The petitions of a day in plain numbers; the columns of `service.store.tables.BoardDay`.

    :param matters: by matter, a count for each of `MEASURES`; :param hours: the same by hour and matter.
    :param features: by ``matter``, ``department``, ``channel``, ``length`` (its class) and ``hour``.
    :param groups: ``departments`` by matter and department, ``areas`` by district, street and community.
    :param units: what `service.board.units.UnitCount` holds, by unit.
    :param moves: from department to department, by people and returns.
    :param watched: what only monitoring needs.
    """

    matters: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(_measures))
    hours: defaultdict[tuple[int, str], list[int]] = field(default_factory=lambda: defaultdict(_measures))
    features: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    groups: defaultdict[str, Counter[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(Counter))
    units: defaultdict[str, UnitCount] = field(default_factory=lambda: defaultdict(UnitCount))
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    watched: Watched = field(default_factory=Watched)

    def columns(self) -> dict[str, Any]:
        """As the table holds it."""
        return {
            "matters": dict(self.matters),
            "hours": {"rows": [[*key, counts] for key, counts in self.hours.items()]},
            "features": {name: dict(counts) for name, counts in self.features.items()},
            "groups": {name: [[*key, n] for key, n in counts.items()] for name, counts in self.groups.items()},
            "units": {unit: count.as_list() for unit, count in self.units.items()},
            "moves": {"rows": [[*pair, n] for pair, n in self.moves.items()]},
            "watched": self.watched.as_json(),
        }


class Counted(NamedTuple):
    """Which petitions a `DayCount` is of."""

    part: Part
    day: date
    restricted: bool


def in_days(first: date, last: date) -> list[ColumnElement[bool]]:
    """The condition that petitions came in on some days of China's."""
    start = datetime.combine(first, datetime.min.time(), CHINA)
    end = datetime.combine(last, datetime.min.time(), CHINA) + timedelta(days=1)
    return [Petition.received >= start, Petition.received < end]


def count(
    session: Session, conditions: Sequence[ColumnElement[bool]], workdays: Workdays
) -> Mapping[Counted, DayCount]:
    """Petitions by part, day and restriction.

    :param conditions: which.
    """
    entries = _entries(session, conditions)
    days: defaultdict[Counted, DayCount] = defaultdict(DayCount)
    for petition in session.execute(select(*_COLUMNS).where(*conditions)):
        local = petition.received.astimezone(CHINA)
        own = entries.get(petition.id, ())
        for part in parts_of(petition):
            _add(days[Counted(part, local.date(), petition.restricted)], local.hour, petition, own, workdays)
    return days


def _add(day: DayCount, hour: int, petition: Row[Any], entries: Sequence[Row[Any]], workdays: Workdays) -> None:
    matter, department = petition.matter or "", petition.department or ""
    for place, held in enumerate(_measured(petition, entries)):
        day.matters[matter][place] += held
        day.hours[hour, matter][place] += held
    day.features["matter"][matter] += 1
    day.features["department"][department] += 1
    day.features["channel"][petition.channel] += 1
    day.features["length"][str(_length_class(petition.length))] += 1
    day.features["hour"][str(hour)] += 1
    day.groups["departments"][matter, department] += 1
    day.groups["areas"][petition.district or "", petition.street or "", petition.community or ""] += 1
    day.watched.add(petition)
    handled(day.units, petition, entries, workdays)
    for entry in entries:
        before, after = entry.changes.get("department", (None, None))
        if entry.action in _MOVES and before is not None and after is not None:
            day.moves[before, after] += 1


def _length_class(length: int) -> int:
    """The class of a text's length, from 0 on."""
    return sum(length >= start for start in LENGTHS)


def _measured(petition: Row[Any], entries: Sequence[Row[Any]]) -> Iterable[bool]:
    decided = petition.decided_by == PERSON
    closed = petition.status in _CLOSED and petition.closed is not None and petition.due is not None
    return (
        True,
        petition.emergency is not None,
        petition.asked_review,
        petition.status != Status.PENDING or petition.redirected,
        petition.redirected,
        petition.returns > 0,
        decided,
        decided and (petition.matter, petition.department) == _suggested(entries),
        closed,
        closed and _in_time(petition),
        petition.satisfied is not None,
        petition.satisfied is True,
    )


def _in_time(petition: Row[Any]) -> bool:
    if petition.due_at is not None:
        return bool(petition.closed <= petition.due_at)
    return bool(petition.closed.astimezone(CHINA).date() <= petition.due)


def _suggested(entries: Sequence[Row[Any]]) -> tuple[str | None, str | None]:
    """Matter and department as the model suggested them: those that the petition was stored with."""
    changes: dict[str, Any] = next((entry.changes for entry in entries if entry.action == "stored"), {})
    return changes.get("matter", (None, None))[1], changes.get("department", (None, None))[1]


def _entries(session: Session, conditions: Sequence[ColumnElement[bool]]) -> Mapping[str, list[Row[Any]]]:
    """The history of the petitions that people decided or that were sent back or elsewhere, oldest first."""
    moved = or_(Petition.decided_by == PERSON, Petition.redirected.is_(True), Petition.returns > 0)
    query = (
        select(Entry.petition, Entry.action, Entry.changes)
        .join(Petition, Petition.id == Entry.petition)
        .where(*conditions, moved)
        .order_by(Entry.id)
    )
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for entry in session.execute(query):
        found[entry.petition].append(entry)
    return found
