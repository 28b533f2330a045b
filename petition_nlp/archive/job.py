"""One run: check everything first, then read, route and write in parts, and publish when all is whole."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from petition_nlp import __version__
from petition_nlp.archive.columns import Chosen
from petition_nlp.archive.formats import Kind, output_format
from petition_nlp.archive.inputs import expand
from petition_nlp.archive.output import check_apart, check_folder, check_target, publish, writing
from petition_nlp.archive.outputs import Output, open_output
from petition_nlp.archive.plan import Plan, ReadOptions, cannot_read, make_plan
from petition_nlp.archive.pool import do_tasks, usable_cores
from petition_nlp.archive.rows import BadRow, Notice, Source
from petition_nlp.archive.summary import Summary
from petition_nlp.archive.work import OpenPart, WorkFolder, rejected_table, work_path
from petition_nlp.archive.worker import Done, Routing, Task, Worker
from petition_nlp.errors import InputError, OutputError

PART_ROWS: Final = 50_000
_SMALL: Final = 2 << 20
"""Bytes of input up to which starting further processes does not pay."""

Progress = Callable[[int, int, int], None]
"""Called after every batch with: how many bytes of the input are read, of how many, and how many rows are done."""


@dataclass(frozen=True)
class ClassifyOptions:
    """What to read, what to write, and how.

    :param sources: files, folders and glob patterns.
    :param target: a file, or a folder of Parquet parts if its name has no ending.
    :param output_encoding: of CSV and TSV output; the default carries a mark by which Excel knows UTF-8.
    :param processes: that route; None takes every core if there is much to do.
    :param resume: go on where a run with the same inputs and options was interrupted.
    :param mask: whether personal data is left out of the output.
    :param report: a new folder for the report.
    :param skip_bad_files: whether files that cannot be read are left out; otherwise nothing is done.
    :param part_rows: rows after which a part is finished.
    """

    sources: Sequence[Path]
    target: Path
    text_column: str | None = None
    title_column: str | None = None
    chosen: Chosen = field(default_factory=dict)
    encoding: str | None = None
    output_encoding: str = "utf-8-sig"
    sheet: str | None = None
    batch_size: int = 512
    processes: int | None = 1
    overwrite: bool = False
    resume: bool = False
    mask: bool = False
    report: Path | None = None
    skip_bad_files: bool = False
    part_rows: int = PART_ROWS

    def reading(self) -> ReadOptions:
        """How inputs are read."""
        return ReadOptions(self.encoding, self.sheet, self.text_column, self.title_column, self.chosen)


class ClassifyJob:
    """A run that is known to be possible: inputs readable, columns found, output free.

    :raises InputError: an input cannot be used. :raises OutputError: the output cannot or must not be written.
    """

    def __init__(self, options: ClassifyOptions) -> None:
        self._options = options
        self._form = output_format(options.target)
        self.rejected_file = options.target.parent / f"{options.target.name}.rejected.csv"
        self.can_be_resumed = False
        """Whether a run that broke off has left finished parts."""
        inputs = expand(options.sources)
        self._check_targets(inputs.files)
        self.plan: Plan = make_plan(inputs, options.reading(), self._form.kind if self._form else Kind.PARQUET)
        if self.plan.failed and not options.skip_bad_files:
            raise self.plan.failed[0].error if len(inputs.files) == 1 else cannot_read(self.plan.failed)
        self._output: Output = open_output(
            self._form,
            self.plan.layout(),
            encoding=options.output_encoding,
            schemas=() if options.mask else self.plan.schemas,
        )

    @property
    def processes(self) -> int:
        """How many processes route."""
        return self._options.processes or (1 if self.plan.bytes < _SMALL else usable_cores())

    def describe(self) -> list[str]:
        """How the inputs are read and their columns are understood, line by line."""
        return self.plan.lines()

    def can_go_on(self, router: Routing) -> bool:
        """Whether a run with the same inputs, options and model has left parts to go on with."""
        return WorkFolder(self._options.target, self._identity(router)).can_go_on()

    def run(self, router: Routing, progress: Progress | None = None) -> Summary:
        """Route every row; the output appears under its name only at the very end.

        Finished parts stay in a work folder beside the output if the run breaks off, so that it can be resumed.

        :raises OutputError: if it cannot be written. :raises RunError: if a process was killed.
        """
        started = time.perf_counter()
        work = WorkFolder(self._options.target, self._identity(router))
        work.resume() if self._options.resume else work.create()
        try:
            self._make_parts(work, router, progress)
            summary = self._summary(work, time.perf_counter() - started)
            self._publish(work, summary, router)
        except BaseException:
            self.can_be_resumed = bool(work.records)
            if not work.records:
                work.remove()
            raise
        work.remove()
        if summary.rejected:
            summary.rejected_file = self.rejected_file
        else:
            with suppress(OSError):
                self.rejected_file.unlink()  # of the run whose output has been replaced
        return summary

    def _check_targets(self, files: Sequence[Path]) -> None:
        options = self._options
        replaces = options.overwrite
        (check_target if self._form else check_folder)(options.target, files, overwrite=replaces)
        check_target(self.rejected_file, files, overwrite=replaces)
        if options.report:
            check_folder(options.report, files, overwrite=replaces)
            check_apart(options.report, options.target)
        if work_path(options.target).exists() and not (options.resume or options.overwrite):
            todo = "请加 --resume 接着做；若要从头来，请加 --overwrite"
            raise OutputError("上次没有做完的运行还在", where=str(options.target), todo=todo)

    def _identity(self, router: Routing) -> dict[str, Any]:
        """What decides the bytes of the output."""
        options = self._options
        stats = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in self.plan.files]
        ignored = ("sources", "target", "processes", "overwrite", "resume", "report")
        chosen = {name: value for name, value in vars(options).items() if name not in ignored}
        chosen["reports"] = options.report is not None
        chosen["columns"] = [source.mapped.named() for source in self.plan.sources]
        return {"program": __version__, "inputs": stats, "options": chosen, "router": router.identity}

    def _make_parts(self, work: WorkFolder, router: Routing, progress: Progress | None) -> None:
        options = self._options
        worker = Worker(
            router,
            self.plan.sources,
            self._output,
            masks=options.mask,
            compares=self.plan.compares,
            places=len(self.plan.files) > 1,
            reports=options.report is not None,
        )
        reader = _Reader(self.plan, options, self._output)
        writer = _PartWriter(work, self._output, self.plan, options.part_rows)
        with closing(writer), closing(do_tasks(worker, reader.tasks(*work.position()), self.processes)) as finished:
            rows = sum(record.summary.rows for record in work.records)
            for task, done in finished:
                with writing(options.target):
                    writer.add(task, done)
                if done is not None:
                    rows += done.summary.rows
                    if progress:
                        progress(reader.done(), reader.total, rows)

    def _summary(self, work: WorkFolder, seconds: float) -> Summary:
        summary = Summary()
        for record in work.records:
            summary.merge(record.summary)
        summary.seconds = seconds
        summary.skipped_files = len(self.plan.failed)
        return summary

    def _publish(self, work: WorkFolder, summary: Summary, router: Routing) -> None:
        options = self._options
        made = work.path / "out"
        with writing(options.target):
            shutil.rmtree(made, ignore_errors=True)  # of a run that broke off here
            for folder in (made, made / "target", made / "rejected"):
                folder.mkdir()
            outputs = {options.target: made / "target" / options.target.name}
            self._output.join(work.parts("part"), outputs[options.target])
            if summary.rejected:
                outputs[self.rejected_file] = made / "rejected" / self.rejected_file.name
                rejected_table(work.parts("rejected"), outputs[self.rejected_file])
            if options.report:
                outputs[options.report] = made / "report"
                self._report(work, summary, router, outputs[options.report])
        publish({new: final for final, new in reversed(outputs.items())}, work.path / "old")

    def _report(self, work: WorkFolder, summary: Summary, router: Routing, folder: Path) -> None:
        from petition_nlp.archive.reporting import write_report

        folder.mkdir()
        parts = [path for path in work.parts("facts") if path.exists()]  # a part of bad rows alone has none
        write_report(parts, folder, summary=summary, plan=self.plan, router=router)


class _Reader:
    """Reads the inputs one after the other, a batch at a time, and knows how far it is."""

    def __init__(self, plan: Plan, options: ClassifyOptions, output: Output) -> None:
        self._plan, self._options, self._output = plan, options, output
        self._sizes = [path.stat().st_size for path in plan.files]
        self._before = 0
        self._source: Source | None = None
        self._size = 0
        self.total = sum(self._sizes)

    def tasks(self, first: int, skip: int) -> Iterator[Task]:
        """Every batch from a row of a file on, and the end of each file."""
        self._before = sum(self._sizes[:first])
        for number in range(first, len(self._plan.files)):
            yield from self._file_tasks(number, skip if number == first else 0)
            yield Task(number, None)

    def done(self) -> int:
        """How many bytes are read; an estimate within a file that is not read by bytes."""
        if self._source is None:
            return self._before
        return self._before + self._size * self._source.done() // max(self._source.total, 1)

    def _file_tasks(self, number: int, skip: int) -> Iterator[Task]:
        plan = self._plan.sources[number]
        read = (
            plan.columns if self._options.mask else self._output.reads(plan.columns, list(plan.mapped.named().values()))
        )
        line = skip
        with closing(self._options.reading().open(self._plan.files[number])) as source:
            self._source, self._size = source, self._sizes[number]
            try:
                for batch in source.batches(self._options.batch_size, skip=skip, read=read):
                    line = batch.last_line
                    yield Task(number, batch)
            except InputError as error:  # what has been read is kept; the rest of the file cannot be
                reason = f"从这里起无法读取，本文件余下的行没有处理：{error.what}"
                yield Task(number, Notice([BadRow(line + 1, reason, "")]))
        self._source, self._before = None, self._before + self._sizes[number]


class _PartWriter:
    """Puts what becomes of the batches into parts; a part ends with its file or once it has rows enough."""

    def __init__(self, work: WorkFolder, output: Output, plan: Plan, part_rows: int) -> None:
        self._work, self._output, self._plan, self._part_rows = work, output, plan, part_rows
        self._part: OpenPart | None = None
        self._rows = work.position()[1]
        self._part_start = self._rows

    def add(self, task: Task, done: Done | None) -> None:
        """Take the next result."""
        if self._part is None:
            self._part = self._work.start_part(self._output)
        if done is None or task.batch is None:
            self._finish(task.source, ended=True)
            self._rows = self._part_start = 0
            return
        self._part.write(done, str(self._plan.files[task.source]))
        self._rows += task.batch.size
        if self._rows - self._part_start >= self._part_rows:
            self._finish(task.source, ended=False)
            self._part_start = self._rows

    def close(self) -> None:
        """Release the files of a part that is not finished."""
        if self._part is not None:
            self._part.abandon()

    def _finish(self, source: int, *, ended: bool) -> None:
        assert self._part is not None
        self._part.finish(source, self._rows, ended=ended)
        self._part = None
