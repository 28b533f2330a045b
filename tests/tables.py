"""Tables in every format, written and read back without the code under test."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

Table = list[list[Any]]


def write_table(path: Path, rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8") -> Path:
    """A table in the format of its name."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("工单")
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    (sheet.write_string if isinstance(cell, str) else sheet.write)(number, column, cell)
        return path
    if kind in ("jsonl", "ndjson"):
        header, *records = rows
        text = "".join(json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) + "\n" for row in records)
    else:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter="\t" if kind == "tsv" else ",").writerows(rows)
        text = buffer.getvalue()
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read_table(path: Path, *, encoding: str = "utf-8-sig") -> Table:
    """What a spreadsheet would show, as text; JSON Lines become their own fields and the route's name."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "xlsx":
        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode(encoding)
    if kind in ("jsonl", "ndjson"):
        return [[json.loads(line)] for line in text.split("\n") if line]
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if kind == "tsv" else ","))
