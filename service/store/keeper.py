"""Brings the store up to date at the start of a process, and knows whether it answers."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Final

from sqlalchemy.exc import DBAPIError

from petition_nlp.errors import PetitionError
from service.store import migrate
from service.store.database import Database, out_of_reach

_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


def upgraded(database: Database) -> bool:
    """Bring the tables up to date; False where the database does not answer.

    :raises ConfigError: a newer program has already changed them.
    """
    try:
        before, after = migrate.upgrade(database)
    except DBAPIError as error:
        if not out_of_reach(error):
            raise
        return False
    if before != after:
        _log.info("tables upgraded", extra={"fields": {"from": before, "to": after}})
    return True


class Keeper:
    """Lets a service start, and go on routing, without its database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._over = Event()

    def begin(self) -> None:
        """Upgrade the tables, now or when the database answers, and look after it until `end`.

        :raises ConfigError: a newer program has already changed the tables.
        """
        self._database.usable = self._database.reachable = upgraded(self._database)
        if not self._database.usable:
            _log.error("store unavailable at start")
        Thread(target=self._look_after, name="store", daemon=True).start()

    def end(self) -> None:
        """Stop."""
        self._over.set()

    def _look_after(self) -> None:
        while not self._over.wait(_SECONDS):
            before = self._database.reachable
            self._database.reachable = self._works()
            if self._database.reachable != before:
                _log.warning("store answers again" if not before else "store does not answer")

    def _works(self) -> bool:
        if self._database.usable:
            return self._database.answers()
        try:
            self._database.usable = upgraded(self._database)
        except PetitionError as error:
            _log.error(str(error))
        return self._database.usable
