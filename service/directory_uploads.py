"""Uploaded directory files, read in a process of their own: they may unpack to any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from petition_nlp.errors import InputError
from petition_nlp.local.directory import Directory
from petition_nlp.local.problems import DirectoryError, Problem
from petition_nlp.local.tables import Tables, read_tables
from petition_nlp.taxonomy import Taxonomy
from service.apart import ask

_NAME: Final = "上传的文件"


@dataclass(frozen=True, slots=True)
class Look:
    """The tables of a file, or why it has none: ``problems`` with its sheets, or ``error`` with the file itself."""

    tables: Tables | None = None
    problems: tuple[Problem, ...] = ()
    error: Mapping[str, str] | None = None


def look(path: Path) -> Look:
    """Read an uploaded file; errors say nothing of where it lay for a moment."""

    def named(where: str) -> str:
        return where.replace(str(path), _NAME).replace(path.name, _NAME)

    try:
        tables = read_tables(path)
    except DirectoryError as error:
        return Look(problems=tuple(replace(one, where=named(one.where)) for one in error.problems))
    except InputError as error:
        return Look(error={"what": error.what, "where": named(error.where), "todo": error.todo})
    places = {kind: [named(where) for where in found] for kind, found in tables.places.items()}
    return Look(replace(tables, places=places))


def read(path: Path) -> Tables:
    """The tables of an uploaded file.

    :raises DirectoryError: with all sheets that cannot be used.
    :raises InputError: it cannot be read.
    """
    seen: Mapping[str, Any] | None = ask(look, path)
    if seen is None:
        raise InputError("读取这个文件时内存或时间超出限度", where=_NAME, todo="请检查是不是给错了文件")
    if seen["error"]:
        raise InputError(**seen["error"])
    if seen["problems"]:
        raise DirectoryError([Problem(**one) for one in seen["problems"]])
    return Tables(**seen["tables"])


def read_directory(path: Path, taxonomy: Taxonomy) -> Directory:
    """The directory in an uploaded file.

    :raises DirectoryError: with everything that is wrong.
    :raises InputError: it cannot be read.
    """
    return read(path).directory(version="new", taxonomy=taxonomy)
