"""Writing XLSX: parts keep the cells with their types, the workbook is made of them row by row."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.outputs import BytesOutput, raw_text
from petition_nlp.archive.routed import Layout, Routed
from petition_nlp.archive.rows import REPLACEMENT, BadRow, Batch, as_text
from petition_nlp.errors import OutputError

XLSX_ROWS = 1_048_576
XLSX_COLUMNS = 16_384
XLSX_CELL = 32_767

_CUT = "…（已截断）"
_SURROGATE = re.compile("[\ud800-\udfff]")
_DATE_FORMATS: Mapping[type, str] = {
    datetime.datetime: "yyyy-mm-dd hh:mm:ss",
    datetime.date: "yyyy-mm-dd",
    datetime.time: "hh:mm:ss",
    datetime.timedelta: "[hh]:mm:ss",
}
_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda seconds: datetime.timedelta(seconds=float(seconds)),
}


class WorkbookOutput(BytesOutput):
    """An XLSX file that goes on in a further sheet where one is full."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        if len(layout.header) > XLSX_COLUMNS:
            raise OutputError(
                f"共 {len(layout.header)} 列，超过 XLSX 的 {XLSX_COLUMNS} 列上限",
                todo="请输出为 .csv 或 .jsonl",
            )

    def piece(self, batch: Batch, routed: Sequence[Routed]) -> tuple[bytes, list[BadRow]]:
        """One line of JSON for each row; cells beyond Excel's limit are cut, which is reported."""
        lines: list[str] = []
        lost: list[BadRow] = []
        for each in routed:
            values = [*(each.row.fields.get(name) for name in self._layout.own), *self._layout.added(each)]
            cells = [_cell(value) for value in values]
            cut = [name for name, cell in zip(self._layout.header, cells, strict=True) if _is_cut(cell)]
            if cut:
                names = "」「".join(cut)
                reason = f"「{names}」超过 Excel 单元格的 {XLSX_CELL} 字上限，输出中已截断，全文见此"
                lost.append(BadRow(each.row.line, reason, raw_text(each.row)))
            lines.append(json.dumps(cells, ensure_ascii=False) + "\n")
        return "".join(lines).encode("utf-8"), lost

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """The workbook, written row by row."""
        from xlsxwriter import Workbook
        from xlsxwriter.exceptions import FileCreateError

        # row buffers live beside the output, so that they vanish with it
        book = Workbook(target, {"constant_memory": True, "tmpdir": str(target.parent)})
        _Sheets(book, self._layout.header).write(_rows(parts))
        try:
            book.close()
        except FileCreateError as error:
            raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(error)) from None


class _Sheets:
    """The sheets of a workbook, one after the other."""

    def __init__(self, book: Any, header: Sequence[str]) -> None:
        self._book, self._header = book, header
        self._bold = book.add_format({"bold": True})
        self._formats = {kind: book.add_format({"num_format": form}) for kind, form in _DATE_FORMATS.items()}

    def write(self, rows: Iterator[list[Any]]) -> None:
        """Every row; there is a sheet even without one."""
        sheet, number = self._new_sheet(), 0
        for cells in rows:
            number += 1
            if number >= XLSX_ROWS:
                sheet, number = self._new_sheet(), 1
            for column, cell in enumerate(cells):
                self._write(sheet, number, column, cell)

    def _new_sheet(self) -> Any:
        number = len(self._book.worksheets()) + 1
        sheet = self._book.add_worksheet("分类结果" if number == 1 else f"分类结果{number}")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(self._header):
            sheet.write_string(0, column, _excel_text(name), self._bold)
        return sheet

    def _write(self, sheet: Any, row: int, column: int, cell: Any) -> None:
        if cell is None:
            return
        if isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell)
        elif isinstance(cell, dict):
            ((kind, text),) = cell.items()
            value = _READERS[kind](text)
            sheet.write_datetime(row, column, value, self._formats[type(value)])
        else:
            sheet.write_string(row, column, cell)


def _cell(value: Any) -> Any:
    """A cell as a part keeps it: empty as None, dates and times as ``{kind: text}``, whatever else as text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 1e15:
        return value
    if type(value) in _DATE_FORMATS and getattr(value, "year", 1900) >= 1900 and not getattr(value, "tzinfo", None):
        kind = type(value).__name__
        return {kind: str(value.total_seconds()) if kind == "timedelta" else value.isoformat()}
    return _excel_text(as_text(value))


def _is_cut(cell: Any) -> bool:
    return isinstance(cell, str) and cell.endswith(_CUT) and _excel_length(cell) == XLSX_CELL


def _rows(parts: Sequence[Path]) -> Iterator[list[Any]]:
    for part in parts:
        with part.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _excel_text(text: str) -> str:
    text = _SURROGATE.sub(REPLACEMENT, text)
    if _excel_length(text) <= XLSX_CELL:
        return text
    kept = text.encode("utf-16-le")[: 2 * (XLSX_CELL - len(_CUT))]
    return kept.decode("utf-16-le", "ignore") + _CUT


def _excel_length(text: str) -> int:
    """Length as Excel counts it, in UTF-16 units."""
    return len(text) if len(text) < XLSX_CELL // 2 else len(text.encode("utf-16-le", "surrogatepass")) // 2
