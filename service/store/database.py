"""Transactions on SQLite or PostgreSQL, and one clear problem when the database does not answer."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from petition_nlp.errors import ConfigError
from petition_nlp.extras import needs_extra
from service import metrics, problems

BUSY_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 3
_POOL: Final = 10
_STATEMENT_SECONDS: Final = 30
_SQLITE_OUT_OF_REACH: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
}

_ONE_STATE: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_BUSY_STATES: Final = frozenset({"57014", "40P01", "40001"})
"""PostgreSQL cancelled a statement that took too long, or one of two that waited for each other: it is there."""

_log = logging.getLogger(__name__)


class Database:
    """The store's database.

    :param url: as SQLAlchemy writes it: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
    :raises ConfigError: the URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.usable = True
        """False while the tables are not known to be those of this program."""
        self.reachable = True
        """Whether it answered when it was last asked."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing.

        :raises Problem: 503 where the database does not answer.
        """
        with self._answering(), Session(self.engine, expire_on_commit=False) as session:
            session.execute(text("BEGIN" if self.dialect == "sqlite" else _ONE_STATE))
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back by an exception.

        On SQLite it takes the write lock at once, so that what it read stays true until it is done.

        :raises Problem: 503 where the database does not answer; nothing of the transaction stays then.
        """
        with self._answering(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.dialect == "sqlite":
                session.execute(text("BEGIN IMMEDIATE"))
            yield session

    def answers(self) -> bool:
        """Whether the database can be asked."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT version_num FROM alembic_version"))
        except (DBAPIError, PoolTimeout):
            return False
        return True

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        if not self.usable:
            raise problems.store_unavailable()
        try:
            yield
        except (DBAPIError, PoolTimeout) as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) in _BUSY_STATES:
                raise problems.store_busy() from None
            if not out_of_reach(error):
                raise
            self.reachable = False
            metrics.store_error()
            _log.error("store unavailable", extra={"fields": {"error": type(error).__name__}})
            raise problems.store_unavailable() from None


def require_existing(url: str) -> None:
    """Make sure that a database is there: opening a SQLite file would make it, in whatever folder one happens to be.

    :raises ConfigError: there is no such file, or the URL cannot be used.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or Path(parsed.database).exists():
        return
    raise ConfigError(
        "这里没有数据库",
        where=str(Path(parsed.database).absolute()),
        todo="请在服务运行的文件夹里执行，或用 --config 给出它的设置文件，或设置 PETITION_DATA_FOLDER",
    )


def shown(url: str) -> str:
    """Where a database is, for people and logs: a file, or a server without a password.

    :raises ConfigError: the URL cannot be used.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return str(Path(parsed.database).absolute())
    return parsed.set(query={}).render_as_string()


def out_of_reach(error: DBAPIError | PoolTimeout) -> bool:
    """Whether the database is gone, locked or full, and not the statement wrong."""
    if isinstance(error, PoolTimeout) or error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_OUT_OF_REACH
    if getattr(error.orig, "sqlstate", None) in _BUSY_STATES:
        return False
    return isinstance(error, OperationalError | InterfaceError)


def _engine(url: str) -> Engine:
    parsed = _parsed(url)
    shared: dict[str, Any] = {"json_serializer": _json, "hide_parameters": True}
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database and parsed.database != ":memory:":
                _make_folder(Path(parsed.database).parent)
            engine = create_engine(parsed, **shared, connect_args={"timeout": BUSY_SECONDS})
            event.listen(engine, "do_connect", _create_privately)
            event.listen(engine, "connect", _prepare_sqlite)
            return engine
        case "postgresql":
            arguments = {
                "connect_timeout": _CONNECT_SECONDS,
                "options": f"-c statement_timeout={_STATEMENT_SECONDS}s -c timezone=UTC",
            }
            with needs_extra("postgres"):
                return create_engine(
                    parsed.set(drivername="postgresql+psycopg"),
                    **shared,
                    connect_args=arguments,
                    pool_pre_ping=True,
                    pool_size=_POOL,
                    max_overflow=_POOL,
                    pool_timeout=_CONNECT_SECONDS,
                )
        case _:
            raise _bad_url()


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise _bad_url() from None


def _bad_url() -> ConfigError:
    # The URL holds a password: it is not repeated.
    return ConfigError(
        "数据库地址 database 无效",
        todo="请写成 sqlite:///文件 或 postgresql://用户:密码@主机/库名",
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"数据文件夹无法建立（{error.strerror}）", where=str(folder), todo="请检查权限，或设置 data_folder"
        ) from None


def _create_privately(_: Any, __: Any, arguments: Sequence[Any], ___: Any) -> None:
    """Let nobody else read a new file: it will hold personal data. The files beside it get the same rights."""
    if not str(arguments[0]).startswith((":memory:", "file:")):
        with suppress(OSError):  # it is there, or the driver will say what is the matter
            os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where the driver thinks
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-20000"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Use the write-ahead log. Of programs that open a new file together, SQLite lets one change that at a time.

    It does not wait for the others by itself here, as it does everywhere else.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
