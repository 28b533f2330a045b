"""Which files an archive is made of: files, folders and glob patterns → files in a fixed order."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
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
        found = _files_below(path)
        known = [file for file in found if format_of(file)]
        if not known:
            todo = "请检查路径；能读的有 CSV、TSV、XLSX、JSON Lines 和 Parquet"
            raise InputError("文件夹里没有能读的文件", where=str(path), todo=todo)
        return known, [file for file in found if not format_of(file)]
    if not path.exists() and _PATTERN_MARKS & set(str(path)):
        return _expand_pattern(path)
    return [path], []


def _expand_pattern(path: Path) -> tuple[list[Path], list[Path]]:
    known: list[Path] = []
    others: list[Path] = []
    for found in sorted(map(Path, glob.glob(str(path), recursive=True)), key=lambda found: found.parts):
        if not found.name.startswith(_SKIPPED_STARTS):
            own, ignored = _expand_one(found)
            known += own
            others += ignored
    if not known:
        raise InputError("没有文件符合这个样式", where=str(path), todo="请检查路径和通配符")
    return known, others


def _files_below(folder: Path) -> list[Path]:
    """Every file in a folder and its sub-folders, linked ones too, by name; hidden ones left out."""
    files: list[Path] = []
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=_refuse):
        real = os.path.realpath(place)
        folders[:] = [] if real in seen else [name for name in folders if not name.startswith(_SKIPPED_STARTS)]
        if real not in seen:
            files += [Path(place, name) for name in names if not name.startswith(_SKIPPED_STARTS)]
        seen.add(real)
    return sorted((file for file in files if file.is_file()), key=lambda file: file.parts)


def _refuse(error: OSError) -> None:
    where, todo = str(error.filename), "请检查权限，或只给出能读的文件夹"
    raise InputError("没有权限读取这个文件夹", where=where, todo=todo) from error
