"""An algorithm register's record: sections of fields, from which page and JSON are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

Cell = str | int | float | None


class Source(StrEnum):
    """Where a field's content comes from."""

    MODEL = "model"
    POLICY = "policy"
    SETTINGS = "settings"
    PROGRAM = "program"
    OPERATOR = "operator"


class Kind(StrEnum):
    """How a column of a table is written."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``key`` in the JSON, ``title`` on the page."""

    key: str
    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Table:
    """Figures, as numbers; the page rounds them."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


Value = str | Sequence[str] | Table


@dataclass(frozen=True)
class Field:
    """One question that a register asks.

    :param value: a paragraph, a list or a table; None where nobody has answered it.
    """

    key: str
    title: str
    value: Value | None
    source: Source
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Questions that belong together."""

    key: str
    title: str
    fields: Sequence[Field]


@dataclass(frozen=True)
class Record:
    """The whole record.

    :param model: name and version; :param digest: SHA-256 of the folder's ``model.json``, if it came from one.
    :param date: when it was written.
    """

    model: str
    taxonomy: str
    digest: str | None
    date: date
    sections: Sequence[Section]

    @property
    def missing(self) -> list[Field]:
        """What nobody has answered yet."""
        return [own for section in self.sections for own in section.fields if own.value is None]

    def to_dict(self) -> dict[str, Any]:
        """JSON form: every field under its section's and its own key."""
        return {
            "format": 1,
            "language": "zh-CN",
            "date": self.date.isoformat(),
            "model": self.model,
            "model_sha256": self.digest,
            "taxonomy": self.taxonomy,
            **{section.key: {own.key: _field_json(own) for own in section.fields} for section in self.sections},
            "missing": [own.key for own in self.missing],
        }


def _field_json(own: Field) -> dict[str, Any]:
    return {
        "title": own.title,
        "value": _value_json(own.value),
        "source": str(own.source),
        **({"note": own.note} if own.note else {}),
    }


def _value_json(value: Value | None) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Table):
        keys = [column.key for column in value.columns]
        return [dict(zip(keys, row, strict=True)) for row in value.rows]
    return list(value)
