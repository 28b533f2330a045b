"""Notes which days have to be counted again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from service.moments import CHINA
from service.store.tables import TouchedDay


def touch(session: Session, received: datetime) -> None:
    """Have the day of a petition counted again: it is new, it changes, or it goes.

    :param received: when it came in.
    """
    session.add(TouchedDay(day=received.astimezone(CHINA).date()))
