"""What a run is going to do, known before it starts: inputs, their columns, the layout of the output."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.columns import Chosen, list_columns, map_columns, match_column
from petition_nlp.archive.formats import Kind, format_of
from petition_nlp.archive.inputs import Inputs
from petition_nlp.archive.routed import Layout
from petition_nlp.archive.rows import Source
from petition_nlp.archive.sources import open_source
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.errors import InputError, PetitionError
from petition_nlp.roles import ROLES

_SHOWN: Final = 10


@dataclass(frozen=True)
class ReadOptions:
    """How inputs are read.

    :param encoding: of text files; None finds it out.
    :param sheet: name or number of a worksheet; None takes the first one that has a text column.
    :param chosen: the user's choice of columns by role; where a file has none of them its usual names count, except
        for the text.
    """

    encoding: str | None = None
    sheet: str | None = None
    text_column: str | None = None
    title_column: str | None = None
    chosen: Chosen = field(default_factory=dict)

    def open(self, path: Path) -> Source:
        """One input file."""
        named = (self.text_column,) if self.text_column else tuple(self.chosen.get("text", ()))
        return open_source(path, encoding=self.encoding, sheet=self.sheet, text_columns=named)


@dataclass(frozen=True, slots=True)
class FileError:
    """An input file that cannot be used."""

    path: Path
    error: PetitionError


@dataclass(frozen=True)
class Plan:
    """Inputs that can be read, and how.

    :param descriptions: of each file, how it is read and its columns are understood.
    :param columns: own columns of the output.
    :param schemas: Arrow schemas if all files are Parquet.
    :param failed: files that cannot be used.
    """

    files: tuple[Path, ...]
    sources: tuple[SourcePlan, ...]
    descriptions: tuple[str, ...]
    columns: tuple[str, ...]
    schemas: tuple[Any, ...] = ()
    failed: tuple[FileError, ...] = ()
    ignored: tuple[Path, ...] = ()

    @property
    def compares(self) -> bool:
        """Whether any file has a historical department."""
        return any(source.mapped.department for source in self.sources)

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(path.stat().st_size for path in self.files)

    def layout(self) -> Layout:
        """The columns of the output."""
        return Layout.of(self.columns, compares=self.compares, places=len(self.files) > 1)

    def lines(self) -> list[str]:
        """What is going to be read, for the user; files that are read alike are told together."""
        if len(self.files) == 1:
            return [f"{self.files[0]}：{self.descriptions[0]}", *self._left_out()]
        alike: dict[str, list[Path]] = {}
        for path, description in zip(self.files, self.descriptions, strict=True):
            alike.setdefault(description, []).append(path)
        lines = [f"{len(self.files):,} 个文件，共 {self.bytes / 1e6:,.1f} MB"]
        for description, paths in alike.items():
            more = f" 等 {len(paths):,} 个" if len(paths) > 1 else ""
            lines.append(f"  {paths[0]}{more}：{description}")
        return lines + self._left_out()

    def _left_out(self) -> list[str]:
        lines = [f"跳过 {each.path}：{each.error.what}" for each in self.failed]
        if self.ignored:
            names = "、".join(path.name for path in self.ignored[:_SHOWN])
            more = " 等" if len(self.ignored) > _SHOWN else ""
            lines.append(f"不认识的文件 {len(self.ignored):,} 个，未读取：{names}{more}")
        return lines


def make_plan(inputs: Inputs, options: ReadOptions, target: Kind) -> Plan:
    """Look at the top of every file.

    :param target: format of the output; a table needs to know every column beforehand.
    :raises InputError: no file can be read, or the user's choice of columns fits none of them.
    """
    names = _short_names(inputs.files)
    looked = [_look(path, name, options, target) for path, name in zip(inputs.files, names, strict=True)]
    failed = tuple(each for each in looked if isinstance(each, FileError))
    usable = [each for each in looked if isinstance(each, _Looked)]
    if not usable:
        raise failed[0].error if len(failed) == 1 else cannot_read(failed)
    _check_chosen(options.chosen, usable)
    parquet = all(each.schema is not None for each in usable)
    return Plan(
        files=tuple(each.path for each in usable),
        sources=tuple(each.plan for each in usable),
        descriptions=tuple(each.description for each in usable),
        columns=tuple(dict.fromkeys(column for each in usable for column in each.plan.columns)),
        schemas=tuple(each.schema for each in usable) if parquet else (),
        failed=failed,
        ignored=inputs.ignored,
    )


def cannot_read(failed: Sequence[FileError]) -> InputError:
    """One error for several files."""
    shown = "；".join(f"{each.path}：{each.error.what}" for each in failed[:_SHOWN])
    more = f"；另有 {len(failed) - _SHOWN} 个" if len(failed) > _SHOWN else ""
    todo = "请改正这些文件，或加 --skip-bad-files 跳过它们"
    return InputError(f"有 {len(failed)} 个文件不能处理：{shown}{more}", todo=todo)


@dataclass(frozen=True, slots=True)
class _Looked:
    path: Path
    plan: SourcePlan
    description: str
    schema: Any


def _look(path: Path, name: str, options: ReadOptions, target: Kind) -> _Looked | FileError:
    try:
        source = options.open(path)
    except InputError as error:
        return FileError(path, error)
    try:
        columns = source.columns if target is Kind.JSON_LINES else source.every_column()
        mapped = map_columns(
            columns, where=str(path), text=options.text_column, title=options.title_column, chosen=options.chosen
        )
        return _Looked(
            path, SourcePlan(name, columns, mapped), f"{source.describe()}；{mapped.describe()}", _schema(source)
        )
    except InputError as error:
        return FileError(path, error)
    finally:
        source.close()


def _schema(source: Source) -> Any:
    form = format_of(source.path)
    if form is None or form.kind is not Kind.PARQUET:
        return None
    from petition_nlp.archive.parquet import schema_of

    return schema_of(source)


def _check_chosen(chosen: Chosen, usable: Sequence[_Looked]) -> None:
    """A column that the user named must be somewhere."""
    for role, names in chosen.items():
        found = {getattr(each.plan.mapped, role) for each in usable}
        if names and not any(match_column([column], name) for column in found if column for name in names):
            columns = tuple(dict.fromkeys(column for each in usable for column in each.plan.columns))
            raise InputError(
                f"没有名为「{'」「'.join(names)}」的列可作{ROLES[role]}；{list_columns(columns)}",
                todo="请改正 --map；若列名是乱码，请用 --encoding 指定编码",
            )


def _short_names(files: Sequence[Path]) -> list[str]:
    """What files are called in an output: their paths below the folder that they have in common."""
    if len(files) == 1:
        return [_readable(files[0].name)]
    try:
        root = os.path.commonpath([path.parent.resolve() for path in files])
    except ValueError:  # on several drives
        return [_readable(path.resolve().as_posix()) for path in files]
    return [_readable(Path(os.path.relpath(path.resolve(), root)).as_posix()) for path in files]


def _readable(name: str) -> str:
    """A file's name as text, whatever encoding the system gave it in."""
    return os.fsencode(name).decode("utf-8", "replace")
