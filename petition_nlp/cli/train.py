"""``petition-nlp train``: labelled files → model folder."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from petition_nlp.cli.common import LoadRouter, add_command, assignments, figures, model_folder, say
from petition_nlp.cli.parser import number
from petition_nlp.errors import InputError
from petition_nlp.extras import needs_extra

_EPILOG = """\
  petition-nlp train --data 工单.csv --target matter=事项类别 --target department=承办部门 --out 我的模型
  petition-nlp train --data 2023.jsonl 2024.jsonl --target department --calib 2025.jsonl --out 我的模型
  petition-nlp train --data 留言.jsonl --target topic7 --min-rows 20 --out 主题模型

需要训练组件：pip install "petition-nlp[train]"
某一行缺少某个目标的标签时，该行仍用于训练其他目标。正文中的转办用语（如「请市城管局核实处理」）会泄露答案，
默认去掉，--keep-leaks 可保留。中断（Ctrl-C）不会留下半个模型。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "train", help="用标注过的工单训练自己的模型", epilog=_EPILOG, run=run)
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
        required=True,
        metavar="目标=列名",
        help="要学的目标，如 matter、department 或任意名称；列名就是目标名时只写目标；可重复",
    )
    add("--out", type=Path, required=True, metavar="文件夹", help="模型写到哪个文件夹")
    add("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    add("--title-column", metavar="列名", help="标题列；不给则按常见列名查找")
    add(
        "--calib",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="文件",
        help="另留的标注文件，用来校准概率和复核阈值；不给则用交叉验证留出的部分",
    )
    add("--keep-leaks", action="store_true", help="保留正文中的转办用语")
    add(
        "--min-rows",
        type=number(int, 2, 1_000_000, "最少行数"),
        default=5,
        metavar="行数",
        help="少于此数的标签不学，并在报告中列出，默认 5",
    )
    add(
        "--leave",
        action="append",
        default=[],
        metavar="目标=标签",
        help="此标签表示应留给人工：会学习，但不会被推荐；可重复",
    )
    add(
        "--balance",
        action="append",
        default=[],
        metavar="目标=小数",
        help="各标签被同等看待的程度，0 到 1，默认 0.5；越大，少见标签找得越全，总体准确率可能略低；可重复",
    )
    add("--weight-column", metavar="列名", help="样本权重列")
    add("--group-column", metavar="列名", help="此列取值相同的行在交叉验证中不拆开（近似重复的行本来就不拆开）")
    add(
        "--start",
        type=model_folder,
        metavar="文件夹",
        help="从已有模型（default 指自带的）出发来适应本市，数据少时用；沿用它的词表和编码器，数据里没有的标签仍会排序",
    )
    add(
        "--encoder",
        metavar="模型",
        help="同时微调一个预训练中文编码器：Hugging Face 模型文件夹或名称；更准，训练更久，模型更大",
    )
    add(
        "--encoder-epochs",
        type=number(int, 1, 100, "轮数"),
        default=4,
        metavar="轮数",
        help="编码器微调的轮数，默认 4",
    )
    add(
        "--encoder-folds",
        type=number(int, 1, 20, "折数"),
        metavar="折数",
        help="编码器只在几折上做交叉验证（每折都要微调一次），报告只统计这些折；默认全部",
    )
    add(
        "--no-noise",
        action="store_true",
        help="不用干扰过的副本训练；默认每条另学一份带同音错字、缺标点或客套话的副本，使结果不受这些影响",
    )
    add(
        "--auxiliary",
        action="append",
        default=[],
        metavar="名称=列名",
        help="辅助编码器学习的标签列，如热线自己的问题分类；不会出现在结果里；可重复",
    )
    add("--work", type=Path, metavar="文件夹", help="编码器训练的检查点；中断后用同样的参数再运行即可继续")
    add("--by", metavar="列名", help="按此列的取值分别报告结果")
    add("--folds", type=number(int, 2, 20, "折数"), default=5, metavar="折数", help="交叉验证的折数，默认 5")
    add("--seed", type=int, default=0, metavar="整数", help="随机种子，默认 0；种子相同则结果相同")
    add("--name", default="model", metavar="名称", help="模型名称，会出现在每条结果里，默认 model")
    add("--model-version", default="", metavar="版本", help="模型版本，默认为当前年月")
    add("--card-notes", type=Path, metavar="文件", help="写进模型说明的 Markdown 文件（数据来源、局限）")
    add("--date-column", metavar="列名", help="日期列，报告和模型说明据此写明数据的起止；不给则按常见列名查找")
    add("--policy", type=Path, metavar="文件", help="复核与紧急规则文件，用 --calib 求阈值时按它；不给则用自带的")
    add("--taxonomy", type=Path, metavar="文件夹", help="按哪一版分类训练；不给则用自带的；旧代码按其迁移文件换成新的")
    add("--overwrite", action="store_true", help="模型文件夹已存在时覆盖")
    add("--quiet", action="store_true", help="不显示进度和结果")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Train and print the figures."""
    with needs_extra("train"):
        from petition_nlp.training.train import TrainOptions, train

        options = TrainOptions(
            data=args.data,
            out=args.out,
            targets=assignments(args.target, "--target"),
            calib=args.calib,
            text_column=args.text_column,
            title_column=args.title_column,
            date_column=args.date_column,
            by=args.by,
            weight_column=args.weight_column,
            group_column=args.group_column,
            start=args.start,
            encoder=args.encoder,
            encoder_epochs=args.encoder_epochs,
            encoder_folds=args.encoder_folds,
            auxiliary=assignments(args.auxiliary, "--auxiliary"),
            work=args.work,
            noise=not args.no_noise,
            leave=_left_to_people(args.leave),
            balance=balances(args.balance),
            keep_leaks=args.keep_leaks,
            min_rows=args.min_rows,
            folds=args.folds,
            seed=args.seed,
            name=args.name,
            version=args.model_version,
            card_notes=read_notes(args.card_notes),
            taxonomy=args.taxonomy,
            policy=args.policy,
            overwrite=args.overwrite,
            quiet=args.quiet,
        )
        report = train(options)
    if not args.quiet:
        _tell(report)
        print(f"模型已写入 {args.out}")
    return 0


def _tell(report: dict[str, Any]) -> None:
    leaks = report["leaks"]
    fate = "按要求保留" if leaks["kept"] else "已去掉"
    print(f"共 {report['rows']:,} 行；{leaks['rows']:,} 行的正文里有转办用语，{fate}")
    tell_broken(report)
    for name, head in report["heads"].items():
        if head["left_out"]:
            rare = "、".join(f"{label}（{count} 行）" for label, count in head["left_out"].items())
            say(f"目标 {name} 未学的少见标签：{rare}")
    print(figures(report["heads"]))


def tell_broken(report: Mapping[str, Any]) -> None:
    """Say how many rows of the data could not be read, if any."""
    if report["broken"]:
        say(f"{report['broken']:,} 行拆不开（列数不对或引号没有闭合），已跳过；petition-nlp inspect 会列出是哪些行")


def balances(pairs: list[str]) -> dict[str, float]:
    """How much the classes of each head count the same, from ``HEAD=NUMBER``.

    :raises InputError: one is no number between 0 and 1.
    """
    balance: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            balance[name] = float(value)
        except ValueError:
            balance[name] = -1.0
        if not 0 <= balance[name] <= 1:
            raise InputError(f"--balance {pair} 无效", todo="请写成 目标=小数，小数在 0 到 1 之间，如 matter=1")
    return balance


def _left_to_people(pairs: list[str]) -> dict[str, list[str]]:
    leave: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, label = pair.partition("=")
        if not (name and equals and label):
            raise InputError(f"--leave {pair} 不完整", todo="请写成 目标=标签，如 department=other")
        leave.setdefault(name, []).append(label)
    return leave


def read_notes(path: Path | None) -> str:
    """The trainer's words for the model card.

    :raises InputError: the file cannot be read.
    """
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError("无法读取模型说明", where=str(path), todo="请给出 UTF-8 编码的 Markdown 文件") from None
