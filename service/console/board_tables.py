"""A figure of the board as its table and its chart show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.console.texts import board as texts
from service.console.wording import number_text

Value = str | int | float | None

MOST_BARS: Final = 15
"""Bars of a chart; its table has all."""


_SIZES: Final = {"small": 4, "medium": 8, "large": 12, "tall": 16}
"""How many rows of bars have room."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    :param value: what a file of the table has in its place.
    """

    text: str
    value: Value

    @property
    def is_number(self) -> bool:
        """Whether it stands at the right."""
        return not isinstance(self.value, str)


Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below the names of columns; the first cell of a row is its head."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its table.

    :param says: what there is to see, in words.
    :param empty: what stands here as long as there is nothing.
    :param chart: what `static/board.js` draws; None where there is nothing to draw.
    """

    note: str
    says: str
    empty: str
    table: Table
    chart: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """A key of `texts.FIGURES`."""
        return self.table.name


def label(text: str) -> Cell:
    """A text."""
    return Cell(text, text)


def number(count: int | float) -> Cell:
    """A count."""
    return Cell(number_text(count), count)


def rate(share: float | None) -> Cell:
    """A share."""
    return Cell(rate_text(share), share)


def rate_text(share: float | None) -> str:
    """A share to a tenth of a percent."""
    return texts.PAGE["none"] if share is None else f"{share:.1%}"


def table(name: str, rows: Sequence[Row], columns: Sequence[str] | None = None) -> Table:
    """The table of a figure.

    :param columns: default: as its texts name them.
    """
    own = texts.FIGURES[name]
    return Table(name, own["title"], columns or own["columns"], rows)


def series(name: str, data: Sequence[Value], code: str = "1") -> dict[str, Any]:
    """Values of a chart that belong together.

    :param code: chooses the colour.
    """
    return {"name": name, "code": code, "data": list(data)}


def chart(kind: str, labels: Sequence[str], parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A chart: ``columns``, ``bars`` or ``lines``."""
    size = _size(len(labels)) if kind == "bars" else "medium"
    return {"kind": kind, "labels": list(labels), "series": list(parts), "size": size}


def heat(name: str, down: Sequence[str], across: Sequence[str], values: Sequence[Sequence[float]]) -> dict[str, Any]:
    """A heat map; what is nothing is left out.

    :param name: of a value, with ``{n}``.
    """
    cells = [[x, y, value] for y, row in enumerate(values) for x, value in enumerate(row) if value]
    size = "medium" if len(down) < len(across) else _size(len(down) + 4)
    return {"kind": "heat", "name": name, "down": list(down), "across": list(across), "cells": cells, "size": size}


def _size(rows: int) -> str:
    """One of the heights of the style sheet."""
    return next((size for size, most in _SIZES.items() if rows <= most), "huge")


def named(counts: Sequence[tuple[str, int]], most: int = 3) -> str:
    """The largest in words."""
    return texts.SEPARATOR.join(texts.NAMED.format(name=name, n=number_text(n)) for name, n in counts[:most])
