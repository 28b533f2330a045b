"""Saves the whole database to one file and brings it back: SQLite's online backup, or pg_dump and pg_restore."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, cast

from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError

from petition_nlp.errors import ConfigError, InputError, OutputError
from service.access.principal import SYSTEM
from service.problems import Problem
from service.store import migrate, pg_programs
from service.store.database import Database, out_of_reach
from service.store.tables import AuditEntry, Base, PeriodicTask

_SQLITE: Final = b"SQLite format 3\0"
_PATIENCE_MILLISECONDS: Final = 500


@contextmanager
def answering() -> Iterator[None]:
    """Say it as an error of the command line where the database does not answer.

    :raises ConfigError: in place of what the driver raises.
    """
    try:
        yield
    except DBAPIError as error:
        if not out_of_reach(error):
            raise
        raise _no_answer() from None
    except Problem:
        raise _no_answer() from None


def save(database: Database, path: Path) -> None:
    """Write a backup; the service may run meanwhile. The file appears under its name only when it is whole.

    :raises OutputError: it cannot be written, or is there already.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if path.exists():
            raise OutputError("文件已存在", where=str(path), todo="请换一个名字，如加上日期")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))  # it holds personal data
        _SAVE[database.dialect](database, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"无法写入（{error.strerror}）", where=str(path), todo="请检查路径、权限和磁盘空间") from None
    finally:
        part.unlink(missing_ok=True)
    _audit(database, "database.saved", path)


def require_empty(database: Database) -> None:
    """Refuse a database that somebody has used.

    :raises OutputError: it holds data.
    """
    if _is_missing(database) or migrate.current(database) is None:
        return
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            if table is not PeriodicTask.__table__ and session.scalar(select(exists().select_from(table))):
                raise OutputError("数据库里已有数据，没有恢复", todo="先备份；确认要用备份替换全部数据，请加 --force")


def restore(database: Database, path: Path) -> None:
    """Replace everything in a database by a backup and bring its tables up to date.

    :raises InputError: the file is no backup of this kind of database.
    :raises ConfigError: the backup is of a newer program, or the database is.
    """
    if not path.is_file():
        raise InputError("文件不存在", where=str(path), todo="请检查路径")
    revision = _REVISION[database.dialect](path)
    if revision is None:
        raise InputError("不是本程序的备份，或已损坏", where=str(path), todo="请换一个备份文件")
    if revision not in migrate.known():
        raise ConfigError(f"备份的版本 {revision} 比程序新", where=str(path), todo="请安装更新的 petition-nlp")
    _RESTORE[database.dialect](database, path, revision)
    migrate.upgrade(database)
    _audit(database, "database.restored", path)


def _save_sqlite(database: Database, path: Path) -> None:
    with closing(_driver(database)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it


def _sqlite_revision(path: Path) -> str | None:
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source:
            if source.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return None
            return cast(str, source.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError):
        return None


def _restore_sqlite(database: Database, path: Path, _: str) -> None:
    database.close()
    with (
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(_driver(database)) as target,
    ):
        _require_alone(target)
        source.backup(target)
    database.close()


def _require_alone(connection: sqlite3.Connection) -> None:
    """Refuse while another program has the file open: SQLite leaves its WAL mode for one that is alone with it."""
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MILLISECONDS}")
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        raise ConfigError("数据库正在使用，没有恢复", todo="请先停止服务和其他用这个数据库的程序") from None


def _is_missing(database: Database) -> bool:
    """Whether there is no file yet; asking SQLite would make one."""
    file = database.engine.url.database
    return database.dialect == "sqlite" and file is not None and not Path(file).exists()


def _save_postgresql(database: Database, path: Path) -> None:
    pg_programs.dump(database.engine.url, path)


def _restore_postgresql(database: Database, path: Path, revision: str) -> None:
    present = migrate.current(database)
    if present is not None and present > revision:
        # what the newer program added would stay and stand in the way of the next upgrade
        raise ConfigError(
            f"数据库的版本 {present} 比备份的 {revision} 新",
            todo="请新建一个空数据库，把备份恢复到那里，再改 database 设置",
        )
    pg_programs.restore(database.engine.url, path)


def _driver(database: Database) -> sqlite3.Connection:
    """A connection of the driver, outside the pool."""
    connection = database.engine.raw_connection()
    connection.detach()
    return cast(sqlite3.Connection, connection.dbapi_connection)


def _audit(database: Database, action: str, path: Path) -> None:
    with database.write() as session:
        session.add(
            AuditEntry(actor=SYSTEM.id, actor_name=SYSTEM.name, action=action, target=path.name[:200], details={})
        )


def _no_answer() -> ConfigError:
    return ConfigError("数据库没有应答", todo="请检查 database 设置，以及数据库是否在运行、是否被占用")


_SAVE: Final = {"sqlite": _save_sqlite, "postgresql": _save_postgresql}
_REVISION: Final = {"sqlite": _sqlite_revision, "postgresql": pg_programs.revision}
_RESTORE: Final = {"sqlite": _restore_sqlite, "postgresql": _restore_postgresql}
