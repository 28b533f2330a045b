"""Petitions deleted, with everything that hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from service.access.principal import SYSTEM
from service.board.touched import touch
from service.periodic import Task
from service.petitions.history import change
from service.petitions.states import OPEN, Status
from service.store.database import BUSY_SECONDS, Database
from service.store.tables import Petition

_WHY: Final = "并入的诉求已删除"
_WAIT_MS: Final = 1000
"""How long readers are waited for; nobody writes meanwhile."""


def delete_petitions(session: Session, petitions: Sequence[Petition]) -> None:
    """Delete petitions with their history, links, clues and kept answers.

    Petitions that were merged into one of them stand on their own again: taken up where it was still open, else closed
    as it was.
    """
    ids = [petition.id for petition in petitions]
    by_id = {petition.id: petition for petition in petitions}
    followers = select(Petition).where(Petition.merged_into.in_(ids), Petition.id.not_in(ids))
    for follower in session.scalars(followers).all():
        if follower.merged_into is not None:
            _stand_alone(session, follower, by_id[follower.merged_into])
    for petition in petitions:
        touch(session, petition.received)
    session.flush()
    session.execute(delete(Petition).where(Petition.id.in_(ids)))


def forget_pages(database: Database) -> bool:
    """On SQLite let nothing of what was deleted stay in the files; on PostgreSQL that is the server's autovacuum.

    :return: False where somebody is still reading what was there before: `TASK` does it later.
    """
    if database.dialect != "sqlite":
        return True
    with database.engine.connect() as connection:
        connection.execute(text(f"PRAGMA busy_timeout={_WAIT_MS}"))
        try:
            busy: int = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
        finally:
            connection.execute(text(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}"))
    return not busy


def _forget_pages(database: Database) -> dict[str, int]:
    forget_pages(database)
    return {}


TASK: Final = Task("forget_pages", timedelta(minutes=10), _forget_pages)
"""`forget_pages` for what an erasure had to leave."""


def _stand_alone(session: Session, follower: Petition, gone: Petition) -> None:
    if gone.status in OPEN:
        change(session, follower, SYSTEM, "reopened", why=_WHY, merged_into=None, status=Status.PENDING, review=True)
    else:
        change(session, follower, SYSTEM, "moved", why=_WHY, merged_into=None, status=gone.status, closed=gone.closed)
