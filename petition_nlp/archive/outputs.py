"""How a run's rows are written: each format makes pieces of a batch, collects them in parts, and joins the parts.

A piece is made where the batch was routed, perhaps in another process; parts are files of a run's work folder;
the output is made of them at the very end.

In CSV and TSV a cell that a spreadsheet would run as a formula, one that begins with = + - @ (full-width
forms too), a tab or a carriage return, gets an apostrophe in front, unless it is a plain number such as -3.5,
+12% or -1,200, or nothing but dashes. XLSX cells are typed as text instead and JSON Lines needs neither.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

from petition_nlp.archive.formats import Format, Kind
from petition_nlp.archive.routed import CLASH_SUFFIX, Layout, Routed
from petition_nlp.archive.rows import BadRow, Batch, Row, as_json, as_text

Piece = Any
"""Rows as an output's parts take them; it can be handed to another process."""

_FORMULA_START = frozenset("=+-@＝＋－＠\t\r")
_HARMLESS = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+|(?=\.\d))(\.\d+)?([eE][+-]?\d+)?%?|-+", re.ASCII)
_UTF8_MARK: Final = "utf-8-sig"


class Part(Protocol):
    """A part that is being written."""

    def write(self, piece: Piece, /) -> object:
        """Add a piece."""

    def close(self) -> None:
        """Finish the part."""


class Output(ABC):
    """One way to write rows."""

    shows_evidence = False
    """Whether routes are written whole, with the words that spoke for each choice."""

    @abstractmethod
    def piece(self, batch: Batch, routed: Sequence[Routed]) -> tuple[Piece, list[BadRow]]:
        """The rows of a batch, and those of which something had to be cut off."""

    @abstractmethod
    def open_part(self, path: Path) -> Part:
        """A new part."""

    @abstractmethod
    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Make the output of its parts, in order."""

    def reads(self, columns: Sequence[str], mapped: Sequence[str]) -> tuple[str, ...]:
        """Which of a file's columns it needs in the rows of a batch.

        :param columns: all of them; :param mapped: those that the route is made from.
        """
        return tuple(columns)


class BytesOutput(Output):
    """An output whose parts are plain bytes."""

    def open_part(self, path: Path) -> BinaryIO:
        """A new part."""
        return path.open("wb")


class JsonLinesOutput(BytesOutput):
    """Own fields unchanged, to the letter where the input is JSON Lines, and the route under ``route``."""

    shows_evidence = True

    def __init__(self, form: Format, columns: Sequence[str]) -> None:
        self._form = form
        self._keys = tuple(_free(key, columns) for key in ("route", "history", "source"))

    def piece(self, batch: Batch, routed: Sequence[Routed]) -> tuple[bytes, list[BadRow]]:
        """One line for each row."""
        # a lone surrogate leaves as its JSON escape, thanks to the error handler
        return "".join(map(self._line, routed)).encode("utf-8", "backslashreplace"), []

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """One part after the other."""
        _concatenate(b"", parts, target, self._form)

    def _line(self, routed: Routed) -> str:
        row = routed.row
        route, comparison, place = (_free(key, row.fields) for key in self._keys)
        added: dict[str, Any] = {route: routed.route.to_dict()}
        if routed.comparison:
            added[comparison] = routed.comparison.to_dict()
        if routed.place:
            file, line = routed.place.values()
            added[place] = {"file": file, "line": line}
        own = row.raw or _json({name: as_json(value) for name, value in row.fields.items()})
        separator = ", " if row.fields else ""
        return f"{own[:-1].rstrip()}{separator}{_json(added)[1:]}\n"


class DelimitedOutput(BytesOutput):
    """A table that Excel and WPS open by a double click; lines end in CR LF."""

    def __init__(self, form: Format, layout: Layout, *, encoding: str) -> None:
        self._form, self._layout, self._encoding = form, layout, encoding

    def piece(self, batch: Batch, routed: Sequence[Routed]) -> tuple[bytes, list[BadRow]]:
        """One record for each row."""
        layout = self._layout
        rows = ([*_own_cells(each.row, layout.own), *layout.added(each)] for each in routed)
        return self._records(rows).encode(self._encoding.removesuffix("-sig"), "replace"), []

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """The header, then one part after the other."""
        header = self._records([[safe_cell(name) for name in self._layout.header]])
        _concatenate(header.encode(self._encoding, "replace"), parts, target, self._form)

    def _records(self, rows: Iterable[Sequence[Any]]) -> str:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter="\t" if self._form.kind is Kind.TSV else ",").writerows(rows)
        return buffer.getvalue()


def open_output(form: Format | None, layout: Layout, *, encoding: str, schemas: Sequence[Any]) -> Output:
    """The output for a format.

    :param form: None for a folder of Parquet parts.
    :param encoding: of CSV and TSV files.
    :param schemas: Arrow schemas of the inputs if all of them are Parquet.
    :raises OutputError: if the format cannot hold the columns.
    """
    if form is None or form.kind is Kind.PARQUET:
        from petition_nlp.archive.parquet import ParquetFolder, ParquetOutput

        return ParquetFolder(layout, schemas) if form is None else ParquetOutput(layout, schemas)
    if form.kind is Kind.JSON_LINES:
        return JsonLinesOutput(form, layout.own)
    if form.kind is Kind.XLSX:
        from petition_nlp.archive.spreadsheet import WorkbookOutput

        return WorkbookOutput(layout)
    return DelimitedOutput(form, layout, encoding=encoding)


def safe_cell(text: str) -> str:
    """A cell for CSV that no spreadsheet runs as a formula and that holds no NUL."""
    text = text.replace("\0", "")
    if text and text[0] in _FORMULA_START and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def raw_text(row: Row) -> str:
    """A row as it was written, or as JSON where it was read as cells."""
    return row.raw or _json({name: as_json(value) for name, value in row.fields.items()})


def open_packed(path: Path, packing: str) -> BinaryIO:
    """A new file for bytes, compressed if its name says so; the same bytes give the same file."""
    if packing == ".gz":
        return cast(BinaryIO, gzip.GzipFile(path, "wb", mtime=0))
    if packing == ".bz2":
        return cast(BinaryIO, bz2.open(path, "wb"))
    if packing == ".xz":
        return cast(BinaryIO, lzma.open(path, "wb"))
    return path.open("wb")


def _concatenate(head: bytes, parts: Sequence[Path], target: Path, form: Format) -> None:
    with open_packed(target, form.packing) as out:
        out.write(head)
        for part in parts:
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)


def _own_cells(row: Row, columns: Sequence[str]) -> list[str]:
    return [safe_cell(as_text(row.fields.get(name))) for name in columns]


def _free(key: str, columns: Collection[str]) -> str:
    return key + CLASH_SUFFIX if key in columns else key


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=as_text)
