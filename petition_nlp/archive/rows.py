"""What passes through an archive run: rows that can be kept, and rows that cannot."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from petition_nlp.archive.encoding import LOST_MARK

REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is kept, with its own fields in order.

    :param line: where it begins in its file, from 1.
    :param raw: the row as it was written (JSON Lines only).
    :param flaw: what is wrong with it, in the user's words; such a row is kept and goes to a person.
    """

    line: int
    fields: Mapping[str, Any]
    raw: str = ""
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be kept; it goes to the file of rejected rows as it was written."""

    line: int
    reason: str
    raw: str


class Source(Protocol):
    """An input file that has been checked and whose columns are known."""

    path: Path
    columns: tuple[str, ...]
    total: int

    def describe(self) -> str:
        """How the file was read: encoding, delimiter, sheet, header row."""

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row in order."""

    def done(self) -> int:
        """How much of ``total`` has been read."""

    def close(self) -> None:
        """Release the file."""


def mend(text: str) -> tuple[str, str]:
    """Make a decoded row safe to hand on.

    :return: the row without NUL, with U+FFFD for bytes that fit no character, and what was wrong with it.
    """
    flaws = []
    if "\0" in text:
        text = text.replace("\0", "")
        flaws.append("含有 NUL 空字符，已去掉")
    if LOST_MARK in text:
        text = text.replace(LOST_MARK, REPLACEMENT)
        flaws.append("含有无法解码的字节，已用 \ufffd 代替")
    return text, "；".join(flaws)


def as_text(value: Any) -> str:
    """A cell's value as a table shows it; nothing is lost for strings, whole numbers, dates and times."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if is_whole(value) else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def as_json(value: Any) -> Any:
    """A cell's value as JSON holds it: whole numbers without a point, dates and times as text."""
    if isinstance(value, float):
        return int(value) if is_whole(value) else value
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return as_text(value)
    return value


def is_whole(value: float) -> bool:
    """Whether a float stands for a whole number that a spreadsheet shows exactly."""
    return math.isfinite(value) and value.is_integer() and abs(value) < 1e15
