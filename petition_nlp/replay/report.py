"""A comparison of two versions, and what a replay counted, as one page and its tables; no text of a row is in them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.migration import DEPARTMENT, MATTER
from petition_nlp.replay.counts import Counts, Flow, shown_name
from petition_nlp.replay.run import CSV_NAME, WORKBOOK_NAME
from petition_nlp.report.charts import heat_map
from petition_nlp.report.content import Cell, Chart, Column, Kind, Section, Table, Tile, count_text, share_text
from petition_nlp.report.facts import ReportRun
from petition_nlp.report.files import tables, write_tables
from petition_nlp.report.page import PAGE, Page, render
from petition_nlp.taxonomy_compare import FIELDS, HEADS, TaxonomyDiff

_TITLE: Final = "分类调整对照"
_KINDS: Final = {**HEADS, "district_rule": "各区规则", "district": "区"}
_MOST: Final = 20
"""Departments on each side of the matrix."""
_LONG: Final = 200


@dataclass(frozen=True)
class Replayed:
    """A replay: what it counted, how, and of what.

    :param how: what the rows were taken from, in words. :param model: that routed them; empty if none did.
    :param gaps: what rules look at and the rows do not hold.
    """

    counts: Counts
    how: str
    model: str
    files: int
    seconds: float
    gaps: Sequence[str] = ()


def write(folder: Path, diff: TaxonomyDiff, replayed: Replayed | None, *, date: datetime.date) -> None:
    """Write ``报告.html``, ``表格/*.csv`` and ``表格.xlsx`` into a folder."""
    sections = [_changes(diff)]
    if replayed is not None:
        sections += [_flows(diff, replayed.counts, DEPARTMENT), _flows(diff, replayed.counts, MATTER), _why(replayed)]
    write_tables(tables(sections), folder, date)
    run = ReportRun(
        title=_TITLE,
        model=replayed.model if replayed else "",
        profile="",
        taxonomy=diff.new.version,
        target_precision=0.0,
        files=replayed.files if replayed else 0,
        rows=replayed.counts.rows if replayed else 0,
        rejected=replayed.counts.rejected if replayed else 0,
        has_history=False,
        seconds=replayed.seconds if replayed else 0.0,
        date=date,
    )
    page = Page(run, list(_facts(diff, replayed, date)), _tiles(replayed), list(_findings(diff, replayed)), sections)
    (folder / PAGE).write_text(render(page), encoding="utf-8", errors="replace", newline="\n")


def change_lines(diff: TaxonomyDiff) -> list[str]:
    """What is different, one line each."""
    steps = [
        f"{step.kind}  {step.old}{f' → {step.new}' if step.new and step.old else step.new}" for step in diff.steps()
    ]
    return [*steps, *(f"{kind}  {what}  {name}{f'：{told}' if told else ''}" for kind, what, name, told in _rows(diff))]


def _facts(diff: TaxonomyDiff, replayed: Replayed | None, date: datetime.date) -> Iterator[tuple[str, str]]:
    yield "旧版", diff.old.version
    yield "新版", diff.new.version
    if replayed is not None:
        yield "数据", f"{count_text(replayed.files)} 个文件，{count_text(replayed.counts.rows)} 条"
        yield "对照方式", replayed.how
        if replayed.counts.rejected:
            yield "未能读取", f"{count_text(replayed.counts.rejected)} 行"
    yield "生成日期", date.isoformat()


def _tiles(replayed: Replayed | None) -> list[Tile]:
    if replayed is None or not replayed.counts.rows:
        return []
    counts = replayed.counts
    stay = counts.rows - counts.unknown - counts.moved - counts.renamed
    return [
        Tile("去向有变", count_text(counts.moved), share_text(counts.moved / counts.rows)),
        Tile("其中须人工选择", count_text(counts.open), share_text(counts.open / counts.rows)),
        Tile("只改代码", count_text(counts.renamed), ""),
        Tile("不变", count_text(stay), share_text(stay / counts.rows)),
        Tile("原去向不明", count_text(counts.unknown), "没有部门，或认不出"),
    ]


def _findings(diff: TaxonomyDiff, replayed: Replayed | None) -> Iterator[str]:
    if replayed is None:
        return
    yield from replayed.gaps
    moves = replayed.counts.moves(DEPARTMENT)
    if moves:
        (before, after), n = moves[0]
        old, new = shown_name(diff.old, DEPARTMENT, before), shown_name(diff.new, DEPARTMENT, after)
        yield f"变动最多的是{old} → {new}，{count_text(n)} 条。"
    if replayed.counts.open:
        yield f"{count_text(replayed.counts.open)} 条没有规则说明归哪里，须人工选择；补上规则后可再对照一次。"


def _changes(diff: TaxonomyDiff) -> Section:
    steps = [[step.kind, step.head, step.old, step.new, step.why] for step in diff.steps()]
    blocks = [
        Table(
            "迁移步骤",
            "迁移步骤",
            [Column(name, kind) for name, kind in _short("步骤", "对象")] + [Column(n) for n in ("旧", "新", "原因")],
            steps,
            shown=100,
        ),
        Table(
            "分类变化",
            "新增、删去和修改的条目",
            [Column(name, kind) for name, kind in _short("对象", "变化")] + [Column("条目"), Column("内容")],
            [list(row) for row in _rows(diff)],
            shown=100,
        ),
    ]
    return Section(
        "changes", "分类有什么变化", [] if diff else ["两个版本没有差别。"], [own for own in blocks if own.rows]
    )


def _short(*names: str) -> list[tuple[str, Kind]]:
    return [(name, Kind.SHORT) for name in names]


def _rows(diff: TaxonomyDiff) -> Iterator[tuple[str, str, str, str]]:
    for key, found in diff.kinds.items():
        kind = _KINDS[key]
        for record in found.added:
            yield kind, "新增", str(record.get("name") or record["id"]), ""
        for record in found.removed:
            yield kind, "删去", str(record.get("name") or record["id"]), ""
        for change in found.changed:
            fields = (f"{FIELDS.get(name, name)}：{_values(*both)}" for name, both in change.fields.items())
            yield kind, "修改", change.name, "；".join(fields)
    for what, rules in zip(("新增", "删去"), diff.border, strict=True):
        for rule in rules:
            yield "边界规则", what, rule, ""
    if diff.topics_differ:
        yield "信访内容分类", "修改", "topics.yaml", ""


def _values(before: Any, after: Any) -> str:
    """Before and after; of tables only what differs."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        before, after = ({key: own.get(key) for key in keys} for own in (before, after))
    return f"{_value(before)} → {_value(after)}"


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = "、".join(_value(part) for part in value)
    elif isinstance(value, Mapping):
        shown = "，".join(f"{FIELDS.get(str(name), name)} {_value(part)}" for name, part in value.items() if part)
    else:
        shown = "" if value is None else str(value)
    return (shown if len(shown) <= _LONG else f"{shown[:_LONG]}…") or "（空）"


def _flows(diff: TaxonomyDiff, counts: Counts, head: str) -> Section:
    name, moves = HEADS[head], counts.moves(head)
    whole = sum(counts.flows[head].values())
    rows: list[list[Cell]] = [
        [
            shown_name(diff.old, head, before),
            shown_name(diff.new, head, after),
            n,
            n / whole,
            "、".join(counts.examples.get((before, after), ())) if head == DEPARTMENT else "",
        ]
        for (before, after), n in moves
    ]
    columns = [Column(f"原{name}"), Column(f"新{name}"), Column("条数", Kind.COUNT), Column("占比", Kind.SHARE)]
    if head == DEPARTMENT:
        columns.append(Column("例（文件:行）"))
    table = Table(f"{name}去向", f"{name}从哪里到哪里", columns, [row[: len(columns)] for row in rows], shown=50)
    blocks: list[Chart | Table] = [_matrix(diff, head, moves)] if len(moves) > 1 else []
    lead = f"不变的 {count_text(whole - sum(n for _, n in moves))} 条没有列出；逐条见 {CSV_NAME} 和 {WORKBOOK_NAME}。"
    return Section(
        f"flows-{head}", f"{name}的去向", [lead] if moves else ["没有变化。"], [*blocks, *([table] if moves else [])]
    )


def _matrix(diff: TaxonomyDiff, head: str, moves: Sequence[tuple[Flow, int]]) -> Chart:
    """The moves between those that move most, as a picture."""
    befores = list(dict.fromkeys(before for (before, _), _ in moves))[:_MOST]
    afters = list(dict.fromkeys(after for (_, after), _ in moves))[:_MOST]
    counts = dict(moves)
    values = [[counts.get((before, after), 0) for after in afters] for before in befores]
    rows, columns = (
        [shown_name(diff.old, head, one) for one in befores],
        [shown_name(diff.new, head, one) for one in afters],
    )
    data: list[list[Cell]] = [[row, *line] for row, line in zip(rows, values, strict=True)]
    shown = [Column("原"), *(Column(name, Kind.COUNT) for name in columns)]
    return Chart(
        f"matrix-{head}",
        "从（行）到（列）的条数",
        heat_map(columns, rows, values),
        f"{HEADS[head]}变动的矩阵，行是原来的，列是现在的",
        Table(f"{HEADS[head]}矩阵", "矩阵", shown, data, shown=_MOST),
        height=120 + 28 * len(rows),
    )


def _why(replayed: Replayed) -> Section:
    rows: list[list[Cell]] = [[why or "（未说明）", n] for why, n in replayed.counts.why.most_common()]
    table = Table("依据", "由哪一步、哪一条规则引起", [Column("依据"), Column("条数", Kind.COUNT)], rows, shown=50)
    return Section("why", "由什么引起", [] if rows else ["没有变化。"], [table] if rows else [])
