"""The directory as a workbook, to be changed and imported again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from petition_nlp.local.workbook import write_template, write_workbook
from petition_nlp.taxonomy import Taxonomy


def workbook(document: Mapping[str, Any], taxonomy: Taxonomy) -> bytes:
    """An XLSX file with the records of a document."""
    return _written(lambda path: write_workbook(document, path, taxonomy))


def template(taxonomy: Taxonomy) -> bytes:
    """An XLSX file with an invented city and an explanation."""
    return _written(lambda path: write_template(path, taxonomy))


def _written(write: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "directory.xlsx"
        write(path)
        return path.read_bytes()
