"""What units do with the petitions that they are sent: how many they return, and how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Self

from sqlalchemy import Row

from petition_nlp.local.workdays import WorkCalendar
from service.moments import CHINA
from service.petitions.states import Status

UNIT: Final = "unit:"
DEPARTMENT: Final = "department:"
"""Before the code of a unit, and of a department for petitions whose unit is not known."""

_WITH_A_UNIT: Final = frozenset({Status.ASSIGNED, Status.IN_PROGRESS, Status.RESOLVED, Status.ARCHIVED})
_CLOSED: Final = frozenset({Status.RESOLVED, Status.ARCHIVED})
_LONGEST: Final = 366


@dataclass(slots=True)
class UnitCount:
    """What a unit did.

    :param dispatched: petitions that it was sent; :param returned: those of them that it sent back.
    :param days: how many of those that it closed took how many working days.
    """

    dispatched: int = 0
    returned: int = 0
    days: Counter[int] = field(default_factory=Counter)

    def as_list(self) -> list[Any]:
        """For JSON."""
        return [self.dispatched, self.returned, sorted(self.days.items())]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Self:
        """From JSON."""
        dispatched, returned, days = values
        return cls(dispatched, returned, Counter({spent: n for spent, n in days}))

    def add(self, other: UnitCount) -> None:
        """Count another's too."""
        self.dispatched += other.dispatched
        self.returned += other.returned
        self.days.update(other.days)

    def median(self) -> int | None:
        """Working days in which half of what it closed was closed."""
        total, passed = self.days.total(), 0
        for spent in sorted(self.days):
            passed += self.days[spent]
            if 2 * passed >= total:
                return spent
        return None


class Workdays:
    """Counts working days; it remembers which days are some, since the calendar takes its time.

    :param calendar: knows them.
    """

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self._known: dict[date, bool] = {}

    def between(self, start: date, end: date) -> int:
        """Working days after a day until another, of the first `_LONGEST` days."""
        days = min((end - start).days, _LONGEST)
        return sum(self._is_workday(start + timedelta(days=step)) for step in range(1, days + 1))

    def _is_workday(self, day: date) -> bool:
        if day not in self._known:
            self._known[day] = self._calendar.day(day).workday
        return self._known[day]


def handled(
    units: MutableMapping[str, UnitCount], petition: Row[Any], entries: Sequence[Row[Any]], workdays: Workdays
) -> None:
    """Count a petition for every unit that had it.

    :param entries: its history, empty for one that went to one unit and stayed there.
    """
    own = whose(petition.unit, petition.department)
    sent, returned = _passed_through(entries)
    if own is not None and petition.status in _WITH_A_UNIT:
        sent.add(own)
    for unit in sent:
        units[unit].dispatched += 1
    for unit in returned:
        units[unit].returned += 1
    if own is not None and petition.status in _CLOSED and petition.closed is not None:
        start, end = (moment.astimezone(CHINA).date() for moment in (petition.received, petition.closed))
        units[own].days[workdays.between(start, end)] += 1


def whose(unit: str | None, department: str | None) -> str | None:
    """The key of a unit, or of the department where there is no unit."""
    if unit is not None:
        return UNIT + unit
    return None if department is None else DEPARTMENT + department


def senders(entries: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], str]]:
    """Each return in a petition's history, with the unit that sent it back."""
    for entry, before, _ in _steps(entries):
        if entry.action == "returned" and before is not None:
            yield entry, before


def _passed_through(entries: Sequence[Row[Any]]) -> tuple[set[str], set[str]]:
    """The units that a petition was sent to, and those that sent it back, as its history tells."""
    sent = {after for _, _, after in _steps(entries) if after is not None}
    return sent, {sender for _, sender in senders(entries)}


def _steps(entries: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], str | None, str | None]]:
    """Each entry with the unit that the petition was for before it, and the one that has it after it."""
    state: dict[str, Any] = {"unit": None, "department": None, "status": None}
    for entry in entries:
        before = whose(state["unit"], state["department"])
        state |= {name: entry.changes[name][1] for name in state if name in entry.changes}
        after = whose(state["unit"], state["department"])
        yield entry, before, after if state["status"] in _WITH_A_UNIT else None
