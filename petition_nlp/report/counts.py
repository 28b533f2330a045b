"""One pass over all facts that counts what the tables are made of; nothing grows with the number of rows."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.report.facts import batches
from petition_nlp.report.periods import Month, months_of

if TYPE_CHECKING:
    import pyarrow as pa

NO_MONTH: Final = -1
OTHER: Final = "（其他）"
"""Stands for further names where a column holds too many different ones."""

_COLUMNS: Final = (
    "source",
    "received",
    "area",
    "topic",
    "matter",
    "department",
    "request_type",
    "reasons",
    "emergency",
    "history",
    "history_code",
)
_MOST_NAMES: Final = 20_000
_TOPIC_LEVELS: Final = re.compile(r"\s*(?:->|→|—>|>|/|\\|\||-|—|_)\s*")

Code = str | None
Key = tuple[Any, ...]


@dataclass
class Counts:
    """Counts by what their names say; months are numbers, `NO_MONTH` without a date.

    :param compared: (month, historical code, department, sure) of rows that have both.
    :param unmapped: historical departments that have no code.
    """

    rows: int = 0
    sure: int = 0
    with_history: int = 0
    sources: set[str] = field(default_factory=set)
    days: Counter[datetime.date] = field(default_factory=Counter)
    routed: Counter[tuple[Month, Code, Code, bool]] = field(default_factory=Counter)
    request_types: Counter[Code] = field(default_factory=Counter)
    emergencies: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    areas: Counter[str] = field(default_factory=Counter)
    topics: Counter[tuple[Month, str]] = field(default_factory=Counter)
    compared: Counter[tuple[Month, str, str, bool]] = field(default_factory=Counter)
    undecided: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)


def count(parts: Sequence[Path]) -> Counts:
    """Count all facts."""
    counts = Counts()
    for batch in batches(parts, _COLUMNS):
        _add(counts, batch)
    return counts


def count_areas(parts: Sequence[Path], areas: frozenset[str]) -> Counter[tuple[str, Month, Code]]:
    """Orders of some areas by month and department."""
    import pyarrow as pa
    from pyarrow import compute

    found: Counter[tuple[str, Month, Code]] = Counter()
    wanted = pa.array(sorted(areas), pa.string())
    for batch in batches(parts, ("received", "area", "department")):
        part = batch.filter(compute.is_in(batch.column("area"), value_set=wanted))
        months = pa.array(months_of(part.column("received")))
        _group(found, {"area": part.column("area"), "month": months, "department": part.column("department")})
    return found


def first_level(topic: str) -> str:
    """The first level of a topic as exports write it: a->b->c, a/b/c, a-b."""
    return _first_level(topic)


@lru_cache(maxsize=50_000)
def _first_level(topic: str) -> str:
    return next((level for level in _TOPIC_LEVELS.split(topic.strip()) if level), "")


def _add(counts: Counts, batch: pa.RecordBatch) -> None:
    import pyarrow as pa
    from pyarrow import compute

    column = {name: batch.column(name) for name in _COLUMNS}
    months = pa.array(months_of(column["received"]))
    sure = compute.equal(compute.list_value_length(column["reasons"]), 0)
    counts.rows += len(batch)
    counts.sure += compute.sum(sure).as_py() or 0
    counts.sources.update(column["source"].unique().to_pylist())
    _values(counts.days, column["received"].drop_null())
    _values(counts.request_types, column["request_type"])
    _values(counts.emergencies, column["emergency"].drop_null())
    _values(counts.reasons, compute.list_flatten(column["reasons"]))
    _names(counts.areas, column["area"])
    routed = {"month": months, "matter": column["matter"], "department": column["department"], "sure": sure}
    _group(counts.routed, routed)
    _topics(counts.topics, months, column["topic"])
    _history(counts, months, sure, column)


def _history(counts: Counts, months: pa.Array, sure: pa.Array, column: dict[str, pa.Array]) -> None:
    from pyarrow import compute

    given = compute.not_equal(column["history"], "")
    mapped = compute.is_valid(column["history_code"])
    decided = compute.is_valid(column["department"])
    counts.with_history += compute.sum(compute.or_(given, mapped)).as_py() or 0
    counts.undecided += compute.sum(compute.and_(mapped, compute.invert(decided))).as_py() or 0
    both = compute.and_(mapped, decided)
    parts = {
        "month": months,
        "history": column["history_code"],
        "department": column["department"],
        "sure": sure,
    }
    _group(counts.compared, {name: part.filter(both) for name, part in parts.items()})
    unknown = compute.and_(given, compute.invert(mapped))
    _names(counts.unmapped, column["history"].filter(unknown))


def _topics(counter: Counter[tuple[Month, str]], months: pa.Array, topics: pa.Array) -> None:
    found: Counter[tuple[Month, str]] = Counter()
    _group(found, {"month": months, "topic": topics})
    for (month, topic), n in found.items():
        key = (month, first_level(topic))
        counter[key if key in counter or len(counter) < _MOST_NAMES else (month, OTHER)] += n


def _values(counter: Counter[Any], column: pa.Array) -> None:
    for row in column.value_counts().to_pylist():
        counter[row["values"]] += row["counts"]


def _names(counter: Counter[str], column: pa.Array) -> None:
    """Count free text, of which there may be too many different ones."""
    for row in column.value_counts().to_pylist():
        name = row["values"].strip()
        counter[name if name in counter or len(counter) < _MOST_NAMES else OTHER] += row["counts"]


def _group(counter: Counter[Any], columns: dict[str, pa.Array]) -> None:
    """Count rows by several columns together."""
    import pyarrow as pa

    names = list(columns)
    table = pa.table(columns).group_by(names, use_threads=False).aggregate([([], "count_all")])
    for row in zip(*(table.column(name).to_pylist() for name in [*names, "count_all"]), strict=True):
        counter[row[:-1]] += row[-1]
