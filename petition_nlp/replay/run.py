"""Reads an archive in batches, says of every row what becomes of it, and writes down the rows that move."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from petition_nlp.archive.columns import match_column
from petition_nlp.archive.formats import Kind
from petition_nlp.archive.inputs import expand
from petition_nlp.archive.outputs import safe_cell
from petition_nlp.archive.plan import Plan, ReadOptions, make_plan
from petition_nlp.archive.rows import Row, as_text
from petition_nlp.archive.spreadsheet import XLSX_CELL, XLSX_ROWS
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.replay.counts import Counts, shown_name
from petition_nlp.replay.moves import MATTER_COLUMN, ROUTE_KEY, Outcome, Replayer
from petition_nlp.taxonomy import Taxonomy

HEADER: Final = (
    "来源文件",
    "行号",
    "编号",
    "原事项类别",
    "新事项类别",
    "原责任部门",
    "新责任部门",
    "人工选择",
    "依据",
)
CSV_NAME: Final = "变动.csv"
WORKBOOK_NAME: Final = "变动.xlsx"
_BATCH: Final = 512

Progress = Callable[[int], None]
"""Called after every batch with how many rows are done."""


@dataclass(frozen=True)
class Archive:
    """The files of an archive, looked at but not read."""

    plan: Plan
    reading: ReadOptions

    @classmethod
    def open(cls, sources: Sequence[Path], reading: ReadOptions) -> Archive:
        """Look at the top of every file.

        :raises InputError: a file cannot be used.
        """
        plan = make_plan(expand(sources), reading, Kind.JSON_LINES)
        if plan.failed:
            raise plan.failed[0].error
        return cls(plan, reading)

    @property
    def is_routed(self) -> bool:
        """Whether every file has a department or route of its own."""
        return all(_has_route(source) for source in self.plan.sources)

    def rows(self, counts: Counts) -> Iterator[tuple[SourcePlan, Sequence[Row]]]:
        """All rows, in batches; those that cannot be read are counted."""
        for path, source in zip(self.plan.files, self.plan.sources, strict=True):
            matter = match_column(source.columns, MATTER_COLUMN)
            wanted = [*source.mapped.named().values(), *filter(None, [matter])]
            with closing(self.reading.open(path)) as opened:
                for batch in opened.batches(_BATCH, skip=0, read=wanted):
                    counts.rejected += len(batch.bad)
                    yield source, batch.rows


def replay(
    archive: Archive,
    replayer: Replayer,
    tables: MoveTables,
    progress: Progress | None = None,
) -> Counts:
    """Count what becomes of all rows; those that move go to the tables."""
    counts = Counts()
    for source, rows in archive.rows(counts):
        for row, outcome in zip(rows, replayer.outcomes(source, rows), strict=True):
            counts.add(outcome, f"{source.name}:{row.line}")
            if outcome.moved:
                tables.add(source, row, outcome)
        if progress:
            progress(counts.rows)
    return counts


class MoveTables:
    """The rows that move, one line each, as CSV and as a workbook as far as one sheet holds them.

    :param folder: where they are written.
    """

    def __init__(self, folder: Path, old: Taxonomy, new: Taxonomy) -> None:
        from xlsxwriter import Workbook

        self._old, self._new = old, new
        self._file: IO[str] = (folder / CSV_NAME).open("w", encoding="utf-8-sig", errors="replace", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(HEADER)
        self._book = Workbook(folder / WORKBOOK_NAME, {"constant_memory": True, "tmpdir": str(folder)})
        self._sheet: Any = self._book.add_worksheet("变动")
        self._sheet.freeze_panes(1, 0)
        self._line = 0
        self._to_sheet(HEADER)

    def add(self, source: SourcePlan, row: Row, outcome: Outcome) -> None:
        """A row that moves."""
        own = as_text(row.fields.get(source.mapped.id)) if source.mapped.id else ""
        names = [
            shown_name(taxonomy, head, code) if code else ""
            for head, codes in (("matter", 0), ("department", 1))
            for taxonomy, code in ((self._old, outcome.before[codes]), (self._new, outcome.after[codes]))
        ]
        told = (outcome.options, outcome.why)
        cells = [
            source.name,
            str(row.line),
            own,
            *names,
            "是" if outcome.options else "否",
            "；".join(filter(None, told)),
        ]
        self._csv.writerow([safe_cell(cell) for cell in cells])
        self._to_sheet(cells)

    def close(self) -> None:
        """Finish the files."""
        self._file.close()
        self._book.close()

    def _to_sheet(self, cells: Sequence[str]) -> None:
        if self._line < XLSX_ROWS:
            for column, cell in enumerate(cells):
                self._sheet.write_string(self._line, column, cell[:XLSX_CELL])
            self._line += 1


def _has_route(source: SourcePlan) -> bool:
    return ROUTE_KEY in source.columns or source.mapped.department is not None
