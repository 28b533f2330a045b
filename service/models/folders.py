"""The models in the data folder: ``models/DIGEST/`` for each, and ``models/in-use`` with the digest of one."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from petition_nlp.artifact import MODEL_FILES, model_digest
from petition_nlp.errors import ConfigError, OutputError
from petition_nlp.settings import Settings
from service.jobs.files import settle

GATE_FILE: Final = "gate.json"
"""What a retraining writes beside the model."""
FILES: Final = (*MODEL_FILES, GATE_FILE)
_IN_USE: Final = "in-use"
_UNFINISHED: Final = ".new-"
_ABANDONED_SECONDS: Final = 24 * 3600


class ModelFolders:
    """The model folders of a data folder, which all processes that share it see."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.data_folder.absolute() / "models"

    def of(self, digest: str) -> Path:
        """Where a model lies, or would."""
        return self.root / digest

    def has(self, digest: str) -> bool:
        """Whether a model lies here."""
        return self.of(digest).is_dir()

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A hidden folder on the same disk for what is not finished, gone at the end.

        :raises ConfigError: the data folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._clear_abandoned()
            work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.root))
        except OSError as error:
            raise ConfigError(
                f"数据文件夹无法使用（{error.strerror}）", where=str(self.root), todo="请检查权限，或设置 data_folder"
            ) from None
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _clear_abandoned(self) -> None:
        """Remove what was left by programs that were killed."""
        for left in self.root.glob(f"{_UNFINISHED}*"):
            with suppress(FileNotFoundError):  # whoever works there is done
                if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)

    def copy(self, source: Path, work: Path) -> Path:
        """A model's files, copied into a `workplace` and put on disk; what else lies beside them stays behind.

        :raises OutputError: they cannot be read or written.
        """
        target = work / "model"
        try:
            target.mkdir()
            for name in FILES:
                if (source / name).is_file():
                    shutil.copyfile(source / name, target / name)
                    settle(target / name)
            settle(target)
        except OSError as error:
            raise OutputError(
                f"模型无法复制：{error.strerror}", where=str(source), todo="请检查权限和磁盘空间"
            ) from error
        return target

    def keep(self, copied: Path) -> None:
        """Give a copied model its place; it appears there whole. One that lies there already goes if it is damaged.

        :raises OutputError: it cannot be moved.
        """
        target = self.of(model_digest(copied))
        try:
            if _same(copied, target):  # perhaps in use: it is not to be gone even for a moment
                return
            copied.chmod(0o755)
            if target.exists():
                os.replace(target, copied.with_name("old"))
            _move(copied, target)
            settle(self.root)
        except OSError as error:
            raise OutputError(f"模型无法存放：{error.strerror}", where=str(target), todo="请检查权限") from error

    def remove(self, digest: str) -> None:
        """Forget a model's files."""
        shutil.rmtree(self.of(digest), ignore_errors=True)

    def note_in_use(self, digest: str | None) -> None:
        """Remember which model is in use, for jobs, and for a start while the store does not answer.

        :raises OSError: the data folder cannot be written.
        """
        note = self.root / _IN_USE
        if digest == self.noted():
            return
        if digest is None:
            note.unlink(missing_ok=True)
            return
        with self.workplace() as work:
            own = work / _IN_USE
            own.write_text(digest, encoding="ascii")
            settle(own)
            os.replace(own, note)

    def noted(self) -> str | None:
        """The digest of the model in use, if it is one of these."""
        with suppress(OSError):
            digest = (self.root / _IN_USE).read_text(encoding="ascii").strip()
            return digest if digest.isalnum() and self.has(digest) else None
        return None


def _same(first: Path, second: Path) -> bool:
    """Whether two folders hold the same model, byte for byte."""
    names = [name for name in FILES if (first / name).exists() or (second / name).exists()]
    _, different, unreadable = filecmp.cmpfiles(first, second, names, shallow=False)
    return not different and not unreadable


def _move(copied: Path, target: Path) -> None:
    try:
        os.replace(copied, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # somebody else has just brought the same model
            raise
