"""Unpacks an uploaded model: nothing but a model's own files, at no other place, and no more than fits."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, Final
from zlib import error as ZlibError

from petition_nlp.errors import ModelError
from service.models.folders import FILES

MOST_BYTES: Final = 2 << 30
"""Of all files together, unpacked."""
_PIECE: Final = 1 << 20
_MOST_ENTRIES: Final = 100
_USUAL: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others take as much memory as the file says."""


def unpack(archive: Path, work: Path) -> Path:
    """The folder of a model that a ZIP file holds, with or without a folder around it; put on disk by `copy` later.

    Only names of a model's files are written, so that no entry can choose its place.

    :raises ModelError: it is no ZIP file, holds something else, or unpacks to too much.
    """
    target = work / "unpacked"
    target.mkdir()
    try:
        with zipfile.ZipFile(archive) as packed:
            left = MOST_BYTES
            for entry, name in _entries(packed):
                left -= _write(packed, entry, target / name, left)
    except (zipfile.BadZipFile, ZlibError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise _unreadable() from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # that is an entry outside the file
            raise
        raise _unreadable() from error
    return target


def unpack_apart(archive: Path, work: str) -> dict[str, Any]:
    """As `unpack`, for `service.apart`: the list of a ZIP file's entries alone can fill the memory.

    :return: the ``folder``, or what is wrong under ``error``, or the ``errno`` of the disk.
    """
    try:
        return {"folder": str(unpack(archive, Path(work)))}
    except ModelError as error:
        return {"error": {"what": error.what, "todo": error.todo}}
    except OSError as error:
        return {"errno": error.errno}


def _entries(packed: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str]]:
    infos = packed.infolist()
    if len(infos) > _MOST_ENTRIES:
        raise ModelError("ZIP 里的文件过多", todo="只打包模型文件夹里的文件")
    paths = [(info, PurePosixPath(info.filename)) for info in infos if not info.is_dir()]
    names = [path.name for _, path in paths]
    if not names or set(names) - set(FILES) or len(set(names)) < len(names):
        raise ModelError("ZIP 里不是一个模型", todo=f"只能有这些文件：{'、'.join(FILES)}")
    if any(info.compress_type not in _USUAL for info, _ in paths):
        raise _unreadable()
    if len({path.parent for _, path in paths}) > 1:
        raise ModelError("ZIP 里的文件不在同一个文件夹", todo="请直接打包一个模型文件夹")
    return [(info, path.name) for info, path in paths]


def _unreadable() -> ModelError:
    return ModelError("不是可读的 ZIP 文件", todo="请把模型文件夹打包成普通的、不加密的 ZIP 后上传")


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Unpack one file.

    :param left: bytes that it may have, whatever it announces.
    """
    size = 0
    with packed.open(entry) as source, path.open("xb") as out:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > left:
                raise ModelError("ZIP 解开后过大", todo=f"全部文件最多 {MOST_BYTES >> 30} GiB")
            out.write(piece)
    return size
