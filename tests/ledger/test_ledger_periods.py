from __future__ import annotations

import datetime
from typing import Any

import pytest

from petition_nlp.ledger.periods import UNDATED, Period, as_date

DAY = datetime.date(2026, 9, 1)


@pytest.mark.parametrize(
    "value",
    [
        "2026-09-01 08:54",
        "2026/9/1",
        "2026.9.1",
        "2026年9月1日 8时",
        "2026 年 9 月 1 日",
        "20260901",
        "20260901085400",
        20260901,
        "2026-09-01T08:54:00+08:00",
        "受理于2026-09-01",
        DAY,
        datetime.datetime(2026, 9, 1, 23, 59),
    ],
)
def test_dates_as_sources_write_them(value: Any) -> None:
    assert as_date(value) == DAY


@pytest.mark.parametrize(
    "value",
    ["", None, "昨天", "2026-02-30", "2026-13-01", "13800000000", "0001-01-01", True, 46000.5, "2026-09", ["x"]],
)
def test_what_is_no_date(value: Any) -> None:
    assert as_date(value) is None


@pytest.mark.parametrize(
    ("period", "label"), [("month", "2026年9月"), ("quarter", "2026年第3季度"), ("year", "2026年"), ("all", "全部时间")]
)
def test_the_period_of_a_day(period: str, label: str) -> None:
    own = Period(period)
    assert own.label(own.key(DAY)) == label


def test_quarters_begin_in_january() -> None:
    keys = [Period.QUARTER.key(datetime.date(2026, month, 1)) for month in range(1, 13)]
    assert keys == [(2026, number) for number in (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4)]


def test_without_a_day_comes_last_and_makes_no_difference_to_the_whole() -> None:
    assert Period.MONTH.key(None) == UNDATED > Period.MONTH.key(datetime.date(2100, 12, 31))
    assert Period.MONTH.label(UNDATED) == "日期不详"
    assert Period.ALL.key(None) == Period.ALL.key(DAY)
