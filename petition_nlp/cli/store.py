"""What the commands that manage the service's store share."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from petition_nlp.cli.common import add_config_option, say
from petition_nlp.cli.parser import Parser
from petition_nlp.errors import RunError
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from petition_nlp.settings import Settings
    from service.access.principal import Principal
    from service.store.database import Database


def add_action(actions: Any, name: str, *, help: str, act: Callable[[argparse.Namespace], None]) -> Parser:
    """A sub-command of a command, with ``--config``."""
    parser: Parser = actions.add_parser(name, help=help, description=help)
    add_config_option(parser)
    parser.set_defaults(act=act)
    return parser


@contextmanager
def transaction(args: argparse.Namespace) -> Iterator[Session]:
    """A transaction on the database that the settings name.

    :raises ConfigError: it is not there.
    :raises RunError: it does not answer.
    """
    with existing_database(args) as database, database.write() as session:
        yield session


@contextmanager
def first_transaction(args: argparse.Namespace) -> Iterator[Session]:
    """A transaction on the database that the settings name, which is made where it is missing; the user is told which.

    :raises RunError: the database does not answer.
    """
    url = _url(args)
    with _opened(url) as database, database.write() as session:
        yield session
    say_database(url)


def say_database(url: str) -> None:
    """Tell the user which database is used."""
    with needs_extra("service"):
        from service.store.database import shown

    say(f"数据库：{shown(url)}")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that ``--config``, the environment and the settings file name."""
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    return Settings.load()


@contextmanager
def existing_database(args: argparse.Namespace) -> Iterator[Database]:
    """The database that the settings name, with its tables up to date.

    :raises ConfigError: it is not there.
    :raises RunError: it does not answer.
    """
    url = _url(args)
    with needs_extra("service"):
        from service.store.database import require_existing

    require_existing(url)
    with _opened(url) as database:
        yield database


def _url(args: argparse.Namespace) -> str:
    return settings_of(args).database_url


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    with needs_extra("service"):
        from sqlalchemy.exc import OperationalError

        from service.problems import Problem
        from service.store import migrate
        from service.store.database import Database

    database = Database(url)
    try:
        migrate.upgrade(database)
        yield database
    except (Problem, OperationalError):
        raise RunError("数据库暂时不可用，没有改动", todo="请检查设置 database，稍后重试") from None
    finally:
        database.close()


def operator() -> Principal:
    """Whoever runs the command, as history and the audit log name them."""
    from service.access.principal import LOCAL, Principal

    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        name = str(os.getuid()) if hasattr(os, "getuid") else "-"
    return Principal(LOCAL.id, f"命令行（{name}）", LOCAL.scopes)
