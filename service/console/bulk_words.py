"""How the pages 批量 put sizes, times and the service's own words for jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.console.texts import bulk as texts
from service.console.wording import percent_text

_API_NAME: Final = re.compile(r"（(?:columns(?:\.text)?|encoding|sheet)）")
_MOST_UNITS: Final = 5
_MOST_NAMES: Final = 10


def duration_text(seconds: float) -> str:
    """A time that is an estimate or need not be exact: ``约 3 分钟``."""
    whole = round(seconds)
    if whole < 60:
        return f" {max(whole, 1)} 秒"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"约 {minutes} 分钟"
    hours, rest = divmod(minutes, 60)
    return f"约 {hours} 小时 {rest} 分钟" if rest else f"约 {hours} 小时"


def plainly(text: str) -> str:
    """A text of the service without the API's names, which nobody sees in the page."""
    return _API_NAME.sub("", text)


def share_text(part: int, whole: int) -> str:
    """A share of rows that have been counted: only none is 0 %, only all is 100 %."""
    if part in (0, whole):
        return "100%" if part else "0%"
    return percent_text(part / whole)


def sheet_choices(names: Sequence[str]) -> list[tuple[str, str]]:
    """Worksheets as the options of a choice."""
    return [(name, name) for name in names]


def column_choices(names: Sequence[str], role: str) -> list[tuple[str, str]]:
    """Columns as the options of a choice; a file can do without any but the text."""
    none = [] if role == "text" else [("-", texts.PAGE["no_column"])]
    return none + [(f"={name}", name) for name in names]


def column_chosen(columns: Mapping[str, str], role: str) -> str:
    """Which of these options somebody has chosen; empty if none."""
    if role not in columns:
        return ""
    return f"={columns[role]}" if columns[role] else "-"


def largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The names with the highest counts."""
    return sorted(counts.items(), key=lambda one: -one[1])[:_MOST_NAMES]


def warnings(summary: Mapping[str, Any]) -> list[str]:
    """What has to be told of a result."""
    told = []
    if summary["rejected"]:
        reasons = "；".join(
            texts.PAGE["reason_rows"].format(reason=reason, rows=f"{count:,}")
            for reason, count in summary["reject_reasons"].items()
        )
        told.append(texts.PAGE["rejected_told"].format(rows=f"{summary['rejected']:,}", reasons=reasons))
    if unmapped := summary["unmapped"]:
        told.append(
            texts.PAGE["unmapped_told"].format(rows=f"{sum(unmapped.values()):,}", units=_units(list(unmapped)))
        )
    return told


def _units(names: list[str]) -> str:
    shown = "、".join(names[:_MOST_UNITS])
    return shown if len(names) <= _MOST_UNITS else shown + texts.PAGE["and_more"].format(count=len(names))
