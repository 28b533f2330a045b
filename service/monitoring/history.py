"""The store's daily counts as monitoring reads them; restricted petitions are left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.expected import Verdict
from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.monitoring.day import FEATURES, Counts, Day
from service.board.counting import MEASURES
from service.board.days import Days
from service.board.units import senders
from service.moments import CHINA
from service.monitoring.watched import Watched
from service.petitions.precision import Standard
from service.store.tables import BlindVerdict, BoardDay, Entry, Petition, ServedDay

_AT: Final = {name: place for place, name in enumerate(MEASURES)}


def history(session: Session, days: Days, calendar: WorkCalendar) -> list[Day]:
    """Every one of some days, oldest first."""
    columns = (BoardDay.day, BoardDay.matters, BoardDay.features, BoardDay.units, BoardDay.watched)
    query = select(*columns).where(BoardDay.day.between(days.first, days.last), BoardDay.restricted.is_(False))
    counted = {row.day: row for row in session.execute(query)}
    served = {row.day: row for row in session.scalars(select(ServedDay).where(ServedDay.day >= days.first))}
    returned = _returns(session, days)
    found = []
    for step in range(days.number):
        day = days.first + timedelta(days=step)
        values = _values(counted[day]) if day in counted else {}
        answers = served.get(day)
        found.append(
            Day(
                day,
                workday=calendar.day(day).workday,
                returned=returned.get(day, {}),
                requests=answers.requests if answers else 0,
                slow=answers.slow if answers else 0,
                **values,
            )
        )
    return found


def _values(row: Any) -> dict[str, Any]:
    watched = Watched.of(row.watched)
    sums = [sum(counts[place] for counts in row.matters.values()) for place in range(len(MEASURES))]
    return {
        "petitions": sums[_AT["petitions"]],
        "features": {name: row.features.get(name, {}) for name in FEATURES},
        "review": sums[_AT["to_people"]] - watched.stopped,
        "reasons": watched.reasons,
        "confidence": watched.confidence,
        "unseen": watched.unseen,
        "read": watched.read,
        "garbled": watched.garbled,
        "decided": sums[_AT["decided"]],
        "agreed": sums[_AT["agreed"]],
        "sent": {unit: values[0] for unit, values in row.units.items()},
        "models": watched.models,
    }


def _returns(session: Session, days: Days) -> Mapping[date, Counts]:
    """What each unit sent back, by the day on which it did."""
    start = datetime.combine(days.first, datetime.min.time(), CHINA)
    came_back = select(Entry.petition).where(Entry.action == "returned", Entry.at >= start)
    query = (
        select(Entry.petition, Entry.action, Entry.changes, Entry.at)
        .join(Petition, Petition.id == Entry.petition)
        .where(Entry.petition.in_(came_back), Petition.restricted.is_(False))
        .order_by(Entry.petition, Entry.id)
    )
    found: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for _, entries in groupby(session.execute(query), key=lambda entry: entry.petition):
        for entry, sender in senders(list(entries)):
            found[entry.at.astimezone(CHINA).date()][sender] += 1
    return found


def verdicts(session: Session, standard: Standard, last: date) -> list[list[Verdict]]:
    """Blind verdicts of the last year on the model and policy in use, month by month."""
    first = last.replace(year=last.year - 1, day=1).strftime("%Y-%m")
    query = select(BlindVerdict.month, BlindVerdict.confidence, BlindVerdict.right).where(
        BlindVerdict.model == standard.model,
        BlindVerdict.profile == standard.profile,
        BlindVerdict.policy == standard.policy,
        BlindVerdict.seen.is_(False),
        BlindVerdict.month > first,
        BlindVerdict.month <= last.strftime("%Y-%m"),
    )
    months: defaultdict[str, list[Verdict]] = defaultdict(list)
    for month, confidence, right in session.execute(query):
        months[month].append((confidence, right))
    return [months[month] for month in sorted(months)]
