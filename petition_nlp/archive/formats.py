"""File formats by name, and opening files with one clear error for each thing that can be wrong."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final, cast

from petition_nlp.errors import InputError, NoRowsError, OutputError, PetitionError


class Kind(Enum):
    """The shapes of file that are read and written."""

    JSON_LINES = "JSON Lines"
    CSV = "CSV"
    TSV = "TSV"
    XLSX = "XLSX"
    PARQUET = "Parquet"


_SUFFIXES = {
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".csv": Kind.CSV,
    ".tsv": Kind.TSV,
    ".xlsx": Kind.XLSX,
    ".parquet": Kind.PARQUET,
}
_OPENERS: Final[dict[str, Callable[..., object]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_TEXT_KINDS = frozenset({Kind.JSON_LINES, Kind.CSV, Kind.TSV})
_KNOWN = ".jsonl、.ndjson、.csv、.tsv（均可再加 .gz、.bz2、.xz）、.xlsx 和 .parquet"
_HINTS = {
    ".xls": "这是旧版 Excel 格式，请用 Excel 或 WPS 另存为 .xlsx",
    ".et": "这是 WPS 表格格式，请另存为 .xlsx",
    ".json": "若每行是一个 JSON 对象，请把扩展名改为 .jsonl；若是一个大数组，可先用 jq -c '.[]' 转换",
    ".txt": "若是分隔的表格，请把扩展名改为 .csv；若每行一条，可用 petition-nlp route --lines -",
    ".zip": "请先解压",
    ".zst": "请先解压，或改用 .gz",
}


@dataclass(frozen=True, slots=True)
class Format:
    """What a file's name says about it.

    :param packing: the ending that names its compression, such as ``.gz``; empty if there is none.
    """

    kind: Kind
    packing: str = ""


def format_of(path: Path) -> Format | None:
    """The format that a name stands for, or None."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    packing = suffixes.pop() if suffixes and suffixes[-1] in _OPENERS else ""
    kind = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    return None if kind is None or (packing and kind not in _TEXT_KINDS) else Format(kind, packing)


def input_format(path: Path) -> Format:
    """The format of an input, once it is known to be a file that can be read.

    :raises InputError: if it is missing, a folder, unreadable, empty or of an unknown kind.
    """
    where = str(path)
    with reading(path):
        if path.is_dir():
            raise InputError("这是文件夹，不是文件", where=where, todo="请给出其中一个文件的路径")
        size = path.stat().st_size
        if not path.is_file():
            raise InputError("不是普通文件", where=where, todo="请先保存为文件；单条文字可用 petition-nlp route -")
        found = named_format(path)
        if size == 0:
            raise NoRowsError("文件是空的", where=where, todo="请检查导出是否成功")
        with path.open("rb"):
            return found


def named_format(path: Path) -> Format:
    """The format that the name of an input stands for.

    :raises InputError: if it stands for none.
    """
    found = format_of(path)
    if found is None:
        raise _unknown(InputError, path)
    return found


def output_format(path: Path) -> Format | None:
    """The format of an output; None for a folder of Parquet parts, which a name without an ending stands for.

    :raises OutputError: if the name stands for no known format.
    """
    found = format_of(path)
    if found is None and path.suffix:
        raise _unknown(OutputError, path)
    return found


def _unknown(error: type[PetitionError], path: Path) -> PetitionError:
    name = path.suffix or "（无扩展名）"
    hint = _HINTS.get(path.suffix.lower(), "请改用其中一种")
    return error(f"不认识的文件类型 {name}，可用 {_KNOWN}", where=str(path), todo=hint)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever the system says about reading ``path`` into an `InputError`."""
    where = str(path)
    try:
        yield
    except FileNotFoundError:
        raise InputError("文件不存在", where=where, todo="请检查路径") from None
    except PermissionError:
        raise InputError("没有读取权限", where=where, todo="请检查文件权限，或关闭正在占用它的程序") from None
    except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError):
        raise InputError(f"{_packing_name(path)}压缩文件不完整或已损坏", where=where, todo="请重新下载或导出") from None
    except OSError as error:
        raise InputError(f"无法读取（{error.strerror or error}）", where=where, todo="请检查磁盘和路径") from None


def _packing_name(path: Path) -> str:
    return {".gz": "gzip ", ".bz2": "bzip2 ", ".xz": "xz "}.get(path.suffix.lower(), "")


def open_unpacked(path: Path, packing: str) -> BinaryIO:
    """A file's bytes without its compression."""
    return cast(BinaryIO, _OPENERS[packing](path, "rb")) if packing else path.open("rb")


class Bytes:
    """An open file as plain bytes, unpacked if it is compressed, that knows how far it has been read."""

    def __init__(self, path: Path, packing: str) -> None:
        self._file = path.open("rb")
        self.total = path.stat().st_size
        self.stream = cast(BinaryIO, _OPENERS[packing](self._file, "rb")) if packing else self._file

    def done(self) -> int:
        """How many bytes of the file on disk have been read."""
        return self.total if self._file.closed else min(self._file.tell(), self.total)

    def close(self) -> None:
        """Release the file."""
        self.stream.close()
        self._file.close()
