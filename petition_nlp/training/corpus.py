"""Labelled files → one corpus: texts, labels per head, source."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from petition_nlp.archive.columns import map_columns
from petition_nlp.archive.delimited import DelimitedSource
from petition_nlp.archive.formats import input_format
from petition_nlp.archive.jsonl import JsonLinesSource
from petition_nlp.archive.rows import BadRow
from petition_nlp.errors import InputError
from petition_nlp.report.dates import parse_date
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.leaks import strip_leaks

_Value = TypeVar("_Value")

_JSON_LINES: Final = (".jsonl", ".ndjson")
_DELIMITED: Final = (".csv", ".tsv")
_BUILDERS: Final = {".json": "json", ".parquet": "parquet"}


@dataclass(frozen=True)
class Broken:
    """A row that could not be read: its file, its line there, and why."""

    path: Path
    line: int
    reason: str


@dataclass(frozen=True)
class Corpus:
    """n labelled messages.

    :param texts: title and text joined, dispatch phrases stripped if asked for.
    :param labels: for each head n labels; None where the row has none.
    :param weights: n sample weights, 1.0 by default.
    :param slices: n values of the column by which results are reported apart; empty strings without one.
    :param groups: n values of the column whose equal values must not be parted; empty strings where there is none.
    :param leaks: number of rows that held a dispatch phrase.
    :param places: where each stands: its file, and its row there as an editor or a spreadsheet counts it.
    :param blank: number of rows without text beside a dispatch phrase, which are left out.
    :param broken: rows that could not be split into cells, which are left out.
    :param days: when each came in; None where there is no date that can be read.
    :param further: name → n values of a further column as they stand; empty strings where there is none.
    """

    texts: tuple[str, ...]
    labels: Mapping[str, tuple[str | None, ...]]
    weights: tuple[float, ...]
    slices: tuple[str, ...]
    leaks: int
    groups: tuple[str, ...] = ()
    places: tuple[tuple[Path, int], ...] = ()
    blank: int = 0
    broken: tuple[Broken, ...] = ()
    days: tuple[date | None, ...] = ()
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Iterable[int]) -> Corpus:
        """Some of the messages, in the order of their numbers."""
        picked = tuple(rows)

        def of(column: Sequence[_Value]) -> tuple[_Value, ...]:
            return tuple(column[row] for row in picked) if column else ()

        return replace(
            self,
            texts=of(self.texts),
            labels={head: of(column) for head, column in self.labels.items()},
            weights=of(self.weights),
            slices=of(self.slices),
            groups=of(self.groups),
            places=of(self.places),
            days=of(self.days),
            further={name: of(column) for name, column in self.further.items()},
        )


@dataclass(frozen=True)
class Columns:
    """Which columns to read.

    :param targets: head → column.
    :param text: text column; found by its usual names if None. :param title: likewise, optional.
    :param by: column by which results are reported apart. :param weight: column of sample weights.
    :param group: column whose equal values belong together, such as the number of a contrast set.
    :param day: column of the day; found by its usual names if None.
    :param further: name → a further column to keep as it stands.
    """

    targets: Mapping[str, str]
    text: str | None = None
    title: str | None = None
    by: str | None = None
    weight: str | None = None
    group: str | None = None
    day: str | None = None
    further: Mapping[str, str] = field(default_factory=dict)


def read_corpus(paths: Sequence[Path], columns: Columns, taxonomy: Taxonomy, *, keep_leaks: bool = False) -> Corpus:
    """Read labelled JSON Lines, CSV or Parquet files.

    Labels of heads that the taxonomy defines may be codes, names, aliases or former names.

    :raises InputError: a file cannot be read, a column is missing, or no row has a text and a label.
    """
    texts: list[str] = []
    labels: dict[str, list[str | None]] = {head: [] for head in columns.targets}
    weights: list[float] = []
    slices: list[str] = []
    groups: list[str] = []
    places: list[tuple[Path, int]] = []
    days: list[date | None] = []
    further: dict[str, list[str]] = {name: [] for name in columns.further}
    broken: list[Broken] = []
    leaks = blank = 0
    seen: set[str] = set()
    for path in paths:
        table = _read(path)
        names = table.names
        seen.update(names)
        broken += table.broken
        found_columns = map_columns(names, where=str(path), text=columns.text, title=columns.title)
        day_column = columns.day if columns.day in names else found_columns.received
        found = [column for column in columns.targets.values() if column in names]
        if not found:
            wanted = "、".join(columns.targets.values())
            raise InputError(f"没有任何目标列（需要 {wanted}）", where=str(path), todo="请检查 --target NAME=列名")
        for number, row in zip(table.numbers, table.rows, strict=True):
            text = _text(row, found_columns.text, found_columns.title)
            if not text:
                blank += 1
                continue
            stripped = strip_leaks(text)
            leaks += stripped != text
            read = text if keep_leaks else stripped
            if not read:  # nothing but a dispatch phrase
                blank += 1
                continue
            texts.append(read)
            places.append((path, number))
            days.append(_day(row, day_column))
            for head, column in columns.targets.items():
                labels[head].append(_label(row.get(column), head, taxonomy))
            weights.append(_weight(row, columns.weight, path, number))
            slices.append(str(row.get(columns.by) or "") if columns.by else "")
            groups.append(str(row.get(columns.group) or "") if columns.group else "")
            for name, column in columns.further.items():
                further[name].append(str(row.get(column) or ""))
    for named in (columns.weight, columns.by, columns.group, columns.day):
        if named and named not in seen:
            raise InputError(f"没有列 {named}", where="、".join(map(str, paths)), todo="请检查列名")
    if not any(label is not None for own in labels.values() for label in own):
        raise InputError("没有一行既有正文又有标签", where="、".join(map(str, paths)), todo="请检查目标列")
    return Corpus(
        texts=tuple(texts),
        labels={head: tuple(column) for head, column in labels.items()},
        weights=tuple(weights),
        slices=tuple(slices),
        leaks=leaks,
        groups=tuple(groups),
        places=tuple(places),
        blank=blank,
        broken=tuple(broken),
        days=tuple(days),
        further={name: tuple(column) for name, column in further.items()},
    )


def joined(parts: Sequence[Corpus], *, heads: Iterable[str]) -> Corpus:
    """The parts one after the other, with those of ``heads`` that have any label."""
    labels = {
        head: tuple(label for part in parts for label in part.labels.get(head, (None,) * len(part))) for head in heads
    }
    names = {name: None for part in parts for name in part.further}
    return Corpus(
        texts=tuple(text for part in parts for text in part.texts),
        labels={head: column for head, column in labels.items() if counts(column)},
        weights=tuple(weight for part in parts for weight in part.weights),
        slices=tuple(value for part in parts for value in part.slices),
        leaks=sum(part.leaks for part in parts),
        groups=tuple(value for part in parts for value in part.groups),
        places=tuple(place for part in parts for place in part.places),
        broken=tuple(row for part in parts for row in part.broken),
        blank=sum(part.blank for part in parts),
        days=tuple(day for part in parts for day in part.days),
        further={
            name: tuple(value for part in parts for value in part.further.get(name, ("",) * len(part)))
            for name in names
        },
    )


def column_names(path: Path) -> list[str]:
    """The columns of a labelled file.

    :raises InputError: the file cannot be read.
    """
    return _read(path).names


def counts(labels: Sequence[str | None]) -> Counter[str]:
    """Rows per label."""
    return Counter(label for label in labels if label is not None)


@dataclass(frozen=True)
class _Table:
    """A file's columns and rows, with the rows' numbers as an editor or a spreadsheet counts them."""

    names: list[str]
    rows: Sequence[Mapping[str, Any]]
    numbers: Sequence[int]
    broken: tuple[Broken, ...] = ()


def _read(path: Path) -> _Table:
    suffix = path.suffix.lower()
    if suffix in _JSON_LINES:
        return _read_lines(path)
    if suffix in _DELIMITED:
        return _read_delimited(path)
    builder = _BUILDERS.get(suffix)
    if builder is None:
        todo = "训练数据请用 .jsonl、.csv、.tsv 或 .parquet"
        raise InputError(f"不支持的文件类型 {path.suffix or '（无扩展名）'}", where=str(path), todo=todo)
    if not path.is_file():
        raise InputError("文件不存在", where=str(path), todo="请检查路径")
    if path.stat().st_size == 0:
        raise InputError("文件是空的", where=str(path), todo="请检查导出是否完整")
    rows = _load(path, builder)
    return _Table(list(rows[0]) if rows else [], rows, range(1, 1 + len(rows)))


def _read_lines(path: Path) -> _Table:
    """JSON Lines, whose fields may differ from line to line."""
    source = JsonLinesSource(path, input_format(path), encoding=None)
    rows, numbers = [], []
    try:
        for row in source.rows():
            if isinstance(row, BadRow):
                raise InputError(row.reason, where=f"{path} 第 {row.line} 行", todo="请改正或删去这一行")
            rows.append(row.fields)
            numbers.append(row.line)
    finally:
        source.close()
    return _Table(list(source.every_column()), rows, numbers)


def _read_delimited(path: Path) -> _Table:
    """CSV and TSV, as archives are read: a row that cannot be split is left out and told."""
    source = DelimitedSource(path, input_format(path), encoding=None, text_columns=())
    rows, numbers, broken = [], [], []
    try:
        for number, row in enumerate(source.rows(), start=source.header_line + 1):
            if isinstance(row, BadRow):
                broken.append(Broken(path, row.line, row.reason))
            else:
                rows.append(row.fields)
                numbers.append(number)
    finally:
        source.close()
    return _Table(list(source.columns), rows, numbers, tuple(broken))


def _load(path: Path, builder: str) -> list[Mapping[str, Any]]:
    import datasets

    datasets.disable_progress_bars()
    # Residents' text must not stay behind in a cache.
    with tempfile.TemporaryDirectory(prefix="petition-nlp-") as cache:
        try:
            loaded = datasets.load_dataset(
                builder, data_files=str(path), split="train", cache_dir=cache, keep_in_memory=True
            )
            rows: list[Mapping[str, Any]] = loaded.to_list()
        except Exception as error:  # the library wraps every cause in its own classes
            what = str(error.__cause__ or error).splitlines()[0][:200]
            raise InputError(f"无法读取：{what}", where=str(path), todo="请检查文件格式和编码") from error
    return rows


def _text(row: Mapping[str, Any], text_column: str, title_column: str | None) -> str:
    text = str(row.get(text_column) or "").strip()
    title = str(row.get(title_column) or "").strip() if title_column else ""
    return f"{title}\n{text}" if title and text else text


def _label(value: Any, head: str, taxonomy: Taxonomy) -> str | None:
    if value is None or str(value).strip() == "":
        return None
    return taxonomy.resolve(head, str(value))


def _day(row: Mapping[str, Any], column: str | None) -> date | None:
    """The day of a row; one that is still to come is a slip, beside which all others would be too old to count."""
    value = row.get(column) if column else None
    day = None if value is None or value == "" else parse_date(str(value))
    tomorrow = date.today() + timedelta(days=1)  # in China it may be that already
    return None if day is None or day > tomorrow else day


def _weight(row: Mapping[str, Any], column: str | None, path: Path, number: int) -> float:
    value = row.get(column) if column else None
    if value is None or value == "":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        weight = -1.0
    if not weight > 0:
        raise InputError(f"权重「{value}」不是正数", where=f"{path} 第 {number} 行", todo="请改正或去掉权重列")
    return weight
