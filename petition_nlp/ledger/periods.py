"""Dates as sources write them, and the periods that they fall into."""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from typing import Any, Final

PeriodKey = tuple[int, int]
"""Year and number within it; sorts by time."""

UNDATED: Final[PeriodKey] = (9999, 0)
_WHOLE: Final[PeriodKey] = (0, 0)
_YEARS: Final = range(1900, 2101)
_DATE: Final = re.compile(
    r"(?<!\d)(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)|(\d{2})(\d{2})(?=\D|\d{6}(?!\d)|$))"
)


class Period(StrEnum):
    """How a ledger is divided in time."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"

    def key(self, date: datetime.date | None) -> PeriodKey:
        """The period of a date; `UNDATED` without one."""
        if self is Period.ALL:
            return _WHOLE
        if date is None:
            return UNDATED
        number = {Period.MONTH: date.month, Period.QUARTER: (date.month + 2) // 3, Period.YEAR: 0}[self]
        return date.year, number

    def label(self, key: PeriodKey) -> str:
        """A period's name."""
        year, number = key
        if key == UNDATED:
            return "日期不详"
        if self is Period.MONTH:
            return f"{year}年{number}月"
        if self is Period.QUARTER:
            return f"{year}年第{number}季度"
        return "全部时间" if key == _WHOLE else f"{year}年"


def as_date(value: Any) -> datetime.date | None:
    """The day that a cell tells of, or None: dates, times, and text such as 2026-9-1 08:54, 2026年9月1日, 20260901."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    found = _DATE.search(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2] or found[4]), int(found[3] or found[5])
    try:
        return datetime.date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None
