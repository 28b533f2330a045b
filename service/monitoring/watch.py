"""What every process does beside its requests: notes how quickly it answers, and knows whether there are alarms."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.board.days import today
from service.monitoring.served import write_down
from service.problems import Problem
from service.store.database import Database
from service.store.tables import Alarm

_SECONDS: Final = 20.0

_log = logging.getLogger(__name__)


class Watch:
    """How many alarms are open that nobody has acknowledged, kept in memory for every page."""

    def __init__(self, database: Database) -> None:
        self.alarms = 0
        self._database = database
        self._over = Event()

    def begin(self) -> None:
        """Look now and every other moment, until `end`."""
        self.look()
        Thread(target=self._keep_looking, name="watch", daemon=True).start()

    def end(self) -> None:
        """Stop looking."""
        self._over.set()

    def look(self) -> None:
        """See what the store says; while it does not answer, what it said last counts."""
        if not self._database.usable:
            return
        open_ones = select(func.count()).where(
            Alarm.over.is_(None), Alarm.acknowledged.is_(None), Alarm.level == "alarm"
        )
        try:
            with self._database.engine.connect() as connection:
                self.alarms = connection.execute(open_ones).scalar_one()
        except (DBAPIError, PoolTimeout) as error:  # that the store is gone is logged by those who need it
            _log.debug("alarms not looked at", extra={"fields": {"error": type(error).__name__}})

    def _keep_looking(self) -> None:
        while not self._over.wait(_SECONDS):
            self.look()
            try:
                write_down(self._database, today())
            except Problem:  # the store is gone: that is logged there
                continue
            except Exception:
                _log.error("answers not counted", exc_info=True)
