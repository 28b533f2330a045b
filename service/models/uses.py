"""Which process routes with which model: each renews a row of the store as long as it lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.store.tables import ModelUse
from service.store.tables.base import now

RENEWED_SECONDS: Final = 20.0
_GONE: Final = timedelta(seconds=60)
"""Without a renewal for so long, a process counts as gone."""


def renew(session: Session, process: str, model: str, digest: str | None, problem: str | None) -> None:
    """Say what a process uses; forget those that are gone."""
    session.execute(delete(ModelUse).where(ModelUse.seen < now() - _GONE, ModelUse.process != process))
    row = session.get(ModelUse, process)
    if row is None:
        row = ModelUse(process=process, host=socket.gethostname()[:200], pid=os.getpid())
        session.add(row)
    row.model, row.digest, row.problem, row.seen = model, digest, problem, now()


def end(session: Session, process: str) -> None:
    """Say that a process uses nothing any more."""
    session.execute(delete(ModelUse).where(ModelUse.process == process))


def running(session: Session) -> Sequence[ModelUse]:
    """The processes that live, by machine."""
    query = select(ModelUse).where(ModelUse.seen >= now() - _GONE)
    return session.scalars(query.order_by(ModelUse.host, ModelUse.pid)).all()
