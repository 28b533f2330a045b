"""``petition-nlp taxonomy``: check a version of the taxonomy, begin a migration file, compare two versions."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.classify import add_mapping_option, chosen_columns
from petition_nlp.cli.common import (
    LoadRouter,
    add_command,
    add_directory_option,
    add_districts_option,
    add_model_options,
    needs_districts,
)
from petition_nlp.cli.parser import encoding

if TYPE_CHECKING:
    from petition_nlp.local.gazetteer import Gazetteer
    from petition_nlp.replay.report import Replayed
    from petition_nlp.replay.run import Archive
    from petition_nlp.router import Router
    from petition_nlp.taxonomy import Taxonomy
    from petition_nlp.taxonomy_compare import TaxonomyDiff

DEFAULT: Final = "default"
"""Stands for the shipped taxonomy where a folder is asked for."""

_EPILOG = """\
  petition-nlp taxonomy draft default 新分类 > 新分类/migration.yaml      迁移文件的草稿，逐步核对
  petition-nlp taxonomy check 新分类 --districts 各区.yaml               检查
  petition-nlp taxonomy diff default 新分类 --archive 历年.csv --out 对照  看哪些诉求换了去向

分类文件夹里有 matters.yaml、departments.yaml、topics.yaml 和从旧版变来的 migration.yaml；default 指自带的分类。"""

_DIFF_EPILOG = """\
  petition-nlp taxonomy diff default 新分类
  petition-nlp taxonomy diff default 新分类 --archive 结果.parquet --out 对照
  petition-nlp taxonomy diff default 新分类 --archive 历年/ --reroute --out 对照
  petition-nlp taxonomy diff default default --districts-before 旧.yaml --districts 新.yaml --archive 结果.csv

档案已有责任部门（列，或 JSON Lines 里的 route）时照它换算，不用模型；没有，或给出 --reroute，则由模型各判断一次。
--out 写成一个文件夹：报告.html、表格、逐条的 变动.csv 和 变动.xlsx，其中没有诉求文字。"""


def register(commands: Any) -> None:
    """Add the command with its three actions."""
    parser = add_command(
        commands, "taxonomy", help="检查和比较分类的版本、各区规则", epilog=_EPILOG, run=lambda args, _: 0
    )
    actions = parser.add_subparsers(title="命令", metavar="命令", dest="action", required=True)
    check = add_command(
        actions, "check", help="检查一版分类", epilog="  petition-nlp taxonomy check 新分类", run=_check
    )
    _add_folder(check, "folder", "分类文件夹")
    check.add_argument("--model", type=Path, metavar="文件夹", help="看这个模型能不能用于这版分类")
    check.add_argument("--districts", type=Path, metavar="文件", help="一并检查各区边界情形规则")
    draft = add_command(
        actions,
        "draft",
        help="由两版分类写出迁移文件的草稿",
        epilog="  petition-nlp taxonomy draft default 新分类 > 新分类/migration.yaml",
        run=_draft,
    )
    _add_folder(draft, "old", "旧版分类文件夹")
    _add_folder(draft, "new", "新版分类文件夹")
    _register_diff(actions)


def _register_diff(actions: Any) -> None:
    diff = add_command(actions, "diff", help="比较两版，并在档案上看去向的变化", epilog=_DIFF_EPILOG, run=_diff)
    _add_folder(diff, "old", "旧版分类文件夹")
    _add_folder(diff, "new", "新版分类文件夹")
    diff.add_argument(
        "--archive", type=Path, nargs="+", action="extend", default=[], metavar="档案", help="文件、文件夹或通配符"
    )
    diff.add_argument("--out", type=Path, metavar="文件夹", help="报告写到哪里")
    diff.add_argument("--overwrite", action="store_true", help="报告已存在时覆盖")
    diff.add_argument("--reroute", action="store_true", help="档案已有责任部门时，也用模型重新判断")
    diff.add_argument("--districts-before", type=Path, metavar="文件", help="旧的各区规则；--districts 给出新的")
    add_mapping_option(diff)
    diff.add_argument("--encoding", type=encoding, metavar="编码", help="档案的编码；不给则自动判断")
    diff.add_argument("--sheet", metavar="工作表", help="XLSX 工作表的名称或序号")
    diff.add_argument("--json", action="store_true", help="输出 JSON")
    add_model_options(diff)
    add_districts_option(diff)
    add_directory_option(diff)


def _add_folder(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    parser.add_argument(name, type=Path, metavar="文件夹", help=help)


def _path(folder: Path) -> Path | None:
    return None if str(folder) == DEFAULT else folder


def _load(folder: Path) -> Taxonomy:
    from petition_nlp.taxonomy import Taxonomy

    return Taxonomy.load(_path(folder))


def _check(args: argparse.Namespace, _: LoadRouter) -> int:
    """What a version holds, or the first thing that is wrong with it."""
    from petition_nlp.artifact import load_model
    from petition_nlp.districts import Districts

    taxonomy = _load(args.folder)
    print(f"可以使用：版本 {taxonomy.version}，事项类别 {len(taxonomy.matters)}，责任部门 {len(taxonomy.departments)}")
    for migration in taxonomy.migrations:
        steps = len(migration.steps) + len(migration.reassignments)
        print(f"迁移：{migration.old} → {migration.new}，{steps} 步")
    if args.districts is not None:
        districts = Districts.load(args.districts, taxonomy)
        print(f"各区规则：版本 {districts.version}，{len(districts.districts)} 个区，{len(districts.rules)} 条规则")
    if args.model is not None:
        model = load_model(args.model, taxonomy=taxonomy.version, migrations=taxonomy.migrations)
        print(f"模型：{model.id}" + (f"，由 {model.chain.old} 换算" if model.chain else "，版本相同"))
    return 0


def _draft(args: argparse.Namespace, _: LoadRouter) -> int:
    """A migration file to begin with."""
    from petition_nlp.migration_draft import draft

    old, new = _load(args.old), _load_without_migrations(args.new)
    print(draft(old, new), end="")
    return 0


def _load_without_migrations(folder: Path) -> Taxonomy:
    """A version whose migration file is still to be written, even if an empty one is there already."""
    from petition_nlp.resources import data_path
    from petition_nlp.taxonomy import Taxonomy

    return Taxonomy.load_files(_path(folder) or data_path("taxonomy"))


def _diff(args: argparse.Namespace, _: LoadRouter) -> int:
    """What is different, and which petitions go elsewhere."""
    from petition_nlp.replay.report import change_lines

    diff = _compared(args)
    replayed = _report(args, diff)
    if args.json:
        counted = replayed and {**replayed.counts.to_dict(diff.old, diff.new), "gaps": list(replayed.gaps)}
        print(json.dumps({**diff.to_dict(), "replay": counted}, ensure_ascii=False))
        return 0
    print("\n".join(change_lines(diff)) if diff else "两个版本相同")
    if replayed is not None:
        counts = replayed.counts
        print(f"共 {counts.rows:,} 条（{replayed.how}）：去向有变 {counts.moved:,}，其中须人工选择 {counts.open:,}；")
        print(f"只改代码 {counts.renamed:,}，原去向不明 {counts.unknown:,}，用时 {replayed.seconds:,.0f} 秒")
        for gap in replayed.gaps:
            print(f"提示：{gap}")
    if args.out is not None:
        print(f"报告      {args.out}")
    return 0


def _compared(args: argparse.Namespace) -> TaxonomyDiff:
    from petition_nlp.districts import Districts
    from petition_nlp.errors import TaxonomyError
    from petition_nlp.taxonomy_compare import compare, compare_districts

    old, new = _load(args.old), _load(args.new)
    diff = compare(old, new)
    if args.archive and diff.chain is None and old.version != new.version:
        todo = f"可以先写出草稿：petition-nlp taxonomy draft {args.old} {args.new} > {args.new}/migration.yaml"
        raise TaxonomyError(f"没有从 {old.version} 到 {new.version} 的迁移文件，不能对照档案", todo=todo)
    rules = [
        Districts.load(path, taxonomy) if path is not None else None
        for path, taxonomy in ((args.districts_before, old), (args.districts, new))
    ]
    return replace(diff, kinds={**diff.kinds, **compare_districts(*rules)}, districts=(rules[0], rules[1]))


def _replayed(args: argparse.Namespace, diff: TaxonomyDiff, archive: Archive | None, folder: Path) -> Replayed | None:
    from petition_nlp.replay.gaps import gaps
    from petition_nlp.replay.moves import Replayer, RoutedReplay
    from petition_nlp.replay.report import Replayed
    from petition_nlp.replay.run import MoveTables, replay
    from petition_nlp.replay.stored import StoredReplay

    if archive is None:
        return None
    started = time.perf_counter()
    gazetteer = _gazetteer(args, diff)
    replayer: Replayer
    if archive.is_routed and not args.reroute:
        replayer = StoredReplay(diff.old, diff.new, diff.chain, *diff.districts, gazetteer)
        how, model, found = "档案里已有的去向", "", set[str]()
    else:
        old = replace(_router(args, args.old, args.districts_before), gazetteer=gazetteer)
        new = _router(args, args.new, args.districts)
        replayer, model, found = RoutedReplay(old, new), new.model, {"matter", "topic"}
        how = f"模型 {new.model}（{new.profile.name}）在两版分类下各判断一次"
    missing = gaps(archive, diff, found | ({"area"} if gazetteer else set()))
    with closing(MoveTables(folder, diff.old, diff.new)) as tables:
        counts = replay(archive, replayer, tables, None if args.json else _progress())
    return Replayed(counts, how, model, len(archive.plan.files), time.perf_counter() - started, missing)


def _gazetteer(args: argparse.Namespace, diff: TaxonomyDiff) -> Gazetteer | None:
    """What finds the places of rows in their texts too, for either version's rules of districts."""
    from petition_nlp.local.tables import read_gazetteer

    if args.directory is None:
        return None
    if not any(diff.districts):
        raise needs_districts()
    return read_gazetteer(args.directory, diff.new)


def _router(args: argparse.Namespace, folder: Path, districts: Path | None) -> Router:
    from petition_nlp.settings import Settings

    flags = {"model": args.model, "target_precision": args.target_precision, "profile": args.profile}
    given = {"taxonomy": _path(folder), "districts": districts}
    return Settings.load(**flags).model_copy(update=given).load_router().for_archives()


def _progress() -> Callable[[int], None]:
    """Tell how far a long replay is, on a terminal only."""
    started = time.perf_counter()

    def tell(rows: int) -> None:
        if sys.stderr.isatty():
            rate = rows / max(time.perf_counter() - started, 1e-9)
            print(f"\r对照 {rows:,} 行，每秒 {rate:,.0f} 行", end="", file=sys.stderr, flush=True)

    return tell


def _report(args: argparse.Namespace, diff: TaxonomyDiff) -> Replayed | None:
    """Replay the archive if there is one, and write the report if it is wanted."""
    from petition_nlp.archive.output import Staging, check_folder
    from petition_nlp.replay import report

    archive = _archive(args)
    if args.out is None:
        with tempfile.TemporaryDirectory() as scrap:
            return _replayed(args, diff, archive, Path(scrap))
    check_folder(args.out, archive.plan.files if archive else (), overwrite=args.overwrite)
    with Staging(args.out) as staging:
        folder = staging.path_for(args.out)
        folder.mkdir()
        replayed = _replayed(args, diff, archive, folder)
        report.write(folder, diff, replayed, date=datetime.date.today())
        staging.publish()
    return replayed


def _archive(args: argparse.Namespace) -> Archive | None:
    from petition_nlp.archive.plan import ReadOptions
    from petition_nlp.replay.run import Archive

    if not args.archive:
        return None
    reading = ReadOptions(encoding=args.encoding, sheet=args.sheet, chosen=chosen_columns(args.map))
    return Archive.open(args.archive, reading)
