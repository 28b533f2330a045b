"""Outputs that appear under their names only when they are whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from petition_nlp.errors import OutputError

_OURS = frozenset({"报告.html", "表格", "表格.xlsx", "变动.csv", "变动.xlsx", ".DS_Store", "Thumbs.db", "desktop.ini"})


class Staging:
    """A private folder beside the target in which its files are made; `publish` moves them to their names.

    Leaving the block in any other way removes the folder, so that nothing half-written stays behind.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._moves: list[tuple[Path, Path]] = []

    def __enter__(self) -> Staging:
        with writing(self.target):
            self.folder = Path(tempfile.mkdtemp(prefix=".petition-nlp-", suffix=".tmp", dir=self.target.parent))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def path_for(self, final: Path) -> Path:
        """Where to write what will be called ``final``; files published later in the order of these calls."""
        path = self.folder / final.name
        self._moves.append((path, final))
        return path

    def publish(self) -> None:
        """Give every file that was made its name, the target (asked for first) last of all."""
        publish({made: final for made, final in reversed(self._moves) if made.exists()}, self.folder / "old")


def publish(moves: Mapping[Path, Path], aside: Path) -> None:
    """Give files and folders their names, in order.

    :param moves: made → final. :param aside: a new folder for folders that are replaced.
    """
    for made, final in moves.items():
        with writing(final):
            settle(made)
            if final.is_dir():
                aside.mkdir(exist_ok=True)
                _move(final, aside / final.name)
            _move(made, final)


def check_target(target: Path, sources: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse a file that cannot or must not be written.

    :raises OutputError: if it is an input itself, a folder, in no folder, or exists and may not be replaced.
    """
    where = str(target)
    if target.is_dir():
        raise OutputError("输出是一个文件夹", where=where, todo="请给出文件名，如 结果.xlsx")
    _check_parent(target)
    if target.exists() and any(source.exists() and target.samefile(source) for source in sources):
        raise OutputError("输出与输入是同一个文件", where=where, todo="请换一个输出文件名")
    if not overwrite and target.exists():
        raise OutputError("输出文件已存在", where=where, todo="请换一个文件名，或加 --overwrite 覆盖")


def check_folder(target: Path, sources: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse an output folder that cannot or must not be written.

    :raises OutputError: if it is a file, in no folder, holds an input or anything that no run has made, or is not empty
        and may not be replaced.
    """
    where = str(target)
    _check_parent(target)
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError("已有同名的文件", where=where, todo="请换一个名称")
    if any(target.resolve() in source.resolve().parents for source in sources):
        raise OutputError("输入文件在输出的文件夹里", where=where, todo="请换一个输出文件夹")
    if not all(map(_is_ours, target.iterdir())):
        raise OutputError("输出文件夹里有别的文件，不能覆盖", where=where, todo="请换一个文件夹")
    if not overwrite and any(target.iterdir()):
        raise OutputError("输出文件夹不是空的", where=where, todo="请换一个文件夹，或加 --overwrite 覆盖")


def check_apart(report: Path, target: Path) -> None:
    """Refuse a report that lies in the output or the other way round.

    :raises OutputError: if it does.
    """
    one, other = report.resolve(), target.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise OutputError("报告与输出不能是同一个位置或互相包含", where=str(report), todo="请换一个文件夹")


def _move(made: Path, final: Path) -> None:
    """Give a file or folder its name, on another file system too."""
    try:
        os.replace(made, final)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = final.with_name(f".{final.name}.petition-nlp-new")
        shutil.rmtree(near, ignore_errors=True)
        (shutil.copytree if made.is_dir() else shutil.copy2)(made, near)
        os.replace(near, final)


def _check_parent(target: Path) -> None:
    if not target.name:
        raise OutputError("输出没有名称", where=str(target), todo="请给出文件名，如 结果.xlsx")
    if not target.absolute().parent.is_dir():
        raise OutputError("输出所在的文件夹不存在", where=str(target), todo="请先建立该文件夹")


def _is_ours(path: Path) -> bool:
    """Whether a run, or the system by itself, could have put something into an output folder."""
    return (path.name.startswith("part-") and path.suffix == ".parquet") or path.name in _OURS


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn whatever the system says about writing ``path`` into an `OutputError`."""
    try:
        yield
    except PermissionError:
        raise OutputError("没有写入权限", where=str(path), todo="请换一个文件夹，或关闭正在占用该文件的程序") from None
    except OSError as error:
        raise OutputError(
            f"无法写入（{error.strerror or error}）", where=str(path), todo="请检查磁盘空间和路径"
        ) from None


def settle(made: Path) -> None:
    """Put finished files on disk, readable as any new file of this user."""
    mask = os.umask(0)
    os.umask(mask)
    for path in made.rglob("*") if made.is_dir() else [made]:
        if path.is_file():
            path.chmod(0o666 & ~mask)
            with path.open("r+b") as stream:  # Windows settles only what may be written
                os.fsync(stream.fileno())
