"""The counted days in the store: brought up to date from time to time, and read for a span of days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from petition_nlp.local.workdays import WorkCalendar
from service.access.principal import Principal, Scope
from service.board.counting import Counted, DayCount, count, in_days
from service.board.parts import WHOLE, Part
from service.board.units import UnitCount, Workdays
from service.moments import CHINA
from service.periodic import Task
from service.petitions.queries import visible
from service.petitions.states import OPEN
from service.store.database import Database
from service.store.tables import BoardDay, BoardPart, PeriodicTask, Petition, TouchedDay
from service.store.tables.base import now

TASK: Final = "count_days"
_EVERY: Final = timedelta(minutes=2)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Days:
    """Days of China's, both included."""

    first: date
    last: date

    @classmethod
    def until(cls, last: date, number: int) -> Self:
        """So many days up to and with one."""
        return cls(last - timedelta(days=number - 1), last)

    @property
    def number(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    def before(self) -> Days:
        """What they are compared with: as many days before them; for the days of a month, those of the month before."""
        last = self.first - timedelta(days=1)
        if self.first.day > 1 or not self._is_in_one_month():
            return Days.until(last, self.number)
        first = last.replace(day=1)
        whole = (self.last + timedelta(days=1)).day == 1
        return Days(first, last if whole else min(first + timedelta(days=self.number - 1), last))

    def _is_in_one_month(self) -> bool:
        return (self.first.year, self.first.month) == (self.last.year, self.last.month)


def today() -> date:
    """The present day in China."""
    return now().astimezone(CHINA).date()


class Board:
    """Reads the counted days for a caller: without restricted petitions for those who may not see them.

    Restricted ones that the caller has stored count nevertheless, as everywhere; there are few, so they are counted
    when they are asked for.

    :param workdays: counts working days.
    :param part: the petitions that it is about.
    """

    def __init__(self, session: Session, caller: Principal, workdays: Workdays, part: Part = WHOLE) -> None:
        self.session = session
        self.caller = caller
        self.part = part
        self._workdays = workdays
        self._counted: dict[Days, Mapping[Counted, DayCount]] = {}

    def as_of(self) -> datetime | None:
        """Until when changes are in the counts; None before the first count."""
        return self.session.scalar(select(PeriodicTask.succeeded).where(PeriodicTask.name == TASK))

    def matters(self, days: Days) -> list[tuple[date, str, list[int]]]:
        """Day, matter (empty without one) and a count for each of `service.board.counting.MEASURES`."""
        return [
            (day, matter, counts) for day, held in self._columns(days, "matters") for matter, counts in held.items()
        ]

    def hours(self, days: Days) -> list[tuple[date, int, str, list[int]]]:
        """Day, hour, matter and such counts."""
        return [
            (day, hour, matter, counts)
            for day, held in self._columns(days, "hours")
            for hour, matter, counts in held["rows"]
        ]

    def features(self, days: Days) -> dict[str, Counter[str]]:
        """What `service.board.counting.DayCount.features` holds, of all days together."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for _, held in self._columns(days, "features"):
            for name, counts in held.items():
                found[name].update(counts)
        return found

    def groups(self, days: Days) -> dict[str, Counter[tuple[str, ...]]]:
        """What `service.board.counting.DayCount.groups` holds, of all days together."""
        found: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        for _, held in self._columns(days, "groups"):
            for name, rows in held.items():
                counts = found[name]
                for *key, n in rows:
                    counts[tuple(key)] += n
        return found

    def units(self, days: Days) -> dict[str, UnitCount]:
        """What `service.board.counting.DayCount.units` holds, of all days together."""
        found: defaultdict[str, UnitCount] = defaultdict(UnitCount)
        for _, held in self._columns(days, "units"):
            for unit, values in held.items():
                found[unit].add(UnitCount.of(values))
        return found

    def moves(self, days: Days) -> Counter[tuple[str, str]]:
        """How many petitions went from one department to another; of one department, all from it and to it."""
        own = self.part.department
        moved_on = self if own is None else Board(self.session, self.caller, self._workdays)
        found: Counter[tuple[str, str]] = Counter()
        for _, held in moved_on._columns(days, "moves"):
            for before, after, n in held["rows"]:
                if own in (None, before, after):
                    found[before, after] += n
        return found

    def open(self, days: Days) -> int:
        """How many of the petitions are neither closed nor merged now."""
        return self._number(days, [Petition.status.in_(OPEN)])

    def overdue_number(self, days: Days) -> int:
        """How many open petitions are past their deadline now."""
        return self._number(days, overdue())

    def overdue(self, days: Days) -> list[tuple[datetime, str | None, str | None, str | None]]:
        """When the open petitions came in that are past their deadline now, with their matter, department and unit."""
        query = select(Petition.received, Petition.matter, Petition.department, Petition.unit).where(
            *self._received(days), *overdue(), *visible(self.caller)
        )
        return [
            (received, matter, department, unit) for received, matter, department, unit in self.session.execute(query)
        ]

    def _number(self, days: Days, conditions: Sequence[ColumnElement[bool]]) -> int:
        query = select(func.count()).select_from(Petition)
        return self.session.scalar(query.where(*self._received(days), *conditions, *visible(self.caller))) or 0

    def _columns(self, days: Days, column: str) -> list[tuple[date, Any]]:
        table = BoardDay if self.part == WHOLE else BoardPart
        query = select(table.day, getattr(table, column)).where(table.day.between(days.first, days.last))
        if self.part != WHOLE:
            query = query.where(BoardPart.part == self.part.key)
        if self.caller.may(Scope.RESTRICTED):
            return [(day, held) for day, held in self.session.execute(query)]
        found = [(day, held) for day, held in self.session.execute(query.where(table.restricted.is_(False)))]
        own = self._own(days).items()
        return found + [(key.day, held.columns()[column]) for key, held in own if key.part == self.part]

    def _received(self, days: Days) -> list[ColumnElement[bool]]:
        return [*in_days(days.first, days.last), *self.part.conditions()]

    def _own(self, days: Days) -> Mapping[Counted, DayCount]:
        """The restricted petitions that the caller has stored."""
        if days not in self._counted:
            own = [Petition.restricted.is_(True), Petition.created_by == self.caller.id]
            self._counted[days] = count(self.session, [*in_days(days.first, days.last), *own], self._workdays)
        return self._counted[days]


def overdue() -> list[ColumnElement[bool]]:
    """The condition that an open petition is past its deadline."""
    moment = now()
    day = moment.astimezone(CHINA).date()
    late = or_(Petition.due < day, Petition.due_at < moment)
    return [Petition.status.in_(OPEN), Petition.due <= day, late]  # the second says no more, but has an index


def refresh(database: Database, workdays: Workdays) -> dict[str, int]:
    """Count the days again on which something changed, each in a transaction of its own.

    :return: nothing to be noted: it runs every few minutes.
    """
    with database.read() as session:
        days = session.scalars(select(TouchedDay.day).distinct()).all()
    for day in sorted(days):
        with database.write() as session:
            _recount(session, day, workdays)
    return {}


def task(calendar: WorkCalendar) -> Task:
    """`refresh` every few minutes."""
    workdays = Workdays(calendar)
    return Task(TASK, _EVERY, lambda database: refresh(database, workdays))


def _recount(session: Session, day: date, workdays: Workdays) -> None:
    # What is written meanwhile touches the day anew, under a number that is not among these.
    seen = session.scalars(select(TouchedDay.id).where(TouchedDay.day == day)).all()
    session.execute(delete(BoardDay).where(BoardDay.day == day))
    session.execute(delete(BoardPart).where(BoardPart.day == day))
    for (part, _, restricted), counted in count(session, in_days(day, day), workdays).items():
        common = {"day": day, "restricted": restricted, **counted.columns()}
        session.add(BoardDay(**common) if part == WHOLE else BoardPart(part=part.key, **common))
    session.flush()
    _forget(session, seen)


def _forget(session: Session, seen: Sequence[int]) -> None:
    for start in range(0, len(seen), _AT_ONCE):
        session.execute(delete(TouchedDay).where(TouchedDay.id.in_(seen[start : start + _AT_ONCE])))
