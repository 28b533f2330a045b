"""``petition-nlp inspect``: is labelled data fit to train on."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from petition_nlp.cli.common import LoadRouter, add_command, assignments
from petition_nlp.cli.parser import pad
from petition_nlp.extras import needs_extra

_EPILOG = """\
  petition-nlp inspect 工单.csv --target department=承办部门 --date-column 受理时间
  petition-nlp inspect 2023.jsonl 2024.jsonl --target matter --target department --report 体检
  petition-nlp inspect 工单.csv --target department --json

--report 在文件夹里写 inspect.html（可直接打开）、inspect.json 和 suspects.csv（可能标错的行，Excel 可打开）。
结果里只有数字、标签和行号，没有诉求原文。
需要训练组件：pip install "petition-nlp[train]"（在源码目录里用 pip install ".[train]"）"""

_SHOWN_PAIRS = 5
_SHOWN_LABELS = 8
_WIDTH = 28


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands, "inspect", help="训练前给标注数据做体检：重复、泄题、可能标错的行", epilog=_EPILOG, run=run
    )
    add = parser.add_argument
    add("data", type=Path, nargs="+", metavar="文件", help="标注过的文件，可给几个")
    add(
        "--target",
        action="append",
        required=True,
        metavar="目标=列名",
        help="要检查的标签，如 department=承办部门；列名就是目标名时只写目标；可重复",
    )
    add("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    add("--title-column", metavar="列名", help="标题列；不给则按常见列名查找")
    add("--date-column", metavar="列名", help="受理时间列；给出后可看出哪些标签不再使用、哪些是新的")
    add("--report", type=Path, metavar="文件夹", help="把网页和可能标错的行写到这个文件夹")
    add("--json", action="store_true", help="只输出完整的 JSON 报告")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Inspect and print what was found."""
    with needs_extra("train"):
        from petition_nlp.taxonomy import Taxonomy
        from petition_nlp.training.inspect import InspectOptions, inspect
        from petition_nlp.training.inspect_report import findings, write_inspection
        from petition_nlp.training.report import check_folder

        if args.report:
            check_folder(args.report)
        options = InspectOptions(
            data=args.data,
            targets=assignments(args.target, "--target"),
            text_column=args.text_column,
            title_column=args.title_column,
            date_column=args.date_column,
        )
        found = inspect(options)
        taxonomy = Taxonomy.load()
        if args.report:
            write_inspection(found, args.report, taxonomy)
    if args.json:
        print(json.dumps(found.report, ensure_ascii=False))
        return 0
    print(f"共 {found.report['rows']:,} 行有正文{_dates(found.report['dates'])}")
    for name, n, advice in findings(found.report):
        print(_line(name, n, advice))
    for name, head in found.report["heads"].items():
        print(_head(name, head, partial(taxonomy.name, name)))
    if args.report:
        print(f"\n网页和可能标错的行已写入 {args.report}")
    return 0


def _dates(dates: Mapping[str, Any] | None) -> str:
    if dates is None:
        return ""
    span = f"，{dates['first']} 至 {dates['last']}" if dates["first"] else ""
    return span + (f"，{dates['unreadable']:,} 行日期无法识别" if dates["unreadable"] else "")


def _head(name: str, head: Mapping[str, Any], named: Callable[[str], str]) -> str:
    from petition_nlp.training.inspect import FEW_ROWS
    from petition_nlp.training.inspect_report import why_no_suspects

    copies, suspects = head["contradictions"], head["suspects"]
    lines = [
        f"\n目标 {name}：{head['labelled']:,} 行有标签，{head['labels']} 种",
        pad("可能标错", _WIDTH) + (f"—  {why_no_suspects(head)}" if suspects is None else f"{suspects:>8,}"),
        _line("近似重复而标签不同", copies["rows"], f"{copies['groups']} 组，至少 {copies['lost']} 行无法判对"),
    ]
    for title, key in (
        ("目录里没有的标签", "unknown"),
        (f"不足 {FEW_ROWS} 行的标签", "rare"),
        ("近期不再使用", "dying"),
        ("近期才出现", "new"),
    ):
        labels = head[key]
        if labels:
            shown = "、".join(f"{named(label)} {n}" for label, n in list(labels.items())[:_SHOWN_LABELS])
            lines.append(_line(title, len(labels), shown + ("……" if len(labels) > _SHOWN_LABELS else "")))
    for pair in head["confusable"][:_SHOWN_PAIRS]:
        first, second = (named(label) for label in pair["labels"])
        lines.append(_line("容易混淆", pair["n"], f"{first}—{second}（占两者 {pair['share']:.1%}）"))
    return "\n".join(lines)


def _line(what: str, n: int, note: str) -> str:
    return f"{pad(what, _WIDTH)}{n:>8,}  {note}"
