"""An archive of any size from invented text: what a 12345 hotline would export after twelve years.

Messages are put together from the clauses of the invented samples and training messages of this repository, for one
department at a time; numbers, months and the names of compounds and communities, all made up, vary from row to row.
Lengths follow those of real orders: median 60 characters, mean 100, a long tail to 3,000. Orders come in order of
time; their number grows over the years and follows the seasons, and so does the mix of departments. 承办单位 is the
department whose clauses were used, except for a share of errors. The same seed gives the same rows. Rows are made in
blocks of 50,000, so that memory does not grow with their number.

    python benchmarks/archive_data.py OUT --rows N [--seed S] [--length 100] [--encoding gb18030]

The name decides the format: .parquet (needs pyarrow), .csv or .jsonl, the last two also with .gz. ``--length`` makes
every message, title and text together, exactly so many characters long.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from archive_text import LONGEST_CLAUSE, Material, Pool, places, read_material
from archive_writers import open_writer
from common import table
from numpy.typing import NDArray

BLOCK = 50_000
"""Rows made at once; a row group of a Parquet file."""
REPEATS_AMONG = 500_000
COLUMNS = ("工单编号", "受理时间", "诉求标题", "诉求内容", "所属社区", "问题分类", "承办单位")
MEDIAN, MEAN, LONGEST, SHORTEST = 60, 100, 3000, 4
FIRST_YEAR, YEARS = 2014, 12
_SPREAD = math.sqrt(2 * math.log(MEAN / MEDIAN))
_GROWTH = 0.1
_MISROUTED, _UNASSIGNED, _WITHOUT_TITLE = 0.08, 0.02, 0.1
_NOT_WORTH_A_PLACE = 12
_KINDS = ("投诉举报", "求助", "咨询", "意见建议")
_OPENINGS = (
    ("反映", "，"),
    ("市民来电反映", "："),
    ("您好，我是", "的住户，"),
    ("来电人居住在", "，"),
    ("", "，"),
    ("投诉", "："),
    ("家住", "，"),
    ("我们", "这边"),
    ("领导好，", "的业主反映，"),
    ("诉求人称在", "，"),
)
_CLOSINGS = ("。", "", "！", "。", "？", "，望处理。", "，请核实。")
_BY_HOUR = (1, 1, 1, 1, 1, 1, 2, 4, 10, 13, 13, 10, 7, 8, 11, 12, 11, 9, 6, 6, 6, 5, 3, 2)
_BY_WEEKDAY = (1.15, 1.1, 1.05, 1.05, 1.05, 0.85, 0.75)
_BY_MONTH = (0.95, 0.7, 0.95, 1.0, 1.05, 1.15, 1.25, 1.2, 1.05, 0.95, 0.9, 0.95)

Columns = dict[str, list[str]]


@dataclass(frozen=True)
class Plan:
    """What to make: how many rows, from which seed, and how long each message is (None: as real ones are)."""

    rows: int
    seed: int = 0
    length: int | None = None


def blocks(plan: Plan) -> Iterator[Columns]:
    """The archive's columns, at most `BLOCK` rows at a time."""
    material = read_material()
    calendar = Calendar.of(len(material.pools))
    for number, start in enumerate(range(0, plan.rows, BLOCK)):
        yield _block(plan, material, calendar, number, min(BLOCK, plan.rows - start))


def _block(plan: Plan, material: Material, calendar: Calendar, number: int, size: int) -> Columns:
    random_ = np.random.default_rng([plan.seed, number])
    pools = material.varied(random.Random(f"{plan.seed} {number}"))
    first = number * BLOCK
    received = calendar.times((np.arange(first, first + size) + random_.random(size)) / plan.rows)
    departments = calendar.departments(received, random_.random(size), [pool.weight for pool in pools])
    compounds, communities = places(size, random_)
    titles, categories = _titles(pools, departments, compounds, random_)
    wanted = _lengths(plan, titles, random_)
    stamps = [stamp.replace("T", " ") for stamp in np.datetime_as_string(received, unit="s").tolist()]
    days = [stamp[:10].replace("-", "") for stamp in stamps]
    return {
        "工单编号": [f"GD{day}{serial:09d}" for serial, day in enumerate(days, start=first + 1)],
        "受理时间": stamps,
        "诉求标题": titles,
        "诉求内容": _texts(plan, pools, departments, compounds, wanted, random_),
        "所属社区": communities,
        "问题分类": categories,
        "承办单位": _dispatched(pools, departments, random_),
    }


@dataclass(frozen=True)
class Calendar:
    """How orders and departments are spread over the years."""

    hours: NDArray[np.float64]
    shifts: NDArray[np.float64]

    @classmethod
    def of(cls, departments: int) -> Calendar:
        """Growth, weekdays and hours of the day; a season and a trend of its own for each department."""
        start = np.datetime64(f"{FIRST_YEAR}-01-01T00", "h")
        hour = np.arange(start, np.datetime64(f"{FIRST_YEAR + YEARS}-01-01T00", "h"))
        days, months = hour.astype("M8[D]").astype(int), hour.astype("M8[M]").astype(int)
        weight = np.array(_BY_HOUR)[hour.astype(int) % 24] * np.array(_BY_WEEKDAY)[(days + 3) % 7]
        weight = weight * np.array(_BY_MONTH)[months % 12] * (1 + _GROWTH) ** ((months - months[0]) / 12)
        month, department = np.arange(12 * YEARS)[:, None], np.arange(departments)[None, :]
        season = 1 + 0.4 * np.sin(2 * np.pi * (month / 12 + department * 0.618))
        trend = np.exp(0.06 * np.sin(department * 2.4) * (month / 12 - YEARS / 2))
        return cls(np.concatenate([[0.0], np.cumsum(weight) / weight.sum()]), season * trend)

    def times(self, shares: NDArray[np.float64]) -> NDArray[np.datetime64]:
        """When the orders came in of which these shares of all orders came before."""
        seconds = np.interp(shares, self.hours, np.arange(len(self.hours)) * 3600.0).astype("m8[s]")
        return np.datetime64(f"{FIRST_YEAR}-01-01T00:00:00", "s") + seconds

    def departments(
        self, received: NDArray[np.datetime64], draws: NDArray[np.float64], weights: Sequence[int]
    ) -> NDArray[np.intp]:
        """For each order the number of a department, drawn by its weight in that month."""
        shares = np.cumsum(self.shifts * np.array(weights), axis=1)
        shares /= shares[:, -1:]
        month = received.astype("M8[M]").astype(int) - (FIRST_YEAR - 1970) * 12
        found = np.searchsorted((shares + np.arange(len(shares))[:, None]).ravel(), month + draws, side="right")
        return np.minimum(found - month * shares.shape[1], shares.shape[1] - 1)


def _lengths(plan: Plan, titles: Sequence[str], random_: np.random.Generator) -> NDArray[np.intp]:
    """Characters wanted of each text."""
    if plan.length is not None:
        return plan.length - np.array([len(title) for title in titles])
    drawn = MEDIAN * np.exp(_SPREAD * random_.standard_normal(len(titles)))
    return np.clip(np.rint(drawn), SHORTEST, LONGEST).astype(int)


def _titles(
    pools: Sequence[Pool], departments: NDArray[np.intp], compounds: Sequence[str], random_: np.random.Generator
) -> tuple[list[str], list[str]]:
    """Titles, of which some are empty, and three-level categories."""
    draws = random_.random((len(departments), 3))
    titles, categories = [], []
    for department, compound, (topic_draw, kind_draw, form_draw) in zip(
        departments.tolist(), compounds, draws.tolist(), strict=True
    ):
        pool = pools[department]
        topic = pool.topics[int(topic_draw * len(pool.topics))]
        categories.append(f"{_KINDS[int(kind_draw * len(_KINDS))]}->{pool.short_name}->{topic}")
        if form_draw < _WITHOUT_TITLE:
            titles.append("")
        else:
            titles.append(topic if form_draw < 0.6 else f"关于{compound}{topic}的诉求")
    return titles, categories


def _texts(
    plan: Plan,
    pools: Sequence[Pool],
    departments: NDArray[np.intp],
    compounds: Sequence[str],
    wanted: NDArray[np.intp],
    random_: np.random.Generator,
) -> list[str]:
    """Texts of the lengths wanted: most with a place at their head, then clauses of one department."""
    openings = _openings(compounds, wanted, random_)
    rest = np.maximum(wanted - np.array([len(opening) for opening in openings]), SHORTEST)
    if plan.length is not None:
        rest += LONGEST_CLAUSE + 1
    bodies = np.empty(len(rest), dtype=object)
    for number, pool in enumerate(pools):
        own = np.flatnonzero(departments == number)
        bodies[own] = pool.bodies(rest[own], random_)
    ends = random_.integers(0, len(_CLOSINGS), len(rest)).tolist()
    texts = [
        opening + body + _CLOSINGS[end] for opening, body, end in zip(openings, bodies.tolist(), ends, strict=True)
    ]
    if plan.length is None:
        return texts
    return [text[:length] for text, length in zip(texts, wanted.tolist(), strict=True)]


def _openings(compounds: Sequence[str], wanted: NDArray[np.intp], random_: np.random.Generator) -> list[str]:
    """The place that a message is about, in some wording; none in the shortest messages and in some others."""
    kinds = random_.integers(0, len(_OPENINGS) + 2, len(wanted)).tolist()
    houses = random_.integers(1, 60, len(wanted)).tolist()
    found = []
    for compound, length, kind, house in zip(compounds, wanted.tolist(), kinds, houses, strict=True):
        if length < _NOT_WORTH_A_PLACE or kind >= len(_OPENINGS):
            found.append("")
        elif length < 2 * _NOT_WORTH_A_PLACE:
            found.append(compound)
        else:
            before, after = _OPENINGS[kind]
            found.append(f"{before}{compound}{house}栋{after}" if house < 50 else f"{before}{compound}{after}")
    return found


def _dispatched(pools: Sequence[Pool], departments: NDArray[np.intp], random_: np.random.Generator) -> list[str]:
    """Where each order went: its own department, now and then another one, or none on record."""
    draws = random_.random(len(departments))
    others = random_.integers(0, len(pools), len(departments))
    chosen = np.where(draws < _MISROUTED, others, departments)
    names = np.array([pool.unit for pool in pools], dtype=object)[chosen]
    names[draws > 1 - _UNASSIGNED] = ""
    return names.tolist()


@dataclass(frozen=True)
class Lengths:
    """How long an archive's texts are, in characters, and the share of the first ones that repeat another."""

    rows: int
    mean: float
    percentiles: dict[int, int]
    longest: int
    repeats: float


class Measure:
    """Counts lengths block by block, and repeats among the first `REPEATS_AMONG` texts."""

    def __init__(self) -> None:
        self._counts = np.zeros(1, dtype=np.int64)
        self._texts: list[int] = []

    def add(self, columns: Columns) -> None:
        """Count one block."""
        texts = columns["诉求内容"]
        counts = np.bincount([len(text) for text in texts], minlength=len(self._counts))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._texts += [hash(text) for text in texts[: REPEATS_AMONG - len(self._texts)]]

    def result(self) -> Lengths:
        """The distribution of all blocks so far."""
        rows = int(self._counts.sum())
        shares = np.cumsum(self._counts) / rows
        return Lengths(
            rows=rows,
            mean=round(float(self._counts @ np.arange(len(self._counts))) / rows, 1),
            percentiles={point: int(np.searchsorted(shares, point / 100)) for point in (1, 10, 25, 50, 75, 90, 99)},
            longest=len(self._counts) - 1,
            repeats=round(1 - len(set(self._texts)) / len(self._texts), 4),
        )


def write_archive(path: Path, plan: Plan, *, encoding: str = "utf-8") -> Lengths:
    """Write an archive; its format is decided by its name.

    :return: the lengths that its texts have.
    """
    measure = Measure()
    with open_writer(path, COLUMNS, encoding=encoding) as writer:
        for columns in blocks(plan):
            writer.write(columns)
            measure.add(columns)
    return measure.result()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("out", type=Path, metavar="OUT", help="file to write")
    options.add_argument("--rows", type=int, required=True, metavar="N")
    options.add_argument("--seed", type=int, default=0, metavar="S")
    options.add_argument("--length", type=int, metavar="N", help="characters of every message (default: as real ones)")
    options.add_argument("--encoding", default="utf-8", choices=("utf-8", "gb18030"), help="of CSV and JSON Lines")
    chosen = options.parse_args()
    if chosen.rows < 1 or (chosen.length is not None and chosen.length < 40):
        options.error("--rows must be at least 1, --length at least 40")
    start, cpu_start = time.perf_counter(), time.process_time()
    found = write_archive(chosen.out, Plan(chosen.rows, chosen.seed, chosen.length), encoding=chosen.encoding)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    header = ("characters of 诉求内容", *(f"{point} %" for point in found.percentiles), "mean", "longest")
    print(table(header, [(f"{found.rows:,} rows", *found.percentiles.values(), found.mean, found.longest)]))
    print(f"{found.repeats:.2%} of the first {min(found.rows, REPEATS_AMONG):,} repeat another's text")
    print(f"{chosen.out.stat().st_size / 1e6:.1f} MB in {seconds:.1f} s")
    print(f"{found.rows / seconds:,.0f} rows/s, {found.rows / cpu_seconds:,.0f} rows a second of processor time")


if __name__ == "__main__":
    main()
