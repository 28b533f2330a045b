"""What users do with jobs: upload, read again, start, cancel, delete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from petition_nlp.archive.formats import Kind, format_of
from service import problems
from service.access import audit as log
from service.access.principal import Principal, Scope
from service.jobs.files import JobFiles
from service.jobs.reading import Look
from service.jobs.schemas import ReadingIn, StartIn
from service.jobs.states import BUSY, JOB_STATUS_NAMES, JobStatus
from service.store.paging import Page, page_of
from service.store.tables import Job
from service.store.tables.base import now

_SAME: Final = {Kind.XLSX: "xlsx", Kind.JSON_LINES: "jsonl", Kind.PARQUET: "parquet"}


def create(session: Session, caller: Principal, job_id: str, folder: str, files: JobFiles, look: Look) -> Job:
    """Note a file that lies safely in its folder.

    :param folder: identifier of the data folder.
    """
    job = Job(
        id=job_id,
        version=1,
        status=_status(look),
        folder=folder,
        actor=caller.id,
        actor_name=caller.name,
        file_name=files.name,
        size=files.upload.stat().st_size,
        reading={},
        found=look.found,
        error=look.error,
        created=now(),
        cancel=False,
        crashes=0,
    )
    session.add(job)
    audit(session, caller, "job.uploaded", job, bytes=job.size)
    return job


def require_room(session: Session, caller: Principal, most: int) -> None:
    """Let a caller upload another file.

    :param most: jobs that a caller may have.
    :raises Problem: 409.
    """
    if (session.scalar(select(func.count()).where(Job.actor == caller.id)) or 0) >= most:
        raise problems.too_many_jobs(most)


def find(
    session: Session, caller: Principal, *, status: Sequence[JobStatus], cursor: str | None, limit: int
) -> Page[Job, str]:
    """One page of the jobs that the caller may see."""
    query = select(Job).where(*_visible(caller))
    if status:
        query = query.where(Job.status.in_(status))
    return page_of(session, query, Job.id, cursor=cursor, limit=limit)


def get(session: Session, caller: Principal, job_id: str, *, lock: bool = False) -> Job:
    """A job that the caller may see.

    :param lock: hold it until the end of the transaction.
    :raises Problem: 404.
    """
    query = select(Job).where(Job.id == job_id, *_visible(caller))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise problems.no_such("任务")
    return found


def read_again(session: Session, caller: Principal, job: Job, reading: ReadingIn, look: Look) -> None:
    """Take what the user says about reading the file; what was made of it before no longer counts."""
    require_rest(job)
    job.reading = reading.model_dump(exclude_none=True)
    job.found, job.error = look.found, look.error
    job.status = _status(look)
    job.started = job.ended = job.progress = job.summary = job.outputs = None
    job.version += 1
    audit(session, caller, "job.reading_changed", job)


def start(session: Session, caller: Principal, job: Job, wanted: StartIn) -> None:
    """Put a job in the queue, for the first time or again.

    :raises Problem: 409.
    """
    require_rest(job)
    if job.status == JobStatus.UNREADABLE:
        raise problems.not_possible("这个文件还不能读取，原因见 error；请改正读法（reading），或删除后重新上传。")
    job.options = {**wanted.model_dump(), "output_format": wanted.output_format or same_format(job.file_name)}
    job.status = JobStatus.QUEUED
    job.queued = now()
    job.started = job.ended = job.progress = job.error = job.summary = job.outputs = None
    job.cancel, job.crashes = False, 0
    job.version += 1
    audit(session, caller, "job.started", job, mask=wanted.mask, report=wanted.report)


def cancel(session: Session, caller: Principal, job: Job) -> None:
    """Take a job out of the queue, or ask whoever works on it to stop.

    :raises Problem: 409.
    """
    if job.status not in BUSY:
        raise problems.not_possible(f"任务{JOB_STATUS_NAMES[JobStatus(job.status)]}，没有在排队或处理。")
    if job.cancel:
        return
    job.cancel = True
    if job.status == JobStatus.QUEUED:
        job.status, job.ended = JobStatus.CANCELLED, now()
    job.version += 1
    audit(session, caller, "job.cancelled", job)


def delete(session: Session, caller: Principal, job: Job) -> None:
    """Forget a job; its files go once this is certain.

    :raises Problem: 409.
    """
    require_rest(job)
    audit(session, caller, "job.deleted", job)
    session.delete(job)


def output(job: Job, kind: str) -> dict[str, Any]:
    """Something that a job has made.

    :raises Problem: 409 as long as it is not done, 404 if it made no such thing.
    """
    if job.status != JobStatus.DONE:
        raise problems.not_possible(f"任务{JOB_STATUS_NAMES[JobStatus(job.status)]}，还没有可下载的文件。")
    found: dict[str, Any] | None = (job.outputs or {}).get(kind)
    if found is None:
        raise problems.no_such("文件")
    return found


def require_rest(job: Job) -> None:
    """Nobody works on a job or is about to.

    :raises Problem: 409.
    """
    if job.status in BUSY:
        raise problems.not_possible(f"任务{JOB_STATUS_NAMES[JobStatus(job.status)]}；请先取消。")


def audit(session: Session, caller: Principal, action: str, job: Job, **details: Any) -> None:
    """Note who did what to a job; its file's name, which may be personal, stays out."""
    log.audit(session, caller, action, f"job:{job.id}", **details)


def same_format(file_name: str) -> str:
    """The format of a result that is like the upload's."""
    form = format_of(Path(file_name))
    return _SAME.get(form.kind, "csv") if form else "csv"


def _visible(caller: Principal) -> list[ColumnElement[bool]]:
    """One's own jobs; all of them for those who answer for residents' data."""
    return [] if caller.may(Scope.PRIVACY) else [Job.actor == caller.id]


def _status(look: Look) -> JobStatus:
    return JobStatus.UNREADABLE if look.error else JobStatus.READY
