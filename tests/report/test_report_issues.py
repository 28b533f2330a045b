from __future__ import annotations

import csv
import datetime
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import TAXONOMY, make_fact, make_run

from petition_nlp.report import Fact
from petition_nlp.report.content import Section, Table
from petition_nlp.report.counts import count
from petition_nlp.report.hot import HotIssues, find_hot_issues, group_signs, hot_issues
from petition_nlp.report.issues.features import Weighting, content, joined
from petition_nlp.report.issues.heat import describe
from petition_nlp.report.issues.stream import Ordinary, as_date, day_number, windows
from petition_nlp.report.issues.tracker import Report, Tracker, gather
from petition_nlp.report.periods import month_of, timeline
from petition_nlp.report.view import View
from petition_nlp.text.mask import mask
from petition_nlp.text.normalise import normalise

Store = Callable[..., list[Path]]
START = day_number(datetime.date(2026, 5, 1))
AREAS = ("鹭洲区", "城东区", "北岭区", "星湾区", "临江区", "雁鸣区", "望川区", "禾丰县")


def planted() -> list[Report]:
    """Invented reports of twenty issues."""
    lines = (Path(__file__).parent / "hot_issues.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Report(START + row["day"], row["area"], row["department"], False, row["issue"], number, row["text"])
        for number, row in enumerate(rows)
    ]


@cache
def _sample_orders() -> list[tuple[str, str]]:
    """Text and department of the repository's invented sample orders."""
    path = Path(__file__).parents[2] / "data" / "samples" / "orders.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        (mask(normalise(row["诉求内容"])), TAXONOMY.resolve("department", row["责任部门"]) or "subdistrict")
        for row in rows
    ]


def background(number: int) -> list[Report]:
    """Orders that are about something different each."""
    rng = random.Random(4)
    return [
        Report(START + rng.randrange(25), rng.choice(AREAS), department, False, "", line, text)
        for line, (text, department) in enumerate(_sample_orders()[:number])
    ]


def clusters(reports: Sequence[Report]) -> list[list[Report]]:
    """The reports of each issue that is found."""
    ordered = sorted(reports, key=lambda report: report.day)
    found: dict[int, list[Report]] = {}
    for label, report in zip(gather(ordered), ordered, strict=True):
        if label >= 0:
            found.setdefault(label, []).append(report)
    return list(found.values())


def copies(text: str, number: int, *, day: int = START, area: str = "城东区") -> list[Report]:
    return [Report(day, area, "gas", False, "a.csv", line, text) for line in range(number)]


def test_differently_worded_reports_of_planted_issues_are_gathered() -> None:
    groups = clusters(planted() + background(450))
    found = set()
    for group in groups:
        issue, n = Counter(report.source for report in group).most_common(1)[0]
        if issue and n >= 5 and n / len(group) >= 0.7:
            found.add(issue)
    assert len(found) >= 12


def test_one_compound_with_two_problems_is_two_issues() -> None:
    mixed = [report for report in planted() if report.source in ("cuihu_fee", "cuihu_water")]
    found = set()
    for group in clusters(mixed + background(450)):
        issue, n = Counter(report.source for report in group).most_common(1)[0]
        if n >= 5:
            assert n / len(group) > 0.8
            found.add(issue)
    assert found == {"cuihu_fee", "cuihu_water"}


def test_reports_more_than_two_weeks_apart_are_not_linked() -> None:
    early = copies("翠湖新城整个小区停水两天了", 3)
    late = copies("翠湖新城整个小区停水两天了", 3, day=START + 15)
    assert sorted(len(group) for group in clusters(early + late + background(200)) if group[0].area == "城东区") == [
        3,
        3,
    ]


def test_an_issue_goes_on_over_the_border_of_a_window() -> None:
    tracker = Tracker()
    text = "云顶大厦工地拖欠木工班组三个月工资"
    noise = background(150)
    ended = []
    for step in range(0, 24, 4):
        day = START + step
        ended += tracker.add(
            [*copies(text, 2, day=day), *(replace(report, day=day) for report in noise[step * 5 :][:20])]
        )
    ended += tracker.close()
    (issue,) = [issue for issue in ended if issue.departments["gas"]]
    assert (issue.reports, len(issue.days), len(issue.wordings)) == (12, 6, 1)


def test_an_issue_ends_when_nothing_more_comes() -> None:
    tracker = Tracker()
    assert tracker.add([*copies("柳河河水发黑漂着死鱼", 6), *background(0)]) == []
    ended = tracker.add(copies("别的事情", 1, day=START + 20, area="北岭区"))
    assert [issue.reports for issue in ended] == [6]
    assert tracker.close() == []


def test_the_tracker_holds_no_more_than_two_weeks() -> None:
    tracker = Tracker()
    for day in range(60):
        tracker.add([replace(report, day=START + day) for report in background(10)])
    assert len(tracker._held) == 10 * 15


def test_too_few_reports_are_no_issue() -> None:
    tracker = Tracker()
    tracker.add(copies("柳河河水发黑漂着死鱼", 4))
    assert tracker.close() == []


def test_copies_are_told_from_different_wordings() -> None:
    assert content("您好，[姓名]家停电！") == content("您好 家停电。[手机号]")
    assert content("停电") != content("停水")


def test_vectors_of_both_parts_come_back_in_order() -> None:
    weighting = Weighting()
    first, second = weighting.vectors(["停水三天", ""]), weighting.vectors(["学费太贵"])
    both = joined(first, second)
    assert len(both) == 3
    assert both.take(np.array([2])).ids.tolist() == second.ids.tolist()
    assert both.signatures[1].tolist() == [-1] * both.signatures.shape[1]


def _issue_of(reports: Sequence[Report], ordinary: Ordinary | None = None, last_day: int = START + 30):  # type: ignore[no-untyped-def]
    tracker = Tracker()
    ended = tracker.add(sorted(reports, key=lambda report: report.day)) + tracker.close()
    issue = max(ended, key=lambda issue: issue.reports)
    return describe(issue, ordinary or Ordinary(), last_day, tracker.weighting.rarity)


def test_the_heat_index_is_the_sum_of_its_published_parts() -> None:
    reports = copies("柳河河水发黑漂着死鱼", 40) + background(300)
    found = _issue_of(reports, last_day=START)
    assert found.heat.volume == pytest.approx(40 * math.log(41) / math.log(101))
    assert (found.heat.recent, found.heat.spread, found.heat.fresh) == (15, 0, 20)
    assert found.heat.days == pytest.approx(15 / 14)
    assert found.heat.total == pytest.approx(found.heat.volume + 15 / 14 + 35)
    assert _issue_of(reports, last_day=START + 14).heat.fresh == pytest.approx(10)
    assert _issue_of(reports, last_day=START + 14).heat.recent == 0


def test_copies_count_and_are_shown_apart() -> None:
    found = _issue_of(copies("柳河河水发黑漂着死鱼", 7))
    assert (found.reports, found.repeats) == (7, 6)


def test_a_burst_needs_more_than_the_usual_number_of_orders() -> None:
    late = [report for report in planted() if report.source == "kindergarten"]
    quiet, busy = Ordinary(), Ordinary()
    busy.add("桐山县", "education", month_of(as_date(START)), 2000)
    assert _issue_of(late + background(300), quiet).peak.burst
    assert not _issue_of(late + background(300), busy).peak.burst


def test_one_caller_who_calls_often_is_no_burst() -> None:
    assert not _issue_of(copies("柳河河水发黑漂着死鱼", 30)).peak.burst


def test_a_burst_in_the_words_of_a_group_is_the_strongest_sign() -> None:
    texts = [
        f"云顶大厦工地{what}"
        for what in ("拖欠工资", "工人集体讨薪", "拖欠工资工友们要去上访", "欠薪", "拖欠工资没人管")
    ]
    reports = [replace(copies(text, 1)[0], line=n) for n, text in enumerate(texts)]
    found = _issue_of([*reports, *background(200)])
    assert (found.sign, found.group_words) == (2, 2)
    asked = _issue_of([*(replace(report, inquiry=True) for report in reports), *background(200)])
    assert (asked.sign, asked.inquiry) == (0, True)


def _facts(reports: Sequence[Report]) -> list[Fact]:
    return [
        make_fact(
            received=as_date(report.day),
            area=report.area,
            department=report.department,
            request_type="咨询" if report.inquiry else "投诉",
            line=report.line,
            text=report.text,
        )
        for report in reports
    ]


def _found(store: Store, tmp_path: Path, facts: Sequence[Fact]) -> tuple[View, HotIssues | None]:
    parts = store(facts, part=40)
    counts = count(parts)
    view = View(make_run(), counts, timeline(counts.days), TAXONOMY)
    return view, find_hot_issues(parts, view, tmp_path)


def test_the_order_of_an_archive_does_not_matter_to_the_windows(store: Store, tmp_path: Path) -> None:
    reports = background(200)
    random.Random(1).shuffle(reports)
    parts = store(_facts(reports), part=30)
    months = {month_of(as_date(report.day)) for report in reports}
    (tmp_path / "sort").mkdir()
    got = [
        report
        for window in windows(parts, range(min(months), max(months) + 1), tmp_path / "sort", Ordinary())
        for report in window
    ]
    assert [report.day for report in got] == sorted(report.day for report in reports)
    assert Counter(report.text for report in got) == Counter(report.text for report in reports)


def test_windows_are_bounded_and_leave_nothing_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("petition_nlp.report.issues.stream.WINDOW_REPORTS", 16)
    monkeypatch.setattr("petition_nlp.report.issues.stream._BUFFERED", 25)
    parts = store(_facts(background(100)), part=30)
    (tmp_path / "sort").mkdir()
    month = month_of(as_date(START))
    sizes = [len(window) for window in windows(parts, range(month, month + 1), tmp_path / "sort", Ordinary())]
    assert (max(sizes), sum(sizes)) == (16, 100)
    assert not [path for path in (tmp_path / "sort").rglob("*") if path.is_file()]


def test_the_sections_name_issue_wording_and_place(store: Store, tmp_path: Path) -> None:
    reports = sorted(planted() + background(300), key=lambda report: report.day)
    view, issues = _found(store, tmp_path, _facts(reports))
    section, signs = hot_issues(view, issues), group_signs(view, issues)
    assert signs is not None
    urgent = [card for block in signs.blocks if isinstance(block, tuple) for card in block if card.urgent]
    (card,) = [card for card in urgent if "小星星" in card.title]
    assert {("区域", "桐山县"), ("部门", "教育部门")} < set(card.facts)
    assert "小星星" in card.quote
    assert any("小星星" in str(row[1]) for row in _rows(section, "热点问题"))
    assert any("群体性事件苗头" in line for line in signs.findings)


def _rows(section: Section, name: str) -> list[tuple[object, ...]]:
    return [
        tuple(row) for block in section.blocks if isinstance(block, Table) and block.name == name for row in block.rows
    ]


def test_only_the_last_two_years_are_searched(store: Store, tmp_path: Path) -> None:
    old = copies("柳河河水发黑漂着死鱼一大片没有人打捞", 9, day=START - 800)
    new = copies("翠湖新城地下车库积水淹了几十辆车", 9)
    _, issues = _found(store, tmp_path, _facts([*old, *new, *background(200)]))
    assert issues is not None
    assert [issue.wording for issue in issues.kept if issue.department == "gas"] == [new[0].text]


def test_without_dates_it_says_so(store: Store, tmp_path: Path) -> None:
    view, issues = _found(store, tmp_path, [make_fact(received=None)])
    assert issues is None
    assert "没有受理时间" in hot_issues(view, issues).lead[0]
    assert group_signs(view, issues) is None
