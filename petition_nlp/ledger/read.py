"""The inputs of a ledger: whatever ``petition-nlp classify`` writes, and folders of Parquet parts."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from petition_nlp.archive.formats import input_format, reading
from petition_nlp.archive.job import ClassifyOptions, _open_source
from petition_nlp.archive.rows import BadRow, Row, Source
from petition_nlp.archive.writers import XLSX_ROWS
from petition_nlp.errors import InputError, MissingExtraError

_PARQUET = ".parquet"
_XLSX = ".xlsx"
_BATCH_ROWS = 2048
_SKIPPED = (".", "_")


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant, each once: a folder stands for its Parquet parts.

    :raises InputError: a folder has none.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _parts(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def open_source(path: Path, *, encoding: str | None, sheet: str | None, text_column: str | None) -> Source:
    """The reader for one file.

    :raises InputError: it cannot be read.
    :raises MissingExtraError: it is a Parquet file and pyarrow is not installed.
    """
    if path.suffix.lower() == _PARQUET:
        with reading(path):
            return _ParquetSource(path)
    options = ClassifyOptions(path, path, text_column=text_column, encoding=encoding, sheet=sheet)
    return _open_source(options, input_format(path))


def open_tables(path: Path, *, encoding: str | None, sheet: str | None, text_column: str | None) -> Iterator[Source]:
    """The tables of one file, each to be read to its end and closed before the next is asked for.

    Where a worksheet is full, ``classify`` goes on in further ones; those follow unless ``sheet`` names one.
    """
    source = open_source(path, encoding=encoding, sheet=sheet, text_column=text_column)
    yield source
    number = 2
    while sheet is None and path.suffix.lower() == _XLSX and source.done() >= XLSX_ROWS:
        try:
            source = open_source(path, encoding=encoding, sheet=f"分类结果{number}", text_column=text_column)
        except InputError:  # the last row of the sheet was the last of all
            return
        yield source
        number += 1


def _parts(folder: Path) -> list[Path]:
    files = sorted(folder.rglob(f"*{_PARQUET}"))
    parts = [file for file in files if not any(p.startswith(_SKIPPED) for p in file.relative_to(folder).parts)]
    if not parts:
        todo = "请给出 petition-nlp classify 输出的文件，或放着 Parquet 分片的文件夹"
        raise InputError("文件夹里没有 .parquet 文件", where=str(folder), todo=todo)
    return parts


class _ParquetSource:
    """A Parquet file, read in small batches."""

    def __init__(self, path: Path) -> None:
        try:
            pyarrow = importlib.import_module("pyarrow")
            parquet = importlib.import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            todo = '请运行：pip install "petition-nlp[archive]"'
            raise MissingExtraError("读取 Parquet 需要额外的组件（缺少 pyarrow）", where=str(path), todo=todo) from None
        self.path = path
        try:
            self._file: Any = parquet.ParquetFile(path)
        except pyarrow.ArrowInvalid:
            raise InputError("不是完整的 Parquet 文件", where=str(path), todo="请重新导出") from None
        self.columns: tuple[str, ...] = tuple(self._file.schema_arrow.names)
        self.total: int = self._file.metadata.num_rows
        self._row = 0

    def describe(self) -> str:
        """How the file was read."""
        return f"Parquet，{self.total:,} 行"

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row."""
        for batch in self._file.iter_batches(batch_size=_BATCH_ROWS):
            for fields in batch.to_pylist():
                self._row += 1
                yield Row(self._row, fields)

    def done(self) -> int:
        """Rows that have been read."""
        return self._row

    def close(self) -> None:
        """Release the file."""
        self._file.close()
