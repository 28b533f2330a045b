"""Outputs that appear under their names only when they are whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from petition_nlp.errors import OutputError


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
        for made, final in reversed(self._moves):
            if made.exists():
                with writing(final):
                    _settle(made)
                    os.replace(made, final)


def check_target(target: Path, source: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot or must not be written.

    :raises OutputError: if it is the input itself, a folder, in no folder, or exists and may not be replaced.
    """
    where = str(target)
    if target.is_dir():
        raise OutputError("输出是一个文件夹", where=where, todo="请给出文件名，如 结果.xlsx")
    if not target.parent.is_dir():
        raise OutputError("输出所在的文件夹不存在", where=where, todo="请先建立该文件夹")
    if target.exists() and target.samefile(source):
        raise OutputError("输出与输入是同一个文件", where=where, todo="请换一个输出文件名")
    if not overwrite and target.exists():
        raise OutputError("输出文件已存在", where=where, todo="请换一个文件名，或加 --overwrite 覆盖")


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


def _settle(made: Path) -> None:
    """Put a finished file on disk, readable as any new file of this user."""
    mask = os.umask(0)
    os.umask(mask)
    made.chmod(0o666 & ~mask)
    with made.open("rb") as stream:
        os.fsync(stream.fileno())
