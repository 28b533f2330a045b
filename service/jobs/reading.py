"""What an uploaded file is taken for: how it is read, its columns, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.columns import list_columns, map_columns, match_column
from petition_nlp.archive.plan import ReadOptions
from petition_nlp.archive.rows import Source, as_text
from petition_nlp.errors import InputError, PetitionError
from petition_nlp.roles import ROLES
from service.jobs.wording import clean, error_json, without_options

_MOST_CELL: Final = 200
_SAMPLE_ROWS: Final = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What stands at the top of a file, and why it cannot be used if it cannot."""

    found: dict[str, Any] | None
    error: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The columns of a file and its first rows, or why it cannot be read."""

    columns: list[str]
    rows: list[list[str]]
    error: dict[str, str] | None


def read_options(reading: Mapping[str, Any]) -> ReadOptions:
    """The engine's form of what the user said about reading a file."""
    columns = reading.get("columns") or {}
    chosen = {role: [name] if name else [] for role, name in columns.items()}
    return ReadOptions(encoding=reading.get("encoding"), sheet=reading.get("sheet"), chosen=chosen)


def look(upload: Path, reading: Mapping[str, Any]) -> Look:
    """Open a file and find its columns."""
    options = read_options(reading)
    found: dict[str, Any] | None = None
    try:
        with closing(options.open(upload)) as source:
            columns = list(source.columns)
            found = {
                "description": without_options(source.describe()),
                "columns": clean(columns),
                "mapping": None,
                "sheets": clean(source.sheets),
            }
        found["mapping"] = clean(_mapping(columns, upload, options))
    except PetitionError as error:
        return Look(found, error_json(error, upload))
    return Look(found, None)


def sample(upload: Path, reading: Mapping[str, Any]) -> Sample:
    """Read the first rows of a file; long cells are cut."""
    try:
        with closing(read_options(reading).open(upload)) as source:
            columns = list(source.columns)
            rows = [[as_text(row.get(name))[:_MOST_CELL] for name in columns] for row in _first(source)]
    except PetitionError as error:
        return Sample([], [], error_json(error, upload))
    return Sample(clean(columns), clean(rows), None)


def _first(source: Source) -> Sequence[Mapping[str, Any]]:
    for batch in source.batches(_SAMPLE_ROWS, skip=0, read=source.columns):
        return [row.fields for row in batch.rows[:_SAMPLE_ROWS]]
    return []


def _mapping(columns: Sequence[str], upload: Path, options: ReadOptions) -> dict[str, str]:
    for role, names in options.chosen.items():
        for name in [name for name in names if match_column(columns, name) is None]:
            what = f"没有名为「{name}」的列可作{ROLES[role]}；{list_columns(columns)}"
            raise InputError(what, where=str(upload), todo="请改正 --map；若列名是乱码，请改正 --encoding")
    return map_columns(columns, where=str(upload), chosen=options.chosen).named()
