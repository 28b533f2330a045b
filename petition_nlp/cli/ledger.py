"""``petition-nlp ledger``: the three lists of a community's deliberation meeting."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, say
from petition_nlp.cli.parser import encoding, number

if TYPE_CHECKING:
    from petition_nlp.ledger.job import Ledger

_PERIODS: Final = ("month", "quarter", "year", "all")
_SHOWN_FILES: Final = 5

_EPILOG = """\
  petition-nlp ledger 结果.xlsx --by 所属社区 -o 三事清单.xlsx
  petition-nlp ledger 1月.csv 2月.csv 3月.csv --by 街道 --period quarter -o 一季度.xlsx
  petition-nlp ledger 结果.jsonl --by 社区 --topic-column 问题分类 --period all -o 清单.xlsx --overwrite

输入是 petition-nlp classify 的输出：CSV、TSV、XLSX、JSON Lines、Parquet，或放着 Parquet 分片的文件夹，可给几个。
按社区、时段、事项类别列出：件数、典型诉求、责任主体、建议渠道、起止日期、待复核和紧急的件数。
  · 大事按责任部门、小事按分类（没有 --topic-column 则按业务条线）和责任主体、私事按建议渠道归并。
  · -o 清单.xlsx 同时写出可打印的 清单.html，一个社区另起一页；议定意见、责任人等留白，由议事会填写。
  · 典型诉求中的个人信息已按规则替换，张贴、公开前请再看一遍。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands, "ledger", help="把分类结果汇成议事会用的三事清单（大事、小事、私事）", epilog=_EPILOG, run=run
    )
    add = parser.add_argument
    add("sources", type=Path, nargs="+", metavar="分类结果", help="classify 的输出文件，或 Parquet 文件夹")
    add("-o", "--output", type=Path, required=True, metavar="清单.xlsx", help="清单写到哪里；同名的 .html 一并写出")
    add("--by", required=True, metavar="列名", help="社区（或街道、小区）所在的列")
    add(
        "--period",
        choices=_PERIODS,
        default="month",
        metavar="时段",
        help="month（按月，默认）、quarter（按季）、year（按年）或 all（不分时段）",
    )
    add("--topic-column", metavar="列名", help="问题分类列；取前两级，小事按它归并")
    add("--date-column", metavar="列名", help="日期列；不给则按常见列名查找")
    add("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    add("--title-column", metavar="列名", help="标题列；不给则按常见列名查找")
    add(
        "--examples",
        type=number(int, 0, 10, "典型诉求的条数"),
        default=3,
        metavar="条数",
        help="每项列几条典型诉求，0 到 10，默认 3",
    )
    add("--encoding", type=encoding, metavar="编码", help="输入的编码；不给则自动判断 UTF-8、GB18030、Big5")
    add("--sheet", metavar="工作表", help="XLSX 工作表的名称或序号；不给则取第一个有正文列的")
    add("--overwrite", action="store_true", help="输出文件已存在时覆盖")
    add("--quiet", action="store_true", help="不显示读法和汇总")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Check everything, read, write, sum up."""
    from petition_nlp.ledger import LedgerJob, LedgerOptions, Period
    from petition_nlp.ledger.fields import Wanted
    from petition_nlp.settings import Settings
    from petition_nlp.taxonomy import Taxonomy

    options = LedgerOptions(
        sources=tuple(args.sources),
        target=args.output,
        wanted=Wanted(
            by=args.by,
            topic=args.topic_column,
            text=args.text_column,
            title=args.title_column,
            date=args.date_column,
        ),
        period=Period(args.period),
        examples=args.examples,
        encoding=args.encoding,
        sheet=args.sheet,
        overwrite=args.overwrite,
    )
    job = LedgerJob(options, Taxonomy.load(Settings.load().taxonomy))
    if args.quiet:
        job.run()
        return 0
    ledger = job.run(lambda line: say(f"读取 {line}"))
    _sum_up(ledger)
    print(f"清单      {args.output}")
    print(f"打印页    {job.page}")
    return 0


def _sum_up(ledger: Ledger) -> None:
    print(f"共 {ledger.rows:,} 件，{len(ledger.areas):,} 个社区，清单 {ledger.entries:,} 项")
    for code, name in ledger.matters:
        sections = (s for area in ledger.areas for chapter in area.chapters for s in chapter.sections)
        print(f"  {name}  {sum(section.count for section in sections if section.matter == code):,}")
    if ledger.undated:
        say(f"有 {ledger.undated:,} 件日期无法识别，列在「日期不详」下")
    for file, count in ledger.lost.most_common(_SHOWN_FILES):
        say(f"{file}：{count:,} 行无法读取或没有分类结果，没有计入")
