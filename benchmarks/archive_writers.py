"""Files that archive_data.py writes, block by block: Parquet, CSV and JSON Lines, the last two also packed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

_PACKING = 1
"""Level of gzip: the fastest."""

Block = Mapping[str, Sequence[str]]


class Writer(Protocol):
    """Takes an archive's columns a block at a time."""

    def write(self, block: Block) -> None:
        """Append one block."""


class CsvWriter:
    """Rows of a CSV with a header, as a spreadsheet would save them."""

    def __init__(self, file: IO[str], columns: Sequence[str]) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow(columns)

    def write(self, block: Block) -> None:
        """Append one block."""
        self._writer.writerows(zip(*block.values(), strict=True))


class JsonlWriter:
    """One JSON object a line."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def write(self, block: Block) -> None:
        """Append one block."""
        names = list(block)
        rows = zip(*block.values(), strict=True)
        self._file.write("".join(self._encode(dict(zip(names, row, strict=True))) + "\n" for row in rows))


class ParquetWriter:
    """A row group for each block; the time of receipt is a timestamp, everything else text."""

    def __init__(self, file: Any, schema: Any) -> None:
        self._file = file
        self._schema = schema

    def write(self, block: Block) -> None:
        """Append one block."""
        import pyarrow as pa

        texts = pa.table(dict(block))
        self._file.write_table(texts.cast(self._schema))


@contextmanager
def open_writer(path: Path, columns: Sequence[str], *, encoding: str = "utf-8") -> Iterator[Writer]:
    """A writer for the format that the file's name asks for; ends the script if there is none."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    packed = suffixes[-1:] == [".gz"]
    kind = "".join(suffixes[-2:-1] if packed else suffixes[-1:])
    if kind == ".parquet" and not packed:
        with _parquet(path, columns) as writer:
            yield writer
    elif kind in (".csv", ".jsonl"):
        with _text(path, encoding, packed=packed) as file:
            yield CsvWriter(file, columns) if kind == ".csv" else JsonlWriter(file)
    else:
        sys.exit(f"{path.name}: the name must end in .parquet, .csv, .jsonl, .csv.gz or .jsonl.gz")


@contextmanager
def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.timestamp("ms") if name == "受理时间" else pa.string()) for name in columns])
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        yield ParquetWriter(file, schema)


@contextmanager
def _text(path: Path, encoding: str, *, packed: bool) -> Iterator[IO[str]]:
    opened = gzip.GzipFile(path, "wb", compresslevel=_PACKING, mtime=0) if packed else path.open("wb")
    with opened as raw, io.TextIOWrapper(raw, encoding=encoding, newline="", write_through=False) as file:
        yield file
