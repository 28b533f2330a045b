"""``petition-nlp classify``: every row of a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, add_model_options, say
from petition_nlp.cli.parser import encoding, number

REJECTED: Final = 8

_OUTPUT_ENCODINGS = ("utf-8-sig", "utf-8", "gb18030")

_EPILOG = """\
  petition-nlp classify 工单.xlsx -o 结果.xlsx
  petition-nlp classify 工单.csv -o 结果.jsonl --text-column 办理事项
  petition-nlp classify 历史.csv.gz -o 历史结果.csv --encoding gb18030 --overwrite

输入和输出的格式各由文件名决定：.jsonl .ndjson .csv .tsv（均可再加 .gz）和 .xlsx。
  · 原有的列按原顺序保留；表格加上：事项类别、责任部门、备选部门、置信度、人工复核、复核原因、紧急；
    JSON Lines 加上 route，其余字段一字不改。与原有列重名的，新列名后加（模型）。
  · 表头上方的标题行、合并单元格会自动跳过；正文列、标题列按常见列名（诉求内容、留言详情……）查找。
  · 缺损的行仍保留并标为人工复核；无法保留的行原样写入「输出文件名.rejected.csv」，退出码为 8。
  · CSV、TSV 中以 = + - @ 等开头、会被表格软件当作公式的单元格，前面加一个英文单引号；纯数字不变。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "classify", help="给一个文件的每一行判断该由谁办理", epilog=_EPILOG, run=run)
    parser.add_argument("source", type=Path, metavar="输入文件", help="要处理的文件")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="输出文件", help="结果写到哪里")
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
    parser.add_argument("--overwrite", action="store_true", help="输出文件已存在时覆盖")
    parser.add_argument("--quiet", action="store_true", help="不显示进度和汇总")
    add_model_options(parser)


def run(args: argparse.Namespace, load_router: LoadRouter) -> int:
    """Check everything, load the model, run, sum up."""
    from petition_nlp.archive import ClassifyJob, ClassifyOptions

    options = ClassifyOptions(
        source=args.source,
        target=args.output,
        text_column=args.text_column,
        title_column=args.title_column,
        encoding=args.encoding,
        output_encoding=args.output_encoding,
        sheet=args.sheet,
        batch_size=args.batch_size,
        overwrite=args.overwrite,
    )
    with ClassifyJob(options) as job:
        if not args.quiet:
            say(f"读取 {job.describe()}")
        router = load_router(args.model, args.target_precision, args.profile)
        with ProgressBar(quiet=args.quiet) as bar:
            summary = job.run(router, bar.update)
    if not args.quiet:
        print("\n".join(summary.lines()))
        print(f"结果      {args.output}")
    if not summary.rejected:
        return 0
    say(f"有 {summary.rejected:,} 行未能完整保留，原文和原因已写入 {summary.rejected_file}：")
    for reason, count in summary.reject_reasons.most_common():
        say(f"  {reason}  {count:,}")
    return REJECTED


class ProgressBar:
    """Share of the input read, rows done and time left, on a terminal only."""

    def __init__(self, *, quiet: bool) -> None:
        from tqdm import tqdm

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
        self._bar.set_postfix_str(f"{rows:,} 行", refresh=False)
        self._bar.update(done - self._bar.n)
