"""Backups, as the command line makes them, of both kinds of database."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import postgres
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from petition_nlp.cli import main
from service.store import migrate
from service.store.database import Database
from service.store.tables import AuditEntry, Petition

Db = Callable[..., int]


@pytest.fixture
def db(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Db:
    """``petition-nlp db`` on the test's database."""
    monkeypatch.setenv("PETITION_DATABASE", database_url)
    return lambda *arguments: main(["db", *map(str, arguments)])


@pytest.fixture
def other(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of an empty database of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'other.db'}"
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    name = f"other{abs(hash(tmp_path))}"
    cluster.sql(f"CREATE DATABASE {name}")
    return cluster.url(name)


def texts(url: str) -> list[str]:
    database = Database(url)
    with database.read() as session:
        found = list(session.scalars(select(Petition.text).order_by(Petition.id)))
    database.close()
    return found


def test_a_backup_of_a_running_service_comes_back_elsewhere(
    db: Db, client: TestClient, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in ("路灯不亮", "水管爆了"):
        client.post("/v1/petitions", json={"text": words})
    file = tmp_path / "备份"
    assert db("backup", file) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    client.post("/v1/petitions", json={"text": "后来的"})
    monkeypatch.setenv("PETITION_DATABASE", other)
    assert db("restore", file) == 0
    assert texts(other) == ["路灯不亮", "水管爆了"]
    database = Database(other)
    with database.read() as session:
        assert "database.restored" in list(session.scalars(select(AuditEntry.action)))
    with pytest.raises(Exception, match="history is never"), database.engine.begin() as connection:
        connection.execute(text("DELETE FROM entry"))
    database.close()


def test_what_is_there_is_replaced_only_by_force(
    db: Db,
    serve: Callable[..., TestClient],
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = serve()
    client.post("/v1/petitions", json={"text": "先来的"})
    file = tmp_path / "backup"
    db("backup", file)
    client.post("/v1/petitions", json={"text": "后来的"})
    client.__exit__(None, None, None)
    assert db("restore", file) == 6
    assert "--force" in capsys.readouterr().err
    assert texts(database_url) == ["先来的", "后来的"]
    assert db("restore", file, "--force") == 0
    assert texts(database_url) == ["先来的"]
    assert serve().post("/v1/petitions", json={"text": "再来的"}).status_code == 201


def test_a_file_that_a_service_uses_is_not_replaced(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PETITION_DATABASE", sqlite_url)
    file = tmp_path / "backup"
    main(["db", "backup", str(file)])
    service = Database(sqlite_url)
    assert service.answers()
    assert main(["db", "restore", str(file), "--force"]) == 5
    assert "先停止服务" in capsys.readouterr().err
    service.close()
    assert main(["db", "restore", str(file), "--force"]) == 0


def test_a_refused_restore_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETITION_DATABASE", f"sqlite:///{tmp_path / 'new.db'}")
    assert main(["db", "restore", str(tmp_path / "missing")]) == 3
    assert not (tmp_path / "new.db").exists()


def test_nobody_else_can_read_a_new_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.upgrade(database)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("new.db*")} == {0o600}
    database.close()


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_settings_file_may_be_named_before_or_after_the_action(
    sqlite_url: str, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_CONFIG", "")  # the command sets it for good
    (tmp_path / "own.toml").write_text(f'database = "{sqlite_url}"')
    config = ["--config", str(tmp_path / "own.toml")]
    assert main(["db", *config, "status"] if place == "before" else ["db", "status", *config]) == 0
    assert sqlite_url in capsys.readouterr().out


def test_a_backup_is_not_overwritten(db: Db, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("kept")
    assert db("backup", file) == 6
    assert file.read_text() == "kept"


@pytest.mark.parametrize("content", [b"", b"no backup", b"SQLite format 3\0 and so on"])
def test_what_is_no_backup_changes_nothing(db: Db, client: TestClient, tmp_path: Path, content: bytes) -> None:
    client.post("/v1/petitions", json={"text": "先来的"})
    (tmp_path / "file").write_bytes(content)
    assert db("restore", tmp_path / "file", "--force") == 3
    assert db("restore", tmp_path / "missing", "--force") == 3
    assert len(client.get("/v1/petitions").json()["items"]) == 1


def test_a_backup_of_a_newer_program_is_refused(
    db: Db, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db("backup", tmp_path / "backup")
    assert db("restore", tmp_path / "backup", "--force") == 5
    assert "9999" in capsys.readouterr().err


def test_an_older_backup_is_brought_up_to_date(other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    database = Database(other)
    with database.engine.connect() as connection:
        command.upgrade(migrate.configuration(connection), "0001")
        connection.commit()
    database.close()
    monkeypatch.setenv("PETITION_DATABASE", other)
    assert main(["db", "backup", str(tmp_path / "old")]) == 0
    assert main(["db", "restore", str(tmp_path / "old"), "--force"]) == 0
    database = Database(other)
    assert migrate.current(database) == migrate.newest()
    database.close()


def test_a_half_written_backup_leaves_nothing(db: Db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.store.backup._SAVE", {"sqlite": fail, "postgresql": fail})
    assert db("backup", tmp_path / "backup") == 6
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name]


def test_status_and_upgrade_name_the_version(
    db: Db, other: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert db("status") == 0
    assert f"{migrate.newest()}（最新）" in capsys.readouterr().out
    monkeypatch.setenv("PETITION_DATABASE", other)
    if other.startswith("sqlite"):
        Path(other.removeprefix("sqlite:///")).touch()
    db("status")
    assert "无（空的）" in capsys.readouterr().out
    assert db("upgrade") == 0
    assert migrate.newest() in capsys.readouterr().err


def test_a_password_is_neither_shown_nor_passed_where_others_see_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@" "$PGPASSWORD" > {tmp_path}/seen\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PETITION_DATABASE", "postgresql://u:geheim@127.0.0.1:1/n")
    assert main(["db", "backup", str(tmp_path / "b")]) == 6
    arguments, _, password = (tmp_path / "seen").read_text().strip().rpartition(" ")
    assert password == "geheim" and "geheim" not in arguments
    assert main(["db", "status"]) == 5
    printed = capsys.readouterr()
    assert "geheim" not in printed.out + printed.err


def test_a_database_that_does_not_answer_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("service.store.database.BUSY_SECONDS", 0.05)
    monkeypatch.setenv("PETITION_DATABASE", f"sqlite:///{tmp_path / 'locked.db'}")
    assert main(["db", "upgrade"]) == 5
    assert "数据库没有应答" in capsys.readouterr().err
    holder.close()
