"""Exports of past orders, read as they come: any format, any usual column names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from petition_nlp.archive.columns import is_personal, map_columns
from petition_nlp.archive.rows import BadRow, as_text
from petition_nlp.archive.sources import open_source
from petition_nlp.errors import InputError
from petition_nlp.report.dates import parse_date


@dataclass(frozen=True)
class Choice:
    """Columns with unusual names; None finds the usual ones."""

    unit: str | None = None
    text: str | None = None
    day: str | None = None


@dataclass
class Order:
    """One row of an export: its cells, and those that matter here."""

    fields: Mapping[str, str]
    text: str
    unit: str
    number: str
    day: date | None


@dataclass
class Export:
    """The rows of all files, their columns, and how many rows could not be split into cells."""

    orders: list[Order] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)
    broken: int = 0

    def columns_to_keep(self) -> list[str]:
        """All columns but those that hold nothing but personal data."""
        return [name for name in self.columns if not is_personal(name)]


def read_export(paths: Sequence[Path], choice: Choice) -> Export:
    """Read the files one after the other.

    :raises InputError: one cannot be read, or has no text, unit or day column.
    """
    export = Export()
    for path in paths:
        source = open_source(path, text_columns=[choice.text] if choice.text else ())
        try:
            found = map_columns(source.columns, where=str(path), text=choice.text)
            unit, day = choice.unit or found.department, choice.day or found.received
            for what, column, flag in (("承办单位", unit, "--unit-column"), ("受理时间", day, "--date-column")):
                if column not in source.columns:
                    raise InputError(f"找不到{what}列", where=str(path), todo=f"请用 {flag} 列名 指明")
            export.columns.update(dict.fromkeys(source.columns))
            for row in source.rows():
                if isinstance(row, BadRow):
                    export.broken += 1
                    continue
                cells = {name: as_text(value) for name, value in row.fields.items()}
                export.orders.append(
                    Order(
                        cells,
                        cells.get(found.text, "").strip(),
                        cells.get(str(unit), "").strip(),
                        cells.get(found.id, "").strip() if found.id else "",
                        parse_date(cells.get(str(day), "")),
                    )
                )
        finally:
            source.close()
    return export


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table that a spreadsheet opens by a double click."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()  # the mark lets Excel see that it is UTF-8
