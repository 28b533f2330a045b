"""How the mix of orders changes over time: departments, topics, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from petition_nlp.report import charts
from petition_nlp.report.content import Chart, Column, Kind, Section, Table, points_text, share_text
from petition_nlp.report.statistics import Change, changes
from petition_nlp.report.view import View, shares, shown_name, top_series
from petition_nlp.report.words import RisingWord

SIGNIFICANT = 0.05
"""Largest share of false alarms among the changes that are called clear (Benjamini and Hochberg)."""

_MOST_LINES = 6
_LEAST = 5
_NO_TOPIC = "（无分类）"


def comparisons(view: View) -> list[tuple[str, int]]:
    """What the current period is compared with: names and periods."""
    timeline = view.timeline
    if timeline is None or timeline.current < 1:
        return []
    found = [("与上期相比", timeline.current - 1)]
    if timeline.year_ago is not None and timeline.year_ago != timeline.current - 1:
        found.append(("与去年同期相比", timeline.year_ago))
    return found


def drift(view: View, words: Mapping[str, Sequence[RisingWord]]) -> Section | None:
    """Departments, topics and words that rose or fell; None where there are no two periods.

    :param words: by the name of the comparison.
    """
    compared = comparisons(view)
    if not compared or view.timeline is None:
        return None
    departments = view.by_period(
        (month, view.department(code), n) for (month, _, code, _), n in view.counts.routed.items()
    )
    topics = view.by_period(
        (month, shown_name(topic) or _NO_TOPIC, n) for (month, topic), n in view.counts.topics.items()
    )
    blocks: list[Chart | Table] = [_share_chart(view, "department-shares", "责任部门", departments)]
    findings: list[str] = []
    for name, period in compared:
        table, clear = _change_table(view, name, "责任部门", departments, period)
        blocks.append(table)
        findings += _finding(view, name, period, clear)
    if set(topics) - {_NO_TOPIC}:
        blocks.append(_share_chart(view, "topic-shares", "原有分类", topics))
        blocks += [_change_table(view, name, "原有分类", topics, period)[0] for name, period in compared]
    for name, period in compared:
        blocks.append(_word_table(view, name, period, words.get(name, ())))
    rising = words.get(compared[0][0], ())
    if rising:
        listed = "、".join(f"「{word.word}」" for word in rising[:6])
        findings.append(f"{view.timeline.label(view.timeline.current)} 明显增多的词：{listed}。")
    return Section("drift", "诉求结构的变化", [_lead(view)], blocks, findings=findings)


def _lead(view: View) -> str:
    timeline = view.timeline
    assert timeline is not None
    unfinished = "" if timeline.current == len(timeline) - 1 else f"（{timeline.labels[-1]} 未满，不作比较）"
    return (
        f"以 {timeline.label(timeline.current)} 为本期{unfinished}。比较的是占比而不是条数；"
        f"「明显」指对数优势比检验经 Benjamini–Hochberg 校正后 q < {SIGNIFICANT}，其余变化可能只是偶然。"
    )


def _share_chart(view: View, element: str, title: str, series: dict[str, list[int]]) -> Chart:
    timeline = view.timeline
    assert timeline is not None
    totals = [sum(column) for column in zip(*series.values(), strict=True)]
    top = top_series(series, _MOST_LINES)
    rates = {name: shares(values, totals) for name, values in top.items() if name in series}
    order = sorted(series, key=lambda name: (-sum(series[name]), name))
    columns = [Column(timeline.unit), *(Column(name, Kind.SHARE) for name in order)]
    by_name = {name: shares(series[name], totals) for name in order}
    rows = [(label, *(by_name[name][index] for name in order)) for index, label in enumerate(timeline.labels)]
    table = Table(
        f"各期{title}占比",
        f"各{timeline.unit}{title}占比",
        columns,
        rows,
        shown=40,
        wide=frozenset(order[_MOST_LINES:]),
        note="页面只列占比最高的几项，全部见表格文件。" if len(order) > _MOST_LINES else "",
    )
    description = f"折线图，占比最高的 {len(rates)} 个{title}各{timeline.unit}的占比：{'、'.join(rates)}。"
    return Chart(
        element, f"{table.title}（前 {len(rates)} 项）", charts.lines(timeline.labels, rates), description, table
    )


def _change_table(
    view: View, name: str, title: str, series: Mapping[str, Sequence[int]], period: int
) -> tuple[Table, list[Change]]:
    timeline = view.timeline
    assert timeline is not None
    before = {key: values[period] for key, values in series.items()}
    after = {key: values[timeline.current] for key, values in series.items()}
    found = changes(before, after)
    clear = [change for change in found if change.q < SIGNIFICANT and max(change.before, change.after) >= _LEAST]
    labels = timeline.label(period), timeline.label(timeline.current)
    columns = [
        Column(title),
        Column(f"{labels[0]} 条数", Kind.COUNT),
        Column(f"{labels[1]} 条数", Kind.COUNT),
        Column(f"{labels[0]} 占比", Kind.SHARE),
        Column(f"{labels[1]} 占比", Kind.SHARE),
        Column("变化（百分点）", Kind.POINTS),
        Column("z", Kind.NUMBER),
        Column("判断", Kind.SHORT),
    ]
    order = sorted(found, key=lambda change: (change not in clear, -abs(change.z), change.name))
    rows = [
        (
            change.name,
            change.before,
            change.after,
            change.share_before,
            change.share_after,
            change.share_after - change.share_before,
            round(change.z, 2),
            _verdict(change, change in clear),
        )
        for change in order
    ]
    note = "" if clear else "没有明显变化。"
    shown = max(6, min(len(clear), 14))
    return Table(f"{title}变化_{name}", f"{title}占比的变化：{name}", columns, rows, shown=shown, note=note), clear


def _verdict(change: Change, clear: bool) -> str:
    if not clear:
        return "不明显"
    return "明显上升" if change.z > 0 else "明显下降"


def _finding(view: View, name: str, period: int, clear: Sequence[Change]) -> list[str]:
    assert view.timeline is not None
    parts = []
    for word, side in (("上升", [c for c in clear if c.z > 0]), ("下降", [c for c in reversed(clear) if c.z < 0])):
        if side:
            listed = "、".join(f"{change.name}（{_from_to(change)}）" for change in side[:2])
            parts.append(f"占比明显{word}的有{listed}")
    if not parts:
        return []
    current = view.timeline.label(view.timeline.current)
    return [f"{current} {name}（{view.timeline.label(period)}），{'；'.join(parts)}。"]


def _from_to(change: Change) -> str:
    return (
        f"{share_text(change.share_before)} → {share_text(change.share_after)}，"
        f"{points_text(change.share_after - change.share_before)} 个百分点"
    )


def _word_table(view: View, name: str, period: int, words: Sequence[RisingWord]) -> Table:
    timeline = view.timeline
    assert timeline is not None
    labels = timeline.label(period), timeline.label(timeline.current)
    columns = [
        Column("词"),
        Column(f"{labels[0]} 占比", Kind.SHARE),
        Column(f"{labels[1]} 占比", Kind.SHARE),
        Column(f"{labels[1]} 条数", Kind.COUNT),
        Column("z", Kind.NUMBER),
        Column("主要涉及部门"),
    ]
    rows = [
        (
            word.word,
            word.share_before,
            word.share_after,
            word.after,
            round(word.z, 1),
            "、".join(f"{view.department(code)} {n}" for code, n in word.departments),
        )
        for word in words
    ]
    note = (
        "含该词的诉求所占比例；检验为带先验的对数优势比（Fightin' Words），不含地名、人名和常用词。"
        if words
        else "没有明显增多的词。"
    )
    return Table(f"上升词_{name}", f"明显增多的词：{name}", columns, rows, shown=15, note=note)
