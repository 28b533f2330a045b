"""Counts how many requests that route a message are answered slowly, day by day, for all processes together."""

from __future__ import annotations

from datetime import date
from threading import Lock
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from service.store.database import Database
from service.store.tables import ServedDay

SLOW_SECONDS: Final = 1.0
COUNTED: Final = frozenset({("POST", "/v1/routes"), ("POST", "/v1/petitions")})
"""Methods and templates of what case systems wait for."""


class Served:
    """What this process has answered since it was last written down."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests = self._slow = 0

    def add(self, seconds: float) -> None:
        """A request was answered."""
        with self._lock:
            self._requests += 1
            self._slow += seconds >= SLOW_SECONDS

    def take(self) -> tuple[int, int]:
        """Requests and slow ones; begin anew."""
        with self._lock:
            taken = self._requests, self._slow
            self._requests = self._slow = 0
        return taken

    def put_back(self, requests: int, slow: int) -> None:
        """What was taken and could not be written down."""
        with self._lock:
            self._requests += requests
            self._slow += slow


served: Final = Served()
"""Of this process."""


def write_down(database: Database, day: date, counts: Served = served) -> None:
    """Add what this process has answered to a day."""
    requests, slow = counts.take()
    if not requests:
        return
    try:
        _add(database, day, requests, slow)
    except BaseException:
        counts.put_back(requests, slow)
        raise


def _add(database: Database, day: date, requests: int, slow: int) -> None:
    try:
        with database.write() as session:
            if session.scalar(select(ServedDay.day).where(ServedDay.day == day)) is None:
                session.add(ServedDay(day=day, requests=0, slow=0))
    except IntegrityError:  # another process was quicker
        pass
    more = {"requests": ServedDay.requests + requests, "slow": ServedDay.slow + slow}
    with database.write() as session:
        session.execute(update(ServedDay).where(ServedDay.day == day).values(**more))
