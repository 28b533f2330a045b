"""``petition-nlp prepare``: from an export of past orders to the files that a first model is made of."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, say
from petition_nlp.errors import InputError, OutputError
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from petition_nlp.training.export import Choice

_UNITS = "  petition-nlp prepare units 2024.csv 2025.csv 2026.csv -o 单位.csv"
_SPLIT = """\
  petition-nlp prepare split 2024.csv 2025.csv 2026.csv --units 单位.csv --out data
  petition-nlp prepare split 历年.xlsx --units 单位.csv --out data --calib-from 2026-08 --frozen-from 2026-11"""
_MAP = "  petition-nlp prepare map 对照样本.csv --units 单位.csv -o independent.csv"
_ENOUGH: Final = {"calib": 2000, "frozen": 1400}
_SHOWN: Final = 8
_MONTH: Final = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "prepare",
        help="把历年工单整理成训练、校准、固定测试三份",
        epilog=f"{_UNITS}\n{_SPLIT}\n{_MAP}",
        run=lambda args, _: 0,
    )
    actions = parser.add_subparsers(title="命令", metavar="命令", dest="action", required=True)
    units = add_command(actions, "units", help="列出全部承办单位和猜测的条线，供人工填写", epilog=_UNITS, run=_list)
    _add_data(units)
    units.add_argument("-o", "--output", type=Path, required=True, metavar="文件", help="写到哪个 .csv，Excel 可打开")
    splitting = add_command(actions, "split", help="按填好的条线和受理月份写出三份", epilog=_SPLIT, run=_split)
    _add_data(splitting)
    _add_units(splitting)
    add = splitting.add_argument
    add("--out", type=Path, required=True, metavar="文件夹", help="写出 history.csv、calib.csv、frozen.csv")
    add("--calib-from", type=_month, metavar="年-月", help="校准从哪个月起；不给则为固定测试之前的两个月")
    add("--frozen-from", type=_month, metavar="年-月", help="固定测试从哪个月起；不给则为最后一个月")
    add("--overwrite", action="store_true", help="文件已存在时覆盖")
    mapping = add_command(actions, "map", help="给一批工单加上承办部门一列", epilog=_MAP, run=_map)
    _add_data(mapping)
    _add_units(mapping)
    mapping.add_argument("-o", "--output", type=Path, required=True, metavar="文件", help="写到哪个 .csv")


def _add_units(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--units", type=Path, required=True, metavar="文件", help="填好条线的单位表")


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("data", type=Path, nargs="+", metavar="文件", help="历年工单，CSV、Excel、JSON Lines 或 Parquet")
    add("--unit-column", metavar="列名", help="承办单位列；不给则按常见列名查找")
    add("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    add("--date-column", metavar="列名", help="受理时间列；不给则按常见列名查找")


def _month(value: str) -> str:
    if not _MONTH.fullmatch(value):
        raise argparse.ArgumentTypeError(f"{value} 不是月份，请写成 2026-09")
    return value


def _choice(args: argparse.Namespace) -> Choice:
    from petition_nlp.training.export import Choice

    return Choice(unit=args.unit_column, text=args.text_column, day=args.date_column)


def _new_file(path: Path, what: str) -> None:
    if path.exists():
        raise OutputError(what, where=str(path), todo="请换一个文件名，或先删去它")


def _list(args: argparse.Namespace, _: LoadRouter) -> int:
    """Write the units for a person to complete."""
    from petition_nlp.taxonomy import Taxonomy

    _new_file(args.output, "文件已存在，可能已填过条线")
    with needs_extra("train"):
        from petition_nlp.training.report import write_folder
        from petition_nlp.training.units import list_units, units_table

        units = list_units(args.data, _choice(args), Taxonomy.load())
        write_folder(args.output.parent, {args.output.name: units_table(units)})
    unknown = [unit for unit in units if not unit.department]
    rows = sum(unit.rows for unit in units)
    print(f"{len(units)} 个单位，{rows:,} 行；{len(unknown)} 个没有认出条线，共 {sum(u.rows for u in unknown):,} 行")
    print(f"已写入 {args.output}，请逐行核对「条线」一列；不该由模型建议的写 other")
    return 0


def _split(args: argparse.Namespace, _: LoadRouter) -> int:
    """Write the three files."""
    from petition_nlp.taxonomy import Taxonomy

    taken = [path for name in ("history", "calib", "frozen") if (path := args.out / f"{name}.csv").exists()]
    if taken and not args.overwrite:
        raise OutputError("文件已存在", where="、".join(map(str, taken)), todo="请换一个文件夹，或加 --overwrite")
    if args.calib_from and args.frozen_from and args.calib_from >= args.frozen_from:
        raise InputError("--calib-from 不早于 --frozen-from", todo="校准的月份要在固定测试之前")
    with needs_extra("train"):
        from petition_nlp.training.prepare import split
        from petition_nlp.training.units import read_units

        found = split(
            args.data,
            read_units(args.units, Taxonomy.load()),
            args.out,
            _choice(args),
            calib_from=args.calib_from,
            frozen_from=args.frozen_from,
        )
    for part in found.parts:
        print(f"{part.name + '.csv':<12} {part.rows:>8,} 行，{part.labelled:,} 行有条线，{part.first} 至 {part.last}")
        if part.labelled < _ENOUGH.get(part.name, 0):
            say(f"注意：{part.name}.csv 少于 {_ENOUGH[part.name]:,} 行，可从更早的月份起")
    for what, n in found.left_out.items():
        print(f"没有写入：{what} {n:,} 行")
    if found.open_units:
        shown = "、".join(f"{name} {n}" for name, n in list(found.open_units.items())[:_SHOWN])
        rest = "……" if len(found.open_units) > _SHOWN else ""
        say(f"{len(found.open_units)} 个单位没有条线，它们的行不带部门：{shown}{rest}")
    return 0


def _map(args: argparse.Namespace, _: LoadRouter) -> int:
    """Add the department to every row."""
    from petition_nlp.taxonomy import Taxonomy

    _new_file(args.output, "文件已存在")
    with needs_extra("train"):
        from petition_nlp.training.prepare import add_departments
        from petition_nlp.training.report import write_folder
        from petition_nlp.training.units import read_units

        table, rows, labelled = add_departments(args.data, read_units(args.units, Taxonomy.load()), _choice(args))
        write_folder(args.output.parent, {args.output.name: table})
    print(f"{rows:,} 行，{labelled:,} 行有条线，已写入 {args.output}")
    return 0
