"""The tables of a ledger's inputs: whatever ``petition-nlp classify`` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from petition_nlp.archive.formats import Kind, input_format
from petition_nlp.archive.rows import Source
from petition_nlp.archive.sources import open_source
from petition_nlp.archive.spreadsheet import XLSX_ROWS
from petition_nlp.errors import InputError


def open_tables(path: Path, *, encoding: str | None, sheet: str | None, text_column: str | None) -> Iterator[Source]:
    """The tables of one file, each to be read to its end and closed before the next is asked for.

    Where a worksheet is full, ``classify`` goes on in further ones; those follow unless ``sheet`` names one.
    """
    named = (text_column,) if text_column else ()
    source = open_source(path, encoding=encoding, sheet=sheet, text_columns=named)
    yield source
    number = 2
    while sheet is None and input_format(path).kind is Kind.XLSX and source.done() >= XLSX_ROWS:
        try:
            source = open_source(path, encoding=encoding, sheet=f"分类结果{number}", text_columns=named)
        except InputError:  # the last row of the sheet was the last of all
            return
        yield source
        number += 1
