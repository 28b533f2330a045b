"""Tells of deadlines that have passed, once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import lazyload

from service.events.kinds import Kind
from service.events.outbox import emit
from service.periodic import Task
from service.petitions.lateness import overdue
from service.store.database import Database
from service.store.tables import OverdueNotice, Petition

_EVERY: Final = timedelta(minutes=2)
_BATCH: Final = 100
"""Petitions of a transaction: others write between two."""


def announce(database: Database) -> dict[str, int]:
    """Write an event for each petition whose deadline has passed since it was last told.

    A deadline that is moved, and passes again, is told again.
    """
    while _announce_some(database) == _BATCH:
        pass
    return {}


TASK: Final = Task("announce_overdue", _EVERY, announce)


def _announce_some(database: Database) -> int:
    deadline = func.coalesce(cast(Petition.due_at, String), cast(Petition.due, String))
    untold = or_(OverdueNotice.deadline.is_(None), OverdueNotice.deadline != deadline)
    query = (
        select(Petition, deadline)
        .outerjoin(OverdueNotice, OverdueNotice.petition == Petition.id)
        .where(overdue(), untold)
        .order_by(Petition.id)
        .limit(_BATCH)
        .options(lazyload(Petition.suggestion))
        .with_for_update(of=Petition, skip_locked=True)
    )
    with database.write() as session:
        rows = session.execute(query).all()
        for petition, told in rows:
            session.merge(OverdueNotice(petition=petition.id, deadline=told))
            emit(session, Kind.OVERDUE, petition)
    return len(rows)
