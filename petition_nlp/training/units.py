"""The units of an export, and the department that stands for each: listed by a program, completed by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from petition_nlp.archive.outputs import safe_cell
from petition_nlp.archive.rows import BadRow, as_text
from petition_nlp.archive.sources import open_source
from petition_nlp.directory import UnitNames
from petition_nlp.errors import InputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.export import Choice, as_csv, read_export

LEFT: Final = "other"
"""What stands for units that the model should never suggest."""

_UNIT, _ROWS, _LATEST, _LINE, _HOW = _COLUMNS = ("单位", "件数", "最近", "条线", "由来")
_EXACT: Final = "目录里的名称"
_ALIKE: Final = "由名称推测，请核对"


@dataclass(frozen=True)
class Unit:
    """A unit of the export: its orders, the day of the latest, and the department that it may be (empty: unknown)."""

    name: str
    rows: int
    latest: date | None
    department: str
    how: str


def list_units(paths: Sequence[Path], choice: Choice, taxonomy: Taxonomy) -> list[Unit]:
    """The units of an export, most orders first, each with the department that its name points to.

    :raises InputError: a file cannot be read or has no column of units.
    """
    rows = Counter[str]()
    latest: dict[str, date] = {}
    for order in read_export(paths, choice).orders:
        if order.unit:
            rows[order.unit] += 1
            if order.day:
                latest[order.unit] = max(order.day, latest.get(order.unit, order.day))
    names = UnitNames(taxonomy)
    return [Unit(name, n, latest.get(name), *_guess(name, taxonomy, names)) for name, n in rows.most_common()]


def units_table(units: Sequence[Unit]) -> str:
    """The units as a table that opens in a spreadsheet and is to be completed there."""
    cells = ((safe_cell(u.name), u.rows, u.latest or "", u.department, u.how) for u in units)
    return as_csv(_COLUMNS, cells)


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


def _guess(unit: str, taxonomy: Taxonomy, names: UnitNames) -> tuple[str, str]:
    """The name of the department that a unit may be, and how that was found."""
    code = names.code(unit)
    if code is None:
        return "", ""
    exact = taxonomy.resolve("department", unit) == code
    return taxonomy.name("department", code), _EXACT if exact else _ALIKE
