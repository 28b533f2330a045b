"""The files of jobs: ``jobs/ID/`` in the data folder, for the service's own user alone.

``in`` holds the upload, ``out`` what is made of it with the engine's hidden work folder, ``tmp`` what is needed for a
moment; ``lock`` is held by whoever works on it, ``done.json`` appears when everything in ``out`` is whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.work import work_path
from service.jobs.locks import FileLock

REPORT: Final = "报告"
REPORT_PAGE: Final = "报告.html"
REPORT_TABLES: Final = "表格.xlsx"
_MOST_STEM_BYTES: Final = 150
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_ENDING: Final = re.compile(r"\.\w{1,8}(\.(gz|bz2|xz))?$", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class JobFiles:
    """The files of one job.

    :param name: of the uploaded file, as the user gave it.
    """

    folder: Path
    name: str

    @property
    def upload(self) -> Path:
        """The uploaded file."""
        return self.folder / "in" / safe_name(self.name)

    @property
    def done(self) -> Path:
        """What its process leaves when it has finished."""
        return self.folder / "done.json"

    @property
    def temporary(self) -> Path:
        """Where its process keeps what it needs for a moment."""
        return self.folder / "tmp"

    def target(self, output_format: str) -> Path:
        """The result."""
        stem = _ENDING.sub("", safe_name(self.name))
        return self.folder / "out" / f"{stem}-分类结果.{output_format}"

    def output(self, name: str) -> Path:
        """Something that was made, by its name in `outputs`."""
        return self.folder / "out" / name

    def outputs(self, output_format: str) -> dict[str, dict[str, Any]]:
        """What has been made: kind → its name in ``out``, and its size."""
        target = self.target(output_format)
        names = {
            "result": target.name,
            "rejected": f"{target.name}.rejected.csv",
            "report": f"{REPORT}/{REPORT_PAGE}",
            "tables": f"{REPORT}/{REPORT_TABLES}",
        }
        return {
            kind: {"name": name, "bytes": self.output(name).stat().st_size}
            for kind, name in names.items()
            if self.output(name).is_file()
        }

    def make(self) -> None:
        """The folders."""
        for path in (self.folder, *(self.folder / part for part in ("in", "out", "tmp"))):
            path.mkdir(mode=0o700)

    def clear(self, output_format: str) -> None:
        """Remove what an earlier run has made, but not what it has left for the same result to go on with."""
        self.done.unlink(missing_ok=True)
        kept = work_path(self.target(output_format))
        for path in (self.folder / "out").iterdir():
            if path != kept:
                _remove(path)

    def clear_all(self) -> None:
        """Remove everything that an earlier run has made or left."""
        self.done.unlink(missing_ok=True)
        for path in (self.folder / "out").iterdir():
            _remove(path)

    def clear_temporary(self) -> None:
        """Remove what a process left that was killed."""
        _remove(self.temporary)
        self.temporary.mkdir(mode=0o700)

    def finished(self) -> dict[str, Any] | None:
        """The summary of the run if it is whole."""
        try:
            content: dict[str, Any] = json.loads(self.done.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return content

    def lock(self) -> FileLock | None:
        """The right to work on the job; None while another has it, or without its folder."""
        try:
            return FileLock.take(self.folder / "lock")
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        """Everything."""
        _remove(self.folder)


def safe_name(name: str) -> str:
    """A file name that any system takes, with the same ending."""
    name = _UNSAFE.sub("_", re.split(r"[/\\]", name)[-1]).strip()
    ending = _ENDING.search(name)
    stem = name[: ending.start()] if ending else name
    short = stem.encode("utf-8", "replace")[:_MOST_STEM_BYTES].decode("utf-8", "ignore").strip(" .")
    return f"{short or '文件'}{ending[0] if ending else ''}"


def settle(path: Path) -> None:
    """Put a file, or the names in a folder, on disk."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
