"""The report as one self-contained page that needs no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from petition_nlp.report.content import (
    Cell,
    Chart,
    Column,
    Kind,
    Section,
    Table,
    Tile,
    count_text,
    points_text,
    share_text,
)
from petition_nlp.report.facts import ReportRun

PAGE: Final = "报告.html"

_HOME: Final = Path(__file__).resolve().parent
_DASH: Final = "—"


@dataclass(frozen=True)
class Page:
    """All that the page shows.

    :param facts: title and text of what was analysed; :param tiles: the key figures.
    """

    run: ReportRun
    facts: Sequence[tuple[str, str]]
    tiles: Sequence[Tile]
    findings: Sequence[str]
    sections: Sequence[Section]


def render(page: Page) -> str:
    """The page as HTML; anything that it shows is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_HOME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(cell=cell_text, count=count_text)
    environment.tests.update(chart=lambda block: isinstance(block, Chart), table=lambda block: isinstance(block, Table))
    environment.globals.update(columns_of=shown_columns)
    options = {
        block.id: block.option for section in page.sections for block in section.blocks if isinstance(block, Chart)
    }
    return environment.get_template("page.html").render(
        page=page,
        options=as_script_data(options),
        echarts=Markup((_HOME / "static" / "echarts.min.js").read_text(encoding="ascii")) if options else "",
    )


def as_script_data(value: Any) -> Markup:
    """JSON that can stand in a script element whatever it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def shown_columns(table: Table) -> list[tuple[int, Column]]:
    """The columns that the page has, with their positions."""
    return [(number, column) for number, column in enumerate(table.columns) if column.title not in table.wide]


def cell_text(value: Cell, kind: Kind) -> str:
    """A cell as the page shows it."""
    if value is None:
        return _DASH
    if isinstance(value, str):
        return value
    if kind is Kind.COUNT:
        return count_text(int(value))
    if kind is Kind.SHARE:
        return share_text(value)
    if kind is Kind.POINTS:
        return points_text(value)
    return str(value) if isinstance(value, int) else f"{value:.1f}"
