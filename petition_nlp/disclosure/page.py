"""A record as files: one page that needs no network, and the same as JSON."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from petition_nlp.disclosure.record import Cell, Kind, Record, Table
from petition_nlp.errors import OutputError

PAGE_NAME: Final = "register.html"
JSON_NAME: Final = "register.json"

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_DASH: Final = "—"


def record_page(record: Record) -> str:
    """The record as one HTML page without script or external resource; anything that it shows is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(cell=cell_text)
    environment.tests.update(table=lambda value: isinstance(value, Table))
    return environment.get_template("register.html").render(record=record)


def cell_text(value: Cell, kind: Kind) -> str:
    """A cell of a table as the page shows it."""
    if value is None:
        return _DASH
    if isinstance(value, str):
        return value
    if kind is Kind.COUNT:
        return f"{value:,}"
    return f"{value:.1%}" if kind is Kind.SHARE else f"{value:.3f}"


def write_record(record: Record, folder: Path, *, overwrite: bool = False) -> None:
    """Write `PAGE_NAME` and `JSON_NAME`, both or none; other files in the folder stay.

    :raises OutputError: they are there and ``overwrite`` is false, or the folder cannot be written.
    """
    contents = {
        PAGE_NAME: record_page(record),
        JSON_NAME: json.dumps(record.to_dict(), ensure_ascii=False, indent=1) + "\n",
    }
    if not overwrite and any((folder / name).exists() for name in contents):
        raise OutputError("公示页已存在", where=str(folder), todo="请换一个文件夹，或加 --overwrite")
    try:
        _write(folder, contents)
    except OSError as error:
        what = f"无法写入公示页：{error.strerror or type(error).__name__}"
        raise OutputError(what, where=str(folder), todo="请检查路径、权限和磁盘空间") from error


def _write(folder: Path, contents: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".register.", dir=folder) as draft:
        for name, content in contents.items():
            (Path(draft) / name).write_text(content, encoding="utf-8")
        for name in contents:
            os.replace(Path(draft) / name, folder / name)
