"""What the report is made of: sections of charts, tables and words, from which page and files are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Cell = str | int | float | None


class Kind(StrEnum):
    """How a column is written."""

    TEXT = "text"
    SHORT = "short"
    COUNT = "count"
    SHARE = "share"
    POINTS = "points"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title and kind."""

    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Table:
    """A table for the page and as a file.

    :param name: of its file and sheet.
    :param shown: rows on the page; the file has them all.
    :param wide: columns that only the file has, by title.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    shown: int = 20
    note: str = ""
    wide: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Chart:
    """A chart with the table of its figures.

    :param id: of its element; :param option: for ECharts; :param height: in pixels.
    :param description: for readers who do not see it.
    """

    id: str
    title: str
    option: Mapping[str, Any]
    description: str
    table: Table
    height: int = 300


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure."""

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Card:
    """One issue or example in words.

    :param marks: short words on it; :param facts: title and text of what there is to know; :param quote: masked text.
    """

    title: str
    marks: Sequence[str]
    facts: Sequence[tuple[str, str]]
    quote: str = ""
    urgent: bool = False


Block = Chart | Table | Sequence[Card]


@dataclass(frozen=True)
class Section:
    """A part of the report.

    :param lead: paragraphs; :param blocks: what follows; :param findings: sentences for the top of the page.
    """

    id: str
    title: str
    lead: Sequence[str] = ()
    blocks: Sequence[Chart | Table | tuple[Card, ...]] = ()
    tiles: Sequence[Tile] = ()
    findings: Sequence[str] = field(default_factory=tuple)


def count_text(value: int) -> str:
    """A count with thousands separators."""
    return f"{value:,}"


def share_text(value: float) -> str:
    """A share in percent with one decimal."""
    return f"{value:.1%}"


def points_text(value: float) -> str:
    """A difference of shares in percentage points."""
    return f"{value * 100:+.1f}"
