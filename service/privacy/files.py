"""Where a resident's data is in the files of bulk jobs: uploads and results in the data folder of this instance."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petition_nlp.archive.formats import format_of
from petition_nlp.archive.rows import BadRow, Row, as_text
from petition_nlp.archive.sources import open_source
from petition_nlp.archive.workbook import unpacked_size
from petition_nlp.errors import NoRowsError, PetitionError
from service.access.audit import audit
from service.access.principal import Principal
from service.apart import ask, needs_care
from service.privacy.search import Terms, fingerprints
from service.privacy.spelling import folded
from service.store.database import Database

FOLDER: Final = "jobs"
MOST_BYTES: Final = 64 << 20
"""Of unpacked files that one call reads before it answers with where to go on."""
_APART_BYTES: Final = 1 << 20
"""As so many counts a file for which a process is started, or more."""


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A file of a job that holds some of the terms.

    :param part: ``in`` for the upload, ``out`` for what was made of it.
    :param rows: term → the number of rows that hold it.
    """

    job: str
    part: str
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What one call found. ``unreadable`` are jobs with a file that could not be read: look at them by hand."""

    items: Sequence[FileFinding]
    scanned: int
    unreadable: Sequence[str]
    next: str | None


def search_files(
    database: Database, folder: Path, caller: Principal, terms: Terms, cursor: str | None = None
) -> FileFindings:
    """Look through the files of jobs, the newest job first, and note in the audit log that it was done.

    :param folder: the data folder.
    """
    wanted = terms.given()
    items: list[FileFinding] = []
    unreadable: list[str] = []
    scanned = size = 0
    following: str | None = None
    for job in _jobs(folder, cursor):
        scanned += 1
        for part, path in _files(job):
            seen = _look_safely(path, part, wanted)
            size += seen.size
            if seen.rows is None:
                unreadable.append(job.name)
            elif seen.rows:
                items.append(FileFinding(job.name, part, seen.rows))
        if size >= MOST_BYTES:
            following = job.name
            break
    with database.write() as session:
        audit(session, caller, "privacy_search_files", terms=fingerprints(wanted), scanned=scanned, found=len(items))
    return FileFindings(items, scanned, sorted(set(unreadable)), following)


def _jobs(folder: Path, cursor: str | None) -> Iterator[Path]:
    root = folder / FOLDER
    if not root.is_dir():
        return iter(())
    jobs = sorted((path for path in root.iterdir() if path.is_dir()), key=lambda path: path.name, reverse=True)
    return (path for path in jobs if cursor is None or path.name < cursor)


def _files(job: Path) -> Iterator[tuple[str, Path]]:
    for part in ("in", "out"):
        for path in sorted((job / part).rglob("*")):
            if path.is_file() and format_of(path) is not None:
                yield part, path


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a file: term → rows, None where it could not be read.

    :param size: its bytes, those of a workbook when it is unpacked.
    """

    size: int
    rows: Mapping[str, int] | None


def look(path: Path, part: str, wanted: Mapping[str, str]) -> Look:
    """Count the rows of a file that hold terms, as `folded` spells them."""
    size = 0
    try:
        is_book = path.suffix.lower() == ".xlsx" and zipfile.is_zipfile(path)
        size = unpacked_size(path) if is_book else path.stat().st_size
        return Look(size, _rows_holding(path, part, wanted))
    except (PetitionError, OSError, zipfile.BadZipFile):
        return Look(size, None)


def _look_safely(path: Path, part: str, wanted: Mapping[str, str]) -> Look:
    if not needs_care(path):
        return look(path, part, wanted)
    seen = ask(look, path, part, wanted)
    return Look(MOST_BYTES, None) if seen is None else Look(max(seen["size"], _APART_BYTES), seen["rows"])


def _rows_holding(path: Path, part: str, wanted: Mapping[str, str]) -> Mapping[str, int]:
    try:
        source = open_source(path)
    except NoRowsError:
        if path.stat().st_size and part == "in":
            raise  # what was taken for the header may be somebody's data; that of a result is ours
        return {}
    try:
        counts: Counter[str] = Counter()
        for row in source.rows():
            text = folded(_text(row))
            counts.update(term for term, sought in wanted.items() if sought in text)
        return dict(counts)
    finally:
        source.close()


def _text(row: Row | BadRow) -> str:
    return row.raw if isinstance(row, BadRow) else "\n".join(as_text(value) for value in row.fields.values())
