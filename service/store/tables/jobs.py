"""Bulk jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, ID, NAME, Base, now


class Job(Base):
    """An uploaded file that is being classified, or was.

    ``folder`` is the data folder that holds its files; who shares that folder may work on it. ``reading`` is what the
    user said about reading the file, ``found`` what was found in it, ``options`` what is to be made of it, ``outputs``
    what has been made. ``queued`` is its place in the queue. ``cancel`` asks whoever works on it to stop; ``crashes``
    counts how often its process was killed.
    """

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(CODE)
    folder: Mapped[str] = mapped_column(ID)
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    file_name: Mapped[str] = mapped_column(NAME)
    size: Mapped[int] = mapped_column(BigInteger)
    reading: Mapped[dict[str, Any]]
    found: Mapped[dict[str, Any] | None]
    options: Mapped[dict[str, Any] | None]
    created: Mapped[datetime] = mapped_column(default=now)
    queued: Mapped[datetime | None]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    cancel: Mapped[bool] = mapped_column(default=False)
    crashes: Mapped[int] = mapped_column(default=0)
    progress: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    summary: Mapped[dict[str, Any] | None]
    outputs: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("ix_job_folder_status_queued", "folder", "status", "queued"),
        Index("ix_job_actor_id", "actor", "id"),
    )
