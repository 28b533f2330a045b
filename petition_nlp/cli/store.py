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

    from service.access.principal import Principal


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
    url = _url(args)
    with needs_extra("service"):
        from service.store.database import require_existing

    require_existing(url)
    with _writing(url) as session:
        yield session


@contextmanager
def first_transaction(args: argparse.Namespace) -> Iterator[Session]:
    """A transaction on the database that the settings name, which is made where it is missing; the user is told which.

    :raises RunError: the database does not answer.
    """
    url = _url(args)
    with _writing(url) as session:
        yield session
    say_database(url)


def say_database(url: str) -> None:
    """Tell the user which database is used."""
    with needs_extra("service"):
        from service.store.database import shown

    say(f"数据库：{shown(url)}")


def use_config(args: argparse.Namespace) -> None:
    """Read the settings from the file that ``--config`` names, if it does."""
    from petition_nlp.settings import CONFIG_VARIABLE

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)


def _url(args: argparse.Namespace) -> str:
    from petition_nlp.settings import Settings

    use_config(args)
    return Settings.load().database_url


@contextmanager
def _writing(url: str) -> Iterator[Session]:
    with needs_extra("service"):
        from sqlalchemy.exc import OperationalError

        from service.problems import Problem
        from service.store import migrate
        from service.store.database import Database

    database = Database(url)
    try:
        migrate.upgrade(database)
        with database.write() as session:
            yield session
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
