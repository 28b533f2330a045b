"""Bulk jobs: a file goes up, is worked on, and its result comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from petition_nlp.client.connection import Connection, changing
from petition_nlp.client.reading import read, read_all
from petition_nlp.client.shapes import Job

_PATH: Final = "/v1/jobs"
_BUSY: Final = frozenset({"queued", "running"})
_UPLOAD: Final = {"Content-Type": "application/octet-stream"}

Kind = Literal["result", "rejected", "report", "tables"]
Format = Literal["csv", "xlsx", "jsonl", "parquet"]
Encoding = Literal["utf-8-sig", "utf-8", "gb18030"]


class Jobs:
    """``client.jobs``. Jobs and keys are given as petitions are to `petition_nlp.client.petitions.Petitions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upload(self, path: Path | str, *, name: str | None = None, key: str | None = None) -> Job:
        """Send a file; nothing is done with it yet. ``found`` says how it is read, ``error`` why it is not.

        :param name: what it is called, with the ending that says its format; default: as it is.
        """
        file = Path(path)
        answer = self._connection.send(
            "POST",
            _PATH,
            params={"file_name": name or file.name},
            content=file,
            headers={**_UPLOAD, **changing(key)},
        )
        return read(Job, answer.json())

    def read_as(
        self,
        job: Job | str,
        *,
        encoding: str | None = None,
        sheet: str | None = None,
        columns: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Job:
        """Say how the file is to be read; what is not given is found out.

        :param columns: ``text``, ``title``, ``id``, ``area``, ``received``, ``department``, ``topic`` → column.
        """
        body = {"encoding": encoding, "sheet": sheet, "columns": None if columns is None else dict(columns)}
        return self._change(job, "reading", body, key, method="PUT")

    def start(
        self,
        job: Job | str,
        *,
        output_format: Format | None = None,
        output_encoding: Encoding = "utf-8-sig",
        profile: str | None = None,
        mask: bool = False,
        report: bool = False,
        key: str | None = None,
    ) -> Job:
        """Begin, or begin again.

        :param mask: leave personal data out of the result; :param report: make the report too.
        """
        body = {
            "output_format": output_format,
            "output_encoding": output_encoding,
            "profile": profile,
            "mask": mask,
            "report": report,
        }
        return self._change(job, "start", body, key)

    def get(self, job: Job | str) -> Job:
        """A job as it stands now. One that is given comes back itself, cheaply, while nothing has changed."""
        if isinstance(job, str):
            return read(Job, self._connection.get(_path(job)))
        answer = self._connection.send("GET", _path(job), headers={"If-None-Match": f'"{job.version}"'})
        return read(Job, answer.json()) if answer.is_success else job

    def wait(self, job: Job | str, *, pause: float = 2.0) -> Job:
        """The job as soon as it is neither queued nor running: done, failed or cancelled."""
        found = self.get(job)
        while found.status in _BUSY:
            time.sleep(pause)
            found = self.get(found)
        return found

    def download(self, job: Job, target: Path | str, kind: Kind = "result") -> Path:
        """Fetch what was made.

        :param target: a file to write, or a folder, where it gets the service's name for it.
        """
        path = Path(target)
        if path.is_dir():
            path /= Path(next((made.name for made in job.downloads if made.kind == kind), kind)).name
        self._connection.download(_path(job, kind), path)
        return path

    def find(self, *, status: str | Sequence[str] = ()) -> Iterator[Job]:
        """The caller's jobs, newest first."""
        for page in self._connection.pages(_PATH, status=status or None):
            yield from read_all(Job, page)

    def cancel(self, job: Job | str, *, key: str | None = None) -> Job:
        """Stop it."""
        # Whatever it has done meanwhile: its version grows as it goes on.
        return self._change(job if isinstance(job, str) else job.id, "cancel", {}, key)

    def delete(self, job: Job | str) -> None:
        """Delete it with the file and what was made; it must not be queued or running."""
        self._connection.send("DELETE", _path(job))

    def _change(
        self, job: Job | str, what: str, body: Mapping[str, Any], key: str | None, *, method: str = "POST"
    ) -> Job:
        version = None if isinstance(job, str) else job.version
        return read(Job, self._connection.change(_path(job, what), body, key=key, version=version, method=method))


def _path(job: Job | str, what: str = "") -> str:
    number = job if isinstance(job, str) else job.id
    return f"{_PATH}/{quote(number, safe='')}{'/' if what else ''}{what}"
