"""Working days in China: the published holidays, what the operator adds, and Monday to Friday where neither knows."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from petition_nlp.archive.encoding import decode
from petition_nlp.archive.formats import reading
from petition_nlp.errors import InputError
from petition_nlp.extras import needs_extra
from petition_nlp.local.fields import parse_day
from petition_nlp.resources import YamlLoader

_WORKDAY: Final = frozenset({"workday", "班", "上班", "调休上班", "补班", "工作日"})
_HOLIDAY: Final = frozenset({"holiday", "休", "放假", "休息", "休息日", "节假日"})
_SATURDAY: Final = 5
_YEARS: Final = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Day:
    """Whether a day is a working day; ``provisional`` where the holidays of its year are not known yet."""

    workday: bool
    provisional: bool = False


@dataclass(frozen=True)
class WorkCalendar:
    """Knows working days.

    :param own: the operator's own days, True for a working day. They come before the published ones, and a year
        in which there is any counts as known.
    """

    own: Mapping[datetime.date, bool] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> WorkCalendar:
        """The published days with those of an operator's file, if there is one.

        :param path: YAML (a list of ``{date, kind, name}``) or CSV (columns date, kind, name); kind is holiday or
            workday, 休 or 班.
        :raises InputError: the file cannot be read, or a line of it.
        """
        return cls() if path is None else cls(dict(_entries(path)))

    def day(self, date: datetime.date) -> Day:
        """What kind of day a date is."""
        if date in self.own:
            return Day(self.own[date])
        with needs_extra("service"):
            from chinese_calendar import is_workday
        try:
            return Day(is_workday(date))
        except NotImplementedError:  # its year's holidays were not published when the package was made
            return Day(date.weekday() < _SATURDAY, provisional=date.year not in self._own_years)

    def after(self, date: datetime.date, days: int) -> tuple[datetime.date, bool]:
        """The working day that is ``days`` working days after a date, and whether that is provisional.

        :param days: at least 1; the first one that counts is the next working day.
        """
        provisional = False
        while days > 0:
            date += datetime.timedelta(days=1)
            day = self.day(date)
            provisional = provisional or day.provisional
            days -= day.workday
        return date, provisional

    @cached_property
    def _own_years(self) -> frozenset[int]:
        return frozenset(date.year for date in self.own)


def _entries(path: Path) -> Iterable[tuple[datetime.date, bool]]:
    rows = _yaml(path) if path.suffix.lower() in (".yaml", ".yml") else _csv(path)
    seen: dict[datetime.date, int] = {}
    for number, raw_date, raw_kind in rows:
        where = f"{path} 第 {number} 项"
        date = raw_date if isinstance(raw_date, datetime.date) else parse_day(str(raw_date or ""))
        if date is None or date.year not in _YEARS:
            raise InputError("日期无法识别", where=where, todo="请写成 2027-10-01 的样子")
        kind = str(raw_kind or "").strip().lower()
        if kind not in _WORKDAY | _HOLIDAY:
            raise InputError("没有写明是放假还是上班", where=where, todo="请写 holiday 或 workday（休 或 班）")
        if date in seen:
            raise InputError(f"{date} 与第 {seen[date]} 项重复", where=where, todo="每天只写一次")
        seen[date] = number
        yield date, kind in _WORKDAY


def _yaml(path: Path) -> list[tuple[int, Any, Any]]:
    with reading(path):
        text = path.read_bytes()
    try:
        raw = yaml.load(text, Loader=YamlLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError("不是有效的 UTF-8 YAML", where=str(path), todo="请检查缩进和引号") from None
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise InputError("应是一列日期", where=str(path), todo="例如 - {date: 2027-10-01, kind: holiday, name: 国庆节}")
    return [(number, item.get("date"), item.get("kind")) for number, item in enumerate(raw, start=1)]


def _csv(path: Path) -> list[tuple[int, Any, Any]]:
    with reading(path):
        text = decode(path.read_bytes(), where=str(path)).removeprefix("\ufeff")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text)) if any(row)]
    body = rows if rows and parse_day(rows[0][0]) else rows[1:]  # a heading names no day
    return [(number, row[0], row[1] if len(row) > 1 else "") for number, row in enumerate(body, start=1)]
