"""The days, and the part of all petitions, that the API and the pages are asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.board.days import Days, today
from service.board.parts import Part
from service.petitions.labels import known_code
from service.problems import FieldError

DAYS: Final = 30
"""How many are shown where none are asked for."""
_MOST: Final = timedelta(days=3660)
_YEARS: Final = range(2, 9999)


def asked_days(first: date | None, last: date | None) -> Days:
    """Days from one to another; those until today, or `DAYS` of them, where one is left out.

    :raises Problem: 422, they are in the wrong order, or too many.
    """
    end = asked_day(last)
    start = _known(first or end - timedelta(days=DAYS - 1), "first_day")
    if start > end:
        raise problems.invalid_request([FieldError("first_day", "不能晚于 last_day")])
    if end - start >= _MOST:
        raise problems.invalid_request([FieldError("first_day", "至多十年")])
    return Days(start, end)


def asked_day(last: date | None) -> date:
    """A last day, today where none is asked for.

    :raises Problem: 422, there are not years enough around it.
    """
    return _known(last or today(), "last_day")


def asked_part(department: str | None, district: str | None, taxonomy: Taxonomy) -> Part:
    """The petitions of a department or of a district.

    :raises Problem: 422, there is no such department, or both are given.
    """
    if department is not None and district is not None:
        raise problems.invalid_request([FieldError("district", "不能与 department 同时给出")])
    return Part(known_code(taxonomy, "department", department, "department"), district)


def _known(day: date, field: str) -> date:
    if day.year not in _YEARS:
        raise problems.invalid_request([FieldError(field, "超出日历的范围")])
    return day
