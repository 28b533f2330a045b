"""Looks at every day that is over, and at the present one for signs of a broken export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from petition_nlp.expected import expected_accuracy
from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.monitoring.day import Day, total
from petition_nlp.monitoring.follow import begun, broken_days, follow
from petition_nlp.monitoring.gap import gap
from petition_nlp.monitoring.rising import known_words, rising
from petition_nlp.monitoring.signals import NEEDED, WEEK, Finding, arrivals, findings
from service.board.days import Days
from service.directory import Directories
from service.engine import Engine
from service.moments import CHINA
from service.monitoring.alarms import Kept
from service.monitoring.history import history, verdicts
from service.monitoring.names import Names
from service.monitoring.words import Words, words_until
from service.periodic import Task
from service.petitions.precision import Standard
from service.store.database import Database
from service.store.tables import MonitoredDay
from service.store.tables.base import now

TASK: Final = "monitor"
_EVERY: Final = timedelta(hours=1)
_SETTLED: Final = timedelta(hours=6)
"""After midnight a day is looked at: some systems send what came in during the night."""
_CLOCKS_APART: Final = timedelta(days=2)
_MOST_DAYS: Final = 14
"""Days that are made up for when nobody has looked."""


def task(engine: Engine, directories: Directories) -> Task:
    """`look` once an hour, once the model is loaded."""

    def run(database: Database) -> Mapping[str, int]:
        if not engine.ready:
            return {}
        taxonomy = engine.router.taxonomy
        names = Names(taxonomy, directories.in_use(taxonomy))
        return look(database, directories.deadlines.calendar, engine.standard, names)

    return Task(TASK, _EVERY, run)


def look(database: Database, calendar: WorkCalendar, standard: Standard, names: Names) -> dict[str, int]:
    """Look at each day that is over and has not been looked at, and at the present one.

    :return: nothing to be noted: alarms note themselves.
    """
    moment = now().astimezone(CHINA)
    for day in _due(database, (moment - _SETTLED).date() - timedelta(days=1)):
        words = words_until(database, day, _broken(database, day))
        with database.write() as session:
            _close(session, day, words, calendar, standard, names)
    with database.write() as session:
        _look_early(session, moment.date(), calendar, names)
    return {}


def _due(database: Database, last: date) -> Sequence[date]:
    """Days that are over and have not been looked at; of a new installation only the last.

    What was looked at while a clock was far ahead is forgotten: nothing more would be looked at until then.
    """
    with database.write() as session:
        session.execute(delete(MonitoredDay).where(MonitoredDay.day > last + _CLOCKS_APART))
        seen = session.scalar(select(func.max(MonitoredDay.day)))
    first = last if seen is None else max(seen + timedelta(days=1), last - timedelta(days=_MOST_DAYS - 1))
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _broken(database: Database, day: date) -> frozenset[date]:
    with database.read() as session:
        return broken_days(Kept(session, day).alarms)


def _close(session: Session, day: date, words: Words, calendar: WorkCalendar, standard: Standard, names: Names) -> None:
    days = history(session, Days.until(day, NEEDED), calendar)
    kept = Kept(session, day)
    found = findings(days, broken_days(kept.alarms))
    judged = gap(verdicts(session, standard, day))
    risen = rising(words.now, words.before, known_words(kept.alarms))
    after = follow(kept.alarms, [*found, *([judged] if judged else []), *risen], day)
    kept.carry_on(after[: len(kept.alarms)])
    new = after[len(kept.alarms) :]
    kept.raise_(new, names)
    session.add(MonitoredDay(day=day, measures=_measures(days[-WEEK:], [*found, *([judged] if judged else [])])))


def _look_early(session: Session, day: date, calendar: WorkCalendar, names: Names) -> None:
    kept = Kept(session, day)
    days = history(session, Days.until(day, NEEDED), calendar)
    new = begun(kept.alarms, arrivals(days, broken_days(kept.alarms)), day)
    kept.raise_(new, names)


def _measures(week: Sequence[Day], found: Sequence[Finding]) -> Mapping[str, Any]:
    """What the week that a day ends says; nothing of what cannot be said."""
    petitions, read = total(week, "petitions"), total(week, "read")
    accuracy = expected_accuracy(total(week, "confidence"), int(petitions))
    decided, requests = total(week, "decided"), total(week, "requests")
    return {
        "petitions": int(petitions),
        "psi": {one.key: round(one.shift.now, 4) for one in found if one.code == "mix_changed"},
        "unseen_share": _share(total(week, "unseen"), read),
        "review_share": _share(total(week, "review"), petitions),
        "correction_share": _share(decided - total(week, "agreed"), decided),
        "slow_share": _share(total(week, "slow"), requests),
        "expected_accuracy": accuracy and {"share": accuracy.share, "low": accuracy.low, "high": accuracy.high},
        "blind": next(
            (
                {"expected": one.shift.before, "found": one.shift.now, "verdicts": one.shift.size}
                for one in found
                if one.code == "confidence_misleads"
            ),
            None,
        ),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
