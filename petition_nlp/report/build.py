"""Facts in, a folder with the report out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from petition_nlp.report.agreement import agreement, likely_mistakes
from petition_nlp.report.content import Section, Tile, count_text, share_text
from petition_nlp.report.counts import count, count_areas
from petition_nlp.report.drift import comparisons, drift
from petition_nlp.report.facts import ReportRun
from petition_nlp.report.files import tables, write_tables
from petition_nlp.report.hot import find_hot_issues, group_signs, hot_issues
from petition_nlp.report.mistakes import Mistakes, find_mistakes
from petition_nlp.report.page import PAGE, Page, render
from petition_nlp.report.periods import month_of, timeline
from petition_nlp.report.places import busiest, places
from petition_nlp.report.view import View
from petition_nlp.report.volumes import review, volumes
from petition_nlp.report.words import RisingWord, rising_words
from petition_nlp.taxonomy import Taxonomy


def build_report(parts: Sequence[Path], folder: Path, *, taxonomy: Taxonomy, run: ReportRun) -> Path:
    """Write the report on a run: ``报告.html``, ``表格/*.csv`` and ``表格.xlsx``.

    The facts are read several times, a batch at a time; the same facts and run give the same bytes.

    :param parts: files of :class:`~petition_nlp.report.facts.FactsWriter`, in the order of the archive.
    :param folder: exists and is empty.
    :return: the page.
    :raises MissingExtraError: pyarrow is not installed.
    """
    counts = count(parts)
    view = View(run, counts, timeline(counts.days), taxonomy)
    by_area = count_areas(parts, busiest(view)) if busiest(view) else {}
    mistakes = find_mistakes(parts) if counts.with_history else Mistakes()
    words = _words(parts, view)
    issues = find_hot_issues(parts, view, folder)
    optional = [
        hot_issues(view, issues),
        group_signs(view, issues),
        places(view, by_area),
        drift(view, words),
        agreement(view),
        likely_mistakes(view, mistakes),
    ]
    sections = [volumes(view), review(view), *(section for section in optional if section is not None)]
    if not counts.rows:
        sections = [Section("empty", "没有数据", ["没有可分析的诉求。"])]
    write_tables(tables(sections), folder, run.date)
    page = Page(run, _facts(view), _tiles(view), [line for section in sections for line in section.findings], sections)
    path = folder / PAGE
    path.write_text(render(page), encoding="utf-8", errors="replace", newline="\n")
    return path


def _words(parts: Sequence[Path], view: View) -> dict[str, list[RisingWord]]:
    """Rising words of each comparison."""
    sizes: dict[int, int] = {}
    for day, n in view.counts.days.items():
        sizes[month_of(day)] = sizes.get(month_of(day), 0) + n
    current = view.timeline.current if view.timeline else 0
    return {
        name: rising_words(parts, view.months(period), view.months(current), sizes)
        for name, period in comparisons(view)
    }


def _facts(view: View) -> list[tuple[str, str]]:
    run, counts, timeline = view.run, view.counts, view.timeline
    dated = counts.days.total()
    facts = [("数据", f"{count_text(run.files)} 个文件，{count_text(counts.rows)} 条诉求")]
    if run.rejected:
        facts.append(("未能读取", f"{count_text(run.rejected)} 行，未列入统计"))
    if timeline is not None:
        first = min(day for day in counts.days if month_of(day) >= timeline.first)
        facts.append(("受理时间", f"{first} 至 {timeline.last_day}"))
    else:
        facts.append(("受理时间", "无，不作按时间的统计"))
    if timeline is not None and dated < counts.rows:
        facts.append(("无受理时间", f"{count_text(counts.rows - dated)} 条，未列入按时间的统计"))
    if timeline is not None and timeline.stray:
        facts.append(("时间离群", f"{count_text(timeline.stray)} 条，疑为笔误，未列入按时间的统计"))
    facts += [
        ("模型", f"{run.model}（{run.profile}）"),
        ("分类目录", run.taxonomy),
        ("目标准确率", f"{run.target_precision:.0%}"),
        ("生成日期", run.date.isoformat()),
        ("分析用时", _duration(run.seconds)),
    ]
    return facts


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} 秒"
    return f"{minutes} 分钟" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60} 分钟"


def _tiles(view: View) -> list[Tile]:
    counts = view.counts
    if not counts.rows:
        return []
    compared = counts.compared.total()
    agreed = sum(n for (_, history, model, _), n in counts.compared.items() if history == model)
    urgent = counts.emergencies.total()
    wrong = sum(n for (_, history, model, sure), n in counts.compared.items() if sure and history != model)
    tiles = [
        Tile("诉求总量", count_text(counts.rows), f"{count_text(view.run.files)} 个文件"),
        Tile("可直接分拨", share_text(counts.sure / counts.rows), f"{count_text(counts.sure)} 条"),
        Tile("紧急诉求", count_text(urgent), f"占 {share_text(urgent / counts.rows)}"),
    ]
    if compared:
        tiles += [
            Tile("与历史部门一致", share_text(agreed / compared), f"可比较 {count_text(compared)} 条"),
            Tile("疑似错派", count_text(wrong), "模型有把握且不一致"),
        ]
    else:
        departments = {code for (_, _, code, _) in counts.routed if code}
        tiles += [
            Tile("涉及部门", count_text(len(departments)), "个"),
            Tile("涉及区域", count_text(len([name for name in counts.areas if name])), "个"),
        ]
    return tiles
