"""The work folder of a run beside its output: finished parts, from which an interrupted run goes on.

A part is a stretch of one input file. It counts once its record stands beside it; whatever else lies in the folder
is of a part that was not finished and is made again.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.output import settle, writing
from petition_nlp.archive.outputs import Output, safe_cell
from petition_nlp.archive.rows import BadRow, mend
from petition_nlp.archive.summary import Summary
from petition_nlp.archive.worker import Done
from petition_nlp.errors import OutputError

REJECTED_HEADER: Final = ("文件", "行号", "原因", "原始内容")
_RUN: Final = "run.json"


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A finished part.

    :param source: number of the input file; :param rows: rows of it that are done with, from its beginning on.
    :param ended: whether the file has no more.
    """

    source: int
    rows: int
    ended: bool
    summary: Summary


class WorkFolder:
    """Finished parts and what they were made from.

    :param identity: what decides the bytes of an output: inputs, options, model.
    """

    def __init__(self, target: Path, identity: Mapping[str, Any]) -> None:
        self.path = work_path(target)
        self._target = target
        self._identity = json.loads(json.dumps(identity, default=str))
        self.records: list[PartRecord] = []

    def create(self) -> None:
        """Begin anew; what an earlier run left is removed."""
        with writing(self._target):
            self.remove()
            self.path.mkdir()
            try:
                self._write_json(_RUN, self._identity)
            except BaseException:
                self.remove()
                raise

    def resume(self) -> None:
        """Take up what an earlier run has finished.

        :raises OutputError: there is nothing to go on with, or the inputs, options or model have changed.
        """
        if not (self.path / _RUN).is_file():
            todo = "请去掉 --resume 从头运行"
            raise OutputError("没有可以接着做的运行", where=str(self._target), todo=todo)
        changed = self._changed()
        if changed:
            names = "、".join(_NAMES.get(key, key) for key in changed)
            todo = "请恢复原样再 --resume，或去掉 --resume、加 --overwrite 从头运行"
            raise OutputError(f"与上次运行相比，{names}变了，不能接着做", where=str(self._target), todo=todo)
        while (record := self._file(len(self.records) + 1, "json")).is_file():
            raw = self._read_json(record.name)
            self.records.append(PartRecord(**{**raw, "summary": Summary.from_dict(raw["summary"])}))

    def can_go_on(self) -> bool:
        """Whether `resume` would do."""
        return (self.path / _RUN).is_file() and not self._changed()

    def position(self) -> tuple[int, int]:
        """The input file to go on with, and how many of its rows are done."""
        if not self.records:
            return 0, 0
        last = self.records[-1]
        return (last.source + 1, 0) if last.ended else (last.source, last.rows)

    def start_part(self, output: Output) -> OpenPart:
        """The next part."""
        return OpenPart(self, len(self.records) + 1, output)

    def finish(self, record: PartRecord) -> None:
        """Count a part whose files are complete."""
        raw = {"source": record.source, "rows": record.rows, "ended": record.ended}
        self._write_json(self._file(len(self.records) + 1, "json").name, {**raw, "summary": record.summary.to_dict()})
        self.records.append(record)

    def parts(self, kind: str) -> list[Path]:
        """The files of one kind of all finished parts: ``part``, ``rejected`` or ``facts``."""
        return [self._file(number, kind) for number in range(1, len(self.records) + 1)]

    def remove(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _changed(self) -> list[str]:
        """What is not as it was in the earlier run."""
        before = self._read_json(_RUN)
        return sorted(key for key in {*before, *self._identity} if before.get(key) != self._identity.get(key))

    def _file(self, number: int, kind: str) -> Path:
        return self.path / f"{number:06}.{kind}"

    def _write_json(self, name: str, content: Mapping[str, Any]) -> None:
        made = self.path / f"{name}.new"
        made.write_text(json.dumps(content), encoding="ascii")
        settle(made)
        os.replace(made, self.path / name)

    def _read_json(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        return content


class OpenPart:
    """A part that is being written, with its rejected rows and its facts."""

    def __init__(self, folder: WorkFolder, number: int, output: Output) -> None:
        self._folder, self._number = folder, number
        self._path = folder.path / f"{number:06}.part"
        self._part = output.open_part(self._path)
        self._rejected = (folder.path / f"{number:06}.rejected").open(
            "w", encoding="utf-8", errors="replace", newline=""
        )
        self._facts: Any = None
        self.summary = Summary()

    def write(self, done: Done, source: str) -> None:
        """Add what has become of a batch."""
        if done.summary.rows:
            self._part.write(done.piece)
        csv.writer(self._rejected).writerows(_rejected_cells(source, row) for row in done.rejected)
        if done.facts:
            self._open_facts().write(done.facts)
        self.summary.merge(done.summary)

    def finish(self, source: int, rows: int, *, ended: bool) -> None:
        """Close the part's files and count it."""
        self.close()
        for kind in ("part", "rejected", *(("facts",) if self._facts else ())):
            settle(self._path.with_suffix(f".{kind}"))
        self._folder.finish(PartRecord(source, rows, ended, self.summary))

    def abandon(self) -> None:
        """Release the files of a part that will be made again, whatever they say."""
        with suppress(Exception):
            self.close()

    def close(self) -> None:
        """Complete the files."""
        self._part.close()
        self._rejected.close()
        if self._facts is not None:
            self._facts.close()

    def _open_facts(self) -> Any:
        if self._facts is None:
            from petition_nlp.report.facts import FactsWriter

            self._facts = FactsWriter(self._folder.path / f"{self._number:06}.facts")
        return self._facts


def work_path(target: Path) -> Path:
    """Where the work folder of an output lies."""
    return target.parent / f".{target.name}.petition-nlp"


def rejected_table(parts: Sequence[Path], target: Path) -> None:
    """One file of rejected rows from those of the parts."""
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerow(REJECTED_HEADER)
        for part in parts:
            with part.open(encoding="utf-8", newline="") as stream:
                shutil.copyfileobj(stream, out)


def _rejected_cells(source: str, row: BadRow) -> list[str]:
    return [safe_cell(cell) for cell in (source, str(row.line), row.reason, mend(row.raw)[0])]


_NAMES: Final = {
    "inputs": "输入文件",
    "options": "参数",
    "router": "模型、规则或地点目录",
    "program": "程序版本",
}
