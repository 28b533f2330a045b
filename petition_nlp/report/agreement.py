"""The model against the historical dispatch: where they agree, where they differ, what was likely sent wrong."""

from __future__ import annotations

from collections import Counter

from petition_nlp.report import charts
from petition_nlp.report.content import (
    Card,
    Chart,
    Column,
    Kind,
    Section,
    Table,
    Tile,
    count_text,
    share_text,
)
from petition_nlp.report.mistakes import Mistakes
from petition_nlp.report.statistics import wilson
from petition_nlp.report.view import View, excerpt, ranked, shares, shown_name

_MOST_PAIRS = 200
_EXAMPLE_PAIRS = 8
_FEW = 30


def agreement(view: View) -> Section | None:
    """Agreement overall, by department and by period; None without a historical department."""
    counts = view.counts
    if not counts.with_history:
        return None
    compared, agreed = _totals(view)
    lead = [_coverage(view, compared)]
    blocks: list[Chart | Table] = []
    findings: list[str] = []
    tiles: list[Tile] = []
    if compared:
        low, high = wilson(agreed, compared)
        interval = f"{low * 100:.1f}–{high:.1%}"
        tiles = [
            Tile("与历史部门一致", share_text(agreed / compared), f"95% 区间 {interval}"),
            Tile("可比较的诉求", count_text(compared), f"占全部 {share_text(compared / counts.rows)}"),
        ]
        findings = [
            f"与历史派单可比较的 {count_text(compared)} 条中，{share_text(agreed / compared)} 的部门一致"
            f"（95% 区间 {interval}）。"
        ]
        if view.timeline is not None and len(view.timeline) > 1:
            blocks.append(_by_period(view))
        blocks += [_by_department(view), _disagreements(view)]
    if counts.unmapped:
        rows = [(shown_name(name), n) for name, n in ranked(counts.unmapped)]
        columns = [Column("历史单位名称"), Column("条数", Kind.COUNT)]
        note = "这些名称不在部门目录中，相应诉求未参与比较。可在部门映射表里补上后重新生成。"
        blocks.append(Table("未能对应的历史单位", "未能对应到部门目录的历史单位", columns, rows, note=note))
    lead.append(
        "历史派单不一定都对，一致率不是准确率；不一致的既可能是模型判错，也可能是当时派错、职责已调整或本地另有约定。"
    )
    return Section("agreement", "与历史派单的比较", lead, blocks, tiles, findings)


def likely_mistakes(view: View, mistakes: Mistakes) -> Section | None:
    """Orders that the model is sure of and history sent elsewhere; None without a historical department."""
    if not view.counts.with_history:
        return None
    sure = sum(n for (_, _, _, is_sure), n in view.counts.compared.items() if is_sure)
    if not sure:
        return None
    share = mistakes.total / sure
    lead = [
        f"模型有把握（无需复核）且历史部门可比较的诉求共 {count_text(sure)} 条，其中 {count_text(mistakes.total)} 条"
        f"（{share_text(share)}）的历史部门与模型不同，值得优先抽查。"
        + (f"表格文件中列出把握最高的 {count_text(len(mistakes.rows))} 条。" if mistakes.rows else "")
    ]
    pairs = sorted(mistakes.pairs.items(), key=lambda item: (-item[1], item[0]))
    rows = [(view.department(history), view.department(model), n, n / mistakes.total) for (history, model), n in pairs]
    columns = [Column("历史部门"), Column("模型部门"), Column("条数", Kind.COUNT), Column("占疑似错派", Kind.SHARE)]
    cards = tuple(
        _example_card(view, pair, n, mistakes) for pair, n in pairs[:_EXAMPLE_PAIRS] if mistakes.examples.get(pair)
    )
    blocks: list[Chart | Table | tuple[Card, ...]] = [
        Table("疑似错派组合", "疑似错派最多的组合", columns, rows[:_MOST_PAIRS], shown=12)
    ]
    blocks += [cards] if cards else []
    blocks.append(_mistake_rows(view, mistakes))
    findings = []
    if mistakes.total:
        (history, model), n = pairs[0]
        findings = [
            f"疑似错派 {count_text(mistakes.total)} 条；最多的是历史派给{view.department(history)}、"
            f"模型判给{view.department(model)}（{count_text(n)} 条）。"
        ]
    return Section("mistakes", "疑似错派", lead, blocks if mistakes.total else (), findings=findings)


def _totals(view: View) -> tuple[int, int]:
    compared = view.counts.compared
    return compared.total(), sum(n for (_, history, model, _), n in compared.items() if history == model)


def _coverage(view: View, compared: int) -> str:
    counts = view.counts
    without = counts.rows - counts.with_history
    parts = [
        (without, "没有历史部门"),
        (counts.unmapped.total(), "历史单位未能对应"),
        (counts.undecided, "模型未给出部门"),
    ]
    left_out = "，".join(f"{name} {count_text(n)} 条" for n, name in parts if n)
    return f"比较历史部门与模型的责任部门，共 {count_text(compared)} 条可比较" + (
        f"；未参与比较：{left_out}。" if left_out else "。"
    )


def _by_period(view: View) -> Chart:
    assert view.timeline is not None
    compared = view.counts.compared
    every = view.by_period((month, "all", n) for (month, _, _, _), n in compared.items()).get("all")
    totals = every or [0] * len(view.timeline)
    same = view.by_period((month, "all", n) for (month, one, other, _), n in compared.items() if one == other)
    agreed = same.get("all", [0] * len(totals))
    rates = shares(agreed, totals)
    unit, labels = view.timeline.unit, view.timeline.labels
    columns = [
        Column(unit),
        Column("可比较", Kind.COUNT),
        Column("一致", Kind.COUNT),
        Column("一致率", Kind.SHARE),
        Column("区间下限", Kind.SHARE),
        Column("区间上限", Kind.SHARE),
    ]
    rows = [
        (label, total, n, rate, *(wilson(n, total) if total else (None, None)))
        for label, total, n, rate in zip(labels, totals, agreed, rates, strict=True)
    ]
    table = Table("各期一致率", f"各{unit}与历史部门的一致率", columns, rows, shown=40)
    known = [rate for rate in rates if rate is not None]
    spread = f"，最低 {share_text(min(known))}，最高 {share_text(max(known))}" if known else ""
    option = charts.lines(labels, {"一致率": rates}, top=1.0)
    return Chart("agreement-rate", table.title, option, f"折线图，各{unit}一致率{spread}。", table, height=240)


def _by_department(view: View) -> Table:
    totals, agreed = Counter[str](), Counter[str]()
    for (_, history, model, _), n in view.counts.compared.items():
        totals[history] += n
        agreed[history] += n if history == model else 0
    rows = [
        (view.department(code), n, agreed[code], agreed[code] / n, *wilson(agreed[code], n))
        for code, n in ranked(totals)
    ]
    columns = [
        Column("历史部门"),
        Column("条数", Kind.COUNT),
        Column("模型一致", Kind.COUNT),
        Column("一致率", Kind.SHARE),
        Column("区间下限", Kind.SHARE),
        Column("区间上限", Kind.SHARE),
    ]
    note = f"历史派给该部门的诉求中，模型也判给它的比例；不足 {_FEW} 条的部门区间很宽，只作参考。"
    return Table("各部门一致率", "各历史部门的一致率", columns, rows, shown=50, note=note)


def _disagreements(view: View) -> Table:
    pairs, totals = Counter[tuple[str, str]](), Counter[str]()
    for (_, history, model, _), n in view.counts.compared.items():
        totals[history] += n
        if history != model:
            pairs[history, model] += n
    top = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:_MOST_PAIRS]
    rows = [(view.department(one), view.department(two), n, n / totals[one]) for (one, two), n in top]
    columns = [
        Column("历史部门"),
        Column("模型部门"),
        Column("条数", Kind.COUNT),
        Column("占该历史部门", Kind.SHARE),
    ]
    return Table("不一致组合", "最常见的不一致", columns, rows, shown=15)


def _example_card(view: View, pair: tuple[str, str], count: int, mistakes: Mistakes) -> Card:
    example = mistakes.examples[pair][0]
    facts = [("同类", f"{count_text(count)} 条"), ("把握", f"{example.confidence:.0%}")]
    facts += [("受理", example.received)] if example.received else []
    facts.append(("出处", f"{example.source} 第 {example.line} 行"))
    title = f"{view.department(pair[0])} → {view.department(pair[1])}"
    return Card(title, (), facts, excerpt(example.text))


def _mistake_rows(view: View, mistakes: Mistakes) -> Table:
    columns = [
        Column("文件"),
        Column("行", Kind.NUMBER),
        Column("受理日期", Kind.SHORT),
        Column("历史部门"),
        Column("模型部门"),
        Column("把握", Kind.SHARE),
        Column("内容（已脱敏）"),
    ]
    rows = [
        (
            row.source,
            row.line,
            row.received,
            view.department(row.history),
            view.department(row.department),
            row.confidence,
            excerpt(row.text, 300),
        )
        for row in mistakes.rows
    ]
    return Table("疑似错派明细", "疑似错派明细", columns, rows, shown=0)
