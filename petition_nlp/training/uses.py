"""How often a frozen test set has been used: a small file beside it.

Every look at a test set tells something about it, and who goes on by what it told fits to it little by little (Dwork
and others, "The Reusable Holdout", Science 2015; Blum and Hardt, "The Ladder", ICML 2015). A gate tells one bit, and
candidates are trained on other rows, so a simple rule is enough: a set is meant for a number of comparisons, and the
error that is allowed over all of them is split evenly (Bonferroni).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.errors import InputError, OutputError

SUFFIX: Final = ".uses.json"


@dataclass(frozen=True, slots=True)
class Use:
    """One comparison.

    :param candidate: the candidate's name and version; :param digest: of its folder.
    :param current: digest of the model that it was compared with.
    """

    at: str
    candidate: str
    digest: str
    current: str
    promoted: bool

    @property
    def compares(self) -> tuple[str, str]:
        """The two models."""
        return self.digest, self.current


@dataclass(frozen=True)
class Ledger:
    """The uses of one frozen set; another content of the same file is another set.

    The file is read each time: a retraining takes hours, and another may end meanwhile.
    """

    path: Path
    digest: str

    @classmethod
    def beside(cls, frozen: Path) -> Ledger:
        """The ledger of a frozen set.

        :raises InputError: it is damaged.
        :raises OutputError: it cannot be written.
        """
        path = frozen.with_name(f"{frozen.name}{SUFFIX}")
        ledger = cls(path, digest_of(frozen))
        _read(path)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise OutputError("无法记录固定测试集的使用", where=str(path), todo="请让测试集所在的文件夹可写")
        return ledger

    @property
    def uses(self) -> tuple[Use, ...]:
        """Those so far.

        :raises InputError: the file is damaged.
        """
        return _read(self.path).get(self.digest, ())

    def number(self, use: Use) -> int:
        """The how many-th comparison it is; the same again tells nothing new and keeps its number."""
        uses = self.uses
        same = (number for number, own in enumerate(uses, start=1) if own.compares == use.compares)
        return next(same, len(uses) + 1)

    def add(self, use: Use) -> None:
        """Write a use down, unless the same comparison stands there.

        :raises OutputError: the file cannot be written.
        """
        sets = _read(self.path)
        uses = sets.get(self.digest, ())
        if use.compares in (own.compares for own in uses):
            return
        sets[self.digest] = (*uses, use)
        content = {digest: [asdict(own) for own in uses] for digest, uses in sets.items()}
        write_json(self.path, {"sets": content})


def digest_of(path: Path) -> str:
    """SHA-256 of a file.

    :raises InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"无法读取（{error.strerror}）", where=str(path), todo="请检查路径") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file that is whole or as it was.

    :raises OutputError: it cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.write("\n")
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise OutputError(f"无法写入：{error.strerror}", where=str(path), todo="请检查权限和磁盘空间") from error


def _read(path: Path) -> dict[str, tuple[Use, ...]]:
    if not path.exists():
        return {}
    try:
        sets = json.loads(path.read_text(encoding="utf-8"))["sets"]
        return {digest: tuple(Use(**use) for use in uses) for digest, uses in sets.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            "固定测试集的使用记录读不出来", where=str(path), todo="请从备份恢复这个文件；它记着测试集用过几次"
        ) from None
