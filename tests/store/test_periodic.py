from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from test_database import a_petition

from service import periodic
from service.periodic import Runner, Task
from service.store.database import Database
from service.store.tables import Account, AuditEntry, Clue, PeriodicTask, Petition, Reply, SignIn
from service.store.tables.base import now


class Counting:
    """A task that notes its runs."""

    def __init__(self, **counts: int) -> None:
        self.runs = 0
        self._counts = counts

    def __call__(self, _: Database) -> dict[str, int]:
        self.runs += 1
        return self._counts


def make_due(database: Database, **values: object) -> None:
    with database.write() as session:
        session.execute(update(PeriodicTask).values(due=now() - timedelta(seconds=1), **values))


def test_of_several_runners_one_runs_a_task(database: Database) -> None:
    work = Counting()
    runners = [Runner(database, [Task("count", timedelta(hours=1), work)]) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda runner: runner.run_due(), runners))
    assert work.runs == 1


def test_a_task_runs_again_when_it_is_due(database: Database) -> None:
    work = Counting()
    runner = Runner(database, [Task("count", timedelta(hours=1), work)])
    assert (runner.run_due(), runner.run_due()) == (["count"], [])
    make_due(database)
    assert runner.run_due() == ["count"]


def test_a_task_in_hand_is_left_alone_until_its_lease_is_over(database: Database) -> None:
    work = Counting()
    runner = Runner(database, [Task("count", timedelta(hours=1), work)])
    runner.run_due()
    make_due(database, holder="dead", leased_until=now() + timedelta(minutes=1))
    assert runner.run_due() == []
    make_due(database, leased_until=now() - timedelta(seconds=1))
    assert runner.run_due() == ["count"]


def test_a_task_that_takes_long_stays_in_hand(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "_RENEWALS", 10_000)  # at once
    others: list[str] = []

    def take_long(_: Database) -> dict[str, int]:
        with database.write() as session:
            task = session.get_one(PeriodicTask, "long")
            task.due, task.leased_until = now() - timedelta(hours=1), now() - timedelta(seconds=1)
        for _ in range(1000):
            time.sleep(0.01)
            with database.read() as session:
                leased_until = session.get_one(PeriodicTask, "long").leased_until
            if leased_until is not None and leased_until > now():
                break
        others.extend(Runner(database, [Task("long", timedelta(hours=1), take_long)]).run_due())
        return {}

    assert Runner(database, [Task("long", timedelta(hours=1), take_long)]).run_due() == ["long"]
    assert others == []


def test_a_task_that_fails_keeps_none_of_the_others(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Database) -> dict[str, int]:
        raise ValueError("张三")

    work = Counting()
    runner = Runner(database, [Task("fail", timedelta(days=1), fail), Task("count", timedelta(hours=1), work)])
    runner.run_due()
    assert work.runs == 1
    with database.read() as session:
        failed = session.get_one(PeriodicTask, "fail")
        assert failed.succeeded is None and failed.holder is None
        assert timedelta() < failed.due - now() < timedelta(hours=1)
    assert "task failed" in [record.getMessage() for record in caplog.records]


def test_what_was_done_is_logged_and_audited(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tasks = [
        Task("busy", timedelta(hours=1), Counting(deleted=3)),
        Task("idle", timedelta(hours=1), Counting(deleted=0)),
    ]
    Runner(database, tasks).run_due()
    logged = [record.fields for record in caplog.records if record.getMessage() == "task ran"]
    assert logged == [{"task": "busy", "deleted": 3}, {"task": "idle", "deleted": 0}]
    with database.read() as session:
        [entry] = session.scalars(select(AuditEntry))
    assert (entry.actor, entry.action, entry.details) == ("system", "task.busy", {"deleted": 3})


def reply(key: str, age: timedelta) -> Reply:
    return Reply(caller="local", key=key, request="r", status=200, headers={}, body={}, at=now() - age)


def test_old_replies_are_forgotten_in_short_transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "_BATCH", 2)
    with database.write() as session:
        session.add_all([reply(f"old{n}", periodic.REPLIES_KEPT * 2) for n in range(5)] + [reply("new", timedelta())])
    assert periodic.expire_replies(database) == {"deleted": 5}
    with database.read() as session:
        assert session.scalars(select(Reply.key)).all() == ["new"]


def test_sessions_that_are_over_are_forgotten(database: Database) -> None:
    with database.write() as session:
        session.add(Account(id="a" * 32, name="a", shown_name="a", role="clerk", password="-"))
        session.flush()
        for name, left in (("over", -1), ("open", 1)):
            session.add(SignIn(id=name, account="a" * 32, expires=now() + timedelta(hours=left)))
    assert periodic.expire_sign_ins(database) == {"deleted": 1}


def test_clues_of_old_petitions_are_forgotten_and_the_petitions_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_id: Callable[[], str] = periodic.new_id
    with database.write() as session:
        for identifier in (f"{0x18000000000:012x}" + "7" * 20, make_id()):
            session.add(a_petition(id=identifier))
            session.flush()
            session.add_all([Clue(clue=clue, petition=identifier, strength=1) for clue in ("a", "b")])
    assert periodic.expire_clues(database) == {"deleted": 2}
    with database.read() as session:
        assert (session.query(Clue).count(), session.query(Petition).count()) == (2, 2)


def test_the_shipped_tasks_run(database: Database) -> None:
    assert Runner(database, periodic.TASKS).run_due() == [task.name for task in periodic.TASKS]
