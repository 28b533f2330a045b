"""Tasks that run from time to time, each by one of all processes and machines that share a database."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from service import metrics
from service.access.principal import SYSTEM
from service.petitions.repeats import CLUE_DAYS
from service.problems import Problem
from service.store.database import Database
from service.store.tables import AuditEntry, Clue, PeriodicTask, Reply, SignIn
from service.store.tables.base import new_id, now

REPLIES_KEPT: Final = timedelta(hours=48)
"""How long a request can be sent again with the same idempotency key."""
CLUES_KEPT: Final = timedelta(days=CLUE_DAYS)
"""How long after it came in a petition can be found as the same matter as a new one."""

_LOOK_SECONDS: Final = 30.0
_LEASE: Final = timedelta(minutes=15)
_RENEWALS: Final = 5
"""How often a lease is renewed before it would be over."""
_RETRY: Final = timedelta(minutes=10)
_BATCH: Final = 500
"""Rows that a transaction deletes: others write between two."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """Something to be done from time to time.

    :param run: does it in transactions of its own and returns what it did as counts.
    """

    name: str
    every: timedelta
    run: Callable[[Database], Mapping[str, int]]


class Runner:
    """Runs tasks that are due, in a thread of its own.

    A task is leased in the database while it runs, so that of several runners one has it. One that fails is tried
    again after `_RETRY`; one whose process dies, when its lease is over.
    """

    def __init__(self, database: Database, tasks: Sequence[Task]) -> None:
        self._database = database
        self._tasks = tasks
        self._holder = new_id()
        self._over = Event()

    def begin(self) -> None:
        """Run what is due from now on."""
        self._holder = new_id()  # a forked process is somebody else
        Thread(target=self._keep_running, name="periodic", daemon=True).start()

    def end(self) -> None:
        """Begin nothing more."""
        self._over.set()

    def run_due(self) -> list[str]:
        """Run the tasks that are due and free.

        :return: their names.
        """
        return [task.name for task in self._tasks if not self._over.is_set() and self._took(task) and self._ran(task)]

    def _keep_running(self) -> None:
        while not self._over.wait(_LOOK_SECONDS * random.uniform(0.5, 1.5)):
            try:
                self.run_due()
            except Problem:  # the store is gone: that is logged there
                continue
            except Exception:
                _log.error("periodic tasks failed", exc_info=True)

    def _took(self, task: Task) -> bool:
        self._make_known(task)
        free = or_(PeriodicTask.leased_until.is_(None), PeriodicTask.leased_until < now())
        take = (
            update(PeriodicTask)
            .where(PeriodicTask.name == task.name, PeriodicTask.due <= now(), free)
            .values(holder=self._holder, leased_until=now() + _LEASE)
            .returning(PeriodicTask.name)
        )
        with self._database.write() as session:
            return session.scalar(take) is not None

    def _make_known(self, task: Task) -> None:
        with self._database.read() as session:
            if session.get(PeriodicTask, task.name) is not None:
                return
        try:
            with self._database.write() as session:
                session.add(PeriodicTask(name=task.name, due=now()))
        except IntegrityError:  # another process was quicker
            return

    def _ran(self, task: Task) -> bool:
        try:
            with self._holding(task):
                counts = task.run(self._database)
        except Exception:
            _log.error("task failed", exc_info=True, extra={"fields": {"task": task.name}})
            metrics.task_run(task.name, "failed")
            self._free(task, _RETRY)
        else:
            _log.info("task ran", extra={"fields": {"task": task.name, **counts}})
            metrics.task_run(task.name, "ok")
            self._free(task, task.every, counts)
        return True

    @contextmanager
    def _holding(self, task: Task) -> Iterator[None]:
        """Renew the lease as long as the task runs."""
        over = Event()
        renewing = Thread(target=self._renew, args=(task, over), name="lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()

    def _renew(self, task: Task, over: Event) -> None:
        renew = update(PeriodicTask).where(PeriodicTask.name == task.name, PeriodicTask.holder == self._holder)
        while not over.wait(_LEASE.total_seconds() / _RENEWALS):
            try:
                with self._database.write() as session:
                    session.execute(renew.values(leased_until=now() + _LEASE))
            except Problem:  # the store is gone: that is logged there
                continue
            except Exception:
                _log.error("lease not renewed", exc_info=True, extra={"fields": {"task": task.name}})

    def _free(self, task: Task, pause: timedelta, counts: Mapping[str, int] | None = None) -> None:
        """Give the lease back; ``counts`` are those of a run that went well."""
        with self._database.write() as session:
            row = session.get_one(PeriodicTask, task.name)
            if row.holder != self._holder:  # it took so long that another has begun
                return
            row.due, row.holder, row.leased_until = now() + pause, None, None
            if counts is None:
                return
            row.succeeded = now()
            if any(counts.values()):
                session.add(
                    AuditEntry(
                        actor=SYSTEM.id, actor_name=SYSTEM.name, action=f"task.{task.name}", details=dict(counts)
                    )
                )


def expire_replies(database: Database) -> dict[str, int]:
    """Forget the answers that were kept under idempotency keys."""
    return {"deleted": delete_in_batches(database, (Reply.caller, Reply.key), Reply.at < now() - REPLIES_KEPT)}


def expire_sign_ins(database: Database) -> dict[str, int]:
    """Forget sessions that are over."""
    return {"deleted": delete_in_batches(database, (SignIn.id,), SignIn.expires < now())}


def expire_clues(database: Database) -> dict[str, int]:
    """Forget by what old petitions were found as the same matter."""
    return {"deleted": delete_in_batches(database, (Clue.clue, Clue.petition), Clue.petition < _id_at(CLUES_KEPT))}


def delete_in_batches(
    database: Database, key: tuple[InstrumentedAttribute[Any], ...], which: ColumnElement[bool]
) -> int:
    """Delete rows in transactions so short that others write between two.

    :param key: the table's primary key.
    :return: how many.
    """
    some = select(*key).where(which).limit(_BATCH)
    deleted = 0
    while True:
        with database.write() as session:
            result = session.execute(
                delete(key[0].class_).where(tuple_(*key).in_(some)).execution_options(synchronize_session=False)
            )
            count = cast(CursorResult[Any], result).rowcount
        deleted += count
        if count < _BATCH:
            return deleted


def _id_at(age: timedelta) -> str:
    """The smallest identifier that `new_id` made ``age`` ago: it begins with the time in milliseconds."""
    return f"{int((now() - age).timestamp() * 1000):012x}".ljust(32, "0")


TASKS: Final = (
    Task("expire_replies", timedelta(hours=1), expire_replies),
    Task("expire_sign_ins", timedelta(hours=1), expire_sign_ins),
    Task("expire_clues", timedelta(days=1), expire_clues),
)
"""What the store itself needs."""
