"""Petitions by hour of day, day, week or month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.taxonomy import Taxonomy
from service.board.counting import MEASURES
from service.board.days import Board, Days
from service.moments import CHINA, moment_json


class Step(StrEnum):
    """How long a period is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


STEP_NAMES: Final = {Step.HOUR: "时段", Step.DAY: "日", Step.WEEK: "周", Step.MONTH: "月"}
DEFAULT_DAYS: Final = {Step.HOUR: 30, Step.DAY: 30, Step.WEEK: 182, Step.MONTH: 365}
"""Days that are shown where none are asked for; the first week or month is then shown from its beginning."""

WEEKDAY_NAMES: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

_HOURS: Final = 24


@dataclass(slots=True)
class _Period:
    """A stretch of the days, or an hour of them."""

    name: str
    days: Days | None
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(MEASURES), np.int64))
    matters: Counter[str] = field(default_factory=Counter)
    overdue: int = 0


def default_days(step: Step, last: date) -> Days:
    """The days until ``last`` that are shown where none are asked for."""
    days = Days.until(last, DEFAULT_DAYS[step])
    return days if step is Step.HOUR else Days(_start(step, days.first), last)


def series(board: Board, step: Step, days: Days, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.board.schemas.SeriesOut` describes it."""
    periods = {key: _Period(name, span) for key, name, span in _periods(step, days)}
    for (key, matter), rows in _by_period(board, step, days).items():
        counts = np.array(rows, np.int64).sum(axis=0)
        period = periods[key]
        period.counts += counts
        period.matters[taxonomy.current("matter", matter)] += int(counts[0])
    for received, *_ in board.overdue(days):
        local = received.astimezone(CHINA)
        periods[local.hour if step is Step.HOUR else _start(step, local.date())].overdue += 1
    total = _Period("合计", days)
    for period in periods.values():
        total.counts += period.counts
        total.matters.update(period.matters)
        total.overdue += period.overdue
    return {
        "by": step,
        "first_day": days.first.isoformat(),
        "last_day": days.last.isoformat(),
        "as_of": moment_json(board.as_of()),
        "total": _shown(total, taxonomy),
        "items": [_shown(period, taxonomy) for period in periods.values()],
    }


def whole(board: Board, days: Days, taxonomy: Taxonomy) -> dict[str, Any]:
    """As ``total`` of a `series` of these days: one count says how many are overdue, where a series looks at each."""
    total = _Period("合计", days)
    for _, matter, counts in board.matters(days):
        total.counts += np.array(counts, np.int64)
        total.matters[taxonomy.current("matter", matter)] += counts[0]
    total.overdue = board.overdue_number(days)
    return _shown(total, taxonomy)


def week(board: Board, days: Days) -> dict[str, Any]:
    """As `service.board.schemas.WeekOut` describes it."""
    counts = np.zeros((len(WEEKDAY_NAMES), _HOURS), np.int64)
    for day, hour, _, measured in board.hours(days):
        counts[day.weekday(), hour] += measured[0]
    numbers = Counter((days.first + timedelta(days=step)).weekday() for step in range(days.number))
    return {
        "first_day": days.first.isoformat(),
        "last_day": days.last.isoformat(),
        "as_of": moment_json(board.as_of()),
        "items": [
            {"weekday": place + 1, "name": name, "days": numbers[place], "petitions": counts[place].tolist()}
            for place, name in enumerate(WEEKDAY_NAMES)
        ],
    }


def share(part: int, whole: int) -> float | None:
    """A share, None where there is nothing to divide by."""
    return round(part / whole, 4) if whole else None


def _by_period(board: Board, step: Step, days: Days) -> dict[tuple[object, str], list[list[int]]]:
    found: defaultdict[tuple[object, str], list[list[int]]] = defaultdict(list)
    if step is Step.HOUR:
        for _, hour, matter, counts in board.hours(days):
            found[hour, matter].append(counts)
        return found
    for day, matter, counts in board.matters(days):
        found[_start(step, day), matter].append(counts)
    return found


def _shown(period: _Period, taxonomy: Taxonomy) -> dict[str, Any]:
    counts = {name: int(n) for name, n in zip(MEASURES, period.counts, strict=True)} | {"overdue": period.overdue}
    return {
        "period": period.name,
        "first_day": period.days and period.days.first.isoformat(),
        "last_day": period.days and period.days.last.isoformat(),
        "counts": counts,
        "shares": {
            "review": share(counts["to_people"], counts["petitions"]),
            "first_dispatch_precision": share(counts["dispatched"] - counts["redirected"], counts["dispatched"]),
            "returned": share(counts["returned"], counts["dispatched"]),
            "agreement": share(counts["agreed"], counts["decided"]),
            "in_time": share(counts["in_time"], counts["closed"] + counts["overdue"]),
            "satisfied": share(counts["satisfied"], counts["rated"]),
        },
        "by_matter": [
            {"code": code, "name": taxonomy.name("matter", code), "count": period.matters[code]}
            for code in (*taxonomy.matters, *(code for code in taxonomy.retired["matter"] if period.matters[code]))
        ],
    }


def _start(step: Step, day: date) -> date:
    """The first day of the period that a day is in."""
    if step is Step.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step is Step.MONTH else day


def _periods(step: Step, days: Days) -> Iterator[tuple[object, str, Days | None]]:
    """Key, name and days of every period in order, those without petitions too."""
    if step is Step.HOUR:
        yield from ((hour, f"{hour:02}", None) for hour in range(_HOURS))
        return
    day = days.first
    while day <= days.last:
        start = _start(step, day)
        following = _start(step, start + _LONGEST[step])
        yield start, _name(step, start), Days(day, min(following - timedelta(days=1), days.last))
        day = following


_LONGEST: Final = {Step.DAY: timedelta(days=1), Step.WEEK: timedelta(days=7), Step.MONTH: timedelta(days=31)}
"""From the start of a period this leads into the following one, whose start is looked for then."""


def _name(step: Step, start: date) -> str:
    match step:
        case Step.WEEK:
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02}"
        case Step.MONTH:
            return f"{start:%Y-%m}"
        case _:
            return start.isoformat()
