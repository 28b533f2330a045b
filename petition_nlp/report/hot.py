"""Hot issues and early signs of group incidents, as a section."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petition_nlp.report.content import Card, Chart, Column, Kind, Section, Table, count_text
from petition_nlp.report.issues.heat import PEAK_DAYS, RECENT_DAYS, HotIssue, describe
from petition_nlp.report.issues.links import MOST_DAYS
from petition_nlp.report.issues.stream import Ordinary, day_number, windows
from petition_nlp.report.issues.tracker import MIN_REPORTS, Tracker
from petition_nlp.report.places import area_text
from petition_nlp.report.view import View, excerpt

MONTHS_BACK: Final = 24
"""Issues are looked for in so many last months of the archive."""

_KEPT: Final = 1_000
_LEAST_KEYWORDS: Final = 2
_CARDS: Final = 12
_SIGN_CARDS: Final = 12
_SIGNS: Final = ("", "关注", "重点关注")


@dataclass(frozen=True)
class HotIssues:
    """The issues of the archive's last months, the hottest first.

    :param found: how many there are in all; the least hot of very many are not kept.
    """

    kept: Sequence[HotIssue]
    found: int
    first_month: str


def find_hot_issues(parts: Sequence[Path], view: View, folder: Path) -> HotIssues | None:
    """Look for issues; None where no row has a date.

    :param folder: texts are sorted by month in a temporary folder inside it.
    """
    timeline = view.timeline
    if timeline is None:
        return None
    first = max(timeline.first, timeline.last - MONTHS_BACK + 1)
    last_day = day_number(timeline.last_day)
    ordinary, tracker = Ordinary(), Tracker()
    best = _Best()
    with tempfile.TemporaryDirectory(prefix=".issues.", dir=folder) as sorting:
        for window in windows(parts, range(first, timeline.last + 1), Path(sorting), ordinary):
            for issue in tracker.add(window):
                best.add(describe(issue, ordinary, last_day, tracker.weighting.rarity))
    for issue in tracker.close():
        best.add(describe(issue, ordinary, last_day, tracker.weighting.rarity))
    return HotIssues(best.ranked(), best.seen, f"{first // 12}-{first % 12 + 1:02}")


def hot_issues(view: View, issues: HotIssues | None) -> Section:
    """The hottest issues and those that look like a group incident."""
    if issues is None or view.timeline is None:
        return Section("hot", "热点问题", ["没有受理时间，无法识别时间和地点上集中的热点问题。"])
    asked = [issue for issue in issues.kept if issue.inquiry]
    reported = [issue for issue in issues.kept if not issue.inquiry]
    blocks: list[Chart | Table | tuple[Card, ...]] = []
    if reported:
        blocks += [
            _table(view, "热点问题", "热点问题（投诉、求助、举报等）", reported),
            _cards(view, reported[:_CARDS]),
        ]
    if asked:
        blocks.append(_table(view, "热点咨询", "热点咨询", asked))
    return Section("hot", "热点问题", [_lead(view, issues), _method()], blocks, findings=_findings(reported))


def group_signs(view: View, issues: HotIssues | None) -> Section | None:
    """Issues that many people report within few days, or in the words of a group; None without dates."""
    if issues is None:
        return None
    signs = [issue for issue in issues.kept if issue.sign]
    signs.sort(key=lambda issue: (-issue.sign, -issue.last.toordinal(), -issue.heat.total))
    lead = [
        f"「突增」指任意连续 {PEAK_DAYS} 天内同一问题的来件多得不像偶然：多于该区域该部门平时同样天数的全部来件"
        "（泊松检验 p < 0.001，且不少于 5 件、5 种不同表述），或达到 10 件、8 种不同表述。"
        "「群体用语」指至少两件、两成以上提到集体、联名、聚集、上访、维权、几十户等。"
        "两者都有列为重点关注。这只是提醒，须由人核实。"
    ]
    if not signs:
        return Section("signs", "群体性事件苗头", [*lead, "没有发现符合条件的问题。"])
    urgent = sum(issue.sign == 2 for issue in signs)
    recent = [issue for issue in signs if view.timeline and (view.timeline.last_day - issue.last).days < MOST_DAYS]
    lead.append(
        f"共 {count_text(len(signs))} 个问题，其中重点关注 {count_text(urgent)} 个；"
        f"最近 {MOST_DAYS} 天仍有来件的 {count_text(len(recent))} 个。"
    )
    blocks: list[Chart | Table | tuple[Card, ...]] = [_sign_table(view, signs), _cards(view, signs[:_SIGN_CARDS])]
    findings = []
    if recent:
        top = max(recent, key=lambda issue: (issue.sign, issue.heat.total))
        findings.append(
            f"群体性事件苗头：最近 {MOST_DAYS} 天仍有来件的 {count_text(len(recent))} 个，"
            f"首要的是「{_title(top)}」（{area_text(top.areas)}，{count_text(top.reports)} 件）。"
        )
    return Section("signs", "群体性事件苗头", lead, blocks, findings=findings)


class _Best:
    """The issues with a sign and the hottest of the others, as many as are kept."""

    def __init__(self) -> None:
        self.seen = 0
        self._heap: list[tuple[int, float, int, HotIssue]] = []

    def add(self, issue: HotIssue) -> None:
        if len(issue.keywords) < _LEAST_KEYWORDS:
            return  # reports that share hardly a word are no issue
        self.seen += 1
        entry = (issue.sign, issue.heat.total, -self.seen, issue)
        if len(self._heap) < _KEPT:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def ranked(self) -> list[HotIssue]:
        return [entry[3] for entry in sorted(self._heap, key=lambda entry: (-entry[1], -entry[2]))]


def _lead(view: View, issues: HotIssues) -> str:
    assert view.timeline is not None
    whole = issues.first_month == f"{view.timeline.first // 12}-{view.timeline.first % 12 + 1:02}"
    where = "全部有受理时间的诉求" if whole else f"{issues.first_month} 以来（最近 {MONTHS_BACK} 个月）的诉求"
    return (
        f"把{where}按内容相近、区域相同、相隔不超过 {MOST_DAYS} 天归并，{MIN_REPORTS} 件以上为一个问题，"
        f"共 {count_text(issues.found)} 个。归并按文字相似度自动进行，会有遗漏和误并。"
    )


def _method() -> str:
    return (
        "热度指数 0–100 = 数量（至多 40，按对数，100 件封顶）+ 持续天数（至多 15，14 天封顶）"
        f"+ 近期占比（至多 15，数据最后 {RECENT_DAYS} 天来件的比例）+ 波及区域（至多 10，5 个区域封顶）"
        "+ 新近程度（至多 20，距最后来件每过 14 天减半）。"
        "同文来件可能是一人重复来电，也可能是多人用同一文本，单独列出。"
    )


def _title(issue: HotIssue) -> str:
    return " ".join(issue.keywords[:4]) or excerpt(issue.wording, 18)


def _marks(issue: HotIssue) -> tuple[str, ...]:
    marks = [_SIGNS[issue.sign]] if issue.sign else []
    marks += ["突增"] if issue.sign and issue.peak.burst else []
    marks += ["群体用语"] if issue.sign and (issue.sign == 2 or not issue.peak.burst) else []
    return tuple(marks)


def _cards(view: View, issues: Sequence[HotIssue]) -> tuple[Card, ...]:
    return tuple(_card(view, issue) for issue in issues)


def _card(view: View, issue: HotIssue) -> Card:
    facts = [
        ("热度", f"{issue.heat.total:.0f}"),
        (
            "来件",
            f"{count_text(issue.reports)} 件" + (f"（同文 {count_text(issue.repeats)}）" if issue.repeats else ""),
        ),
        ("时间", f"{issue.first} 至 {issue.last}，{issue.days} 天有来件"),
        ("最密", _peak_text(issue)),
        ("区域", area_text(issue.areas)),
        ("部门", view.department(issue.department)),
        ("出处", f"{issue.source} 第 {issue.line} 行"),
    ]
    return Card(_title(issue), _marks(issue), facts, excerpt(issue.wording), urgent=issue.sign == 2)


def _peak_text(issue: HotIssue) -> str:
    peak = issue.peak
    usual = f"该部门该区域平时约 {peak.expected:.1f} 件"
    return f"{peak.first} 起 {PEAK_DAYS} 天 {peak.reports} 件（{usual}）"


def _table(view: View, name: str, title: str, issues: Sequence[HotIssue]) -> Table:
    columns = [
        Column("热度", Kind.NUMBER),
        Column("关键词"),
        Column("来件", Kind.COUNT),
        Column("其中同文", Kind.COUNT),
        Column("首次", Kind.SHORT),
        Column("最近", Kind.SHORT),
        Column("天数", Kind.COUNT),
        Column("区域"),
        Column("部门"),
        Column("苗头", Kind.SHORT),
        *(Column(part, Kind.NUMBER) for part in _PARTS),
        Column("典型表述（已脱敏）"),
        Column("文件"),
        Column("行", Kind.NUMBER),
    ]
    rows = [
        (
            round(issue.heat.total, 1),
            _title(issue),
            issue.reports,
            issue.repeats,
            issue.first.isoformat(),
            issue.last.isoformat(),
            issue.days,
            area_text(issue.areas),
            view.department(issue.department),
            _SIGNS[issue.sign],
            *(round(part, 1) for part in _parts(issue)),
            excerpt(issue.wording, 300),
            issue.source,
            issue.line,
        )
        for issue in issues
    ]
    wide = frozenset({*_PARTS, "典型表述（已脱敏）", "文件", "行"})
    return Table(name, title, columns, rows, shown=20, wide=wide)


_PARTS: Final = ("热度·数量", "热度·天数", "热度·近期", "热度·区域", "热度·新近")


def _parts(issue: HotIssue) -> tuple[float, ...]:
    heat = issue.heat
    return heat.volume, heat.days, heat.recent, heat.spread, heat.fresh


def _sign_table(view: View, issues: Sequence[HotIssue]) -> Table:
    columns = [
        Column("级别", Kind.SHORT),
        Column("依据"),
        Column("关键词"),
        Column("来件", Kind.COUNT),
        Column("最密 3 天起", Kind.SHORT),
        Column("3 天来件", Kind.COUNT),
        Column("平时 3 天", Kind.NUMBER),
        Column("群体用语", Kind.COUNT),
        Column("最近来件", Kind.SHORT),
        Column("区域"),
        Column("部门"),
    ]
    rows = [
        (
            _SIGNS[issue.sign],
            "、".join(_marks(issue)[1:]),
            _title(issue),
            issue.reports,
            issue.peak.first.isoformat(),
            issue.peak.reports,
            round(issue.peak.expected, 1),
            issue.group_words,
            issue.last.isoformat(),
            area_text(issue.areas),
            view.department(issue.department),
        )
        for issue in issues
    ]
    return Table("群体性事件苗头", "群体性事件苗头一览", columns, rows, shown=25)


def _findings(reported: Sequence[HotIssue]) -> list[str]:
    if not reported:
        return []
    listed = "、".join(
        f"「{_title(issue)}」（{area_text(issue.areas)}，{count_text(issue.reports)} 件）" for issue in reported[:3]
    )
    return [f"热度最高的问题：{listed}。"]
