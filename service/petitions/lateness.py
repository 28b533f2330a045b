"""Whether deadlines have passed, as SQL and for one petition."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, or_

from petition_nlp.local.workdays import WorkCalendar
from service.moments import CHINA
from service.petitions.states import OPEN
from service.store.tables import Petition
from service.store.tables.base import now


def today() -> date:
    """The present day in China."""
    return now().astimezone(CHINA).date()


def overdue() -> ColumnElement[bool]:
    """The condition that somebody still has to deal with a petition whose deadline has passed."""
    return and_(Petition.status.in_(OPEN), or_(Petition.due < today(), Petition.due_at < now()))


def not_overdue() -> ColumnElement[bool]:
    """The opposite of `overdue`, true of petitions without a deadline as well."""
    in_time = and_(
        or_(Petition.due.is_(None), Petition.due >= today()), or_(Petition.due_at.is_(None), Petition.due_at >= now())
    )
    return or_(Petition.status.not_in(OPEN), in_time)


def is_overdue(petition: Petition) -> bool:
    """Whether somebody still has to deal with a petition whose deadline has passed."""
    if petition.status not in OPEN:
        return False
    late_day = petition.due is not None and petition.due < today()
    return late_day or (petition.due_at is not None and petition.due_at < now())


def workday_after(days: int, calendar: WorkCalendar) -> date:
    """The last of the next ``days`` working days; with 0 today."""
    if days == 0:
        return today()
    last, _ = calendar.after(today(), days)
    return last
