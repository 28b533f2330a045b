"""An archive's reports in the order of their days, whatever order its files have, without holding them all."""

from __future__ import annotations

import datetime
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from petition_nlp.report.facts import batches
from petition_nlp.report.issues.tracker import Report
from petition_nlp.report.periods import Month, months_of

if TYPE_CHECKING:
    import pyarrow as pa

WINDOW_REPORTS: Final = 5_000
"""Most reports that are compared at once; a month with more is taken in several steps."""

_COLUMNS: Final = ("received", "area", "department", "request_type", "source", "line", "text")
_INQUIRY: Final = "咨询"
_BUFFERED: Final = 100_000
_MOST_AREAS: Final = 5_000
_EPOCH: Final = datetime.date(1970, 1, 1)


@dataclass
class Ordinary:
    """How many orders of a department come from an area in a month, to tell a burst from an ordinary day."""

    counts: Counter[tuple[str, str, Month]] = field(default_factory=Counter)
    areas: set[str] = field(default_factory=set)

    def add(self, area: str, department: str, month: Month, count: int) -> None:
        """Count orders; areas beyond the first thousands are one."""
        if area not in self.areas and len(self.areas) >= _MOST_AREAS:
            area = ""
        self.areas.add(area)
        self.counts[area, department, month] += count

    def daily(self, areas: Sequence[str], department: str, month: Month) -> float:
        """Orders a day for a department from some areas together, over a month and the two before it."""
        months = range(month - 2, month + 1)
        total = sum(self.counts[area, department, each] for area in areas for each in months)
        return total / sum(self.days(each) for each in months)

    def days(self, month: Month) -> int:
        """Days of a month."""
        first = datetime.date(month // 12, month % 12 + 1, 1)
        return ((first + datetime.timedelta(days=32)).replace(day=1) - first).days


def day_number(date: datetime.date) -> int:
    """Days since 1970-01-01."""
    return (date - _EPOCH).days


def as_date(day: int) -> datetime.date:
    """The date of a day number."""
    return _EPOCH + datetime.timedelta(days=day)


def windows(parts: Sequence[Path], months: range, folder: Path, ordinary: Ordinary) -> Iterator[list[Report]]:
    """All dated reports of some months by day, at most `WINDOW_REPORTS` at a time.

    :param folder: empty; takes a copy of the texts, month by month, which is deleted as it is read.
    :param ordinary: is filled before the first window comes.
    """
    _sort_by_month(parts, months, folder, ordinary)
    for month in months:
        yield from _month_windows(folder / str(month))


def _sort_by_month(parts: Sequence[Path], months: range, folder: Path, ordinary: Ordinary) -> None:
    import pyarrow as pa

    waiting: dict[Month, list[pa.RecordBatch]] = {}
    rows = 0
    for batch in batches(parts, _COLUMNS):
        month = months_of(batch.column("received"))
        for each in np.unique(month).tolist():
            if each in months:
                part = batch.take(pa.array(np.flatnonzero(month == each)))
                _count(part, each, ordinary)
                waiting.setdefault(each, []).append(part)
                rows += len(part)
        if rows >= _BUFFERED:
            _spill(waiting, folder)
            waiting, rows = {}, 0
    _spill(waiting, folder)


def _count(part: pa.RecordBatch, month: Month, ordinary: Ordinary) -> None:
    areas = part.column("area").to_pylist()
    departments = part.column("department").to_pylist()
    for (area, department), count in Counter(zip(areas, departments, strict=True)).items():
        ordinary.add(area, department or "", month, count)


def _spill(waiting: dict[Month, list[pa.RecordBatch]], folder: Path) -> None:
    import pyarrow as pa
    from pyarrow import feather

    for month, parts in waiting.items():
        home = folder / str(month)
        home.mkdir(exist_ok=True)
        name = f"{len(list(home.iterdir())):06}.arrow"
        feather.write_feather(pa.Table.from_batches(parts), home / name, compression="zstd")


def _month_windows(home: Path) -> Iterator[list[Report]]:
    """A month's reports by day; those of one day as the files have them."""
    import pyarrow as pa
    from pyarrow import feather

    if not home.is_dir():
        return
    files = sorted(home.iterdir())
    table = pa.concat_tables([feather.read_table(file) for file in files])
    for file in files:
        file.unlink()
    days = table.column("received").cast(pa.int32()).to_numpy()
    order = np.argsort(days, kind="stable")
    for at in range(0, len(order), WINDOW_REPORTS):
        yield [_report(row) for row in table.take(pa.array(order[at : at + WINDOW_REPORTS])).to_pylist()]


def _report(row: dict[str, object]) -> Report:
    received = row["received"]
    assert isinstance(received, datetime.date)
    return Report(
        day=day_number(received),
        area=sys.intern(str(row["area"])),
        department=sys.intern(str(row["department"] or "")),
        inquiry=row["request_type"] == _INQUIRY,
        source=sys.intern(str(row["source"])),
        line=int(str(row["line"])),
        text=str(row["text"]),
    )
