"""Which files an archive is made of: files, folders and glob patterns → files in a fixed order."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from petition_nlp.archive.formats import format_of
from petition_nlp.errors import InputError

_PATTERN_MARKS = frozenset("*?[")
_SKIPPED_STARTS = (".", "~$", "_")  # hidden files, lock files of Excel, marks of other engines (_SUCCESS)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of an archive.

    :param ignored: files in its folders that are of no known format.
    """

    files: tuple[Path, ...]
    ignored: tuple[Path, ...] = ()


def expand(given: Sequence[Path]) -> Inputs:
    """Every file that is meant, each once: as given, a folder's and a pattern's files by name.

    :raises InputError: a folder holds no file of a known format, or a pattern finds none.
    """
    files: dict[Path, Path] = {}
    ignored: list[Path] = []
    for path in given:
        own, others = _expand_one(path)
        ignored += others
        for file in own:
            files.setdefault(file.resolve(), file)
    return Inputs(tuple(files.values()), tuple(ignored))


def _expand_one(path: Path) -> tuple[list[Path], list[Path]]:
    if path.is_dir():
        found = _sorted(file for file in path.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(path)))
        known = [file for file in found if format_of(file)]
        if not known:
            todo = "请检查路径；能读的有 CSV、TSV、XLSX、JSON Lines 和 Parquet"
            raise InputError("文件夹里没有能读的文件", where=str(path), todo=todo)
        return known, [file for file in found if not format_of(file)]
    if not path.exists() and _PATTERN_MARKS & set(str(path)):
        matched = map(Path, glob.glob(str(path), recursive=True))
        found = _sorted(file for file in matched if file.is_file())
        if not found:
            raise InputError("没有文件符合这个样式", where=str(path), todo="请检查路径和通配符")
        return found, []
    return [path], []


def _sorted(files: Iterable[Path]) -> list[Path]:
    return sorted(files, key=lambda file: file.parts)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(_SKIPPED_STARTS) for part in path.parts)
