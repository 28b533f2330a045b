"""An export of past orders → the files of a first model: units as departments, months to learn, calibrate, compare."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.columns import is_personal, map_columns
from petition_nlp.archive.outputs import safe_cell
from petition_nlp.archive.rows import BadRow, as_text
from petition_nlp.archive.sources import open_source
from petition_nlp.errors import InputError
from petition_nlp.report.dates import parse_date
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.report import write_folder

DEPARTMENT: Final = "承办部门"
"""The column that is added."""

LEFT: Final = "other"
"""What stands for units that the model should never suggest."""

_UNIT, _ROWS, _LATEST, _LINE, _HOW = _UNIT_COLUMNS = ("单位", "件数", "最近", "条线", "由来")
_EXACT: Final = "目录里的名称"
_ALIKE: Final = "由名称推测，请核对"
_SHORTEST: Final = 2  # characters of a name that is looked for within a unit's
_CALIB_MONTHS: Final = 2


@dataclass(frozen=True)
class Unit:
    """A unit of the export: its orders, the day of the latest, and the department that it may be (empty: unknown)."""

    name: str
    rows: int
    latest: date | None
    department: str
    how: str


@dataclass(frozen=True)
class Choice:
    """Columns with unusual names; None finds the usual ones."""

    unit: str | None = None
    text: str | None = None
    day: str | None = None


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


@dataclass
class _Order:
    fields: Mapping[str, str]
    text: str
    unit: str
    number: str
    day: date | None


@dataclass
class _Export:
    orders: list[_Order] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)
    broken: int = 0


def list_units(paths: Sequence[Path], choice: Choice, taxonomy: Taxonomy) -> list[Unit]:
    """The units of an export, most orders first, each with the department that its name points to.

    :raises InputError: a file cannot be read or has no column of units.
    """
    rows = Counter[str]()
    latest: dict[str, date] = {}
    for order in _read(paths, choice).orders:
        if order.unit:
            rows[order.unit] += 1
            if order.day:
                latest[order.unit] = max(order.day, latest.get(order.unit, order.day))
    terms = _terms(taxonomy)
    return [Unit(name, n, latest.get(name), *_guess(name, taxonomy, terms)) for name, n in rows.most_common()]


def units_table(units: Sequence[Unit]) -> str:
    """The units as a table that opens in a spreadsheet and is to be completed there."""
    cells = ((safe_cell(u.name), u.rows, u.latest or "", u.department, u.how) for u in units)
    return _csv(_UNIT_COLUMNS, cells)


def read_units(path: Path, taxonomy: Taxonomy) -> dict[str, str]:
    """Unit → department, from the completed table; units whose department is empty are left out.

    :raises InputError: the file cannot be read, or names a department that the taxonomy does not have.
    """
    source = open_source(path, text_columns=[_UNIT])
    found: dict[str, str] = {}
    try:
        if missing := {_UNIT, _LINE} - set(source.columns):
            raise InputError(
                f"没有列「{'」「'.join(sorted(missing))}」", where=str(path), todo="请用 prepare units 写出的表"
            )
        for row in source.rows():
            if isinstance(row, BadRow):
                raise InputError(row.reason, where=f"{path} 第 {row.line} 行", todo="请改正这一行")
            line = as_text(row.fields[_LINE]).strip()
            if not line:
                continue
            code = taxonomy.resolve("department", line)
            if code not in taxonomy.departments and code != LEFT:
                todo = f"请写目录里的部门名称；不该由模型建议的写 {LEFT}"
                raise InputError(f"目录里没有条线「{line}」", where=f"{path} 第 {row.line} 行", todo=todo)
            found[as_text(row.fields[_UNIT]).strip().removeprefix("'")] = taxonomy.name("department", code)
    finally:
        source.close()
    return found


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
    export = _read(paths, choice)
    left_out = Counter({"拆不开": export.broken})
    kept = _usable(export.orders, left_out)
    cuts = _cuts(kept, calib_from, frozen_from, paths)
    names = ("history", "calib", "frozen")
    place = [sum(_month(order) >= cut for cut in cuts) for order in kept]
    groups = near_duplicate_groups([order.text for order in kept]).tolist()
    own = [place[index] == place[groups[index]] for index in range(len(kept))]
    left_out["与更早一份里的近似重复"] = own.count(False)
    columns = [name for name in export.columns if name != DEPARTMENT and not is_personal(name)]
    parts: list[Part] = []
    contents: dict[str, str] = {}
    for index, name in enumerate(names):
        rows = [order for order, at, stays in zip(kept, place, own, strict=True) if at == index and stays]
        if not rows:
            raise InputError(
                f"{name} 没有一行", where="、".join(map(str, paths)), todo="请用 --calib-from、--frozen-from 指明月份"
            )
        contents[f"{name}.csv"] = _csv(
            (*columns, DEPARTMENT),
            ((*(order.fields.get(column, "") for column in columns), units.get(order.unit, "")) for order in rows),
        )
        days = [order.day for order in rows if order.day]
        parts.append(Part(name, len(rows), sum(order.unit in units for order in rows), min(days), max(days)))
    write_folder(folder, contents)
    open_units = Counter(order.unit for order in kept if order.unit and order.unit not in units)
    return Split(tuple(parts), {what: n for what, n in left_out.items() if n}, dict(open_units.most_common()))


def _read(paths: Sequence[Path], choice: Choice) -> _Export:
    export = _Export()
    for path in paths:
        source = open_source(path, text_columns=[choice.text] if choice.text else ())
        try:
            found = map_columns(source.columns, where=str(path), text=choice.text)
            unit, day = choice.unit or found.department, choice.day or found.received
            for what, column, flag in (("承办单位", unit, "--unit-column"), ("受理时间", day, "--date-column")):
                if column not in source.columns:
                    raise InputError(f"找不到{what}列", where=str(path), todo=f"请用 {flag} 列名 指明")
            export.columns.update(dict.fromkeys(source.columns))
            for row in source.rows():
                if isinstance(row, BadRow):
                    export.broken += 1
                    continue
                cells = {name: as_text(value) for name, value in row.fields.items()}
                export.orders.append(
                    _Order(
                        cells,
                        cells.get(found.text, "").strip(),
                        cells.get(str(unit), "").strip(),
                        cells.get(found.id, "").strip() if found.id else "",
                        parse_date(cells.get(str(day), "")),
                    )
                )
        finally:
            source.close()
    return export


def _usable(orders: Sequence[_Order], left_out: Counter[str]) -> list[_Order]:
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
    orders: Sequence[_Order], calib_from: str | None, frozen_from: str | None, paths: Sequence[Path]
) -> tuple[str, str]:
    months = sorted({_month(order) for order in orders})
    if not months:
        todo = "请检查正文列和受理时间列"
        raise InputError("没有一行既有正文又有受理时间", where="、".join(map(str, paths)), todo=todo)
    frozen = frozen_from or months[-1]
    earlier = [month for month in months if month < frozen]
    return calib_from or (earlier[-_CALIB_MONTHS:] or [frozen])[0], frozen


def _month(order: _Order) -> str:
    return f"{order.day:%Y-%m}" if order.day else ""


def _terms(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Every name of a department with its code, the longest first."""
    found = {
        name: department.code
        for department in taxonomy.departments.values()
        for name in (*department.aliases, *department.former_names, department.name)
        if len(name) >= _SHORTEST and not name.isdigit()
    }
    return sorted(found.items(), key=lambda term: -len(term[0]))


def _guess(unit: str, taxonomy: Taxonomy, terms: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The name of the department that a unit may be, and how that was found; the end of a unit's name says most."""
    code = taxonomy.resolve("department", unit)
    if code in taxonomy.departments:
        return taxonomy.name("department", code), _EXACT
    ending = next((code for term, code in terms if unit.endswith(term)), None)
    inner = ending or next((code for term, code in terms if term in unit), None)
    return (taxonomy.name("department", inner), _ALIKE) if inner else ("", "")


def _csv(header: Sequence[str], rows: Iterator[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()  # the mark lets Excel see that it is UTF-8
