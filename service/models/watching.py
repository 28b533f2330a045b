"""Follows the registry: a process loads the model that was promoted beside the one in use, and changes over."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from petition_nlp.errors import PetitionError
from petition_nlp.settings import Settings
from service import metrics
from service.engine import Engine
from service.models import registry, uses
from service.models.folders import ModelFolders
from service.models.start import note
from service.models.states import ModelState
from service.problems import Problem
from service.store.database import Database
from service.store.tables import ModelVersion
from service.store.tables.base import new_id, now

_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 60.0
"""After so long a model is tried again that could not be loaded, or does not lie here."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Wanted:
    """What the registry wants to be in use."""

    id: str
    digest: str
    promoted: datetime


class ModelWatch:
    """Keeps a process's model the promoted one. While settings name a model, it only tells that that one is in use."""

    def __init__(self, settings: Settings, database: Database, engine: Engine) -> None:
        self.folders = ModelFolders(settings)
        self.pinned = settings.model is not None
        self._database, self._engine = database, engine
        self._lock, self._over = Lock(), Event()
        self._began = now()
        self._process = ""
        self._problem: str | None = None
        self._failed: tuple[str, float] | None = None
        self._told: Any = None

    def begin(self) -> None:
        """Look now and every other moment, until `end`: what this process was forked with may be of yesterday."""
        self._process, self._began = new_id(), now()  # a forked process is somebody else
        with self._lock:
            self._follow_registry()
        Thread(target=self._keep_looking, name="model", daemon=True).start()

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        if self._told is None or not self._database.reachable:
            return
        try:
            with self._lock, self._database.write() as session:
                uses.end(session, self._process)
        except Problem:  # its row counts for a moment longer
            return

    def look(self) -> None:
        """See what the registry says, and follow it; while the store does not answer, everything stays as it is."""
        with self._lock:
            if self._follow_registry() and self._process:
                self._tell()

    def _follow_registry(self) -> bool:
        """Do what the registry says; False before there is a model, or the store answers for the first time."""
        if not self._engine.ready or not self._database.usable:
            return False
        wanted = None if self.pinned else self._wanted()
        if wanted is None or wanted.digest == self._engine.digest:
            self._problem = self._failed = None
        elif self._is_due(wanted):
            self._follow(wanted)
        return True

    def _keep_looking(self) -> None:
        while not self._over.wait(_SECONDS):
            try:
                self.look()
            except Problem:  # the store is gone: that is logged there
                continue
            except Exception:
                _log.error("models not looked at", exc_info=True)

    def _wanted(self) -> _Wanted | None:
        columns = select(ModelVersion.id, ModelVersion.digest, ModelVersion.promoted)
        try:
            with self._database.engine.connect() as connection:
                row = connection.execute(columns.where(ModelVersion.state == ModelState.CURRENT)).first()
        except (DBAPIError, PoolTimeout) as error:  # that the store is gone is logged by those who need it
            _log.debug("models not looked at", extra={"fields": {"error": type(error).__name__}})
            return None
        return None if row is None else _Wanted(row.id, row.digest, row.promoted)

    def _is_due(self, wanted: _Wanted) -> bool:
        return self._failed is None or self._failed[0] != wanted.digest or time.monotonic() >= self._failed[1]

    def _follow(self, wanted: _Wanted) -> None:
        folder = self.folders.of(wanted.digest)
        if not folder.is_dir():
            self._fail(wanted, "这台机器的数据文件夹里没有这个模型，请在这台机器上也运行 petition-nlp models add")
            return
        try:
            self._engine.change_to(folder, wanted.digest)
        except PetitionError as error:
            self._fail(wanted, f"{error.what}。{error.todo}" if error.todo else error.what)
            if wanted.promoted >= self._began:
                self._refuse(wanted, error.what)
            return
        metrics.model_loaded("ok")
        self._problem = self._failed = None
        note(self.folders, wanted.digest)

    def _fail(self, wanted: _Wanted, problem: str) -> None:
        self._problem = problem
        self._failed = (wanted.digest, time.monotonic() + _AGAIN_SECONDS)
        metrics.model_loaded("failed")
        _log.error("model not changed: %s", problem, extra={"fields": {"promoted": wanted.id}})

    def _refuse(self, wanted: _Wanted, why: str) -> None:
        """Give up a model that was promoted a moment ago: then all processes go on with the one before.

        What fits no more after the start of another program is a matter for this process alone.
        """
        with self._database.write() as session:
            registry.refuse(session, registry.by_id(session, wanted.id), why)

    def _tell(self) -> None:
        """Renew this process's row, at once where something has changed."""
        engine = self._engine
        said = (engine.router.model, engine.digest, self._problem)
        metrics.model_in_use(said[0])
        if self._told is not None and self._told[0] == said and time.monotonic() < self._told[1]:
            return
        if not self._database.reachable:
            return
        with self._database.write() as session:
            uses.renew(session, self._process, *said)
        self._told = (said, time.monotonic() + uses.RENEWED_SECONDS)
