"""The words that directory files use for sheets, columns and fixed values (``data/local/columns.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from petition_nlp.archive.columns import normalise_name
from petition_nlp.errors import TaxonomyError
from petition_nlp.resources import data_path, read_yaml

Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Vocabulary:
    """The names of everything in a directory file, the preferred one first.

    :param sheets: by kind of record. :param columns: by kind of record and field.
    :param values: fixed values by their name: ``place_kinds``, ``unit_levels`` and ``service_kinds``.
    """

    sheets: Names
    columns: Mapping[str, Names]
    values: Mapping[str, Names]

    def sheet(self, kind: str) -> str:
        """What a kind of record is called."""
        return self.sheets[kind][0]

    def column(self, kind: str, field: str) -> str:
        """What a field is called."""
        return self.columns[kind][field][0]

    def value(self, group: str, code: str) -> str:
        """What a fixed value is called."""
        return self.values[group][code][0]

    def kind_of(self, sheet: str) -> str | None:
        """The kind of record that a sheet or file of this name holds."""
        return _find(self.sheets, sheet)

    def fields_of(self, kind: str, header: Sequence[str]) -> dict[str, int]:
        """The column of every field that a header names: whole names, the preferred one first."""
        names = [normalise_name(cell) for cell in header]
        found: dict[str, int] = {}
        for field, wanted in self.columns[kind].items():
            places = [names.index(name) for name in map(normalise_name, wanted) if name in names]
            free = [place for place in places if place not in found.values()]
            if free:
                found[field] = free[0]
        return found

    def code_of(self, group: str, written: str) -> str | None:
        """The code of a fixed value, None if there is none of this name."""
        return _find(self.values[group], written)


def _find(names: Names, written: str) -> str | None:
    wanted = normalise_name(written)
    return next((code for code, own in names.items() if wanted in map(normalise_name, own) or wanted == code), None)


@cache
def vocabulary() -> Vocabulary:
    """The shipped words.

    :raises TaxonomyError: the file is missing or has another shape.
    """
    path = data_path("local/columns.yaml")
    try:
        raw = read_yaml(path)
        return Vocabulary(
            sheets=_names(raw["sheets"]),
            columns={kind: _names(own) for kind, own in raw["columns"].items()},
            values={group: _names(raw[group]) for group in ("place_kinds", "unit_levels", "service_kinds")},
        )
    except FileNotFoundError:
        raise TaxonomyError("缺少单位目录的列名表", where=str(path), todo="请补上自带的文件") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise TaxonomyError("单位目录的列名表结构不对", where=str(path), todo="请参照自带的文件修改") from error


def _names(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {code: tuple(map(str, own)) for code, own in raw.items()}
