"""How many orders there are: by matter, department, period, kind and emergency line; and how many a person sees."""

from __future__ import annotations

from collections import Counter

from petition_nlp.archive.summary import REASON_NAMES
from petition_nlp.report import charts
from petition_nlp.report.content import Cell, Chart, Column, Kind, Section, Table, count_text, share_text
from petition_nlp.report.view import View, ranked, shares, top_series

_MOST_BARS = 20


def volumes(view: View) -> Section:
    """Orders by matter, department, period, request type and emergency line."""
    counts = view.counts
    matters, departments = Counter[str](), Counter[str]()
    for (_, matter, department, _), n in counts.routed.items():
        matters[view.matter(matter)] += n
        departments[view.department(department)] += n
    types = Counter({name or "（未判定）": n for name, n in counts.request_types.items()})
    charted = [
        _bar_chart(view, "matters", "事项类别", "各事项类别的诉求量", matters),
        _bar_chart(view, "departments", "责任部门", "各责任部门的诉求量", departments),
    ]
    if set(types) != {"（未判定）"} and types:
        charted.append(_bar_chart(view, "types", "诉求类型", "各诉求类型的诉求量", types))
    over_time = _over_time(view)
    blocks: list[Chart | Table] = [*over_time, *charted]
    if counts.emergencies:
        blocks.append(_count_table(view, "紧急诉求", "紧急诉求应转接的线路", "线路", counts.emergencies))
    return Section("volumes", "诉求总量与构成", blocks=blocks, findings=_findings(view, matters, departments))


def review(view: View) -> Section:
    """How many orders a person has to look at, and why."""
    counts = view.counts
    reviewed = counts.rows - counts.sure
    share = reviewed / counts.rows if counts.rows else 0.0
    lead = [
        f"共 {count_text(reviewed)} 条（{share_text(share)}）需人工复核，其余 {count_text(counts.sure)} 条可直接分拨"
        f"（自动分拨的目标准确率为 {view.run.target_precision:.0%}）。一条诉求可以有几个复核原因。"
    ]
    blocks: list[Chart | Table] = []
    if view.timeline is not None and len(view.timeline) > 1:
        blocks.append(_review_chart(view))
    named = Counter[str]()
    for code, n in counts.reasons.items():
        named[REASON_NAMES.get(code, code)] += n
    if named:
        blocks.append(_bar_chart(view, "reasons", "复核原因", "人工复核的原因", named))
    finding = f"需人工复核 {count_text(reviewed)} 条，占 {share_text(share)}"
    if named:
        name, n = ranked(named)[0]
        finding += f"；最常见的原因是「{name}」（{count_text(n)} 条）"
    return Section("review", "人工复核", lead, blocks, findings=[f"{finding}。"] if counts.rows else [])


def _over_time(view: View) -> list[Chart | Table]:
    if view.timeline is None:
        return []
    series = view.by_period((month, view.matter(matter), n) for (month, matter, _, _), n in view.counts.routed.items())
    series = top_series(series, 8)
    labels, unit = view.timeline.labels, view.timeline.unit
    columns = [Column(unit), *(Column(name, Kind.COUNT) for name in series), Column("合计", Kind.COUNT)]
    totals = [sum(column) for column in zip(*series.values(), strict=True)]
    rows: list[tuple[Cell, ...]] = [
        (label, *(values[index] for values in series.values()), totals[index]) for index, label in enumerate(labels)
    ]
    table = Table("各期诉求量", f"各{unit}诉求量（按事项类别）", columns, rows, shown=40)
    highest = max(range(len(totals)), key=lambda index: totals[index])
    description = (
        f"堆叠柱形图，{labels[0]} 至 {labels[-1]} 各{unit}的诉求量，按事项类别分层；"
        f"最多的是 {labels[highest]}，{count_text(totals[highest])} 条。"
    )
    return [Chart("periods", table.title, charts.stacked(labels, series), description, table)]


def _review_chart(view: View) -> Chart:
    assert view.timeline is not None
    totals = view.by_period((month, "all", n) for (month, _, _, _), n in view.counts.routed.items())["all"]
    people = view.by_period((month, "all", n) for (month, _, _, sure), n in view.counts.routed.items() if not sure)
    reviewed = people.get("all", [0] * len(totals))
    rates = shares(reviewed, totals)
    unit, labels = view.timeline.unit, view.timeline.labels
    rows = list(zip(labels, totals, reviewed, rates, strict=True))
    columns = [
        Column(unit),
        Column("诉求量", Kind.COUNT),
        Column("人工复核", Kind.COUNT),
        Column("复核率", Kind.SHARE),
    ]
    table = Table("各期复核率", f"各{unit}人工复核率", columns, rows, shown=40)
    known = [rate for rate in rates if rate is not None]
    description = f"折线图，各{unit}人工复核率，最低 {share_text(min(known))}，最高 {share_text(max(known))}。"
    option = charts.lines(labels, {"人工复核率": rates}, top=1.0)
    return Chart("review-rate", table.title, option, description, table, height=240)


def _bar_chart(view: View, element: str, column: str, title: str, counter: Counter[str]) -> Chart:
    table = _count_table(view, column, title, column, counter)
    top = ranked(counter)[:_MOST_BARS]
    names, values = [name for name, _ in top], [n for _, n in top]
    listed = "，".join(f"{name} {count_text(n)} 条" for name, n in top[:3])
    more = f"（前 {_MOST_BARS} 项）" if len(counter) > _MOST_BARS else ""
    option = charts.bars(names, values, name=title)
    return Chart(
        element, title + more, option, f"条形图，{title}：{listed}。", table, height=max(90, 26 * len(top) + 24)
    )


def _count_table(view: View, name: str, title: str, column: str, counter: Counter[str]) -> Table:
    total = view.counts.rows
    rows = [(key, n, n / total if total else None) for key, n in ranked(counter)]
    columns = [Column(column), Column("条数", Kind.COUNT), Column("占全部诉求", Kind.SHARE)]
    return Table(name, title, columns, rows, shown=60)


def _findings(view: View, matters: Counter[str], departments: Counter[str]) -> list[str]:
    total = view.counts.rows
    if not total:
        return []
    listed = "、".join(f"{name} {share_text(n / total)}" for name, n in ranked(matters)[:4])
    found = [f"按三事分流：{listed}。"]
    top = ranked(departments)[:3]
    part = sum(n for _, n in top) / total
    if len(departments) > 3:
        names = "、".join(f"{name}（{count_text(n)} 条）" for name, n in top)
        found.append(f"诉求量最大的三个部门是{names}，合计占 {share_text(part)}。")
    urgent = view.counts.emergencies.total()
    if urgent:
        found.append(f"{count_text(urgent)} 条可能涉及紧急危险（{share_text(urgent / total)}），应先转接应急线路。")
    return found
