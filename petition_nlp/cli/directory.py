"""``petition-nlp directory``: check, compare and try out a city's own units, rules, places and services."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, add_districts_option, add_model_options, say
from petition_nlp.cli.parser import pad

if TYPE_CHECKING:
    from petition_nlp.local.compare import Change, KindDiff
    from petition_nlp.local.directory import Directory
    from petition_nlp.taxonomy import Taxonomy

_LABEL: Final = 10
_SHOWN: Final = 50

_EPILOG = """\
  petition-nlp directory template 目录.xlsx                       写出样表，照着填
  petition-nlp directory check 目录.xlsx                          逐表逐行检查
  petition-nlp directory test 目录.xlsx --text '金桂苑楼道灯不亮'   看派给谁、为什么
  petition-nlp directory diff 旧目录.xlsx 新目录.xlsx              看改了什么

目录文件是 XLSX（表：单位、规则、地点、服务），或放着同名 CSV 的文件夹，或把它压缩成的 .zip。"""

_TEST_EPILOG = """\
  petition-nlp directory test 目录.xlsx --text '金桂苑楼道灯不亮'
  petition-nlp directory test 目录.xlsx --text '映月路积水' --department 市政 --matter 大事 --date 2026-07-01

不给 --department 时由模型判断事项和部门。"""

_DIFF_EPILOG = """\
  petition-nlp directory diff 旧目录.xlsx 新目录.xlsx
  petition-nlp directory diff 旧目录.xlsx 新目录.xlsx --samples 结果.csv

--samples 是 petition-nlp classify 的输出，逐条看派往的单位有没有变。"""


def register(commands: Any) -> None:
    """Add the command with its four actions."""
    parser = add_command(
        commands, "directory", help="检查、比较和试用本地单位目录", epilog=_EPILOG, run=lambda args, _: 0
    )
    actions = parser.add_subparsers(title="命令", metavar="命令", dest="action", required=True)
    check = add_command(
        actions, "check", help="检查目录文件", epilog="  petition-nlp directory check 目录.xlsx", run=_check
    )
    _add_file(check, "file", "目录文件")
    template = add_command(
        actions, "template", help="写出样表", epilog="  petition-nlp directory template 目录.xlsx", run=_template
    )
    _add_file(template, "output", "样表写到哪里（.xlsx）")
    template.add_argument("--overwrite", action="store_true", help="文件已存在时覆盖")
    diff = add_command(actions, "diff", help="比较两个版本", epilog=_DIFF_EPILOG, run=_diff)
    _add_file(diff, "old", "旧的目录文件")
    _add_file(diff, "new", "新的目录文件")
    diff.add_argument("--samples", type=Path, metavar="分类结果", help="看这些诉求派往的单位有没有变")
    diff.add_argument("--date", type=_day, metavar="日期", help="按哪一天的规则，默认今天")
    diff.add_argument("--json", action="store_true", help="输出 JSON")
    _register_test(actions)


def _register_test(actions: Any) -> None:
    test = add_command(
        actions, "test", help="试一条诉求：认出的地点、用到的规则、派往的单位", epilog=_TEST_EPILOG, run=_test
    )
    _add_file(test, "file", "目录文件")
    test.add_argument("--text", required=True, metavar="诉求", help="诉求内容")
    test.add_argument("--area", metavar="地点", help="诉求的地点字段")
    test.add_argument("--department", metavar="部门", help="责任部门的代码、名称或别名；不给则由模型判断")
    test.add_argument("--matter", metavar="事项", help="大事、小事或私事；不给而又没有 --department 时由模型判断")
    test.add_argument("--date", type=_day, metavar="日期", help="按哪一天的规则，默认今天")
    test.add_argument("--json", action="store_true", help="输出 JSON")
    add_model_options(test)
    add_districts_option(test)


def _add_file(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    parser.add_argument(name, type=Path, metavar="文件", help=help)


def _day(text: str) -> datetime.date:
    from petition_nlp.local.fields import parse_day

    day = parse_day(text)
    if day is None:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，请写成 2026-05-01 的样子")
    return day


def _load(path: Path, taxonomy: Taxonomy) -> Directory:
    from petition_nlp.local.tables import read_directory

    return read_directory(path, version=path.name, taxonomy=taxonomy)


def _taxonomy() -> Taxonomy:
    from petition_nlp.settings import Settings
    from petition_nlp.taxonomy import Taxonomy

    return Taxonomy.load(Settings.load().taxonomy)


def _check(args: argparse.Namespace, _: LoadRouter) -> int:
    """Every problem, or a summary with what is odd."""
    from petition_nlp.local.notes import notes
    from petition_nlp.local.problems import DirectoryError

    try:
        directory = _load(args.file, _taxonomy())
    except DirectoryError as error:
        for problem in error.problems[:_SHOWN]:
            say(str(problem))
        more = len(error.problems) - _SHOWN
        say(f"共 {len(error.problems)} 处问题" + (f"，只列出前 {_SHOWN} 处" if more > 0 else ""))
        return error.exit_code
    found = {
        "单位": directory.units,
        "规则": directory.rules,
        "地点": directory.areas,
        "服务": directory.services,
    }
    print("可以使用：" + "，".join(f"{name} {len(records):,}" for name, records in found.items()))
    for note in notes(directory):
        print(f"提示：{note}")
    return 0


def _template(args: argparse.Namespace, _: LoadRouter) -> int:
    """The workbook to be filled in."""
    from petition_nlp.errors import OutputError
    from petition_nlp.local.workbook import write_template

    if args.output.suffix.lower() != ".xlsx":
        raise OutputError("样表是 .xlsx 文件", where=str(args.output), todo="请把文件名改为以 .xlsx 结尾")
    if args.output.exists() and not args.overwrite:
        raise OutputError("文件已存在", where=str(args.output), todo="请换一个名字，或加 --overwrite 覆盖")
    write_template(args.output, _taxonomy())
    print(f"样表      {args.output}")
    return 0


def _diff(args: argparse.Namespace, _: LoadRouter) -> int:
    """What is different, and which sample messages go elsewhere."""
    from petition_nlp.local.compare import diff, replay
    from petition_nlp.local.samples import read_cases
    from petition_nlp.local.vocabulary import vocabulary

    taxonomy = _taxonomy()
    old, new = _load(args.old, taxonomy), _load(args.new, taxonomy)
    found = diff(old, new)
    on = args.date or datetime.date.today()
    cases = read_cases(args.samples, taxonomy) if args.samples else iter(())
    moved = list(replay(old, new, cases, on=on))
    if args.json:
        report = {**found.to_dict(), **({"moved": [own.to_dict() for own in moved]} if args.samples else {})}
        print(json.dumps(report, ensure_ascii=False))
        return 0
    if not found:
        print("两个版本相同")
    for kind, own in found.kinds.items():
        for line in _changes(own, partial(_column, kind)):
            print(f"{vocabulary().sheet(kind)}  {line}")
    if args.samples:
        print(f"派往单位有变化的诉求：{len(moved)} 条")
    for case in moved:
        print(f"  {case.case}：{_unit_name(case.before)} → {_unit_name(case.after)}")
    return 0


def _column(kind: str, field: str) -> str:
    from petition_nlp.local.compare import ORDER
    from petition_nlp.local.vocabulary import vocabulary

    return "顺序" if field == ORDER else vocabulary().column(kind, field)


def _changes(found: KindDiff, column: Callable[[str], str]) -> Sequence[str]:
    lines = [f"新增  {_record_name(record)}" for record in found.added]
    lines += [f"删去  {_record_name(record)}" for record in found.removed]
    return [*lines, *(f"修改  {change.name}：{_fields(change, column)}" for change in found.changed)]


def _record_name(record: Any) -> str:
    return str(record.get("name") or record["id"])


def _fields(change: Change, column: Callable[[str], str]) -> str:
    return "；".join(f"{column(name)} {_value(a)} → {_value(b)}" for name, (a, b) in change.fields.items())


def _value(value: Any) -> str:
    return ("、".join(map(str, value)) if isinstance(value, list) else str(value)) if value else "（空）"


def _unit_name(assignment: Any) -> str:
    return assignment.unit.name if assignment.unit else "人工指定"


def _test(args: argparse.Namespace, load_router: LoadRouter) -> int:
    """Where one message goes, step by step."""
    taxonomy = _taxonomy()
    directory = _load(args.file, taxonomy)
    department, matter = _decided(args, directory, load_router)
    place = directory.find_place(args.text, area=args.area)
    on = args.date or datetime.date.today()
    assignment = directory.assign(department=department, matter=matter, place=place, text=args.text, on=on)
    services = directory.match_services(matter=matter, department=department, place=place, text=args.text)
    if args.json:
        report = {
            "department": department,
            "matter": matter,
            "place": place.to_dict(),
            "assignment": assignment.to_dict(),
            "services": [service.to_dict() for service in services],
        }
        print(json.dumps(report, ensure_ascii=False))
        return 0
    print(pad("地点", _LABEL) + place.explain())
    print(pad("事项", _LABEL) + (taxonomy.name("matter", matter) if matter else "未给出"))
    print(pad("部门", _LABEL) + (taxonomy.name("department", department) if department else "不明"))
    for number, line in enumerate(assignment.explain()):
        print(pad("" if number else "步骤", _LABEL) + line)
    for service in services:
        print(pad("服务", _LABEL) + f"{service.describe()}：{service.reason}")
    return 0


def _decided(args: argparse.Namespace, directory: Directory, load_router: LoadRouter) -> tuple[str | None, str | None]:
    """Department and matter as they were given, else as the model and the rules of the message's district have them."""
    department, matter = (_code(directory.taxonomy, head, getattr(args, head)) for head in ("department", "matter"))
    if department is not None:
        return department, matter
    from petition_nlp.route import Message

    router = load_router(args.model, args.target_precision, args.profile, None, args.districts)
    message = directory.gazetteer.locate(Message(args.text, area=args.area))
    route = router.route_without_evidence([message])[0]
    department = route.department.code if route.department else None
    return department, matter or (route.matter.code if route.matter else None)


def _code(taxonomy: Taxonomy, head: str, written: str | None) -> str | None:
    from petition_nlp.errors import InputError

    if written is None:
        return None
    code = taxonomy.resolve(head, written)
    known = taxonomy.departments if head == "department" else taxonomy.matters
    if code not in known:
        names = "、".join(taxonomy.name(head, own) for own in known)
        raise InputError(f"没有「{written}」，可用：{names}", where=f"--{head}", todo="请改正")
    return code
