"""Watches over the process that does a job: tells the database how far it is, stops it when that is asked for."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from petition_nlp.archive.job import PART_ROWS
from petition_nlp.settings import Settings
from service import directory
from service.apart import without_secrets
from service.jobs import claims
from service.jobs.claims import Claim
from service.jobs.folders import JobStore
from service.jobs.process import Order
from service.models.folders import ModelFolders
from service.problems import Problem
from service.store.database import Database

WATCH_SECONDS = 0.5
"""How often the database hears of a job and is asked whether it is to go on."""
ROWS_OF_A_PART = PART_ROWS
_COMMAND: Final = (sys.executable, "-m", "service.jobs.process")

_log = logging.getLogger(__name__)


class Supervisor:
    """Does jobs, one after the other, each in a process of its own.

    :param stop: set when the program ends: jobs go back to the queue, finished parts stay.
    """

    def __init__(self, settings: Settings, database: Database, store: JobStore, stop: threading.Event) -> None:
        self._settings, self._database, self._store, self._stop = settings, database, store, stop

    def work(self) -> None:
        """Do whatever is in the queue, unless as many as are allowed are at it already."""
        slot = self._store.slot(self._settings.job_workers)
        if slot is None:
            return
        with slot:
            while not self._stop.is_set():
                claim = claims.next_claim(self._database, self._store)
                if claim is None:
                    return
                with claim.lock:
                    self._do(claim)

    def _do(self, claim: Claim) -> None:
        _log.info("job started", extra={"fields": {"job": claim.job.id}})
        process = self._start(claim)
        listener = _Listener(process)
        try:
            self._watch(claim, process, listener)
        finally:
            process.kill()
            process.wait()
            listener.join()
            _close(process)
        with suppress(Problem):  # the database is away: the job is found again when it is back
            self._note(claim, process.returncode, listener.error)
        with suppress(FileNotFoundError):  # its owner may have deleted it at once
            claim.files.clear_temporary()
        _log.info("job left", extra={"fields": {"job": claim.job.id, "exit": process.returncode}})

    def _start(self, claim: Claim) -> subprocess.Popen[bytes]:
        files = claim.files
        files.clear_temporary()
        order = Order(
            folder=str(files.folder),
            name=files.name,
            reading=claim.job.reading,
            options=claim.job.options or {},
            paths=_paths(self._settings),
            target_precision=self._settings.target_precision,
            profile=(claim.job.options or {}).get("profile") or self._settings.profile,
            places=self._places(),
            processes=self._settings.job_processes,
            part_rows=ROWS_OF_A_PART,
        )
        process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a library says there may quote a resident
            env={**without_secrets(), "TMPDIR": str(files.temporary)},
            pass_fds=(claim.lock.descriptor,) if os.name == "posix" else (),
        )
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended already, and its exit code says how
        return process

    def _places(self) -> Sequence[Mapping[str, Any]]:
        """The city's places, if rules of districts need them."""
        if self._settings.districts is None:
            return ()
        with self._database.read() as session:
            return directory.places(session)

    def _watch(self, claim: Claim, process: subprocess.Popen[bytes], listener: _Listener) -> None:
        """Wait until the process has ended or has to be stopped."""
        while not listener.ended.wait(WATCH_SECONDS):
            if self._stop.is_set() or not self._goes_on(claim, listener.progress()):
                process.kill()
        process.wait()

    def _goes_on(self, claim: Claim, progress: Mapping[str, Any] | None) -> bool:
        try:
            return claims.note_progress(self._database, claim.job.id, progress)
        except Problem:
            return True  # the database is away for a while; the work needs none

    def _note(self, claim: Claim, code: int, error: Mapping[str, Any] | None) -> None:
        """Write down how it ended."""
        if error is not None or code == 0:
            claims.note_end(self._database, claim, error)
        elif self._stop.is_set():
            claims.give_back(self._database, claim)
        else:
            claims.note_crash(self._database, claim)


@dataclass(frozen=True, slots=True)
class _Heard:
    """How far the process was at a moment: bytes of the upload, of how many, and rows."""

    at: float
    read: int
    total: int
    rows: int


class _Listener:
    """Hears what a job's process says."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self.error: Mapping[str, Any] | None = None
        self.ended = threading.Event()
        self._first: _Heard | None = None
        self._last: _Heard | None = None
        self._thread = threading.Thread(target=self._listen, args=(process.stdout,), daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until everything is heard."""
        self._thread.join()

    def progress(self) -> dict[str, Any] | None:
        """How far the process is."""
        first, last = self._first, self._last
        if first is None or last is None:
            return None
        seconds = last.at - first.at
        read, rows = last.read - first.read, last.rows - first.rows
        share = min(last.read / last.total, 1.0) if last.total else 1.0
        return {
            "share": round(share, 4),
            "rows": last.rows,
            "rows_expected": round(last.rows / share) if share else None,
            "rows_per_second": round(rows / seconds, 1) if rows and seconds else None,
            "seconds_left": round((last.total - last.read) * seconds / read, 1) if read else None,
        }

    def _listen(self, stream: IO[bytes]) -> None:
        for line in stream:
            with suppress(ValueError):  # a line that was cut off when the process was killed
                self._hear(json.loads(line))
        self.ended.set()

    def _hear(self, said: Mapping[str, Any]) -> None:
        if "error" in said:
            self.error = said["error"]
            return
        self._last = _Heard(at=time.monotonic(), **said)
        self._first = self._first or self._last


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # what was not written has no reader any more
                stream.close()


def _paths(settings: Settings) -> dict[str, str]:
    """The files that the process makes its router from, wherever it runs: the model is the one that is in use now."""
    paths = {
        "folder": _model_folder(settings),
        "policy": settings.policy,
        "taxonomy": settings.taxonomy,
        "districts": settings.districts,
    }
    return {name: str(path.absolute()) for name, path in paths.items() if path is not None}


def _model_folder(settings: Settings) -> Path | None:
    """The model that the settings name, or the promoted one that is in use; None for the shipped one."""
    if settings.model is not None:
        return settings.model
    folders = ModelFolders(settings)
    digest = folders.noted()
    return None if digest is None else folders.of(digest)
