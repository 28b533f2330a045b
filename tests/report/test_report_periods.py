from __future__ import annotations

import datetime

from petition_nlp.report.periods import Timeline, month_of, timeline


def _days(first: str, last: str, each: int = 10) -> dict[datetime.date, int]:
    day, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return {day + datetime.timedelta(number): each for number in range((end - day).days + 1)}


def _timeline(first: str, last: str) -> Timeline:
    found = timeline(_days(first, last))
    assert found is not None
    return found


def test_up_to_three_years_are_shown_by_month() -> None:
    found = _timeline("2024-01-01", "2026-12-31")
    assert (len(found), found.unit, found.labels[0], found.labels[-1]) == (36, "月", "2024-01", "2026-12")


def test_longer_archives_are_shown_by_quarter_and_the_longest_by_year() -> None:
    quarters = _timeline("2020-02-01", "2026-12-31")
    assert (quarters.unit, quarters.labels[0], quarters.labels[-1]) == ("季度", "2020年一季度", "2026年四季度")
    years = _timeline("2010-05-01", "2026-12-31")
    assert (years.unit, years.labels[0], years.year_ago) == ("年", "2010年", None)


def test_a_month_that_is_not_over_is_not_compared() -> None:
    assert _timeline("2026-01-01", "2026-05-12").current == 3
    assert _timeline("2026-01-01", "2026-05-30").current == 4


def test_the_same_period_a_year_ago() -> None:
    found = _timeline("2025-01-01", "2026-05-31")
    assert found.year_ago is not None
    assert (found.label(found.current), found.label(found.year_ago)) == ("2026-05", "2025-05")
    assert _timeline("2026-01-01", "2026-05-31").year_ago is None


def test_mistyped_years_do_not_stretch_the_timeline() -> None:
    days = {**_days("2026-01-01", "2026-03-31"), datetime.date(1996, 2, 3): 1, datetime.date(2062, 1, 1): 2}
    found = timeline(days)
    assert found is not None
    assert (found.labels, found.stray) == (["2026-01", "2026-02", "2026-03"], 3)
    assert found.last_day == datetime.date(2026, 3, 31)


def test_a_real_gap_stays() -> None:
    found = timeline({**_days("2023-01-01", "2023-03-31"), **_days("2025-01-01", "2025-03-31")})
    assert found is not None
    assert (len(found), found.stray) == (27, 0)


def test_one_day_and_none() -> None:
    day = datetime.date(2026, 5, 6)
    found = timeline({day: 1})
    assert found is not None
    assert (found.labels, found.current) == (["2026-05"], 0)
    assert found.period(month_of(day)) == 0
    assert found.period(month_of(day) + 1) is None
    assert timeline({}) is None
