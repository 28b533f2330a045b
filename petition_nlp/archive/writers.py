"""Rows with their routes as JSON Lines, CSV, TSV or XLSX.

In CSV and TSV a cell that a spreadsheet would run as a formula, one that begins with = + - @ (full-width
forms too), a tab or a carriage return, gets an apostrophe in front, unless it is a plain number such as -3.5,
+12% or -1,200, or nothing but dashes. XLSX cells are typed as text instead and JSON Lines needs neither.
"""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TextIO, cast

from petition_nlp.archive.columns import as_unique
from petition_nlp.archive.formats import Format, Kind
from petition_nlp.archive.rows import REPLACEMENT, Row, as_json, as_text
from petition_nlp.errors import OutputError
from petition_nlp.route import Route

CLASH_SUFFIX = "（模型）"
"""Ending of an added column or key whose name the input already uses."""

XLSX_ROWS = 1_048_576
XLSX_COLUMNS = 16_384
XLSX_CELL = 32_767

_FORMULA_START = frozenset("=+-@＝＋－＠\t\r")
_HARMLESS = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+|(?=\.\d))(\.\d+)?([eE][+-]?\d+)?%?|-+", re.ASCII)
_CUT = "…（已截断）"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Writer(Protocol):
    """One output file."""

    def write(self, row: Row, route: Route) -> str:
        """Add a row; what was lost in doing so, in the user's words, or an empty text."""

    def close(self) -> None:
        """Finish the file."""


def route_cells(route: Route) -> dict[str, Any]:
    """What a route adds to a table."""
    return {
        "事项类别": route.matter.name if route.matter else "",
        "责任部门": route.department.name if route.department else "",
        "备选部门": "、".join(choice.name for choice in route.department.alternatives) if route.department else "",
        "置信度": round(route.confidence, 4),
        "人工复核": "是" if route.review.required else "否",
        "复核原因": "；".join(reason.message for reason in route.review.reasons),
        "紧急": f"{route.emergency.line}：{route.emergency.message}" if route.emergency else "",
    }


ADDED = ("事项类别", "责任部门", "备选部门", "置信度", "人工复核", "复核原因", "紧急")


def added_names(names: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Names under which ``names`` are added to ``columns``: with a suffix where the input has one already."""
    return tuple(as_unique(name + CLASH_SUFFIX, columns) if name in columns else name for name in names)


def open_writer(path: Path, form: Format, columns: Sequence[str], *, encoding: str) -> Writer:
    """A writer for a new file.

    :param columns: the input's own columns in order.
    :param encoding: of CSV and TSV files.
    :raises OutputError: if the format cannot hold that many columns.
    """
    if form.kind is Kind.JSON_LINES:
        return JsonLinesWriter(path, form, columns)
    if form.kind is Kind.XLSX:
        return WorkbookWriter(path, columns)
    return DelimitedWriter(path, form, columns, encoding=encoding)


class JsonLinesWriter:
    """Own fields unchanged, to the letter where the input is JSON Lines, and the route under ``route``."""

    def __init__(self, path: Path, form: Format, columns: Sequence[str]) -> None:
        (self._key,) = added_names(["route"], columns)
        self._file = open_text(path, form, "utf-8", "backslashreplace")

    def write(self, row: Row, route: Route) -> str:
        """Add a row."""
        addition = f"{_json(self._key)}: {_json(route.to_dict())}}}"
        own = row.raw or _json({name: as_json(value) for name, value in row.fields.items()})
        separator = ", " if row.fields else ""
        # a lone surrogate leaves as its JSON escape, thanks to the error handler of the file
        self._file.write(f"{own[:-1].rstrip()}{separator}{addition}\n")
        return ""

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class DelimitedWriter:
    """A table that Excel and WPS open by a double click; lines end in CR LF."""

    def __init__(self, path: Path, form: Format, columns: Sequence[str], *, encoding: str) -> None:
        self._columns = columns
        self._file = open_text(path, form, encoding, "replace")
        self._writer = csv.writer(self._file, delimiter="\t" if form.kind is Kind.TSV else ",")
        self._writer.writerow([safe_cell(name) for name in (*columns, *added_names(ADDED, columns))])

    def write(self, row: Row, route: Route) -> str:
        """Add a row."""
        own = [safe_cell(as_text(row.fields.get(name))) for name in self._columns]
        self._writer.writerow([*own, *route_cells(route).values()])
        return ""

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class WorkbookWriter:
    """An XLSX file written row by row; it goes on in a further sheet where one is full."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        from xlsxwriter import Workbook

        self._columns = columns
        self._header = (*columns, *added_names(ADDED, columns))
        if len(self._header) > XLSX_COLUMNS:
            raise OutputError(
                f"共 {len(self._header)} 列，超过 XLSX 的 {XLSX_COLUMNS} 列上限",
                todo="请输出为 .csv 或 .jsonl",
            )
        # row buffers live beside the output, so that they vanish with it
        self._book = Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
        self._bold = self._book.add_format({"bold": True})
        self._formats = {kind: self._book.add_format({"num_format": form}) for kind, form in _DATE_FORMATS.items()}
        self._row = XLSX_ROWS

    def write(self, row: Row, route: Route) -> str:
        """Add a row; a cell beyond Excel's limit is cut, which is reported."""
        if self._row >= XLSX_ROWS:
            self._new_sheet()
        cells = [*(row.fields.get(name) for name in self._columns), *route_cells(route).values()]
        lost = [name for column, name in enumerate(self._header) if self._cell(column, cells[column])]
        self._row += 1
        if not lost:
            return ""
        return f"「{'」「'.join(lost)}」超过 Excel 单元格的 {XLSX_CELL} 字上限，输出中已截断，全文见此"

    def close(self) -> None:
        """Finish the file."""
        from xlsxwriter.exceptions import FileCreateError

        if self._row == XLSX_ROWS:
            self._new_sheet()
        try:
            self._book.close()
        except FileCreateError as error:
            raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(error)) from None

    def _new_sheet(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet("分类结果" if number == 1 else f"分类结果{number}")
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(self._header):
            self._sheet.write_string(0, column, _excel_text(name), self._bold)
        self._row = 1

    def _cell(self, column: int, value: Any) -> bool:
        """Write one cell by its type; whether something of it was cut off."""
        where = (self._row, column)
        if value is None or value == "":
            return False
        if isinstance(value, bool):
            self._sheet.write_boolean(*where, value)
        elif isinstance(value, int | float) and math.isfinite(value) and abs(value) < 1e15:
            self._sheet.write_number(*where, value)
        elif type(value) in _DATE_FORMATS and getattr(value, "year", 1900) >= 1900:
            self._sheet.write_datetime(*where, value, self._formats[type(value)])
        else:
            text = as_text(value)
            self._sheet.write_string(*where, _excel_text(text))
            return _excel_length(text) > XLSX_CELL
        return False


_DATE_FORMATS: Mapping[type, str] = {
    datetime.datetime: "yyyy-mm-dd hh:mm:ss",
    datetime.date: "yyyy-mm-dd",
    datetime.time: "hh:mm:ss",
    datetime.timedelta: "[hh]:mm:ss",
}


def safe_cell(text: str) -> str:
    """A cell for CSV that no spreadsheet runs as a formula and that holds no NUL."""
    text = text.replace("\0", "")
    if text and text[0] in _FORMULA_START and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def open_text(path: Path, form: Format, encoding: str, errors: str) -> TextIO:
    """A new text file that keeps line endings as they are written, packed if its name says so."""
    if not form.gzipped:
        return path.open("w", encoding=encoding, errors=errors, newline="")
    # without the time in its header the same rows give the same bytes
    packed = cast(BinaryIO, gzip.GzipFile(path, "wb", mtime=0))
    return io.TextIOWrapper(packed, encoding=encoding, errors=errors, newline="")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _excel_text(text: str) -> str:
    text = _SURROGATE.sub(REPLACEMENT, text)
    if _excel_length(text) <= XLSX_CELL:
        return text
    kept = text.encode("utf-16-le")[: 2 * (XLSX_CELL - len(_CUT))]
    return kept.decode("utf-16-le", "ignore") + _CUT


def _excel_length(text: str) -> int:
    """Length as Excel counts it, in UTF-16 units."""
    return len(text) if len(text) < XLSX_CELL // 2 else len(text.encode("utf-16-le", "surrogatepass")) // 2
