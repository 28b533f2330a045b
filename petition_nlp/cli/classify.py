"""``petition-nlp classify``: every row of a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import (
    CommandRouter,
    LoadRouter,
    add_command,
    add_directory_option,
    add_districts_option,
    add_model_options,
    say,
)
from petition_nlp.cli.parser import encoding, number
from petition_nlp.errors import InputError
from petition_nlp.roles import ROLES

if TYPE_CHECKING:
    from petition_nlp.archive import Summary

REJECTED: Final = 8

_ROLES: Final = {name: role for role, name in ROLES.items()}
_OUTPUT_ENCODINGS = ("utf-8-sig", "utf-8", "gb18030")

_EPILOG = """\
  petition-nlp classify 工单.xlsx -o 结果.xlsx
  petition-nlp classify 历年工单/ 补充/*.csv.gz -o 历年结果.parquet --map 内容=正文 --report 报告
  petition-nlp classify 历年工单/ -o 历年结果.parquet --resume

输入可以是文件、文件夹和通配符；输入和输出的格式各由文件名决定：.jsonl .ndjson .csv .tsv（均可再加 .gz .bz2 .xz）、
.xlsx 和 .parquet；输出名没有扩展名时，写成一个由若干 .parquet 组成的文件夹。
  · 原有的列按原顺序保留；表格加上：事项类别、责任部门、备选部门、置信度、人工复核、复核原因、紧急；
    JSON Lines 加上 route，其余字段一字不改。与原有列重名的，新列名后加（模型）。多个输入时再加来源文件、来源行号。
  · 有承办单位一类的列时，与模型比较，加上：历史部门（归一）、与历史一致、疑似错派。
  · 表头上方的标题行、合并单元格会自动跳过；各列按常见列名（诉求内容、留言详情……）查找，用 --map 改正。
  · 缺损的行仍保留并标为人工复核；无法保留的行原样写入「输出名.rejected.csv」，退出码为 8。
  · CSV、TSV 中以 = + - @ 等开头、会被表格软件当作公式的单元格，前面加一个英文单引号；纯数字不变。
  · 中断后，做完的部分留在输出旁边的隐藏文件夹里，用同样的参数加 --resume 接着做；不再需要时可以删去。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "classify", help="给文件的每一行判断该由谁办理", epilog=_EPILOG, run=run)
    parser.add_argument("sources", nargs="+", metavar="输入", help="要处理的文件、文件夹或通配符")
    parser.add_argument("-o", "--output", required=True, metavar="输出", help="结果写到哪个文件或文件夹")
    add_mapping_option(parser)
    parser.add_argument("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    parser.add_argument("--title-column", metavar="列名", help="标题列；不给则按常见列名查找")
    parser.add_argument(
        "--encoding", type=encoding, metavar="编码", help="输入的编码；不给则自动判断 UTF-8、GB18030、Big5"
    )
    parser.add_argument(
        "--output-encoding",
        choices=_OUTPUT_ENCODINGS,
        default="utf-8-sig",
        metavar="编码",
        help="CSV、TSV 输出的编码：utf-8-sig（默认，Excel 可直接打开）、utf-8 或 gb18030",
    )
    parser.add_argument("--sheet", metavar="工作表", help="XLSX 工作表的名称或序号；不给则取第一个有正文列的")
    parser.add_argument(
        "--batch-size",
        type=number(int, 1, 100_000, "每批行数"),
        default=512,
        metavar="行数",
        help="每批处理的行数，默认 512",
    )
    parser.add_argument(
        "--workers",
        type=number(int, 1, 1024, "进程数"),
        metavar="个数",
        help="用几个进程；不给则文件不小时用上全部处理器核",
    )
    parser.add_argument("--overwrite", action="store_true", help="输出已存在时覆盖；上次没做完的从头来")
    parser.add_argument("--resume", action="store_true", help="从上次中断的地方接着做，做完的部分不重做")
    parser.add_argument("--skip-bad-files", action="store_true", help="跳过读不了或没有正文列的文件，退出码为 8")
    parser.add_argument("--mask", action="store_true", help="输出中隐去姓名、电话、证件号、门牌号等个人信息")
    parser.add_argument("--report", type=Path, metavar="文件夹", help="另写一份分析报告：网页和表格")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        metavar="引擎",
        help="local（默认，本机）或 ray（Ray 集群；读写 Parquet、CSV、JSON Lines，可用 s3:// 等地址）",
    )
    parser.add_argument("--address", metavar="地址", help="Ray 集群的地址，如 auto；不给则在本机启动一个")
    parser.add_argument(
        "--output-format",
        choices=("parquet", "csv", "jsonl"),
        metavar="格式",
        help="用 ray 时输出文件夹里的格式：parquet（默认）、csv 或 jsonl",
    )
    parser.add_argument("--quiet", action="store_true", help="不显示进度和汇总")
    add_model_options(parser)
    add_districts_option(parser)
    add_directory_option(parser)


def run(args: argparse.Namespace, load_router: LoadRouter) -> int:
    """Check everything, load the model, run, sum up."""
    _check_engine(args)
    if args.engine == "ray":
        return _run_on_cluster(args, load_router)
    from petition_nlp.archive import ClassifyJob, ClassifyOptions

    options = ClassifyOptions(
        sources=[Path(source) for source in args.sources],
        target=Path(args.output),
        text_column=args.text_column,
        title_column=args.title_column,
        chosen=chosen_columns(args.map),
        encoding=args.encoding,
        output_encoding=args.output_encoding,
        sheet=args.sheet,
        batch_size=args.batch_size,
        processes=args.workers,
        overwrite=args.overwrite,
        resume=args.resume,
        mask=args.mask,
        report=args.report,
        skip_bad_files=args.skip_bad_files,
    )
    job = ClassifyJob(options)
    if not args.quiet:
        say("读取 " + "\n".join(job.describe()))
    threads = 1 if args.workers or job.processes > 1 else None
    router = _load(args, load_router, threads)
    try:
        with ProgressBar(quiet=args.quiet) as bar:
            summary = job.run(router, bar.update)
    except BaseException:
        if job.can_be_resumed:
            say("做完的部分已经保留，用同样的参数加 --resume 可以接着做")
        raise
    if not args.quiet:
        print("\n".join(summary.lines()))
        print(f"结果      {args.output}")
        if args.report:
            print(f"报告      {args.report}")
    return _left_out(summary)


def _run_on_cluster(args: argparse.Namespace, load_router: LoadRouter) -> int:
    from petition_nlp.archive.cluster import ClusterOptions, classify_on_cluster

    options = ClusterOptions(
        sources=args.sources,
        target=args.output,
        target_format=args.output_format or "parquet",
        text_column=args.text_column,
        title_column=args.title_column,
        chosen=chosen_columns(args.map),
        encoding=args.encoding or "utf-8",
        processes=args.workers,
        address=args.address,
        overwrite=args.overwrite,
    )
    summary = classify_on_cluster(options, partial(_load, args, load_router, 1))
    if not args.quiet:
        print("\n".join(summary.lines()))
        print(f"结果      {args.output}")
    return 0


def _load(args: argparse.Namespace, load_router: LoadRouter, threads: int | None) -> CommandRouter:
    router = load_router(args.model, args.target_precision, args.profile, threads, args.districts, args.directory)
    return router.for_archives()


def _check_engine(args: argparse.Namespace) -> None:
    """Refuse options that the engine does not have."""
    local = {"--resume": args.resume, "--mask": args.mask, "--report": args.report, "--sheet": args.sheet}
    local |= {"--skip-bad-files": args.skip_bad_files, "--output-encoding": args.output_encoding != "utf-8-sig"}
    unused = local if args.engine == "ray" else {"--address": args.address, "--output-format": args.output_format}
    given = [flag for flag, value in unused.items() if value]
    if given:
        engine = "ray" if args.engine == "ray" else "local"
        raise InputError(f"--engine {engine} 不能用 {'、'.join(given)}", todo="请去掉它，或换一个引擎")


def _left_out(summary: Summary) -> int:
    """Tell what could not be kept; the exit code."""
    if summary.skipped_files:
        say(f"有 {summary.skipped_files:,} 个文件被跳过（见上）")
    if summary.rejected:
        say(f"有 {summary.rejected:,} 行未能完整保留，原文和原因已写入 {summary.rejected_file}：")
        for reason, count in summary.reject_reasons.most_common():
            say(f"  {reason}  {count:,}")
    return REJECTED if summary.rejected or summary.skipped_files else 0


def add_mapping_option(parser: argparse.ArgumentParser) -> None:
    """``--map``."""
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_mapping,
        metavar="列名=用途",
        help=f"指明一列的用途，可多次使用；用途：{'、'.join(_ROLES)}，如 --map 内容=正文",
    )


def _mapping(pair: str) -> tuple[str, str]:
    """``COLUMN=ROLE``, the role by its Chinese or English name."""
    column, equals, role = pair.rpartition("=")
    code = _ROLES.get(role, role)
    if not equals or not column or code not in _ROLES.values():
        raise argparse.ArgumentTypeError(f"「{pair}」应写成 列名=用途，用途是 {'、'.join(_ROLES)} 之一")
    return column, code


def chosen_columns(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """What ``--map`` says, by role."""
    chosen: dict[str, list[str]] = {}
    for column, role in pairs:
        chosen.setdefault(role, []).append(column)
    return chosen


class ProgressBar:
    """Share of the input read, rows done and time left, on a terminal only."""

    def __init__(self, *, quiet: bool) -> None:
        from tqdm import tqdm

        self._first: int | None = None

        self._bar = tqdm(
            desc="分类",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {postfix} [已用 {elapsed}，剩余 {remaining}]",
            file=sys.stderr,
            disable=quiet or not sys.stderr.isatty(),
            total=1,
        )

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, done: int, total: int, rows: int) -> None:
        """Show how far the run is."""
        self._bar.total = max(total, 1)
        self._first = rows if self._first is None else self._first
        seconds = self._bar.format_dict["elapsed"]
        rate = f"，每秒 {(rows - self._first) / seconds:,.0f} 行" if seconds > 1 else ""
        self._bar.set_postfix_str(f"{rows:,} 行{rate}", refresh=False)
        self._bar.update(done - self._bar.n)
