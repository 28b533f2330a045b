"""The bell and the hands of the job queue: huey wakes a worker when a job is started, and every few seconds.

The queue itself is the table of jobs. What huey carries only says "look there": nothing is lost or done twice if such
a message is. Its messages are JSON, so that reading them runs no code.
"""

from __future__ import annotations

import json
import logging
import threading
from functools import cached_property
from typing import Any, Final

from huey import Huey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy import text

from petition_nlp.settings import Settings
from service.jobs.folders import JobStore
from service.jobs.supervise import Supervisor
from service.store.database import Database

_FILE: Final = "queue.db"
_POLL_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 5
_LOCK: Final = 0x9E71711

_log = logging.getLogger(__name__)


class JobQueue:
    """Wakes workers for jobs that are to be done; the workers of this process, if it has any, do them."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._consumer: _Consumer | None = None

    @cached_property
    def store(self) -> JobStore:
        """The files of all jobs."""
        return JobStore(self._settings)

    def start(self) -> None:
        """Let this process's workers begin as soon as the store answers; returns at once."""
        if self._settings.job_workers:
            threading.Thread(target=self._begin, name="jobs", daemon=True).start()

    def ring(self) -> None:
        """Wake a worker. Where that fails, one looks by itself a little later."""
        try:
            self._bell()
        except Exception as error:  # every storage of huey has errors of its own
            _log.error("queue unavailable", extra={"fields": {"error": type(error).__name__}})

    def stop(self) -> None:
        """End; jobs that are being done go back to the queue, and their finished parts stay."""
        self._stop.set()
        with self._lock:
            if self._consumer is not None:
                self._consumer.stop(graceful=True)
        if "_bell" in vars(self):
            self._bell.huey.storage.close()

    def _begin(self) -> None:
        logging.getLogger("huey").setLevel(logging.WARNING)
        while not self._stop.wait(_POLL_SECONDS if not self._database.usable else 0):
            try:
                if self._database.usable:
                    self._consume()
                    return
            except Exception as error:  # every storage of huey has errors of its own
                _log.error("queue unavailable", extra={"fields": {"error": type(error).__name__}})
                self._stop.wait(_LOOK_SECONDS)

    def _consume(self) -> None:
        with self._lock:
            if self._stop.is_set():
                return
            self._consumer = _Consumer(
                self._bell.huey,
                workers=self._settings.job_workers,
                max_delay=_POLL_SECONDS,
                scheduler_interval=_LOOK_SECONDS,
            )
            self._consumer.start()

    @cached_property
    def _bell(self) -> Any:
        """The one task of the queue; a call puts it in, and huey itself does so every few seconds."""
        huey = _huey(self._settings, self._database, self.store.id)
        supervisor = Supervisor(self._settings, self._database, self.store, self._stop)

        @huey.periodic_task(lambda _: True, name="look")  # type: ignore[untyped-decorator]
        def look() -> None:
            supervisor.work()

        return look


class _Scheduler(Scheduler):  # type: ignore[misc]
    periodic_task_seconds = _LOOK_SECONDS


class _Consumer(Consumer):  # type: ignore[misc]
    """Threads inside another program, which keeps its own way with signals."""

    scheduler_class = _Scheduler

    def _set_signal_handlers(self) -> None:
        pass


class _JsonSerializer(Serializer):  # type: ignore[misc]
    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


def _huey(settings: Settings, database: Database, folder: str) -> Huey:
    """The queue of those who share a data folder."""
    shared: dict[str, Any] = {"name": f"jobs-{folder}", "results": False, "serializer": _JsonSerializer()}
    if database.dialect == "sqlite":
        return SqliteHuey(filename=str(settings.data_folder / _FILE), cache_mb=0, **shared)
    with database.engine.begin() as connection:  # several instances may be making the tables at the same moment
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return PostgresHuey(connection=_connector(database), blocking=False, **shared)


def _connector(database: Database) -> Any:
    """Opens connections as the store does."""
    import psycopg

    engine = database.engine
    arguments, options = engine.dialect.create_connect_args(engine.url)
    return lambda: psycopg.connect(*arguments, **options, connect_timeout=3)
