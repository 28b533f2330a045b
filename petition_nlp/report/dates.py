"""Dates as exports write them."""

from __future__ import annotations

import datetime
import re
import unicodedata
from functools import lru_cache
from typing import Final

_FIRST_YEAR: Final = 1980
_LAST_YEAR: Final = 2100
_CHINA: Final = datetime.timezone(datetime.timedelta(hours=8))
_EXCEL_EPOCH: Final = datetime.date(1899, 12, 30)

_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2}))?(?!\d)")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[ T]?\d{4,6})?(?:\.\d+)?(?!\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_ORACLE: Final = re.compile(r"(\d{1,2})-(\d{1,2})月\s*-(\d{2,4})(?!\d)")
_SERIAL: Final = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_UNIX: Final = re.compile(r"1\d{9}(?:\d{3})?(?:\.0)?")
_ZONED: Final = re.compile(r"\d[T ]\d{2}:\d{2}.*?(?:[Zz]|[+-]\d{2}:?\d{2})$")
_DAY_ALONE: Final = re.compile(r"\S{1,10}")


def parse_date(value: str) -> datetime.date | None:
    """The day that a cell names; None where it names none between 1980 and 2100.

    Reads 2023-05-06 12:00:00, 2023/5/6, 2023.5.6, 20230506, 2023年5月6日, 5/6/2023 (month first), 06-5月-23, ISO
    with a zone (moved to China's), Excel serials and Unix seconds or milliseconds as text. A month alone is its
    first day.
    """
    text = value.strip()
    if _ZONED.search(text):
        return _zoned(text)
    head = _DAY_ALONE.match(text)  # the time of day would keep the cache from ever being hit
    if head and text[head.end() : head.end() + 1] in ("", " ") and (found := _day(head.group())):
        return found
    if text[10:11] == "T":
        return _day(text[:10])
    return _day(text)


def _zoned(text: str) -> datetime.date | None:
    try:
        moment = datetime.datetime.fromisoformat(text.replace("z", "Z"))
        return _plausible(moment.astimezone(_CHINA).date())
    except (ValueError, OverflowError):
        return _day(text[:10])


@lru_cache(maxsize=100_000)
def _day(text: str) -> datetime.date | None:
    text = text if text.isascii() else unicodedata.normalize("NFKC", text).strip()
    if _SERIAL.fullmatch(text):
        return _plausible(_EXCEL_EPOCH + datetime.timedelta(days=int(float(text))))
    if _UNIX.fullmatch(text):
        seconds = int(text[:10])
        return _plausible(datetime.datetime.fromtimestamp(seconds, _CHINA).date())
    if found := _YEAR_FIRST.match(text) or _COMPACT.match(text):
        year, month, day = found.groups()
        return _date(int(year), int(month), int(day or 1))
    if found := _YEAR_LAST.match(text):
        month, day, year = found.groups()
        return _date(int(year), int(month), int(day))
    if found := _ORACLE.match(text):
        day, month, year = found.groups()
        return _date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    return None


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return _plausible(datetime.date(year, month, day))
    except ValueError:
        return None


def _plausible(date: datetime.date) -> datetime.date | None:
    return date if _FIRST_YEAR <= date.year <= _LAST_YEAR else None
