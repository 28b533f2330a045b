"""One run over one file: open and check everything first, then read, route and write in batches."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, TextIO

from petition_nlp.archive.columns import ColumnMap, map_columns
from petition_nlp.archive.formats import Format, Kind, input_format, output_format, reading
from petition_nlp.archive.output import Staging, check_target, writing
from petition_nlp.archive.rows import BadRow, Row, Source, as_json, mend
from petition_nlp.archive.summary import FLAWED, Summary
from petition_nlp.archive.writers import Writer, open_text, open_writer, safe_cell
from petition_nlp.route import Message, Reason, Review, Route

_BATCH_CHARACTERS = 4_000_000
_REJECTED_HEADER = ("文件", "行号", "原因", "原始内容")

Progress = Callable[[int, int, int], None]
"""Called after every batch with: how much of the input is read, of how much, and how many rows are done."""


class Routing(Protocol):
    """What a run needs of a router."""

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        """One route for each message, in order."""


@dataclass(frozen=True, slots=True)
class ClassifyOptions:
    """What to read, what to write, and how.

    :param encoding: of the input; None finds it out.
    :param output_encoding: of CSV and TSV output; the default carries a mark by which Excel knows UTF-8.
    :param sheet: name or number of a worksheet; None takes the first one that has a text column.
    """

    source: Path
    target: Path
    text_column: str | None = None
    title_column: str | None = None
    encoding: str | None = None
    output_encoding: str = "utf-8-sig"
    sheet: str | None = None
    batch_size: int = 512
    overwrite: bool = False


class ClassifyJob:
    """A run that is known to be possible: input readable, columns found, output free."""

    def __init__(self, options: ClassifyOptions) -> None:
        self._options = options
        source_form = input_format(options.source)
        self._target_form = output_format(options.target)
        self.rejected_file = options.target.with_name(options.target.name + ".rejected.csv")
        for target in (options.target, self.rejected_file):
            check_target(target, options.source, overwrite=options.overwrite)
        self.source = _open_source(options, source_form)
        self.columns = self._map_columns()

    def __enter__(self) -> ClassifyJob:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.close()

    def describe(self) -> str:
        """How the input is read and its columns are understood."""
        return f"{self._options.source}：{self.source.describe()}；{self.columns.describe()}"

    def run(self, router: Routing, progress: Progress | None = None) -> Summary:
        """Route every row; the output appears under its name only at the very end.

        :raises OutputError: if it cannot be written; nothing is left behind then.
        """
        started = time.perf_counter()
        summary = Summary()
        with Staging(self._options.target) as staging:
            made = staging.path_for(self._options.target)
            rejects = _Rejects(staging.path_for(self.rejected_file), self._options.source, summary)
            with writing(self._options.target):
                writer = self._open_writer(made)
            for batch in self._batches(rejects):
                self._write(batch, router, writer, rejects, summary)
                if progress:
                    progress(self.source.done(), self.source.total, summary.rows)
            with writing(self._options.target):
                writer.close()
            rejects.close()
            staging.publish()
        if summary.rejected:
            summary.rejected_file = self.rejected_file
        else:
            self.rejected_file.unlink(missing_ok=True)  # of the run whose output has been replaced
        summary.seconds = time.perf_counter() - started
        return summary

    def _map_columns(self) -> ColumnMap:
        options = self._options
        try:
            return map_columns(
                self.source.columns,
                where=str(options.source),
                text=options.text_column,
                title=options.title_column,
            )
        except BaseException:
            self.source.close()
            raise

    def _open_writer(self, path: Path) -> Writer:
        options = self._options
        return open_writer(path, self._target_form, self.source.columns, encoding=options.output_encoding)

    def _batches(self, rejects: _Rejects) -> Iterator[list[Row]]:
        batch: list[Row] = []
        size = 0
        for row in self.source.rows():
            if isinstance(row, BadRow):
                rejects.add(row)
                continue
            batch.append(row)
            size += sum(len(value) for value in row.fields.values() if isinstance(value, str))
            if len(batch) >= self._options.batch_size or size > _BATCH_CHARACTERS:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _write(self, batch: list[Row], router: Routing, writer: Writer, rejects: _Rejects, summary: Summary) -> None:
        read = [self.columns.message(row) for row in batch]
        routes = router.route([message for message, _ in read])
        with writing(self._options.target):
            for row, (_, flaw), route in zip(batch, read, routes, strict=True):
                route = _with_flaws(route, row.flaw, flaw)
                lost = writer.write(row, route)
                if lost:
                    rejects.add(BadRow(row.line, lost, _raw(row)))
                summary.add(route)


def _open_source(options: ClassifyOptions, form: Format) -> Source:
    """The reader for a file's format, imported only when it is needed."""
    with reading(options.source):
        if form.kind is Kind.JSON_LINES:
            from petition_nlp.archive.jsonl import JsonLinesSource

            return JsonLinesSource(options.source, form, encoding=options.encoding)
        if form.kind is Kind.XLSX:
            from petition_nlp.archive.workbook import WorkbookSource

            return WorkbookSource(options.source, sheet=options.sheet, text_column=options.text_column)
        from petition_nlp.archive.delimited import DelimitedSource

        return DelimitedSource(options.source, form, encoding=options.encoding, text_column=options.text_column)


def _with_flaws(route: Route, *flaws: str) -> Route:
    """The route with a review reason for everything that is wrong with its row."""
    reasons = tuple(Reason(FLAWED, f"原始数据有缺损：{flaw}") for flaw in flaws if flaw)
    if not reasons:
        return route
    return replace(route, review=Review(route.review.reasons + reasons))


class _Rejects:
    """The file of rows that could not be kept; it is made only when there is one."""

    def __init__(self, path: Path, source: Path, summary: Summary) -> None:
        self._path, self._source, self._summary = path, source, summary
        self._file: TextIO | None = None

    def add(self, row: BadRow) -> None:
        """Put a row down as it was written."""
        with writing(self._path):
            if self._file is None:
                self._file = open_text(self._path, Format(Kind.CSV), "utf-8-sig", "replace")
                csv.writer(self._file).writerow(_REJECTED_HEADER)
            cells = (str(self._source), str(row.line), row.reason, mend(row.raw)[0])
            csv.writer(self._file).writerow([safe_cell(cell) for cell in cells])
        self._summary.rejected += 1
        self._summary.reject_reasons[row.reason] += 1

    def close(self) -> None:
        """Finish the file."""
        if self._file:
            with writing(self._path):
                self._file.close()


def _raw(row: Row) -> str:
    own = {name: as_json(value) for name, value in row.fields.items()}
    return row.raw or json.dumps(own, ensure_ascii=False)
