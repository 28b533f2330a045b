"""Who works on a job, and what is noted of it in the database.

A job may be worked on by whoever holds the lock in its folder. A job that is noted as running and whose lock is free
belongs to a program that was killed: the next one takes it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.jobs.files import JobFiles
from service.jobs.folders import JobStore
from service.jobs.locks import FileLock
from service.jobs.states import BUSY, JobStatus
from service.jobs.wording import clean, lost_upload, stopped
from service.store.database import Database
from service.store.tables import Job
from service.store.tables.base import now

MOST_CRASHES: Final = 3
"""How often a job's process may be killed before the job is given up."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job."""

    job: Job
    files: JobFiles
    lock: FileLock


def next_claim(database: Database, store: JobStore) -> Claim | None:
    """The first job in the queue that nobody works on."""
    waiting = select(Job).where(Job.folder == store.id, Job.status.in_(BUSY)).order_by(Job.queued, Job.id)
    with database.read() as session:
        jobs = session.scalars(waiting).all()
    for job in jobs:
        files = store.files(job.id, job.file_name)
        if not files.upload.is_file():
            _note_loss(database, job, files)
            continue
        lock = files.lock()
        if lock is None:
            continue
        taken = None
        try:
            taken = _take(database, job, files)
        finally:
            if taken is None:
                lock.release()
        if taken is not None:
            return Claim(taken, files, lock)
    return None


def note_progress(database: Database, job_id: str, progress: Mapping[str, Any] | None) -> bool:
    """Write down how far a job is; whether it is to go on."""
    with database.write() as session:
        job = _running(session, job_id)
        if job is None or job.cancel:
            return False
        if progress is not None and progress != job.progress:
            job.progress = dict(progress)
            job.version += 1
        return True


def note_end(database: Database, claim: Claim, error: Mapping[str, Any] | None) -> None:
    """Write down how a job ended: with its result, with an error, or because that was asked for."""
    with database.write() as session:
        job = _running(session, claim.job.id)
        if job is not None:
            _end(job, claim.files, error)


def give_back(database: Database, claim: Claim) -> None:
    """Put a job back in its place in the queue; what is finished of it stays."""
    with database.write() as session:
        job = _running(session, claim.job.id)
        if job is not None:
            job.status = JobStatus.QUEUED
            job.version += 1


def note_crash(database: Database, claim: Claim) -> None:
    """Write down that a job's process was killed: it is tried again a few times."""
    with database.write() as session:
        job = _running(session, claim.job.id)
        if job is None:
            return
        job.crashes += 1
        job.version += 1
        if job.cancel or job.crashes >= MOST_CRASHES:
            _end(job, claim.files, stopped())


def _take(database: Database, job: Job, files: JobFiles) -> Job | None:
    """Note a job as running; None if it is not to be done any more."""
    with database.write() as session:
        taken = session.get(Job, job.id, with_for_update=True)
        if taken is None or taken.status not in BUSY or taken.queued != job.queued:
            return None
        if taken.started is None and taken.options is not None:
            files.clear(taken.options["output_format"])
        taken.status = JobStatus.RUNNING
        taken.started = taken.started or now()
        taken.version += 1
        if taken.cancel or files.finished() is not None:
            _end(taken, files, None)
            return None
        return taken


def _note_loss(database: Database, job: Job, files: JobFiles) -> None:
    with database.write() as session:
        lost = session.get(Job, job.id, with_for_update=True)
        if lost is not None and lost.status in BUSY:
            _end(lost, files, lost_upload())


def _running(session: Session, job_id: str) -> Job | None:
    job = session.get(Job, job_id, with_for_update=True)
    return job if job is not None and job.status == JobStatus.RUNNING else None


def _end(job: Job, files: JobFiles, error: Mapping[str, Any] | None) -> None:
    summary = files.finished()
    if summary is not None:
        job.status, job.summary = JobStatus.DONE, clean(summary)
        job.outputs = files.outputs((job.options or {})["output_format"])
        job.progress = _whole(summary)
    elif job.cancel:
        job.status, job.progress = JobStatus.CANCELLED, None
        files.clear_all()
    else:
        job.status, job.error = JobStatus.FAILED, clean(error or stopped())
    job.ended = now()
    job.version += 1


def _whole(summary: Mapping[str, Any]) -> dict[str, Any]:
    rows, seconds = summary["rows"], summary["seconds"]
    rate = round(rows / seconds, 1) if seconds else None
    return {"share": 1.0, "rows": rows, "rows_expected": rows, "rows_per_second": rate, "seconds_left": 0.0}
