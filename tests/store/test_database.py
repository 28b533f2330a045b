from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Timer

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from petition_nlp.errors import ConfigError
from service.problems import Problem
from service.store import migrate
from service.store.database import Database
from service.store.tables import AuditEntry, Base, Entry, Petition, Suggestion
from service.store.tables.base import new_id, now


def a_petition(**values: object) -> Petition:
    required = {
        "id": new_id(),
        "created_by": "key:test",
        "received": now(),
        "text": "路灯坏了",
        "suggestion": Suggestion(route={}),
        "model": "m",
        "taxonomy": "t",
        "policy": "p",
        "co_departments": [],
        "confidence": 0.5,
        "review": False,
        "asked_review": False,
        "review_reasons": [],
        "sensitive": [],
        "status": "pending",
    }
    return Petition(**{**required, **values})


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_upgrade_of_the_newest_tables_changes_nothing(database: Database) -> None:
    assert migrate.current(database) == migrate.newest()
    migrate.upgrade(database)
    assert migrate.current(database) == migrate.newest()


def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999"):
        migrate.upgrade(database)


def test_times_come_back_in_utc(database: Database) -> None:
    moment = now()
    with database.write() as session:
        session.add(a_petition(id="a" * 32, received=moment))
    with database.read() as session:
        assert session.get_one(Petition, "a" * 32).received == moment


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="no"), database.write() as session:
        session.add(AuditEntry(actor="a", actor_name="a", action="x", details={}))
        session.flush()
        raise ValueError("no")
    with database.read() as session:
        assert session.query(AuditEntry).count() == 0


@pytest.mark.parametrize("statement", [update(Entry).values(why="anders"), delete(Entry)])
def test_the_database_refuses_to_change_history(database: Database, statement: object) -> None:
    with database.write() as session:
        session.add(a_petition(id="b" * 32))
        session.flush()
        session.add(Entry(petition="b" * 32, actor="a", actor_name="a", action="stored", changes={}))
    with pytest.raises(DBAPIError, match="history is never"), database.write() as session:
        session.execute(statement)


def test_history_goes_with_its_petition(database: Database) -> None:
    with database.write() as session:
        session.add(a_petition(id="c" * 32))
        session.flush()
        session.add(Entry(petition="c" * 32, actor="a", actor_name="a", action="stored", changes={}))
    with database.write() as session:
        session.execute(delete(Petition))
    with database.read() as session:
        assert session.query(Entry).count() == 0


def test_identifiers_sort_by_time() -> None:
    made = [new_id() for _ in range(50)]
    assert len(set(made)) == 50
    assert all(len(one) == 32 and one[12] == "7" and one[16] in "89ab" for one in made)
    assert [one[:12] for one in made] == sorted(one[:12] for one in made)


@pytest.mark.parametrize("url", ["mysql://host/name", "no address", "postgresql//x"])
def test_an_address_that_cannot_be_used_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Database(url)
    assert url not in str(caught.value)
    assert "postgresql://" in str(caught.value)


def test_a_locked_database_is_a_problem_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.store.database.BUSY_SECONDS", 0.05)
    database = Database(f"sqlite:///{tmp_path / 'locked.db'}")
    migrate.upgrade(database)
    holder = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Problem) as caught, database.write():
        pass
    assert caught.value.code == "store_unavailable"
    holder.rollback()
    with database.write() as session:
        session.add(AuditEntry(actor="a", actor_name="a", action="x", details={}))


def test_programs_that_open_a_new_file_together_wait_for_each_other(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    released = Timer(0.2, holder.rollback)
    released.start()
    assert migrate.upgrade(Database(f"sqlite:///{tmp_path / 'new.db'}")) == (None, migrate.newest())
    released.join()


def test_a_wrong_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as session:
        session.execute(text("SELECT nothing FROM nowhere"))
