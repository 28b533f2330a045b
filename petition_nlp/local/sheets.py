"""The sheets of a directory file as plain cells: a workbook, a folder of CSV files, or such a folder zipped."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Final

from petition_nlp.archive.encoding import decode
from petition_nlp.archive.formats import reading
from petition_nlp.archive.rows import as_text
from petition_nlp.archive.workbook import guarded, open_workbook
from petition_nlp.errors import InputError

_LARGEST: Final = 64 << 20
"""Bytes of the tables of a directory, unpacked."""
_LARGEST_BOOK: Final = 256 << 20
"""Bytes of an unpacked workbook: its XML says the same at greater length."""
_MOST_ROWS: Final = 200_000
_DELIMITERS: Final = (",", "\t", ";")
_TABLES: Final = frozenset({".csv", ".tsv"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table by its name, its rows that hold anything with their numbers.

    :param where: the file, and the sheet if it is a workbook.
    """

    name: str
    where: str
    rows: Sequence[tuple[int, Sequence[str]]]


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet of a directory file.

    :raises InputError: it cannot be read, or holds more than any city's directory.
    """
    return list(_counted(path, _sheets(path)))


def _counted(path: Path, sheets: Iterator[Sheet]) -> Iterator[Sheet]:
    rows = size = 0
    for sheet in sheets:
        rows += len(sheet.rows)
        size += sum(len(cell) for _, cells in sheet.rows for cell in cells)
        if size > _LARGEST:
            raise _too_large(str(path))
        if rows > _MOST_ROWS:
            raise InputError(f"超过 {_MOST_ROWS} 行，不像单位目录", where=str(path), todo="请检查是不是给错了文件")
        yield sheet


def _sheets(path: Path) -> Iterator[Sheet]:
    with reading(path):
        if path.is_dir():
            return _folder(path)
        path.stat()
    if path.suffix.lower() == ".xlsx":
        return _workbook(path)
    if path.suffix.lower() == ".zip":
        return _zipped(path)
    raise InputError(
        "不认识的目录文件", where=str(path), todo="请给出 .xlsx 文件、放着 CSV 的文件夹，或把这些 CSV 压缩成的 .zip"
    )


def _folder(folder: Path) -> Iterator[Sheet]:
    with reading(folder):
        found = sorted(path for path in folder.iterdir() if _is_table(path))
        if sum(path.stat().st_size for path in found) > _LARGEST:
            raise _too_large(str(folder))
        for path in found:
            yield _table(path.name, path.read_bytes(), str(path))


def _is_table(path: PurePath) -> bool:
    return path.suffix.lower() in _TABLES and path.name[0] not in "._~"


def _workbook(path: Path) -> Iterator[Sheet]:
    book = open_workbook(path, largest=_LARGEST_BOOK)
    try:
        for name in book.sheet_names:
            with guarded(path):
                cells = [[as_text(cell) for cell in row] for row in book.get_sheet_by_name(name).iter_rows()]
            yield Sheet(name, f"{path.name} 工作表「{name}」", _filled(enumerate(cells, start=1)))
    finally:
        book.close()


def _zipped(path: Path) -> Iterator[Sheet]:
    try:
        with reading(path), zipfile.ZipFile(path) as archive:
            named = [(PurePosixPath(_member_name(part)), part) for part in archive.infolist()]
            tables = [(name.name, part) for name, part in named if _is_table(name)]
            if sum(part.file_size for _, part in tables) > _LARGEST:
                raise _too_large(str(path))
            for name, part in tables:
                yield _table(name, archive.read(part), f"{path.name} 中的 {name}")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise InputError("ZIP 文件已损坏或加了密码", where=str(path), todo="请重新压缩，不要加密码") from None


def _member_name(part: zipfile.ZipInfo) -> str:
    """A member's name; programs on Chinese Windows write GBK where ZIP means code page 437."""
    if part.flag_bits & 0x800:
        return part.filename
    try:
        return part.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return part.filename


def _table(name: str, data: bytes, where: str) -> Sheet:
    text = decode(data, where=where).removeprefix("\ufeff") if data else ""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return Sheet(PurePosixPath(name).stem, where, _filled(_numbered(lines)))
    except csv.Error:
        raise InputError(f"第 {lines.line_num} 行附近无法拆分", where=where, todo="请检查引号，或重新导出") from None


def _numbered(lines: Any) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which they begin."""
    start = 1
    for cells in lines:
        yield start, cells
        start = lines.line_num + 1


def _filled(rows: Iterator[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    return [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]


def _too_large(where: str) -> InputError:
    return InputError(f"超过 {_LARGEST >> 20} MB，不像单位目录", where=where, todo="请检查是不是给错了文件")
