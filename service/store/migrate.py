"""Brings the tables of a database to the version of this program.

Alembic is imported where tables have to change: a start that finds them up to date is a fifth of a second shorter.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from petition_nlp.errors import ConfigError
from service.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS: Final = Path(__file__).resolve().parent / "migrations"
_LOCK: Final = 0x9E71710


def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Create or bring up to date all tables; several programs may do so at the same time.

    :return: the revisions before and after, None for an empty database.
    :raises ConfigError: a newer program has already changed the tables.
    """
    with database.engine.connect() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))  # a large table may take its time
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()
        else:
            connection.execute(text("BEGIN IMMEDIATE"))
        try:
            revisions = _upgrade(connection)
            connection.commit()
        finally:
            if database.dialect == "postgresql":
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
                connection.commit()
                connection.invalidate()  # its settings are not those of other connections
    return revisions


def current(database: Database) -> str | None:
    """The revision of the tables, None for an empty database."""
    with database.engine.connect() as connection:
        return _current(connection)


def newest() -> str:
    """The revision that this program needs."""
    return max(known(), default="")


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def known() -> set[str]:
    """All revisions that this program can bring up to date."""
    return {path.name.partition("_")[0] for path in SCRIPTS.glob("versions/[0-9]*_*.py")}


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(connection: Connection) -> tuple[str | None, str | None]:
    found = _current(connection)
    if found == newest():
        return found, found
    if found is not None and found not in known():
        raise ConfigError(f"数据库的版本 {found} 比程序新", todo="请安装更新的 petition-nlp，或恢复升级前的备份")
    from alembic import command

    command.upgrade(configuration(connection), "head")
    return found, _current(connection)
