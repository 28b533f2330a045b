"""What the report needs of every routed row, written part by part while a run goes on and read back in batches."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.errors import MissingExtraError
from petition_nlp.report.dates import parse_date

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Fact", "FactsWriter", "ReportRun", "batches", "parse_date"]

BATCH_ROWS: Final = 20_000
_GROUP_ROWS: Final = 10_000
_PLAIN_COLUMNS: Final = ("line", "received", "confidence", "text")


@dataclass(frozen=True, slots=True)
class Fact:
    """What the report needs of one routed row.

    :param source: name of its file; :param line: where it begins there.
    :param received: day on which the order came in.
    :param area: value of the place column, empty if there is none.
    :param topic: historical topic as exported (a->b->c, a/b/c, a-b), empty if there is none.
    :param matter: code; :param department: code.
    :param reasons: codes of the review reasons; without any the model was sure.
    :param emergency: line such as 110.
    :param history: historical department as written, empty if there is none.
    :param history_code: its canonical code, None if it cannot be mapped.
    :param text: normalised text in which personal data is masked.
    """

    source: str
    line: int
    received: datetime.date | None
    area: str
    topic: str
    matter: str | None
    department: str | None
    request_type: str | None
    confidence: float
    reasons: tuple[str, ...]
    emergency: str | None
    history: str
    history_code: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ReportRun:
    """The run that a report tells of.

    :param taxonomy: version of the taxonomy.
    :param rows: rows that were routed; :param rejected: rows that could not be kept.
    :param has_history: whether the input has a column of historical departments.
    :param date: day of the run; the report never asks the clock.
    """

    title: str
    model: str
    profile: str
    taxonomy: str
    target_precision: float
    files: int
    rows: int
    rejected: int
    has_history: bool
    seconds: float
    date: datetime.date


class FactsWriter:
    """A new Parquet file of facts.

    :raises MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        parquet = _parquet()
        self._schema = _schema()
        dictionary = [name for name in self._schema.names if name not in _PLAIN_COLUMNS]
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd", use_dictionary=dictionary)
        self._waiting: list[Fact] = []

    def __enter__(self) -> FactsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, facts: Sequence[Fact]) -> None:
        """Add facts in order."""
        self._waiting += facts
        if len(self._waiting) >= _GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        facts, self._waiting = self._waiting, []
        columns = [[_storable(getattr(fact, name)) for fact in facts] for name in self._schema.names]
        arrays = [pa.array(column, kind) for column, kind in zip(columns, self._schema.types, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))


def batches(parts: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of all facts, at most `BATCH_ROWS` rows at a time, part after part."""
    parquet = _parquet()
    for part in parts:
        with parquet.ParquetFile(part) as file:
            yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))


def _storable(value: Any) -> Any:
    """A lone surrogate has no place in Parquet."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def _schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {
        "line": pa.int64(),
        "received": pa.date32(),
        "confidence": pa.float32(),
        "reasons": pa.list_(pa.string()),
    }
    return pa.schema([(name, kinds.get(name, pa.string())) for name in Fact.__slots__])


def _parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("报告需要 pyarrow", todo='请先安装：pip install "petition-nlp[archive]"') from None
    return parquet
