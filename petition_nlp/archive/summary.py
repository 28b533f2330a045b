"""What a run did, counted while it runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from petition_nlp.route import Route

_TOP_DEPARTMENTS: Final = 10
_NO_DEPARTMENT: Final = "（不派单）"
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
    FLAWED: "原始数据有缺损",
}
"""Short names of the review reasons, whose messages differ from row to row."""


@dataclass(slots=True)
class Summary:
    """Counts over all rows of a run.

    :param rejected: rows that could not be kept, and rows of which something was cut off; both are in
        ``rejected_file`` as they were written.
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

    def add(self, route: Route) -> None:
        """Count one route."""
        self.rows += 1
        self.reviewed += route.review.required
        self.emergencies += route.emergency is not None
        self.matters[route.matter.name if route.matter else "（模型不判断）"] += 1
        self.departments[route.department.name if route.department else _NO_DEPARTMENT] += 1
        self.reasons.update({reason.code for reason in route.review.reasons})

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
        return lines

    def _table(self, title: str, counts: list[tuple[str, int]]) -> list[str]:
        return [title, *self._shares(counts)]

    def _shares(self, counts: list[tuple[str, int]]) -> list[str]:
        return [f"  {name}  {count:,}（{self._share(count)}）" for name, count in counts]

    def _share(self, count: int) -> str:
        return f"{count / self.rows:.1%}" if self.rows else "0%"
