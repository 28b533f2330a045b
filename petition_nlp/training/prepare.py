"""An export of past orders → the files of a first model: units as departments, months to learn, calibrate, compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from petition_nlp.errors import InputError
from petition_nlp.training.export import Choice, Order, as_csv, read_export
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.report import write_folder

DEPARTMENT: Final = "承办部门"
"""The column that is added."""

_CALIB_MONTHS: Final = 2


@dataclass(frozen=True)
class Part:
    """One of the files written: its rows, those with a department, and the days of the first and the last."""

    name: str
    rows: int
    labelled: int
    first: date
    last: date


@dataclass(frozen=True)
class Split:
    """What was written, what was left out and why, and the units without a department by their rows."""

    parts: tuple[Part, ...]
    left_out: Mapping[str, int]
    open_units: Mapping[str, int]


def add_departments(paths: Sequence[Path], units: Mapping[str, str], choice: Choice) -> tuple[str, int, int]:
    """All rows of an export with the department of their unit, as one table.

    Rows that cannot be split into cells are left out, and columns of personal data.

    :return: the table, its rows, and how many of them have a department.
    :raises InputError: a file cannot be read or has no column of units.
    """
    export = read_export(paths, choice)
    table = _table(export.orders, export.columns_to_keep(), units)
    return table, len(export.orders), sum(order.unit in units for order in export.orders)


def split(
    paths: Sequence[Path],
    units: Mapping[str, str],
    folder: Path,
    choice: Choice,
    *,
    calib_from: str | None = None,
    frozen_from: str | None = None,
) -> Split:
    """Write ``history.csv``, ``calib.csv`` and ``frozen.csv``, cut by the month in which an order came in.

    Of several rows with one number the last stands. Of near copies in two files those in the earlier one stay.
    Columns of personal data are left out.

    :param calib_from: first month (2026-09) of the calibration rows; None: the two before the frozen one.
    :param frozen_from: first month of the frozen set; None: the last.
    :raises InputError: a file cannot be read, or one of the parts would be empty.
    """
    export = read_export(paths, choice)
    left_out = Counter({"拆不开": export.broken})
    kept = _usable(export.orders, left_out)
    cuts = _cuts(kept, calib_from, frozen_from, paths)
    names = ("history", "calib", "frozen")
    place = [sum(_month(order) >= cut for cut in cuts) for order in kept]
    groups = near_duplicate_groups([order.text for order in kept]).tolist()
    own = [place[index] == place[groups[index]] for index in range(len(kept))]
    left_out["与更早一份里的近似重复"] = own.count(False)
    columns = export.columns_to_keep()
    parts: list[Part] = []
    contents: dict[str, str] = {}
    for index, name in enumerate(names):
        rows = [order for order, at, stays in zip(kept, place, own, strict=True) if at == index and stays]
        if not rows:
            raise InputError(
                f"{name} 没有一行", where="、".join(map(str, paths)), todo="请用 --calib-from、--frozen-from 指明月份"
            )
        contents[f"{name}.csv"] = _table(rows, columns, units)
        days = [order.day for order in rows if order.day]
        parts.append(Part(name, len(rows), sum(order.unit in units for order in rows), min(days), max(days)))
    write_folder(folder, contents)
    open_units = Counter(order.unit for order in kept if order.unit and order.unit not in units)
    return Split(tuple(parts), {what: n for what, n in left_out.items() if n}, dict(open_units.most_common()))


def _table(orders: Sequence[Order], columns: Sequence[str], units: Mapping[str, str]) -> str:
    own = [column for column in columns if column != DEPARTMENT]
    rows = ((*(order.fields.get(column, "") for column in own), units.get(order.unit, "")) for order in orders)
    return as_csv((*own, DEPARTMENT), rows)


def _usable(orders: Sequence[Order], left_out: Counter[str]) -> list[Order]:
    """Orders with a text and a day, by day; of several with one number the last."""
    last = {order.number: index for index, order in enumerate(orders) if order.number}
    kept = []
    for index, order in enumerate(orders):
        if not order.text:
            left_out["没有正文"] += 1
        elif order.day is None:
            left_out["受理时间无法识别"] += 1
        elif order.number and last[order.number] != index:
            left_out["编号重复，留最后一条"] += 1
        else:
            kept.append(order)
    return sorted(kept, key=lambda order: order.day or date.min)


def _cuts(
    orders: Sequence[Order], calib_from: str | None, frozen_from: str | None, paths: Sequence[Path]
) -> tuple[str, str]:
    months = sorted({_month(order) for order in orders})
    if not months:
        todo = "请检查正文列和受理时间列"
        raise InputError("没有一行既有正文又有受理时间", where="、".join(map(str, paths)), todo=todo)
    frozen = frozen_from or months[-1]
    earlier = [month for month in months if month < frozen]
    return calib_from or (earlier[-_CALIB_MONTHS:] or [frozen])[0], frozen


def _month(order: Order) -> str:
    return f"{order.day:%Y-%m}" if order.day else ""
