"""By when a unit has to answer: working days by the type of a request, hours in an emergency."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml

from petition_nlp.errors import ConfigError, InputError
from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.resources import data_path, read_yaml

SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8), "Asia/Shanghai")
"""China's one time zone; it has had no daylight saving since 1991."""
_MOST_DAYS: Final = 250
_MOST_HOURS: Final = 24 * 30


@dataclass(frozen=True, slots=True)
class Due:
    """When an answer is due.

    :param date: the last day; ``at``: the exact moment, in an emergency only.
    :param days: working days that were given, extensions included.
    :param provisional: whether holidays that are not published yet can move it.
    :param extensions: how often it was extended.
    """

    date: datetime.date
    days: int
    at: datetime.datetime | None = None
    provisional: bool = False
    extensions: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "date": self.date.isoformat(),
            "at": self.at.isoformat() if self.at else None,
            "days": self.days,
            "provisional": self.provisional,
            "extensions": self.extensions,
        }


@dataclass(frozen=True)
class Deadlines:
    """A city's rule for deadlines.

    :param days: working days by type of request; ``default`` for any other.
    :param extension_times: how often a deadline may be extended, each time by at most ``extension_days``.
    """

    days: Mapping[str, int]
    default: int
    emergency_hours: int
    extension_times: int
    extension_days: int
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    @classmethod
    def load(cls, path: Path | None = None, *, holidays: Path | None = None) -> Deadlines:
        """Read a city's own rule; what it leaves out is as in the shipped ``data/local/deadlines.yaml``.

        :param holidays: the operator's own holidays and working days, see :meth:`WorkCalendar.load`.
        :raises ConfigError: a value of the rule cannot be used. :raises InputError: one of the holidays cannot.
        """
        shipped = data_path("local/deadlines.yaml")
        values = _values(shipped)
        if path is not None:
            own = _values(path)
            tables = {name: {**values[name], **own.get(name, {})} for name in ("days", "extension")}
            values = {**values, **own, **tables}
        return cls(
            days=values["days"],
            default=values["default"],
            emergency_hours=values["emergency_hours"],
            extension_times=values["extension"]["times"],
            extension_days=values["extension"]["days"],
            calendar=WorkCalendar.load(holidays),
        )

    def due(self, received: datetime.datetime, request_type: str | None = None, *, emergency: bool = False) -> Due:
        """When a message has to be answered.

        :param received: when it came in; a time without a zone is China's.
        :param request_type: such as 咨询 or 咨询类.
        :param emergency: whether it tells of an immediate danger: hours count, not days.
        """
        moment = in_china(received)
        if emergency:
            at = moment + datetime.timedelta(hours=self.emergency_hours)
            return Due(at.date(), 0, at)
        days = self.days.get((request_type or "").removesuffix("类"), self.default)
        date, provisional = self.calendar.after(moment.date(), days)
        return Due(date, days, provisional=provisional)

    def extend(self, due: Due, days: int) -> Due:
        """The same deadline, ``days`` working days later; that of an emergency becomes a day.

        :raises InputError: there were enough extensions, or it is too long.
        """
        if due.extensions >= self.extension_times:
            raise InputError(
                f"已延期 {due.extensions} 次，最多 {self.extension_times} 次", todo="请按期办结，或由主管人员处理"
            )
        if not 1 <= days <= self.extension_days:
            raise InputError(
                f"延期 {days} 个工作日，每次应在 1 到 {self.extension_days} 之间", todo="请缩短延期，或修改时限规则"
            )
        date, provisional = self.calendar.after(due.date, days)
        return replace(
            due,
            date=date,
            at=None,
            days=due.days + days,
            provisional=due.provisional or provisional,
            extensions=due.extensions + 1,
        )


def overdue(due: Due, now: datetime.datetime) -> bool:
    """Whether a deadline has passed; a time without a zone is China's."""
    moment = in_china(now)
    return moment > due.at if due.at else moment.date() > due.date


def in_china(moment: datetime.datetime) -> datetime.datetime:
    """A moment by China's clock; one without a zone already is."""
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)


def _values(path: Path) -> dict[str, Any]:
    """A rule's values, checked."""
    try:
        raw = read_yaml(path)
    except OSError:
        raise ConfigError("缺少时限规则或无法读取", where=str(path), todo="请检查路径") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError("不是有效的 UTF-8 YAML", where=str(path), todo="请检查缩进和引号") from None
    try:
        _check(raw)
    except ValueError as error:
        raise ConfigError(str(error), where=str(path), todo="请对照自带的 deadlines.yaml 改正") from None
    return dict(raw)


def _check(raw: Any) -> None:
    _only(raw, "文件", {"version", "days", "default", "emergency_hours", "extension"})
    days = raw.get("days", {})
    if not isinstance(days, dict) or not all(isinstance(name, str) for name in days):
        raise ValueError("days 应是诉求类型到工作日数的表")
    for name, value in days.items():
        _number(f"days.{name}", value, 1, _MOST_DAYS)
    _number("default", raw.get("default", 1), 1, _MOST_DAYS)
    _number("emergency_hours", raw.get("emergency_hours", 1), 1, _MOST_HOURS)
    extension = raw.get("extension", {})
    _only(extension, "extension", {"times", "days"})
    _number("extension.times", extension.get("times", 0), 0, 10)
    _number("extension.days", extension.get("days", 1), 1, _MOST_DAYS)


def _only(raw: Any, where: str, known: set[str]) -> None:
    if not isinstance(raw, dict):
        raise ValueError(f"{where}应是键值表")
    unknown = sorted(str(key) for key in set(raw) - known)
    if unknown:
        raise ValueError(f"{where}有不认识的项：{'、'.join(unknown)}")


def _number(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} 应是 {low} 到 {high} 的整数，不是 {value!r}")
