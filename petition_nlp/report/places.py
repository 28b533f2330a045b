"""Where orders come from: areas by number, by growth and over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from petition_nlp.report import charts
from petition_nlp.report.content import Cell, Chart, Column, Kind, Section, Table, count_text, share_text
from petition_nlp.report.counts import OTHER
from petition_nlp.report.drift import SIGNIFICANT, comparisons
from petition_nlp.report.periods import Month
from petition_nlp.report.statistics import Change, changes
from petition_nlp.report.view import UNKNOWN_AREA, View, ranked, shown_name, top_series

_MOST_BARS = 15
_MOST_ROWS = 500


def busiest(view: View) -> frozenset[str]:
    """The areas that the section looks at."""
    return frozenset(name for name, _ in _areas(view)[:_MOST_ROWS])


def places(view: View, by_area: Mapping[tuple[str, Month, str | None], int]) -> Section | None:
    """Areas by number, growth and time; None without a place column.

    :param by_area: orders of the areas of :func:`busiest` by month and department.
    """
    areas = _areas(view)
    if not areas:
        return None
    blocks: list[Chart | Table] = [_count_chart(view, areas, by_area)]
    findings = _findings(view, areas)
    if view.timeline is not None and len(view.timeline) > 1:
        series = view.by_period((month, area, n) for (area, month, _), n in by_area.items())
        blocks.append(_heat_map(view, areas, series))
        for name, period in comparisons(view):
            table, clear = _growth(view, name, series, period)
            blocks.append(table)
            rising = [change for change in clear if change.z > 0]
            if rising:
                listed = "、".join(
                    f"{change.name}（{count_text(change.before)} → {count_text(change.after)} 条）"
                    for change in rising[:3]
                )
                findings.append(f"{name}，占比明显上升的区域：{listed}。")
    unknown = view.counts.areas.get("", 0)
    lead = [f"{count_text(unknown)} 条未注明区域。"] if unknown else []
    return Section("places", "区域热点", lead, blocks, findings=findings)


def _areas(view: View) -> list[tuple[str, int]]:
    return [(name, n) for name, n in ranked(view.counts.areas) if name not in ("", OTHER)]


def _count_chart(
    view: View, areas: Sequence[tuple[str, int]], by_area: Mapping[tuple[str, Month, str | None], int]
) -> Chart:
    departments: dict[str, Counter[str]] = {}
    for (area, _, code), n in by_area.items():
        departments.setdefault(area, Counter())[view.department(code)] += n
    known = sum(n for _, n in areas)
    rows: list[tuple[Cell, ...]] = [
        (
            shown_name(area),
            n,
            n / known,
            "、".join(f"{name} {count_text(k)}" for name, k in ranked(departments.get(area, Counter()))[:3]),
        )
        for area, n in areas[:_MOST_ROWS]
    ]
    columns = [Column("区域"), Column("条数", Kind.COUNT), Column("占有区域的", Kind.SHARE), Column("主要部门")]
    table = Table("区域诉求量", "各区域诉求量", columns, rows, shown=30)
    top = areas[:_MOST_BARS]
    names = [shown_name(area) for area, _ in top]
    listed = "，".join(f"{shown_name(area)} {count_text(n)} 条" for area, n in top[:3])
    return Chart(
        "areas",
        "各区域诉求量" + (f"（前 {_MOST_BARS} 位）" if len(areas) > _MOST_BARS else ""),
        charts.bars(names, [n for _, n in top], name="诉求量"),
        f"条形图，各区域诉求量：{listed}。",
        table,
        height=max(90, 26 * len(top) + 24),
    )


def _heat_map(view: View, areas: Sequence[tuple[str, int]], series: dict[str, list[int]]) -> Chart:
    timeline = view.timeline
    assert timeline is not None
    top = [area for area, _ in areas[:_MOST_BARS] if area in series]
    names = [shown_name(area) for area in top]
    values = [series[area] for area in top]
    columns = [Column("区域"), *(Column(label, Kind.COUNT) for label in timeline.labels)]
    rows: list[tuple[Cell, ...]] = [
        (shown_name(area), *series[area]) for area, _ in areas[:_MOST_ROWS] if area in series
    ]
    table = Table("区域各期诉求量", f"各区域各{timeline.unit}诉求量", columns, rows, shown=_MOST_BARS)
    option = charts.heat_map(timeline.labels, names, values)
    description = f"热力图，诉求最多的 {len(top)} 个区域各{timeline.unit}的诉求量，颜色越深越多。"
    return Chart("area-periods", table.title, option, description, table, height=26 * len(top) + 120)


def _growth(view: View, name: str, series: dict[str, list[int]], period: int) -> tuple[Table, list[Change]]:
    timeline = view.timeline
    assert timeline is not None
    kept = top_series(series, _MOST_ROWS)
    before = {shown_name(area): values[period] for area, values in kept.items()}
    after = {shown_name(area): values[timeline.current] for area, values in kept.items()}
    found = changes(before, after)
    clear = [change for change in found if change.q < SIGNIFICANT]
    columns = [
        Column("区域"),
        Column(f"{timeline.label(period)} 条数", Kind.COUNT),
        Column(f"{timeline.label(timeline.current)} 条数", Kind.COUNT),
        Column("增幅", Kind.SHARE),
        Column("占比变化（百分点）", Kind.POINTS),
        Column("z", Kind.NUMBER),
        Column("判断", Kind.SHORT),
    ]
    order = sorted(found, key=lambda change: (change not in clear, -change.z, change.name))
    rows = [
        (
            change.name,
            change.before,
            change.after,
            change.after / change.before - 1 if change.before else None,
            change.share_after - change.share_before,
            round(change.z, 2),
            ("占比明显上升" if change.z > 0 else "占比明显下降") if change in clear else "不明显",
        )
        for change in order
    ]
    note = "" if clear else "各区域占比没有明显变化。"
    return Table(f"区域变化_{name}", f"区域的变化：{name}", columns, rows, shown=10, note=note), clear


def _findings(view: View, areas: Sequence[tuple[str, int]]) -> list[str]:
    if len(areas) < 2:
        return []
    known = sum(n for _, n in areas)
    listed = "、".join(f"{shown_name(area)}（{share_text(n / known)}）" for area, n in areas[:3])
    return [f"诉求最集中的区域是{listed}。"]


def area_text(areas: Sequence[tuple[str, int]]) -> str:
    """Areas of an issue in words."""
    listed = "、".join(shown_name(area) or UNKNOWN_AREA for area, _ in areas[:3])
    return f"{listed}等 {len(areas)} 个区域" if len(areas) > 3 else listed
