from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest

from petition_nlp.errors import ConfigError, InputError, MissingExtraError
from petition_nlp.local.deadlines import SHANGHAI, Deadlines, Due, overdue
from petition_nlp.local.workdays import Day, WorkCalendar

date = datetime.date


@pytest.fixture(scope="module")
def deadlines() -> Deadlines:
    return Deadlines.load()


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 4), Day(True)),  # a Wednesday
        (date(2026, 3, 7), Day(False)),  # a Saturday
        (date(2025, 10, 1), Day(False)),  # 国庆
        (date(2025, 10, 11), Day(True)),  # a Saturday that was worked instead
        (date(2035, 3, 7), Day(True, provisional=True)),  # not published: a Wednesday
        (date(2035, 3, 10), Day(False, provisional=True)),
    ],
)
def test_published_holidays_and_what_is_not_known_yet(day: date, kind: Day) -> None:
    assert WorkCalendar().day(day) == kind


def test_the_operators_days_come_first_and_make_their_year_known() -> None:
    calendar = WorkCalendar({date(2035, 3, 7): False, date(2025, 10, 1): True})
    assert calendar.day(date(2035, 3, 7)) == Day(False)
    assert calendar.day(date(2035, 3, 8)) == Day(True)
    assert calendar.day(date(2025, 10, 1)) == Day(True)
    assert calendar.day(date(2036, 3, 6)).provisional


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("假期.yaml", "- {date: 2035-10-01, kind: holiday, name: 国庆节}\n- {date: 2035-09-29, kind: 班}\n"),
        ("假期.csv", "日期,类型,名称\n2035-10-01,休,国庆节\n2035/9/29,上班,\n"),
        ("假期.csv", "2035-10-01,holiday\n2035年9月29日,workday\n"),
    ],
)
def test_an_operators_file(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("gb18030" if name.endswith("csv") else "utf-8"))
    assert WorkCalendar.load(path).own == {date(2035, 10, 1): False, date(2035, 9, 29): True}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("假期.yaml", "- {date: 某天, kind: holiday}", "第 1 项：日期无法识别"),
        ("假期.yaml", "- {date: 2035-10-01}", "没有写明是放假还是上班"),
        ("假期.yaml", "date: 2035-10-01", "应是一列日期"),
        ("假期.yaml", "[", "不是有效的 UTF-8 YAML"),
        ("假期.csv", "2035-10-01,休\n2035-10-01,班\n", "与第 1 项重复"),
        ("假期.csv", None, "文件不存在"),
    ],
)
def test_a_wrong_file_of_holidays(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        WorkCalendar.load(path)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chinese_calendar", None)
    with pytest.raises(MissingExtraError, match="service"):
        WorkCalendar().day(date(2026, 3, 4))


@pytest.mark.parametrize(
    ("received", "request_type", "due"),
    [
        (datetime.datetime(2026, 3, 4, 9), "咨询", date(2026, 3, 5)),
        (datetime.datetime(2026, 3, 6, 23, 59), "咨询", date(2026, 3, 9)),
        (datetime.datetime(2026, 3, 7, 9), "咨询类", date(2026, 3, 9)),
        (datetime.datetime(2026, 3, 4, 9), "投诉", date(2026, 3, 11)),
        (datetime.datetime(2026, 3, 4, 9), None, date(2026, 3, 11)),
        (datetime.datetime(2025, 9, 30, 9), "咨询", date(2025, 10, 9)),
        (datetime.datetime(2026, 3, 4, 16, 30, tzinfo=datetime.UTC), "咨询", date(2026, 3, 6)),
    ],
)
def test_the_first_day_that_counts_is_the_next_working_day(
    deadlines: Deadlines, received: datetime.datetime, request_type: str | None, due: date
) -> None:
    found = deadlines.due(received, request_type)
    assert (found.date, found.provisional) == (due, False)


def test_a_deadline_in_a_year_without_published_holidays_is_provisional(deadlines: Deadlines) -> None:
    assert deadlines.due(datetime.datetime(2035, 3, 7, 9), "咨询").provisional


def test_an_emergency_runs_by_the_clock(deadlines: Deadlines) -> None:
    due = deadlines.due(datetime.datetime(2025, 9, 30, 23), "投诉", emergency=True)
    assert due.at == datetime.datetime(2025, 10, 1, 1, tzinfo=SHANGHAI)
    assert due.to_dict() == {
        "date": "2025-10-01",
        "at": "2025-10-01T01:00:00+08:00",
        "days": 0,
        "provisional": False,
        "extensions": 0,
    }
    assert not overdue(due, datetime.datetime(2025, 10, 1, 1))
    assert overdue(due, datetime.datetime(2025, 9, 30, 17, 1, tzinfo=datetime.UTC))


def test_a_deadline_lasts_to_the_end_of_its_day() -> None:
    due = Due(date(2026, 3, 5), 1)
    assert not overdue(due, datetime.datetime(2026, 3, 5, 23, 59))
    assert overdue(due, datetime.datetime(2026, 3, 6))


def test_an_extension_goes_on_from_the_deadline(deadlines: Deadlines) -> None:
    due = deadlines.extend(deadlines.due(datetime.datetime(2026, 3, 4, 9), "咨询"), 2)
    assert due == Due(date(2026, 3, 9), 3, extensions=1)
    with pytest.raises(InputError, match="已延期 1 次，最多 1 次"):
        deadlines.extend(due, 1)


@pytest.mark.parametrize("days", [0, 6])
def test_an_extension_has_bounds(deadlines: Deadlines, days: int) -> None:
    with pytest.raises(InputError, match="每次应在 1 到 5 之间"):
        deadlines.extend(Due(date(2026, 3, 5), 1), days)


def test_a_citys_own_rule_keeps_what_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "时限.yaml"
    path.write_text("days: {咨询: 2}\nextension: {times: 2}\n", encoding="utf-8")
    own = Deadlines.load(path)
    assert (own.days["咨询"], own.days["投诉"], own.extension_times, own.extension_days) == (2, 5, 2, 5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("days: {咨询: 0}", r"days.咨询 应是 1 到 250 的整数"),
        ("days: [1]", "days 应是诉求类型到工作日数的表"),
        ("default: 半天", "default 应是"),
        ("extension: {count: 1}", "extension有不认识的项：count"),
        ("hours: 2", "文件有不认识的项：hours"),
        ("[", "不是有效的 UTF-8 YAML"),
        (None, "缺少时限规则"),
    ],
)
def test_a_wrong_rule(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "时限.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Deadlines.load(path)
