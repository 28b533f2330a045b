"""Huey as the job queue uses it; it takes a moment to import, which the start of the service need not wait for."""

from __future__ import annotations

import json
from typing import Any, Final

from huey import Huey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy import text

from petition_nlp.settings import Settings
from service.store.database import Database

LOOK_SECONDS: Final = 5
_FILE: Final = "queue.db"
_LOCK: Final = 0x9E71711


class _Scheduler(Scheduler):  # type: ignore[misc]
    periodic_task_seconds = LOOK_SECONDS


class JobConsumer(Consumer):  # type: ignore[misc]
    """Threads inside another program, which keeps its own way with signals."""

    scheduler_class = _Scheduler

    def _set_signal_handlers(self) -> None:
        pass


class _JsonSerializer(Serializer):  # type: ignore[misc]
    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


def make_huey(settings: Settings, database: Database, folder: str) -> Huey:
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
