"""Opening an input by its format; each reader is imported only when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from petition_nlp.archive.formats import Kind, input_format, reading
from petition_nlp.archive.rows import Source


def open_source(
    path: Path, *, encoding: str | None = None, sheet: str | None = None, text_columns: Sequence[str] = ()
) -> Source:
    """A file whose encoding, header and columns have been found.

    :param encoding: of text files; None finds it out.
    :param sheet: name or number of a worksheet; None takes the first one that has a text column.
    :param text_columns: names by which the header is known, if the user gave any.
    :raises InputError: it cannot be read, or holds no rows.
    :raises MissingExtraError: Parquet without the extra ``archive``.
    """
    form = input_format(path)
    with reading(path):
        if form.kind is Kind.PARQUET:
            from petition_nlp.archive.parquet import ParquetSource

            return ParquetSource(path)
        if form.kind is Kind.JSON_LINES:
            from petition_nlp.archive.jsonl import JsonLinesSource

            return JsonLinesSource(path, form, encoding=encoding)
        if form.kind is Kind.XLSX:
            from petition_nlp.archive.workbook import WorkbookSource

            return WorkbookSource(path, sheet=sheet, text_columns=text_columns)
        from petition_nlp.archive.delimited import DelimitedSource

        return DelimitedSource(path, form, encoding=encoding, text_columns=text_columns)
