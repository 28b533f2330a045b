"""The process that does one job: ``python -m service.jobs.process``.

It reads one JSON line from standard input, writes how far it is to standard output, a JSON line each time, and ends
at once when standard input is closed: no job goes on without the one who watches over it. It knows no database.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO

from petition_nlp.archive import ClassifyJob, ClassifyOptions, Summary
from petition_nlp.archive.work import work_path
from petition_nlp.errors import PetitionError
from petition_nlp.local.directory import Directory
from petition_nlp.local.gazetteer import Gazetteer
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from service.jobs.files import REPORT, JobFiles, settle
from service.jobs.reading import read_options
from service.jobs.wording import error_json, unexpected

_NICE: Final = 10
_OUT_OF_MEMORY_FIRST: Final = 500
_REPORT_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Order:
    """What is to be done.

    :param folder: of the job; :param name: of its upload.
    :param paths: of model, taxonomy, policy and rules of districts, as far as they are not the shipped ones.
    :param places: of the directory in use, for rules of districts.
    """

    folder: str
    name: str
    reading: Mapping[str, Any]
    options: Mapping[str, Any]
    paths: Mapping[str, str]
    target_precision: float | None
    profile: str | None
    places: Sequence[Mapping[str, Any]]
    processes: int
    part_rows: int

    @property
    def files(self) -> JobFiles:
        """The job's files."""
        return JobFiles(Path(self.folder), self.name)


def main() -> None:
    """Do what standard input says."""
    out = _only_ours()
    order = Order(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_watcher, daemon=True).start()
    os.umask(0o077)
    _give_way()
    try:
        _do(order, out)
    except PetitionError as error:
        _say(out, error=error_json(error, order.files.upload))
    except Exception as error:
        _say(out, error=unexpected(type(error).__name__))


def _do(order: Order, out: TextIO) -> None:
    files = order.files
    target = files.target(order.options["output_format"])
    os.chdir(files.upload.parent)  # the tables of rejected rows name the file as the user does
    reading = read_options(order.reading)
    options = ClassifyOptions(
        sources=[Path(files.upload.name)],
        target=target,
        chosen=reading.chosen,
        encoding=reading.encoding,
        sheet=reading.sheet,
        output_encoding=order.options["output_encoding"],
        processes=order.processes,
        overwrite=True,
        mask=order.options["mask"],
        report=target.parent / REPORT if order.options["report"] else None,
        part_rows=order.part_rows,
    )
    job = ClassifyJob(options)
    router = _router(order)
    if work_path(target).exists() and job.can_go_on(router):
        job = ClassifyJob(replace(options, resume=True))
    _finish(files, job.run(router, _Progress(out)), router.model)


def _router(order: Order) -> Router:
    paths = {name: Path(path) for name, path in order.paths.items()}
    router = Router.load(
        paths.get("folder"),
        policy=paths.get("policy"),
        taxonomy=paths.get("taxonomy"),
        districts=paths.get("districts"),
        target_precision=order.target_precision,
        profile=order.profile,
        threads=order.processes,
    ).for_archives()
    return replace(router, gazetteer=_gazetteer(order.places, router.taxonomy)) if order.places else router


def _gazetteer(places: Sequence[Mapping[str, Any]], taxonomy: Taxonomy) -> Gazetteer:
    return Directory.from_dict({"places": places}, version="", taxonomy=taxonomy).gazetteer


def _finish(files: JobFiles, summary: Summary, model: str) -> None:
    made = files.done.with_suffix(".new")
    made.write_text(json.dumps({**summary.to_dict(), "model": model}), encoding="ascii")
    settle(files.folder / "out")
    settle(made)
    os.replace(made, files.done)
    settle(files.folder)


class _Progress:
    """Tells how far the run is, a few times each second."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told = 0.0

    def __call__(self, read: int, total: int, rows: int) -> None:
        if time.monotonic() - self._told >= _REPORT_SECONDS or read >= total:
            self._told = time.monotonic()
            _say(self._out, read=read, total=total, rows=rows)


def _only_ours() -> TextIO:
    """Standard output for ourselves alone: what a library prints goes the way of standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    return out


def _say(out: TextIO, **content: Any) -> None:
    out.write(json.dumps(content) + "\n")


def _give_way() -> None:
    """Let the service go first, and be the one to end where memory is short."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(str(_OUT_OF_MEMORY_FIRST), encoding="ascii")


def _end_with_watcher() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
