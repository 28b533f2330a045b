"""Parquet in and out by pyarrow (extra ``archive``): own columns pass through as they are, untouched by Python."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.columns import as_unique
from petition_nlp.archive.outputs import Output
from petition_nlp.archive.routed import Layout, Routed
from petition_nlp.archive.rows import REPLACEMENT, BadRow, Batch, Row, Source, as_text
from petition_nlp.errors import InputError, NoRowsError, OutputError
from petition_nlp.extras import needs_extra

with needs_extra("archive"):
    import pyarrow as pa
    import pyarrow.parquet as pq

_READ_ROWS: Final = 8192
_GROUP_BYTES: Final = 16 << 20
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NUMBERS: Final = {"置信度": pa.float64(), "来源行号": pa.int64()}


class ParquetSource(Source):
    """A Parquet file, read row group by row group."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _guarded(path):
            self._file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
        self.schema = _unique_names(self._file.schema_arrow)
        self.columns = tuple(self.schema.names)
        self.total = self._file.metadata.num_rows
        self._done = 0
        if not self.total:
            raise NoRowsError("没有数据行", where=str(path), todo="请检查导出是否成功")

    def describe(self) -> str:
        """How the file was read."""
        return f"Parquet，{self.total:,} 行"

    def rows(self) -> Iterator[Row]:
        """Every row in order."""
        for batch in self.batches(_READ_ROWS, skip=0, read=self.columns):
            yield from batch.rows

    def batches(self, size: int, *, skip: int, read: Sequence[str]) -> Iterator[Batch]:
        """The rows in batches; of a `TableBatch` only the columns ``read`` become Python values."""
        first = 0
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if first + rows > skip:
                for table, start in self._tables(group, first):
                    offset = max(0, min(skip - start, table.num_rows))
                    for place in range(offset, table.num_rows, size):
                        self._done = start + min(place + size, table.num_rows)
                        yield TableBatch(table.slice(place, size), start + place, tuple(read))
            first += rows

    def done(self) -> int:
        """Rows that have been read."""
        return self._done

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _tables(self, group: int, first: int) -> Iterator[tuple[Any, int]]:
        with _guarded(self.path):
            for table in self._file.iter_batches(_READ_ROWS, row_groups=[group], use_threads=False):
                yield pa.RecordBatch.from_arrays(table.columns, schema=self.schema), first
                first += table.num_rows


@dataclass(frozen=True, slots=True)
class TableBatch:
    """Consecutive rows of a Parquet file, by columns.

    :param first: how many rows stand before it in its file.
    :param read: the columns that ``rows`` hold.
    """

    table: Any
    first: int
    read: tuple[str, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: its own rows only, not the larger table that they may be a part of."""
        return _unpacked_batch, (_packed(self.table), self.first, self.read)

    @property
    def bad(self) -> Sequence[BadRow]:
        """No row of a Parquet file is broken by itself."""
        return ()

    @property
    def size(self) -> int:
        """How many rows it holds."""
        return int(self.table.num_rows)

    @property
    def last_line(self) -> int:
        """The number of its last row."""
        return self.first + self.size

    @property
    def rows(self) -> Sequence[Row]:
        """Its rows, numbered from 1 in their file."""
        columns = [_values(self.table.column(self.table.schema.get_field_index(name))) for name in self.read]
        return [
            Row(self.first + number, dict(zip(self.read, values, strict=True)))
            for number, values in enumerate(zip(*columns, strict=True), start=1)
        ]


@dataclass(frozen=True, slots=True)
class TablePiece:
    """Rows with their routes, by columns."""

    table: Any

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process, likewise."""
        return _unpacked_piece, (_packed(self.table),)


class ParquetOutput(Output):
    """One Parquet file. Inputs that are Parquet keep their types; of all others the own columns are text."""

    def __init__(self, layout: Layout, schemas: Sequence[Any]) -> None:
        self._layout = layout
        self._own = _unified(layout.own, schemas)
        self._passes = bool(schemas)
        added = [pa.field(written, _NUMBERS.get(name, pa.string())) for name, written in layout.names.items()]
        self._schema = pa.schema([*self._own, *added])

    def reads(self, columns: Sequence[str], mapped: Sequence[str]) -> tuple[str, ...]:
        """Where own columns pass through, only those that the route is made from."""
        return tuple(mapped) if self._passes else tuple(columns)

    def piece(self, batch: Batch, routed: Sequence[Routed]) -> tuple[TablePiece, list[BadRow]]:
        """A record batch."""
        if not routed:
            return TablePiece(pa.RecordBatch.from_pylist([], schema=self._schema)), []
        own = self._from_table(batch) if isinstance(batch, TableBatch) and self._passes else self._from_rows(routed)
        rows = [self._layout.added(each) for each in routed]
        added = [
            pa.array([row[number] for row in rows], _NUMBERS.get(name, pa.string()))
            for number, name in enumerate(self._layout.names)
        ]
        return TablePiece(pa.RecordBatch.from_arrays([*own, *added], schema=self._schema)), []

    def open_part(self, path: Path) -> ParquetPart:
        """A new part."""
        return ParquetPart(path, self._schema)

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """All row groups in one file."""
        with pq.ParquetWriter(target, self._schema, compression="zstd") as writer:
            for part in parts:
                file = pq.ParquetFile(part)
                for group in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(group, use_threads=False))

    def _from_table(self, batch: TableBatch) -> list[Any]:
        table = batch.table
        return [_conformed(table, field) for field in self._own]

    def _from_rows(self, routed: Sequence[Routed]) -> list[Any]:
        return [_texts([each.row.fields.get(field.name) for each in routed]) for field in self._own]


class ParquetFolder(ParquetOutput):
    """A folder of Parquet parts."""

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """The parts under the names of a data set."""
        target.mkdir()
        for number, part in enumerate(parts):
            _link(part, target / f"part-{number:05}.parquet")


class ParquetPart:
    """A part whose row groups are written once they are large enough."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema
        self._waiting: list[Any] = []
        self._bytes = 0

    def write(self, piece: TablePiece, /) -> None:
        """Add a record batch."""
        self._waiting.append(piece.table)
        self._bytes += piece.table.nbytes
        if self._bytes > _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Finish the part."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting, self._bytes = [], 0


def schema_of(source: Source) -> Any:
    """The Arrow schema of a Parquet source."""
    return source.schema if isinstance(source, ParquetSource) else None


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file causes into an `InputError`."""
    try:
        yield
    except InputError:
        raise
    except (pa.ArrowException, OSError, EOFError, ValueError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        todo = "请重新导出；若它其实是别的格式，请改正扩展名"
        raise InputError("Parquet 文件已损坏、不完整或加了密", where=str(path), todo=todo) from error


def _packed(table: Any) -> Any:
    """A record batch as a stream; unlike pickling it leaves out what the batch's arrays do not show."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_batch(table)
    return sink.getvalue()


def _unpacked(stream: Any) -> Any:
    return pa.ipc.open_stream(stream).read_next_batch()


def _unpacked_batch(stream: Any, first: int, read: tuple[str, ...]) -> TableBatch:
    return TableBatch(_unpacked(stream), first, read)


def _unpacked_piece(stream: Any) -> TablePiece:
    return TablePiece(_unpacked(stream))


def _unique_names(schema: Any) -> Any:
    names: list[str] = []
    for name in schema.names:
        names.append(as_unique(name, names))
    return pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])


def _values(column: Any) -> list[Any]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_duration(column.type) and column.type.unit == "ns":
        column = column.cast(pa.duration("us"), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):  # a time that Python's calendar does not reach
        values = column.cast(pa.string()).to_pylist()
    return values


def _unified(own: Sequence[str], schemas: Sequence[Any]) -> list[Any]:
    """One field for each column."""
    if not schemas:
        return [pa.field(name, pa.string()) for name in own]
    mixed = _numbers_of_two_kinds(schemas)
    try:
        whole = pa.unify_schemas([_nullable(schema, mixed) for schema in schemas], promote_options="permissive")
    except pa.ArrowException as error:
        raise OutputError(
            "各个 Parquet 文件的同名列类型不同，合不到一个 Parquet 里", todo="请输出为 .csv 或 .jsonl，或分开处理"
        ) from error
    return [whole.field(name) for name in own]


def _numbers_of_two_kinds(schemas: Sequence[Any]) -> set[str]:
    """Columns that are whole numbers in one file and not in another: as floats long order numbers would change."""
    kinds: dict[str, set[bool]] = {}
    for field in (field for schema in schemas for field in schema):
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
            kinds.setdefault(field.name, set()).add(pa.types.is_integer(field.type))
    return {name for name, found in kinds.items() if len(found) > 1}


def _nullable(schema: Any, as_texts: set[str]) -> Any:
    """A schema in which every column may be empty and some are text."""
    fields = [field.with_type(pa.string()) if field.name in as_texts else field for field in schema]
    return pa.schema([field.with_nullable(True).remove_metadata() for field in fields])


def _conformed(table: Any, field: Any) -> Any:
    index = table.schema.get_field_index(field.name)
    if index < 0:
        return pa.nulls(table.num_rows, field.type)
    column = table.column(index)
    if column.type == field.type:
        return column
    if pa.types.is_floating(column.type) and pa.types.is_string(field.type):
        return _texts(column.to_pylist())
    return column.cast(field.type)


def _texts(values: Sequence[Any]) -> Any:
    texts = [None if value is None else as_text(value) for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # lone surrogates
        return pa.array([None if text is None else _SURROGATE.sub(REPLACEMENT, text) for text in texts], pa.string())


def _link(part: Path, target: Path) -> None:
    try:
        os.link(part, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(part, target)
