from __future__ import annotations

import datetime

import pytest

from petition_nlp.report import parse_date


@pytest.mark.parametrize(
    "value",
    [
        "2023-05-06 12:00:00",
        "2023-05-06 12:00",
        "2023-05-06",
        "2023/5/6",
        "2023/5/6 9:05",
        "2023/05/06 上午 8:00",
        "2023.5.6",
        "20230506",
        "20230506 235959",
        "20230506235959",
        "2023年5月6日",
        "2023年05月06日 12时30分",
        " 2023 年 5 月 6 日 星期六 ",
        "２０２３－０５－０６",
        "2023-05-06T12:00:00",
        "2023-05-06T12:00:00.123Z",
        "2023-05-05T16:30:00Z",
        "2023-05-05T16:30:00+00:00",
        "2023-05-06T00:30:00+08:00",
        "45052",
        "45052.75",
        "1683331200",
        "1683331200000",
        "5/6/2023",
        "5/6/2023 12:00",
        "06-5月 -23",
        "06-5月-2023 12:00:00",
    ],
)
def test_the_usual_ways_to_write_a_date(value: str) -> None:
    assert parse_date(value) == datetime.date(2023, 5, 6)


def test_a_month_alone_is_its_first_day() -> None:
    assert parse_date("2023年5月") == parse_date("2023-05") == datetime.date(2023, 5, 1)


@pytest.mark.parametrize(
    "value",
    ["", "  ", "无", "昨天", "2023-13-01", "2023-02-30", "1899-12-31", "20231399", "12345", "13800000000", "0", "2023"],
)
def test_what_names_no_day_is_none(value: str) -> None:
    assert parse_date(value) is None
