"""``petition-nlp privacy``: a resident's data found and erased, and what is kept too long masked or deleted."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, say
from petition_nlp.errors import InputError, RunError
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from petition_nlp.settings import Settings
    from service.privacy.search import Terms
    from service.store.database import Database

_TERMS: Final = {
    "phone": "电话号码",
    "name": "姓名",
    "id_number": "证件号码",
    "external_id": "来源系统的编号",
    "text": "任意文字",
}
_FIELDS: Final = {
    "external_id": "来源系统的编号",
    "title": "标题",
    "text": "内容",
    "area": "区域",
    "outcome": "办理结果",
    "extra": "附加字段",
    "place": "地点",
    "history": "经过",
}
_STANDARD_INPUT: Final = "-"

_EPILOG = """\
  petition-nlp privacy find --phone - --name -
  petition-nlp privacy erase 0192f0c3a1b27c4d8e9f001122334455 --reason '居民书面申请，2026 年第 12 号'
  petition-nlp privacy erase 0192f0c3a1b27c4d8e9f001122334455 --mask --reason '居民书面申请，2026 年第 12 号'
  petition-nlp privacy retain --dry-run

  · 值写成 - 的从标准输入读，一行一个，按 --help 中的先后；写在命令行上的会留在终端的历史记录里。
  · find 查找诉求、经过和批量任务的文件，号码的写法不限（空格、横线、全角、中文数字）。
  · erase 不可恢复；备份里的不会一并删除，见 docs/privacy.md。
  · retain 按设置 mask_after_days 和 delete_after_days 遮盖、删除办结已久的诉求。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "privacy", help="查找、遮盖、删除居民的资料，按期清理", epilog=_EPILOG, run=run)
    add_config_option(parser)
    parts = parser.add_subparsers(title="命令", metavar="命令", required=True, dest="part")
    find = parts.add_parser("find", help="查找某位居民的资料", description="查找某位居民的资料")
    for name, meaning in _TERMS.items():
        find.add_argument(f"--{name.replace('_', '-')}", metavar=meaning, help=f"{meaning}；- 表示从标准输入读")
    find.set_defaults(privacy=_find)
    erase = parts.add_parser("erase", help="删除或遮盖诉求，不可恢复", description="删除或遮盖诉求，不可恢复")
    erase.add_argument("petitions", nargs="+", metavar="诉求编号", help="find 列出的编号")
    erase.add_argument("--reason", required=True, metavar="依据", help="依据，如来函编号；不要写个人信息")
    erase.add_argument("--mask", action="store_true", help="只遮盖个人信息，不删除")
    erase.set_defaults(privacy=_erase)
    retain = parts.add_parser("retain", help="按期遮盖和删除", description="按设置遮盖、删除办结已久的诉求")
    retain.add_argument("--dry-run", action="store_true", help="只数有多少，不改动")
    retain.set_defaults(privacy=_retain)
    for part in (find, erase, retain):
        add_config_option(part, default=argparse.SUPPRESS)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do one of the three."""
    from petition_nlp.settings import CONFIG_VARIABLE

    with needs_extra("service"):
        from service.problems import Problem

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    try:
        code: int = args.privacy(args)
    except Problem as problem:
        raise RunError(problem.title, todo=problem.detail) from None
    return code


def _find(args: argparse.Namespace) -> int:
    settings, database = _store()
    from service.access.principal import SYSTEM
    from service.privacy.files import search_files
    from service.privacy.search import search

    terms = _terms(args)
    scanned, cursor = 0, None
    while True:
        found = search(database, SYSTEM, terms, cursor)
        for item in found.items:
            petition = item.petition
            places = "；".join(f"{_TERMS[term]}：{_named(names)}" for term, names in item.places.items())
            print(f"{petition.id}\t{petition.received:%Y-%m-%d}\t{petition.external_id or '-'}\t{places}")
        scanned, cursor = scanned + found.scanned, found.next
        if cursor is None:
            break
    say(f"查看了 {scanned:,} 件诉求及其经过")
    files = 0
    while True:
        held = search_files(database, settings.data_folder, SYSTEM, terms, cursor)
        for file in held.items:
            rows = "；".join(f"{_TERMS[term]}：{count} 行" for term, count in file.rows.items())
            print(f"任务 {file.job}\t{'上传' if file.part == 'in' else '结果'}\t{rows}")
        for job in held.unreadable:
            say(f"任务 {job} 有读不了的文件，请人工查看")
        files, cursor = files + held.scanned, held.next
        if cursor is None:
            break
    say(f"查看了 {files:,} 个批量任务的文件")
    return 0


def _named(fields: Sequence[str]) -> str:
    return "、".join(_FIELDS[name] for name in fields)


def _erase(args: argparse.Namespace) -> int:
    _, database = _store()
    from service.access.principal import SYSTEM
    from service.privacy.erasure import erase, unknown
    from service.privacy.removal import forget_pages

    with database.write() as session:
        if missing := unknown(session, args.petitions):
            raise InputError("没有这个编号的诉求，没有改动", where="、".join(missing), todo="请照抄 find 列出的编号")
        count = erase(session, SYSTEM, args.petitions, "mask" if args.mask else "delete", args.reason)
    forget_pages(database)
    print(f"{'遮盖' if args.mask else '删除'}了 {count} 件诉求")
    return 0


def _retain(args: argparse.Namespace) -> int:
    settings, database = _store()
    from service.privacy.retention import retain, would_retain
    from service.store.tables.base import now

    if settings.mask_after_days is None and settings.delete_after_days is None:
        say("没有设置保存期限（mask_after_days、delete_after_days），所以没有要遮盖或删除的")
    if args.dry_run:
        kept = would_retain(database, settings, now())
        print(f"将遮盖 {kept.masked:,} 件，删除 {kept.deleted:,} 件")
        return 0
    kept = retain(database, settings, now())
    print(f"遮盖了 {kept.masked:,} 件，删除了 {kept.deleted:,} 件")
    return 0


def _store() -> tuple[Settings, Database]:
    """The settings and the database, which has to be of this program's version."""
    from petition_nlp.settings import Settings
    from service.store import migrate
    from service.store.database import Database, require_existing

    settings = Settings.load()
    require_existing(settings.database_url)
    database = Database(settings.database_url)
    migrate.upgrade(database)
    return settings, database


def _terms(args: argparse.Namespace) -> Terms:
    from service.privacy.search import SHORTEST, Terms

    lines: Iterator[str] = iter(sys.stdin.readline, "")
    given = {name: getattr(args, name) for name in _TERMS if getattr(args, name) is not None}
    for name, value in given.items():
        if value == _STANDARD_INPUT:
            given[name] = next(lines, "").strip()
    terms = Terms(**given)
    if not given:
        raise InputError("没有说要找什么", todo="至少给出一项，如 --phone -")
    if short := terms.too_short():
        named = "、".join(f"{_TERMS[name]}至少 {SHORTEST[name]} 个字或数字" for name in short)
        raise InputError(f"要找的内容太短：{named}", todo="请给得更完整")
    return terms
