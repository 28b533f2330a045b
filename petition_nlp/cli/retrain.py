"""``petition-nlp retrain``: a candidate from the past and from what people decided, and whether it may take over."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, assignments, model_folder, say
from petition_nlp.cli.parser import Parser, number
from petition_nlp.cli.train import balances, read_notes, tell_broken
from petition_nlp.errors import InputError
from petition_nlp.extras import needs_extra
from petition_nlp.profiles import PROFILES
from petition_nlp.strengths import STRENGTH_NAMES, WEIGHTS, Strength

if TYPE_CHECKING:
    from petition_nlp.settings import Settings
    from petition_nlp.training.verdict import Verdict

NOT_BETTER: Final = 10
"""Exit code: the candidate is there, and should not be promoted."""

_EPILOG = """\
  petition-nlp retrain --current 现用模型 --history 2025.csv --labels 标签.jsonl --frozen 测试.csv --out 候选模型
  petition-nlp retrain --current 现用模型 --history 2025.csv --labels 1月.jsonl 2月.jsonl --frozen 测试.csv \\
      --blind 盲审.jsonl --half-life 365 --out 候选模型

与 serve 用同样的规则比较：在服务的机器上运行，或用 --config 给出它的设置文件。
标签由 petition-nlp labels 或 GET /v1/labels 导出。候选模型写到 --out，结论和全部数字在其中的 gate.json。
固定测试集旁边的「文件名.uses.json」记着它用过几次，请一并保留。
退出码：0 可以上线；10 不该上线，候选模型仍在；其他为出错。
需要训练组件：pip install "petition-nlp[train]" """


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "retrain", help="用人工结论再训练，并判断能否替换现用模型", epilog=_EPILOG, run=run)
    add = parser.add_argument
    add("--current", type=Path, required=True, metavar="文件夹", help="现用模型")
    _add_files(parser, "--history", "历史工单，标签为最终承办单位，可给几个")
    _add_files(parser, "--labels", "人工结论（petition-nlp labels 的结果），可给几个")
    add("--frozen", type=Path, required=True, metavar="文件", help="固定测试集：任何模型都不学它；每次使用都会记录")
    add("--blind", type=Path, metavar="文件", help="近几个月的盲审样本；候选模型不学它")
    _add_files(parser, "--calib", "用来校准概率和复核阈值的文件；不给则留出最近的历史工单，太少则用交叉验证")
    add("--out", type=Path, required=True, metavar="文件夹", help="候选模型写到哪个文件夹")
    add(
        "--target",
        action="append",
        default=[],
        metavar="目标=列名",
        help="要学的目标；不给则为现用模型的全部目标，按常见列名查找；可重复",
    )
    add("--text-column", metavar="列名", help="正文列；不给则按常见列名查找")
    add("--title-column", metavar="列名", help="标题列；不给则按常见列名查找")
    add("--date-column", metavar="列名", help="日期列；不给则按常见列名查找")
    add("--weight-column", metavar="列名", help="历史工单的样本权重列")
    add(
        "--half-life",
        type=number(float, 0, 36_500, "天数"),
        default=180,
        metavar="天数",
        help="每早这么多天，权重减半，默认 180；0 表示不分新旧",
    )
    add(
        "--weight",
        action="append",
        default=[],
        metavar="强度=小数",
        help=f"某种人工结论的权重；默认 {'、'.join(f'{name} {WEIGHTS[name]:g}' for name in Strength)}；可重复",
    )
    add("--balance", action="append", default=[], metavar="目标=小数", help="同 train")
    add("--keep-leaks", action="store_true", help="保留正文中的转办用语")
    add("--min-rows", type=number(int, 2, 1_000_000, "最少行数"), default=5, metavar="行数", help="同 train，默认 5")
    add(
        "--start",
        type=model_folder,
        metavar="文件夹",
        help="从这个模型适应，不从头学；default 指自带的模型。现用模型有编码器而没有给 --encoder 时，就从它适应",
    )
    add("--encoder", metavar="模型", help="从头微调一个编码器，同 train；要几个小时")
    add("--encoder-epochs", type=number(int, 1, 100, "轮数"), default=4, metavar="轮数", help="同 train，默认 4")
    add("--encoder-folds", type=number(int, 1, 20, "折数"), metavar="折数", help="同 train")
    add("--work", type=Path, metavar="文件夹", help="编码器训练的检查点，同 train")
    add("--no-noise", action="store_true", help="不用干扰过的副本训练，快一倍")
    add("--folds", type=number(int, 2, 20, "折数"), default=3, metavar="折数", help="交叉验证的折数，默认 3")
    add("--seed", type=int, default=0, metavar="整数", help="随机种子，默认 0；种子相同则结果相同")
    _add_gate(parser)
    _add_rules(parser)
    add("--name", default="", metavar="名称", help="候选模型的名称，默认与现用模型相同")
    add("--model-version", default="", metavar="版本", help="候选模型的版本，默认为今天的日期")
    add("--card-notes", type=Path, metavar="文件", help="写进模型说明的 Markdown 文件")
    add("--overwrite", action="store_true", help="文件夹里已有模型时覆盖")
    add("--quiet", action="store_true", help="不显示进度和结果")


def _add_files(parser: Parser, flag: str, explanation: str) -> None:
    parser.add_argument(flag, type=Path, nargs="+", action="extend", default=[], metavar="文件", help=explanation)


def _add_gate(parser: Parser) -> None:
    group = parser.add_argument_group("上线条件")
    for flag, low, high, default, explanation in (
        ("--margin", 0.0, 0.5, 0.02, "在固定测试集上，准确率最多允许低多少"),
        ("--error", 0.001, 0.5, 0.10, "固定测试集预定的使用次数内，放过一个变差的模型的概率，平均分到每次"),
        ("--better-level", 0.001, 0.5, 0.10, "单侧检验的 p 不大于此数才算更好"),
        ("--fall-limit", 0.0, 1.0, 0.05, "一个部门的准确率最多允许下降多少"),
        ("--review-margin", 0.0, 1.0, 0.05, "须人工复核的比例最多允许增加多少"),
    ):
        group.add_argument(
            flag,
            type=number(float, low, high, flag),
            default=default,
            metavar="小数",
            help=f"{explanation}，默认 {default:g}",
        )
    group.add_argument(
        "--planned-uses",
        type=number(int, 1, 1000, "次数"),
        default=20,
        metavar="次数",
        help="固定测试集预定用几次，默认 20",
    )
    group.add_argument(
        "--target-precision",
        type=number(float, 0.5, 0.999, "目标准确率"),
        metavar="小数",
        help="比较复核比例时的目标准确率；不给则按设置和规则文件",
    )


def _add_rules(parser: Parser) -> None:
    """Under what both models are judged: what the service routes under."""
    group = parser.add_argument_group("比较时的规则", "不给的，与 serve 一样按设置文件和环境变量")
    add = group.add_argument
    add("--policy", type=Path, metavar="文件", help="复核与紧急规则文件")
    add("--taxonomy", type=Path, metavar="文件夹", help="分类；候选模型也按它训练")
    add("--districts", type=Path, metavar="文件", help="各区边界情形规则文件")
    add("--profile", choices=PROFILES, metavar="档位", help="fast、balanced 或 best；不给则各用最准的一档")
    add_config_option(parser)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Retrain and tell the verdict."""
    rules = _rules(args)
    with needs_extra("train"):
        from petition_nlp.training.gate import GateOptions
        from petition_nlp.training.retrain import RetrainOptions, retrain

        gate = GateOptions(
            margin=args.margin,
            error=args.error,
            planned_uses=args.planned_uses,
            better_level=args.better_level,
            fall_limit=args.fall_limit,
            review_margin=args.review_margin,
            seed=args.seed,
        )
        options = RetrainOptions(
            current=args.current,
            out=args.out,
            frozen=args.frozen,
            history=args.history,
            labels=args.labels,
            blind=args.blind,
            calib=args.calib,
            targets=assignments(args.target, "--target"),
            text_column=args.text_column,
            title_column=args.title_column,
            date_column=args.date_column,
            weight_column=args.weight_column,
            half_life=args.half_life or None,
            weights=_weights(args.weight),
            balance=balances(args.balance),
            keep_leaks=args.keep_leaks,
            min_rows=args.min_rows,
            start=args.start,
            encoder=args.encoder,
            encoder_epochs=args.encoder_epochs,
            encoder_folds=args.encoder_folds,
            work=args.work,
            noise=not args.no_noise,
            folds=args.folds,
            seed=args.seed,
            gate=gate,
            target_precision=rules.target_precision,
            policy=rules.policy,
            taxonomy=rules.taxonomy,
            districts=rules.districts,
            profile=rules.profile,
            name=args.name,
            version=args.model_version,
            card_notes=read_notes(args.card_notes),
            overwrite=args.overwrite,
            quiet=args.quiet,
        )
        verdict = retrain(options)
    if not args.quiet:
        _tell(verdict)
    return 0 if verdict.promote else NOT_BETTER


def _rules(args: argparse.Namespace) -> Settings:
    """The flags, and for the rest what the service's settings say."""
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    return Settings.load(
        target_precision=args.target_precision,
        policy=args.policy,
        taxonomy=args.taxonomy,
        districts=args.districts,
        profile=args.profile,
    )


def _tell(verdict: Verdict) -> None:
    training = verdict.training
    rows = "、".join(f"{_source(name)} {count:,} 行" for name, count in training["by_strength"].items())
    dropped = sum(training["dropped_copies"].values())
    tell_broken(training)
    say(f"学习了{rows}；另有 {dropped:,} 行与测试或校准的行相同或相近，没有学")
    for warning in verdict.comparison.warnings:
        say(f"注意：{warning}")
    rules = verdict.rules
    own = f"，各区规则 {rules['districts']}" if rules["districts"] else ""
    say(f"比较按目标准确率 {rules['target_precision']:.0%}，规则 {rules['policy']}，分类 {rules['taxonomy']}{own}")
    print(f"{verdict.current} → {verdict.candidate}")
    for check in verdict.comparison.checks:
        print(f"{'✓' if check.passed else '✗'} {check.text}")
    print(f"固定测试集：第 {verdict.uses} 次使用（预定 {verdict.planned_uses} 次）")
    print(f"结论：{'可以上线' if verdict.promote else '不该上线'}。候选模型已写入 {verdict.folder}")


def _source(name: str) -> str:
    return "历史工单" if name == "history" else STRENGTH_NAMES[Strength(name)]


def _weights(pairs: list[str]) -> dict[Strength, float]:
    weights = dict(WEIGHTS)
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            strength, weight = Strength(name), float(value)
        except ValueError:
            raise _bad_weight(pair) from None
        if not 0 < weight <= 100:
            raise _bad_weight(pair)
        weights[strength] = weight
    return weights


def _bad_weight(pair: str) -> InputError:
    return InputError(f"--weight {pair} 无效", todo=f"请写成 强度=正数，强度为 {'、'.join(Strength)} 之一")
