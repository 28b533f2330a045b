"""The stretch of time that a report covers, cut into months, quarters or years."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_MONTHS: Final = 36
_MOST_QUARTERS: Final = 40
_GAP: Final = 12
_STRAY: Final = 0.01
_DAYS_OPEN: Final = 3
_NO_DAY: Final = -(2**31)

Month = int
"""Months since January of the year 0."""


def month_of(date: datetime.date) -> Month:
    """A date's month."""
    return date.year * 12 + date.month - 1


def months_of(dates: pa.Array) -> NDArray[np.int64]:
    """Months of a column of dates, -1 where there is none."""
    import pyarrow as pa

    days = dates.cast(pa.int32()).fill_null(_NO_DAY).to_numpy()
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return np.where(days == _NO_DAY, -1, months)


@dataclass(frozen=True)
class Timeline:
    """Months from ``first`` to ``last``, shown in periods of ``width`` months; a period is named by its index.

    :param last_day: day of the latest order.
    :param stray: dated rows outside, a year and more away from the others: mistyped dates.
    """

    first: Month
    last: Month
    width: int
    last_day: datetime.date
    stray: int = 0

    def __len__(self) -> int:
        return self._of(self.last) + 1

    @property
    def unit(self) -> str:
        """What a period is called."""
        return {1: "月", 3: "季度", 12: "年"}[self.width]

    @property
    def labels(self) -> list[str]:
        """Names of the periods in order."""
        return [self.label(index) for index in range(len(self))]

    @property
    def current(self) -> int:
        """The last period that is over, or the only one."""
        end = (self.last // self.width) * self.width + self.width - 1
        over = self.last == end and self.last_day.day > _days(end) - _DAYS_OPEN
        return len(self) - 1 if over or len(self) == 1 else len(self) - 2

    @property
    def year_ago(self) -> int | None:
        """The same period a year before the current one, if it is covered and no neighbour of it."""
        index = self.current - 12 // self.width
        return index if index >= 0 and self.width < 12 else None

    def period(self, month: Month) -> int | None:
        """The period of a month; None outside the timeline."""
        return self._of(month) if self.first <= month <= self.last else None

    def label(self, index: int) -> str:
        """A period's name, such as 2023-05, 2023年二季度, 2023年."""
        month = (self.first // self.width + index) * self.width
        year, number = divmod(month, 12)
        if self.width == 1:
            return f"{year}-{number + 1:02}"
        return f"{year}年" if self.width == 12 else f"{year}年{'一二三四'[number // 3]}季度"

    def _of(self, month: Month) -> int:
        return month // self.width - self.first // self.width


def timeline(days: Mapping[datetime.date, int]) -> Timeline | None:
    """The timeline of orders counted by day; None without any."""
    months: dict[Month, int] = {}
    for day, count in days.items():
        months[month_of(day)] = months.get(month_of(day), 0) + count
    kept = _without_strays(months)
    if not kept:
        return None
    first, last = min(kept), max(kept)
    span = last - first + 1
    width = 1 if span <= _MOST_MONTHS else 3 if span <= 3 * _MOST_QUARTERS else 12
    last_day = max(day for day in days if month_of(day) == last)
    return Timeline(first, last, width, last_day, sum(months.values()) - sum(kept.values()))


def _without_strays(months: Mapping[Month, int]) -> dict[Month, int]:
    """Months without the few at either end that lie a year and more away from the rest."""
    order, limit = sorted(months), _STRAY * sum(months.values())
    start, stop = 0, len(order)
    held = 0
    for index in range(len(order) - 1):
        held += months[order[index]]
        if held > limit:
            break
        if order[index + 1] - order[index] >= _GAP:
            start = index + 1
    held = 0
    for index in range(len(order) - 1, 0, -1):
        held += months[order[index]]
        if held > limit:
            break
        if order[index] - order[index - 1] >= _GAP:
            stop = index
    return {month: months[month] for month in order[start:stop]}


def _days(month: Month) -> int:
    return calendar.monthrange(month // 12, month % 12 + 1)[1]
