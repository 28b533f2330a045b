"""Directory files: sheets with Chinese headings → the document that `Directory.from_dict` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from petition_nlp.errors import InputError
from petition_nlp.local.directory import Directory
from petition_nlp.local.fields import in_document
from petition_nlp.local.gazetteer import Gazetteer
from petition_nlp.local.problems import DirectoryError, Problem
from petition_nlp.local.reading import KINDS
from petition_nlp.local.sheets import Sheet, read_sheets
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy

LISTS: Final = frozenset(
    {"words", "words_not", "parents", "aliases", "offers", "departments", "matters", "areas"},
)
"""Fields that hold several values."""
_SEPARATOR: Final = re.compile(r"[、,，;；|\n]+")
_HEADER_WINDOW: Final = 20
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "units": (("code",), ("name",)),
    "rules": (("unit", "level"),),
    "places": (("name",), ("kind",)),
    "services": (("name",), ("kind",)),
}
"""Columns that a sheet must have, any one of each group."""


def read_directory(path: Path, *, version: str, taxonomy: Taxonomy) -> Directory:
    """Read a directory from a workbook, a folder of CSV files, or such a folder zipped.

    :raises DirectoryError: with everything that is wrong, by sheet, row and column.
    :raises InputError: the file cannot be read.
    """
    return read_tables(path).directory(version=version, taxonomy=taxonomy)


def read_gazetteer(path: Path, taxonomy: Taxonomy) -> Gazetteer:
    """Read the places of a directory file, whatever else it holds.

    :raises DirectoryError: with everything that is wrong with them.
    :raises InputError: the file cannot be read, or holds no place.
    """
    tables = read_tables(path)
    places = tables.document["places"]
    if not places:
        raise InputError("目录里没有地点", where=str(path), todo="请在「地点」表里填写区县、街道、社区等")
    return replace(tables, document={"places": places}).directory(version="", taxonomy=taxonomy).gazetteer


def read_tables(path: Path) -> Tables:
    """Read the records of a directory file, which nothing is made of yet.

    :raises DirectoryError: sheets or columns are missing.
    :raises InputError: the file cannot be read.
    """
    sheets = read_sheets(path)
    problems: list[Problem] = []
    known = [(kind, sheet) for sheet in sheets if (kind := vocabulary().kind_of(sheet.name))]
    if not known:
        names = "、".join(vocabulary().sheet(kind) for kind in KINDS)
        found = f"有的是：{'、'.join(sheet.name for sheet in sheets[:10])}" if sheets else "是空的"
        problems.append(Problem(f"没有一张可用的表，{found}", str(path), f"表（或 CSV 文件）请取名为：{names}"))
    filled = tuple(kind for kind in KINDS if any(kind == of and sheet.rows for of, sheet in known))
    tables = Tables({kind: [] for kind in KINDS}, {kind: [] for kind in KINDS}, filled)
    for kind, sheet in known:
        problems += tables.add(kind, sheet)
    if problems:
        raise DirectoryError(problems)
    return tables


@dataclass(frozen=True, slots=True)
class Tables:
    """The records of a directory file, and where each of them stands: sheet and row.

    :param kinds: the kinds of record that the file has a sheet for, be it one without records.
    """

    document: Mapping[str, list[dict[str, Any]]]
    places: Mapping[str, list[str]]
    kinds: Sequence[str]

    def directory(self, *, version: str, taxonomy: Taxonomy) -> Directory:
        """What the records make.

        :raises DirectoryError: with everything that is wrong, by sheet, row and column.
        """
        return Directory.from_dict(
            self.document, version=version, taxonomy=taxonomy, where=lambda kind, index: self.places[kind][index]
        )

    def over(self, document: Mapping[str, Any]) -> Tables:
        """With the records of a directory in use for every kind that the file has no sheet for."""
        kept = [kind for kind in KINDS if kind not in self.kinds]
        places = {kind: [f"在用的{in_document(kind, index)}" for index in range(len(document[kind]))] for kind in kept}
        return replace(
            self,
            document={**self.document, **{kind: document[kind] for kind in kept}},
            places={**self.places, **places},
        )

    def add(self, kind: str, sheet: Sheet) -> list[Problem]:
        """Take the records of a sheet; what is wrong with its header."""
        if not sheet.rows:
            return []
        header, fields = _header(kind, sheet.rows)
        missing = [group for group in _NEEDED[kind] if not any(field in fields for field in group)]
        if missing:
            columns = ["或".join(f"「{vocabulary().column(kind, field)}」" for field in group) for group in missing]
            return [Problem(f"缺少列{'、'.join(columns)}", sheet.where, "请补上这一列，列名可参照样表")]
        for number, cells in sheet.rows[header + 1 :]:
            record = {field: _value(field, cells[column]) for field, column in fields.items() if column < len(cells)}
            if any(record.values()):
                self.document[kind].append(record)
                self.places[kind].append(f"{sheet.where}第 {number} 行")
        return []


def _header(kind: str, rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, dict[str, int]]:
    """Which of the first rows names the most columns, and the column of every field."""
    found = [vocabulary().fields_of(kind, cells) for _, cells in rows[:_HEADER_WINDOW]]
    best = max(range(len(found)), key=lambda index: (len(found[index]), -index))
    return best, found[best]


def values_of(cell: str) -> list[str]:
    """The values that are written in one cell."""
    return [part.strip() for part in _SEPARATOR.split(cell) if part.strip()]


def _value(field: str, cell: str) -> str | list[str] | None:
    if field in LISTS:
        return values_of(cell)
    return cell.strip() or None
