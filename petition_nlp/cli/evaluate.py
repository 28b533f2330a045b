"""``petition-nlp evaluate``: how good a model is on labelled files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from petition_nlp.cli.common import (
    LoadRouter,
    add_command,
    add_model_options,
    assignments,
    figures,
)
from petition_nlp.cli.train import tell_broken
from petition_nlp.extras import needs_extra

_EPILOG = """\
  petition-nlp evaluate --data 测试.jsonl --target matter --target department
  petition-nlp evaluate --model 我的模型 --data 测试.csv --target department=承办部门 --report 报告
  petition-nlp evaluate --data 测试.jsonl --json

--report 在文件夹里写 report.json 和一个可直接打开的网页（分类明细、混淆矩阵、校准曲线、风险—覆盖曲线）。
需要训练组件：pip install "petition-nlp[train]"（在源码目录里用 pip install ".[train]"）"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "evaluate", help="用标注过的工单检验一个模型", epilog=_EPILOG, run=run)
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        metavar="文件",
        help="标注过的文件，可给几个",
    )
    add(
        "--target",
        action="append",
        default=[],
        metavar="目标=列名",
        help="要检验的目标；列名就是目标名时只写目标；可重复；不给则检验文件里有的全部目标",
    )
    add("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    add("--title-column", metavar="列名", help="标题列；不给则按常见列名查找")
    add("--by", metavar="列名", help="按此列的取值分别报告结果")
    add("--report", type=Path, metavar="文件夹", help="把报告写到这个文件夹")
    add("--taxonomy", type=Path, metavar="文件夹", help="按哪一版分类检验；不给则用自带的")
    add("--json", action="store_true", help="只输出完整的 JSON 报告")
    add_model_options(parser)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Evaluate and print the figures."""
    with needs_extra("train"):
        from petition_nlp.settings import Settings
        from petition_nlp.training.evaluate import evaluate

        report = evaluate(
            model=Settings.load(model=args.model).model,
            data=args.data,
            targets=assignments(args.target, "--target"),
            text_column=args.text_column,
            title_column=args.title_column,
            by=args.by,
            report=args.report,
            target_precision=args.target_precision,
            profile=args.profile,
            taxonomy=args.taxonomy,
        )
    if args.json:
        print(json.dumps(report, ensure_ascii=False))
        return 0
    tell_broken(report)
    print(figures(report["heads"]))
    if args.report:
        print(f"报告已写入 {args.report}")
    return 0
