"""CSV and TSV with any of the usual delimiters, read record by record with the standard library.

A quotation mark that is never closed would swallow the rest of a file. Such a record is given up after
`RECORD_LIMIT` characters, at the end of the file, or where it has too many cells and a record within it: only
its first line is rejected and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from petition_nlp.archive.columns import HEADER_WINDOW, header_index, name_columns, widest_index
from petition_nlp.archive.formats import Format, Kind
from petition_nlp.archive.lines import LINE_LIMIT, TOO_LONG, CutLine, TextFile
from petition_nlp.archive.rows import BadRow, Row, Source, mend
from petition_nlp.errors import NoRowsError

RECORD_LIMIT = 4 << 20
"""Characters of a record of several lines beyond which its quotation mark counts as never closed."""

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "逗号", ";": "分号", "\t": "制表符", "|": "竖线"}
_SAMPLE_LINES = 200
_SAMPLE_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Record:
    """One record as it was split, with its first line's number and its own wording."""

    line: int
    cells: list[str]
    raw: str


class DelimitedSource(Source):
    """A delimited file whose encoding, delimiter and header row have been found."""

    def __init__(self, path: Path, form: Format, *, encoding: str | None, text_columns: Sequence[str]) -> None:
        self.path = path
        self._file = TextFile(path, form, encoding=encoding)
        self.total = self._file.total
        sample = _sample(self._file.lines(newline=""))
        preferred = "\t" if form.kind is Kind.TSV else ","
        self._delimiter = _sniff(sample, text_columns, preferred)
        self.header_line, self.columns = self._find_header(text_columns)
        self._check_not_empty()

    def describe(self) -> str:
        """How the file was read."""
        header = f"，表头在第 {self.header_line} 行" if self.header_line > 1 else ""
        return f"{self._file.decoding.label}，{_NAMES[self._delimiter]}分隔{header}"

    def rows(self) -> Iterator[Row | BadRow]:
        """Every record below the header that holds anything."""
        for record in self._records(len(self.columns)):
            if record.line <= self.header_line:
                continue
            if isinstance(record, BadRow):
                yield record
            elif any(cell.strip() for cell in record.cells):
                yield self._row(record)

    def done(self) -> int:
        """Bytes of the file that have been read."""
        return self._file.done()

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _records(self, width: int | None = None) -> Iterator[_Record | BadRow]:
        return _records(self._file.lines(newline=""), self._delimiter, width)

    def _find_header(self, text_columns: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        top = [record for record in islice(self._records(), HEADER_WINDOW) if isinstance(record, _Record)]
        filled = [record for record in top if any(cell.strip() for cell in record.cells)]
        if not filled:
            raise NoRowsError("文件里没有内容", where=str(self.path), todo="请检查导出是否成功")
        rows = [record.cells for record in filled]
        index = header_index(rows, text_columns)
        index = widest_index(rows) if index is None else index
        header = [mend(cell)[0] for cell in rows[index]]
        return filled[index].line, name_columns(header, rows[:index])

    def _check_not_empty(self) -> None:
        if next(self.rows(), None) is None:
            raise NoRowsError("只有表头，没有数据行", where=str(self.path), todo="请检查导出是否成功")

    def _row(self, record: _Record) -> Row | BadRow:
        cells, width = record.cells, len(self.columns)
        if len(cells) > width and any(cells[width:]):
            reason = f"有 {len(cells)} 列，表头只有 {width} 列，可能是正文里的分隔符或引号没有转义"
            return BadRow(record.line, reason, record.raw)
        _, flaw = mend(record.raw)
        if flaw:
            cells = [mend(cell)[0] for cell in cells]
        if len(cells) < width:
            short = f"本行只有 {len(cells)} 列，表头有 {width} 列，可能被换行打断"
            flaw = f"{flaw}；{short}" if flaw else short
            cells = cells + [""] * (width - len(cells))
        return Row(record.line, dict(zip(self.columns, cells, strict=False)), flaw=flaw)


def _records(lines: Iterator[str], delimiter: str, width: int | None = None) -> Iterator[_Record | BadRow]:
    feed = _Feed(lines)
    csv.field_size_limit(LINE_LIMIT)
    while feed.more():
        if isinstance(feed.peek(), CutLine):
            yield BadRow(feed.number + 1, TOO_LONG, feed.take())
            continue
        line = feed.number + 1
        try:
            cells = next(csv.reader(feed.record(), delimiter=delimiter))
        except (_NeverClosed, csv.Error):
            cells = None
        swallowing = (
            cells is None
            or (not feed.more() and _is_open(feed.raw, delimiter))
            or (width is not None and feed.has_swallowed(cells, delimiter, width))
        )
        if cells is None or swallowing:
            feed.give_back_all_but_first()
            yield BadRow(line, "引号没有闭合，或含有无法拆分的内容", feed.raw)
        else:
            yield _Record(line, cells, feed.raw)


def _is_open(raw: str, delimiter: str) -> bool:
    """Whether a record at the end of a file stops inside quotation marks."""
    if '"' not in raw:
        return False
    probe = list(csv.reader([raw + "\n", delimiter], delimiter=delimiter))
    return len(probe) == 1


def _is_strict(raw: str, delimiter: str) -> bool:
    """Whether every quotation mark in a record stands where it should."""
    try:
        return len(list(csv.reader([raw], delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


class _NeverClosed(Exception):
    """A record has grown beyond `RECORD_LIMIT`."""


class _Feed:
    """Lines for one record at a time, which can be given back when the record proves to be none."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._ahead: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 0

    @property
    def raw(self) -> str:
        """The lines of the current record as they were written."""
        return "".join(self._taken).rstrip("\r\n")

    def more(self) -> bool:
        """Whether there is another line."""
        if not self._ahead:
            self._ahead.extend(islice(self._lines, 1))
        return bool(self._ahead)

    def peek(self) -> str:
        """The next line, left in place."""
        return self._ahead[0]

    def take(self) -> str:
        """The next line."""
        self.number += 1
        return self._ahead.popleft()

    def record(self) -> Iterator[str]:
        """Lines for a new record, as many as are asked for."""
        self._taken = []
        size = 0
        while self.more():
            if size > RECORD_LIMIT or (self._taken and isinstance(self.peek(), CutLine)):
                raise _NeverClosed
            line = self.take()
            self._taken.append(line)
            size += len(line)
            yield line

    def has_swallowed(self, cells: list[str], delimiter: str, width: int) -> bool:
        """Whether a stray quotation mark seems to have joined several records into the current one."""
        later = self._taken[1:]
        if not later or (len(cells) <= width and _is_strict(self.raw, delimiter)):
            return False
        return any(len(cells) == width for cells in csv.reader(later, delimiter=delimiter))

    def give_back_all_but_first(self) -> None:
        """Keep only the first line in the current record and put the others back."""
        self.number -= len(self._taken) - 1
        self._ahead.extendleft(reversed(self._taken[1:]))
        self._taken = self._taken[:1]


def _sample(lines: Iterator[str]) -> list[str]:
    sample: list[str] = []
    size = 0
    for line in islice(lines, _SAMPLE_LINES):
        sample.append(line)
        size += len(line)
        if size > _SAMPLE_SIZE:
            break
    return sample


def _sniff(sample: list[str], text_columns: Sequence[str], preferred: str) -> str:
    """The delimiter that shows the text column and splits most lines into the same number of cells."""

    def fitness(delimiter: str) -> tuple[bool, int, bool]:
        records = [r.cells for r in _records(iter(sample), delimiter) if isinstance(r, _Record) and any(r.cells)]
        if not records:
            return (False, 0, delimiter == preferred)
        index = header_index(records, text_columns)
        width = len(records[widest_index(records) if index is None else index])
        steady = sum(1 for cells in records if len(cells) == width) if width > 1 else 0
        return (index is not None, steady, delimiter == preferred)

    return max(_DELIMITERS, key=fitness)
