"""XLSX by python-calamine: the right sheet, the header below titles and merged cells, then row by row."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from petition_nlp.archive.columns import HEADER_WINDOW, header_index, name_columns, widest_index
from petition_nlp.archive.formats import reading
from petition_nlp.archive.rows import Row, Source, as_text
from petition_nlp.errors import InputError, NoRowsError

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_UNPACKED_LIMIT = 4 << 30
_BOMB_SIZE = 256 << 20
_BOMB_RATIO = 400


class WorkbookSource(Source):
    """One sheet of a workbook whose header row has been found."""

    def __init__(self, path: Path, *, sheet: str | None, text_columns: Sequence[str]) -> None:
        self.path = path
        self._book = open_workbook(path)
        self.sheets = tuple(_visible_sheets(self._book))
        self._sheet, self._others = self._choose(sheet, text_columns)
        self.total = (self._sheet.end or (0, 0))[0] + 1
        self._row = 0
        self._header_end, self.columns = self._find_header(text_columns)
        if next(self.rows(), None) is None:
            raise NoRowsError(
                f"工作表「{self._sheet.name}」只有表头，没有数据行",
                where=str(path),
                todo="请检查导出，或用 --sheet 换一个工作表",
            )

    def describe(self) -> str:
        """How the file was read."""
        header = f"，表头在第 {self._header_end} 行" if self._header_end > 1 else ""
        others = f"；未处理的工作表：{'、'.join(self._others)}（可用 --sheet 指定）" if self._others else ""
        return f"工作表「{self._sheet.name}」{header}{others}"

    def rows(self) -> Iterator[Row]:
        """Every row below the header that holds anything."""
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            self._row = number
            if number > self._header_end and any(cell != "" for cell in cells):
                values = [None if cell == "" else cell for cell in cells]
                yield Row(number, dict(zip(self.columns, values, strict=True)))

    def done(self) -> int:
        """Rows of the sheet that have been read."""
        return self._row

    def close(self) -> None:
        """Release the file."""
        self._book.close()

    def _choose(self, wanted: str | None, text_columns: Sequence[str]) -> tuple[CalamineSheet, list[str]]:
        if wanted is not None:
            return self._load(self._named(wanted)), []
        filled = [sheet for sheet in map(self._load, self.sheets) if sheet.start is not None]
        if not filled:
            raise InputError("工作簿里没有内容", where=str(self.path), todo="请检查导出是否成功")
        with_text = [sheet for sheet in filled if header_index(_top(sheet), text_columns) is not None]
        chosen = (with_text or filled)[0]
        return chosen, [sheet.name for sheet in filled if sheet is not chosen]

    def _named(self, wanted: str) -> str:
        names = self._book.sheet_names
        if wanted in names:
            return wanted
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            return names[int(wanted) - 1]
        raise InputError(
            f"没有工作表「{wanted}」；现有：{'、'.join(names)}", where=str(self.path), todo="请改正 --sheet"
        )

    def _load(self, name: str) -> CalamineSheet:
        with guarded(self.path):
            return self._book.get_sheet_by_name(name)

    def _find_header(self, text_columns: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        top = _top(self._sheet)
        if not any(cell.strip() for row in top for cell in row):
            raise InputError(
                f"工作表「{self._sheet.name}」的前 {HEADER_WINDOW} 行没有内容",
                where=str(self.path),
                todo="请删去上方的空行，或用 --sheet 换一个工作表",
            )
        index = header_index(top, text_columns)
        index = widest_index(top) if index is None else index
        last = min(self._merged_down_to(index), len(top) - 1)
        return last + 1, name_columns(top[last], top[:last])

    def _merged_down_to(self, header: int) -> int:
        """The last row of the header: cells merged downwards from its row belong to it."""
        merged = self._sheet.merged_cell_ranges or []
        ends = [end_row for (start_row, _), (end_row, _) in merged if start_row <= header <= end_row]
        return max(ends, default=header)


def open_workbook(path: Path, *, largest: int = _UNPACKED_LIMIT) -> CalamineWorkbook:
    """Open a workbook that is no trap.

    :param largest: bytes that it may unpack to.
    :raises InputError: it is missing, damaged, locked, of an old format or unpacks to a suspicious size.
    """
    with reading(path):
        with path.open("rb") as stream:
            head = stream.read(len(_OLE))
        if head == _OLE:
            raise _encrypted(path) if _ENCRYPTED in path.read_bytes() else _old_format(path)
    with guarded(path):
        _refuse_bomb(path, largest)
        return CalamineWorkbook.from_path(path)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn whatever a damaged workbook causes, a panic of the Rust reader included, into an `InputError`."""
    try:
        yield
    except (InputError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except PasswordError:
        raise _encrypted(path) from None
    except BaseException as error:
        raise InputError(
            "XLSX 文件已损坏，无法打开",
            where=str(path),
            todo="请用 Excel 或 WPS 打开后另存，或重新导出；若它其实是别的格式，请改正扩展名",
        ) from error


def unpacked_size(path: Path) -> int:
    """Bytes to which a workbook or another ZIP file says that it unpacks."""
    with zipfile.ZipFile(path) as archive:
        return sum(part.file_size for part in archive.infolist())


def _refuse_bomb(path: Path, largest: int) -> None:
    unpacked = unpacked_size(path)
    ratio = unpacked / max(path.stat().st_size, 1)
    if unpacked > largest or (unpacked > _BOMB_SIZE and ratio > _BOMB_RATIO):
        raise InputError(
            f"解压后有 {unpacked >> 20} MB，超出可以放心读取的大小",
            where=str(path),
            todo="请导出为 CSV 再处理",
        )


def _encrypted(path: Path) -> InputError:
    return InputError("XLSX 文件加了密码", where=str(path), todo="请打开后去掉密码另存")


def _old_format(path: Path) -> InputError:
    return InputError("这是旧版 Excel（.xls）文件，扩展名不对", where=str(path), todo="请用 Excel 或 WPS 另存为 .xlsx")


def _visible_sheets(book: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
    ]


def _top(sheet: CalamineSheet) -> Sequence[Sequence[str]]:
    rows: list[list[Any]] = []
    for cells in sheet.iter_rows():
        rows.append([as_text(cell) for cell in cells])
        if len(rows) == HEADER_WINDOW:
            break
    return rows
