"""Removes what has been kept long enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from petition_nlp.settings import Settings
from service.access.principal import SYSTEM
from service.jobs.changes import audit
from service.jobs.folders import JobStore
from service.jobs.states import BUSY
from service.periodic import Task
from service.store.database import Database
from service.store.tables import Job
from service.store.tables.base import now

_AT_ONCE: Final = 100


def expire(database: Database, settings: Settings, moment: datetime) -> int:
    """Delete the jobs that ended, or were uploaded and never started, ``job_days`` ago, with their files.

    Folders that no job knows, left by an upload that broke off, go too. Every instance cleans its own data folder.

    :return: how many jobs were deleted.
    """
    store = JobStore(settings)
    deleted = 0
    while batch := _delete_some(database, store.id, moment - timedelta(days=settings.job_days)):
        for job in batch:
            store.files(job.id, job.file_name).remove()
        deleted += len(batch)
    _remove_unknown(database, store)
    return deleted


def task(settings: Settings, folder: str) -> Task:
    """The same once a day; each data folder is cleaned by itself.

    :param folder: the data folder's identifier.
    """
    return Task(
        f"expire_jobs_{folder[-8:]}",
        timedelta(days=1),
        lambda database: {"deleted": expire(database, settings, now())},
    )


def _delete_some(database: Database, folder: str, before: datetime) -> list[Job]:
    old = select(Job).where(
        Job.folder == folder, Job.status.not_in(BUSY), func.coalesce(Job.ended, Job.created) < before
    )
    with database.write() as session:
        jobs = list(session.scalars(old.limit(_AT_ONCE).with_for_update(skip_locked=True)))
        for job in jobs:
            audit(session, SYSTEM, "job.expired", job)
            session.delete(job)
    return jobs


def _remove_unknown(database: Database, store: JobStore) -> None:
    folders = list(store.abandoned())
    with database.read() as session:
        known = set(session.scalars(select(Job.id).where(Job.id.in_(folders))))
    for folder in set(folders) - known:
        store.files(folder, "").remove()
