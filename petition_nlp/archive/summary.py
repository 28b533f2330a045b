"""What a run did, counted while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from petition_nlp.archive.compare import Comparison
from petition_nlp.route import Route

_TOP_DEPARTMENTS: Final = 10
_TOP_UNMAPPED: Final = 5
NO_DEPARTMENT: Final = "（不派单）"
FLAWED: Final = "bad_row"
"""Review reason of rows that are kept although something in them is broken."""

REASON_NAMES: Final = {
    "emergency": "可能有紧急危险",
    "empty": "没有可读的文字",
    "very_short": "文字太短",
    "text_cut": "文字过长",
    "unclear": "看不出诉求",
    "out_of_domain": "不像居民诉求",
    "several_matters": "一条多事",
    "unlikely_pair": "事项与部门少见搭配",
    "close_call": "难分高下",
    "low_confidence": "把握不足",
    "no_threshold": "标定数据不足",
    "always_review": "本地必审规则",
    "taxonomy_changed": "分类已调整",
    "district_unknown": "各区规定不同，所属区未知",
    FLAWED: "原始数据有缺损",
}
"""Short names of the review reasons, whose messages differ from row to row."""


@dataclass(slots=True)
class Summary:
    """Counts over all rows of a run.

    :param rejected: rows that could not be kept, and rows of which something was cut off; both are in
        ``rejected_file`` as they were written.
    :param compared: rows whose historical department stands for one of the directory; ``agreeing`` and ``suspect``
        of them the model agrees with, and names another one with certainty; ``unmapped`` units stand for none.
    :param skipped_files: files left out because they cannot be read.
    """

    rows: int = 0
    reviewed: int = 0
    emergencies: int = 0
    rejected: int = 0
    seconds: float = 0.0
    matters: Counter[str] = field(default_factory=Counter)
    departments: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    reject_reasons: Counter[str] = field(default_factory=Counter)
    rejected_file: Path | None = None
    compared: int = 0
    agreeing: int = 0
    suspect: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    skipped_files: int = 0

    def add(self, route: Route, comparison: Comparison | None = None) -> None:
        """Count one route, and how it compares with history."""
        self.rows += 1
        self.reviewed += route.review.required
        self.emergencies += route.emergency is not None
        self.matters[route.matter.name if route.matter else "（模型不判断）"] += 1
        self.departments[route.department.name if route.department else NO_DEPARTMENT] += 1
        self.reasons.update({reason.code for reason in route.review.reasons})
        if comparison is not None:
            self._compare(comparison)

    def reject(self, reason: str) -> None:
        """Count one row that could not be kept whole."""
        self.rejected += 1
        self.reject_reasons[reason] += 1

    def merge(self, other: Summary) -> None:
        """Add the counts of another summary."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))

    def to_dict(self) -> dict[str, Any]:
        """The counts, for a file."""
        return {name: getattr(self, name) for name in (*_COUNTS, *_COUNTERS)}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """The counts in a file."""
        counts = {name: raw[name] for name in _COUNTS}
        counters = {name: Counter(raw[name]) for name in _COUNTERS}
        values: dict[str, Any] = {**counts, **counters}
        return cls(**values)

    def lines(self) -> list[str]:
        """The summary for people, line by line."""
        rate = self.rows / self.seconds if self.seconds else 0.0
        lines = [f"共 {self.rows:,} 行，用时 {self.seconds:.1f} 秒，每秒 {rate:,.0f} 行"]
        lines += self._table("事项类别", self.matters.most_common())
        lines += self._table("责任部门", self.departments.most_common(_TOP_DEPARTMENTS))
        more = len(self.departments) - _TOP_DEPARTMENTS
        lines += [f"  …… 另有 {more} 个部门"] if more > 0 else []
        lines.append(f"人工复核  {self.reviewed:,} 行（{self._share(self.reviewed)}）")
        lines += self._shares([(REASON_NAMES.get(code, code), n) for code, n in self.reasons.most_common()])
        lines.append(f"紧急      {self.emergencies:,} 行")
        return lines + self._history()

    def _compare(self, comparison: Comparison) -> None:
        if comparison.code is None:
            self.unmapped.update([comparison.written] if comparison.written else [])
        elif comparison.agrees is not None:
            self.compared += 1
            self.agreeing += comparison.agrees
            self.suspect += comparison.suspect

    def _history(self) -> list[str]:
        """How the routes compare with history, if anything does."""
        lines = []
        if self.compared:
            share = f"{self.agreeing / self.compared:.1%}"
            lines.append(f"与历史部门一致  {self.agreeing:,} / {self.compared:,} 行（{share}）")
            lines.append(f"疑似错派  {self.suspect:,} 行（模型有把握，历史部门不同）")
        if self.unmapped:
            named = "、".join(f"{name}（{count:,}）" for name, count in self.unmapped.most_common(_TOP_UNMAPPED))
            more = " 等" if len(self.unmapped) > _TOP_UNMAPPED else ""
            lines.append(f"对不上目录的历史部门  {self.unmapped.total():,} 行：{named}{more}")
        return lines

    def _table(self, title: str, counts: list[tuple[str, int]]) -> list[str]:
        return [title, *self._shares(counts)]

    def _shares(self, counts: list[tuple[str, int]]) -> list[str]:
        return [f"  {name}  {count:,}（{self._share(count)}）" for name, count in counts]

    def _share(self, count: int) -> str:
        return f"{count / self.rows:.1%}" if self.rows else "0%"


_COUNTS: Final = (
    *("rows", "reviewed", "emergencies", "rejected", "seconds", "compared", "agreeing", "suspect", "skipped_files"),
)
_COUNTERS: Final = ("matters", "departments", "reasons", "reject_reasons", "unmapped")
