"""The fields of one record as a document has them, read with a complaint for each that cannot be used."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from petition_nlp.local.problems import Problem
from petition_nlp.local.vocabulary import vocabulary

_LONGEST: Final = 500
_LONGEST_OF: Final = {"code": 64, "name": 200}
"""Fields that are copied to petitions, as long as the service's columns."""
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?")
_SHOWN: Final = 30

Where = Callable[[str, int], str]
"""Where a record stands in its source, from its kind and its index."""


def in_document(kind: str, index: int) -> str:
    """Where a record stands in a JSON document."""
    return f"「{vocabulary().sheet(kind)}」第 {index + 1} 项"


class Fields:
    """One record of a kind; what is wrong with it goes into ``problems``."""

    def __init__(self, kind: str, index: int, raw: Any, problems: list[Problem], where: Where) -> None:
        self.kind, self.index = kind, index
        self._problems, self._place = problems, where
        self._raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        if not isinstance(raw, dict):
            self._problem("应是键值表", "请写成 {字段: 值}")
        known = vocabulary().columns[kind]
        for name in self._raw:
            if name not in known:
                self._problem(f"不认识的字段 {str(name)[:_SHOWN]}", f"可用：{'、'.join(known)}")

    def complain(self, field: str, what: str, todo: str) -> None:
        """Note what is wrong with a field."""
        place = self._place(self.kind, self.index)
        self._problems.append(Problem(what, f"{place}「{vocabulary().column(self.kind, field)}」", todo))

    def required(self, field: str) -> str:
        """A text that has to be there; empty, with a complaint, where it is not."""
        value = self.text(field)
        if value is None:
            self.complain(field, "没有填写", "请填写")
        return value or ""

    def text(self, field: str) -> str | None:
        """A text, None where it is empty."""
        value = self._raw.get(field)
        if value is None:
            return None
        if not isinstance(value, str):
            self.complain(field, "应是文字", "请改成文字（数字请加引号）")
            return None
        longest = _LONGEST_OF.get(field, _LONGEST)
        if len(value) > longest:
            self.complain(field, f"超过 {longest} 字", "请写短一些")
        if "\0" in value:
            self.complain(field, "含有空字符（U+0000）", "请删去")
        return " ".join(value.split()) or None

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        value = self._raw.get(field)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and len(item) <= _LONGEST for item in value):
            self.complain(field, "应是一列文字", '例如 ["甲", "乙"]')
            return ()
        return tuple(dict.fromkeys(" ".join(item.split()) for item in value if item.strip()))

    def choice(self, field: str, group: str) -> str | None:
        """The code of one of the fixed values of a group, None where the field is empty."""
        written = self.text(field)
        if written is None:
            return None
        code = vocabulary().code_of(group, written)
        if code is None:
            names = "、".join(own[0] for own in vocabulary().values[group].values())
            self.complain(field, f"「{written[:_SHOWN]}」不是可用的值", f"可用：{names}")
        return code

    def date(self, field: str) -> datetime.date | None:
        """A day, None where the field is empty."""
        written = self.text(field)
        if written is None:
            return None
        day = parse_day(written)
        if day is None:
            self.complain(field, f"「{written[:_SHOWN]}」不是日期", "请写成 2026-05-01 的样子")
        return day

    def _problem(self, what: str, todo: str) -> None:
        self._problems.append(Problem(what, self._place(self.kind, self.index), todo))


def parse_day(written: str) -> datetime.date | None:
    """The day that a cell names (2026-05-01, 2026/5/1, 2026年5月1日), None if it names none."""
    found = _DATE.fullmatch(written.strip())
    try:
        return datetime.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
