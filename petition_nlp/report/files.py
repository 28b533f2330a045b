"""The report's tables as files: a CSV each, and all of them in one workbook."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from petition_nlp.archive.outputs import safe_cell
from petition_nlp.archive.spreadsheet import XLSX_CELL
from petition_nlp.report.content import Cell, Chart, Column, Kind, Section, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

CSV_FOLDER: Final = "表格"
WORKBOOK: Final = "表格.xlsx"

_FORMATS: Final = {Kind.COUNT: "#,##0", Kind.SHARE: "0.0%", Kind.POINTS: "+0.0%;-0.0%", Kind.NUMBER: "General"}
_SHEET_NAME: Final = 31
_WIDEST: Final = 60


def tables(sections: Iterable[Section]) -> list[Table]:
    """All tables of the report in order, those behind charts included."""
    found = []
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Chart):
                found.append(block.table)
            elif isinstance(block, Table):
                found.append(block)
    return found


def write_tables(found: Sequence[Table], folder: Path, date: datetime.date) -> None:
    """Write every table as ``表格/NAME.csv`` and all of them as ``表格.xlsx``."""
    home = folder / CSV_FOLDER
    home.mkdir()
    for table in found:
        _write_csv(table, home / f"{table.name}.csv")
    _write_workbook(found, folder / WORKBOOK, date)


def _write_csv(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(column.title) for column in table.columns])
        for row in table.rows:
            writer.writerow([_plain(value, column) for value, column in zip(row, table.columns, strict=True)])


def _plain(value: Cell, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    if column.kind in (Kind.SHARE, Kind.POINTS):
        return f"{value:.4f}"
    return str(value)


def _write_workbook(found: Sequence[Table], path: Path, date: datetime.date) -> None:
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        # the clock must not show in the file
        book.set_properties({"created": datetime.datetime(date.year, date.month, date.day)})
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
        for table in found:
            _write_sheet(book, table, bold, formats)
        if not found:
            book.add_worksheet("表格")


def _write_sheet(book: Workbook, table: Table, bold: Format, formats: dict[Kind, Format]) -> None:
    sheet = book.add_worksheet(table.name[:_SHEET_NAME])
    sheet.freeze_panes(1, 0)
    for number, column in enumerate(table.columns):
        sheet.write_string(0, number, column.title, bold)
        lengths = [len(str(row[number])) for row in table.rows[:200] if isinstance(row[number], str)]
        sheet.set_column(number, number, min(_WIDEST, max([9, 2 * len(column.title), *(2 * n for n in lengths)])))
    for line, row in enumerate(table.rows, 1):
        for number, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            if isinstance(value, str):
                sheet.write_string(line, number, value[:XLSX_CELL])
            elif value is not None:
                sheet.write_number(line, number, value, formats[column.kind])
