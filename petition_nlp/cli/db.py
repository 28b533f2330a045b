"""``petition-nlp db``: the service's database — its tables, backups, and bringing them back."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, say
from petition_nlp.cli.parser import Parser
from petition_nlp.cli.store import say_database
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from service.store.database import Database

_EPILOG = """\
  petition-nlp db status
  petition-nlp db backup 备份-2026-11-30.db
  petition-nlp db restore 备份-2026-11-30.db
  petition-nlp db upgrade

数据库由设置 database 或 data_folder 指定，与 serve 相同。备份时服务可以照常运行，恢复前请先停止服务。"""

_Act = Callable[["Database", argparse.Namespace], None]


def register(commands: Any) -> None:
    """Add the command with its actions."""
    parser = add_command(commands, "db", help="管理服务的数据库：升级、备份、恢复", epilog=_EPILOG, run=run)
    add_config_option(parser)
    actions = parser.add_subparsers(title="命令", metavar="命令", dest="action", required=True)
    _action(actions, "status", _status, "显示数据库和表的版本")
    _action(actions, "upgrade", _upgrade, "把表升级到本程序的版本；serve 启动时也会自动升级")
    _file(_action(actions, "backup", _backup, "把整个数据库备份到一个文件"), "要写的文件，不能已存在")
    restoring = _action(actions, "restore", _restore, "用备份替换整个数据库，再升级到本程序的版本")
    _file(restoring, "备份文件")
    restoring.add_argument("--force", action="store_true", help="数据库里已有数据时也替换")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do what was asked."""
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    with needs_extra("service"):
        from service.store.backup import answering
        from service.store.database import Database, require_existing

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    url = Settings.load().database_url
    if args.act in _ON_EXISTING:
        require_existing(url)
    database = Database(url)
    try:
        with answering():
            args.act(database, args)
    finally:
        database.close()
    return 0


def _action(actions: Any, name: str, act: _Act, explanation: str) -> Parser:
    parser: Parser = actions.add_parser(name, help=explanation, description=explanation)
    add_config_option(parser, default=argparse.SUPPRESS)
    parser.set_defaults(act=act)
    return parser


def _file(parser: Parser, explanation: str) -> None:
    parser.add_argument("file", type=Path, metavar="文件", help=explanation)


def _status(database: Database, _: argparse.Namespace) -> None:
    from service.store import migrate

    found = migrate.current(database)
    verdict = "空的" if found is None else "最新" if found == migrate.newest() else f"本程序需要 {migrate.newest()}"
    print(f"数据库    {database.engine.url.render_as_string()}")
    print(f"表的版本  {found or '无'}（{verdict}）")


def _upgrade(database: Database, _: argparse.Namespace) -> None:
    from service.store import migrate

    before, after = migrate.upgrade(database)
    say_database(database.engine.url.render_as_string(hide_password=False))
    say(f"表已是最新（{after}）" if before == after else f"表已从 {before or '无'} 升级到 {after}")


def _backup(database: Database, args: argparse.Namespace) -> None:
    from service.store import backup

    backup.save(database, args.file)
    say(f"已备份到 {args.file}。备份含个人信息，请妥善保管")


def _restore(database: Database, args: argparse.Namespace) -> None:
    from service.store import backup

    if not args.force:
        backup.require_empty(database)
    backup.restore(database, args.file)
    say(f"已从 {args.file} 恢复")


_ON_EXISTING: Final = (_status, _backup)
"""They make no database."""
