"""The data folder's part for jobs: a folder for each, and places for those who work on them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service.jobs.files import JobFiles, settle
from service.jobs.locks import FileLock
from service.store.tables.base import new_id

_ABANDONED_SECONDS: Final = 24 * 3600


class JobStore:
    """The folders of all jobs in a data folder, which has an identifier of its own.

    :raises ConfigError: the folder cannot be made or read.
    """

    def __init__(self, settings: Settings) -> None:
        self.root = settings.data_folder.absolute() / "jobs"
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.id = _identifier(self.root / "folder-id")
        except OSError as error:
            raise ConfigError(
                f"数据文件夹无法使用（{error.strerror}）", where=str(self.root), todo="请检查权限，或设置 data_folder"
            ) from None

    def files(self, job: str, name: str) -> JobFiles:
        """The files of a job."""
        return JobFiles(self.root / job, name)

    def slot(self, count: int) -> FileLock | None:
        """One of ``count`` places at work, over all processes that share the folder."""
        for number in range(count):
            lock = FileLock.take(self.root / f"slot-{number}")
            if lock is not None:
                return lock
        return None

    def abandoned(self) -> Iterator[str]:
        """Job identifiers whose folders have been there for a day."""
        for path in self.root.iterdir():
            if path.is_dir() and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                yield path.name


def _identifier(path: Path) -> str:
    """What a file holds; of several that make it at the same moment one prevails."""
    if not path.exists():
        own = path.with_name(f"{path.name}.{new_id()}")
        own.write_text(new_id(), encoding="ascii")
        settle(own)
        with suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path.read_text(encoding="ascii").strip()
