"""What passes through an archive run: rows that can be kept, and rows that cannot."""

from __future__ import annotations

import datetime
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from petition_nlp.archive.encoding import LOST_MARK
from petition_nlp.errors import InputError

REPLACEMENT = "\ufffd"
BATCH_CHARACTERS = 4_000_000


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


class Batch(Protocol):
    """Consecutive rows of one file; it can be handed to another process."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that can be kept."""

    @property
    def bad(self) -> Sequence[BadRow]:
        """The rows among them that cannot."""

    @property
    def size(self) -> int:
        """How many rows it holds, bad ones included."""

    @property
    def last_line(self) -> int:
        """Where its last row begins in its file."""


@dataclass(frozen=True, slots=True)
class RowBatch:
    """A batch of rows that were read one by one."""

    rows: Sequence[Row]
    bad: Sequence[BadRow]

    @property
    def size(self) -> int:
        """How many rows it holds, bad ones included."""
        return len(self.rows) + len(self.bad)

    @property
    def last_line(self) -> int:
        """Where its last row begins in its file."""
        return max((rows[-1].line for rows in (self.rows, self.bad) if rows), default=0)


@dataclass(frozen=True, slots=True)
class Notice:
    """What has to be told of a file beside its rows; it counts as none."""

    bad: Sequence[BadRow]
    rows: Sequence[Row] = ()
    size: int = 0
    last_line: int = 0


class Source(ABC):
    """An input file that has been checked and whose columns are known."""

    path: Path
    columns: tuple[str, ...]
    total: int
    sheets: tuple[str, ...] = ()
    """The worksheets among which one can choose."""

    @abstractmethod
    def describe(self) -> str:
        """How the file was read: encoding, delimiter, sheet, header row."""

    @abstractmethod
    def rows(self) -> Iterator[Row | BadRow]:
        """Every row in order."""

    @abstractmethod
    def done(self) -> int:
        """How much of ``total`` has been read."""

    @abstractmethod
    def close(self) -> None:
        """Release the file."""

    def every_column(self) -> tuple[str, ...]:
        """The columns of all rows; ``columns`` are those of the first ones where rows may differ."""
        return self.columns

    def batches(self, size: int, *, skip: int, read: Sequence[str]) -> Iterator[Batch]:
        """The rows in batches of at most ``size``, and of a few million characters.

        :param skip: rows at the beginning that are left out, bad ones included.
        :param read: columns that are read; a source that holds columns apart may leave the others alone.
        :raises InputError: the file breaks off; all rows before that have been given.
        """
        rows: list[Row] = []
        bad: list[BadRow] = []
        characters = 0
        broken: InputError | None = None
        try:
            for row in islice(self.rows(), skip, None):
                if isinstance(row, BadRow):
                    bad.append(row)
                    characters += len(row.raw)
                else:
                    rows.append(row)
                    characters += sum(len(value) for value in row.fields.values() if isinstance(value, str))
                if len(rows) + len(bad) >= size or characters > BATCH_CHARACTERS:
                    yield RowBatch(rows, bad)
                    rows, bad, characters = [], [], 0
        except InputError as error:  # what came before it is kept
            broken = error
        if rows or bad:
            yield RowBatch(rows, bad)
        if broken:
            raise broken


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
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | int | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=as_text)


def as_json(value: Any) -> Any:
    """A cell's value as JSON holds it: whole numbers without a point, dates and times as text."""
    if isinstance(value, float):
        return int(value) if is_whole(value) else value if math.isfinite(value) else None
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | Decimal | bytes):
        return as_text(value)
    return value


def is_whole(value: float) -> bool:
    """Whether a float stands for a whole number that a spreadsheet shows exactly."""
    return math.isfinite(value) and value.is_integer() and abs(value) < 1e15
