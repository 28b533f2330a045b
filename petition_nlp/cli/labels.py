"""``petition-nlp labels``: what people decided of stored petitions, as a file to train from."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, say
from petition_nlp.cli.store import operator, say_database
from petition_nlp.errors import OutputError, RunError
from petition_nlp.extras import needs_extra
from petition_nlp.strengths import STRENGTH_NAMES, Strength

_CHINA: Final = timezone(timedelta(hours=8))

_EPILOG = """\
  petition-nlp labels -o 标签.jsonl
  petition-nlp labels --since 2026-10-01 --until 2026-11-01 -o 10月.jsonl
  petition-nlp labels --blind --since 2026-08-01 -o 盲审.jsonl

每件诉求一行，取最强的人工结论；没有人看过的诉求不导出，个人信息一律遮盖。导出记入审计日志。
文件供 petition-nlp retrain 的 --labels 和 --blind 使用，格式见 docs/learning.md。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "labels", help="导出人工结论，用于再训练", epilog=_EPILOG, run=run)
    add = parser.add_argument
    add("-o", "--output", type=Path, required=True, metavar="文件", help="要写的 .jsonl 文件，已有的会被替换")
    add("--since", type=_day, metavar="日期", help="作出结论的日期不早于，如 2026-10-01")
    add("--until", type=_day, metavar="日期", help="作出结论的日期早于")
    add(
        "--strength",
        action="append",
        default=[],
        choices=[str(own) for own in Strength],
        metavar="种类",
        help=f"只要哪种结论：{'、'.join(f'{own} {STRENGTH_NAMES[own]}' for own in Strength)}；可重复",
    )
    add("--blind", action="store_true", help="只要盲审过的诉求，结论仍取最强的一种；供 retrain --blind 使用")
    add("--sensitive", action="store_true", help="包括敏感诉求；默认不包括")
    add_config_option(parser)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Write the file and say what is in it."""
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    with needs_extra("service"):
        from sqlalchemy.exc import OperationalError

        from service.petitions.training_file import LabelFilter, label_lines, note_labels
        from service.problems import Problem
        from service.store import migrate
        from service.store.database import Database, require_existing

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    url = Settings.load().database_url
    require_existing(url)
    wanted = LabelFilter(
        since=args.since, until=args.until, strength=args.strength, blind=args.blind, sensitive=args.sensitive
    )
    database, caller = Database(url), operator()
    try:
        migrate.upgrade(database)
        note_labels(database, caller, wanted)
        rows = _write(args.output, label_lines(database, caller, wanted))
    except (Problem, OperationalError):
        raise RunError("数据库暂时不可用，没有导出", todo="请检查设置 database，稍后重试") from None
    finally:
        database.close()
    say_database(url)
    print(f"{rows:,} 件诉求的人工结论已写入 {args.output}")
    if not rows:
        say("一件也没有，retrain 不要给出这个文件。请检查 --since、--until；--blind 只有自动分拨的诉求盲审之后才有")
    return 0


def _write(path: Path, parts: Iterator[str]) -> int:
    """Write the parts into a file, which is there only when it is whole; the number of its lines."""
    rows = 0
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
            try:
                for part in parts:
                    file.write(part)
                    rows += part.count("\n")
            except BaseException:
                Path(file.name).unlink()
                raise
        os.replace(file.name, path)
    except OSError as error:
        raise OutputError(f"无法写入：{error.strerror}", where=str(path), todo="请检查路径和权限") from error
    return rows


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=_CHINA)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，请写成 2026-10-01") from None
