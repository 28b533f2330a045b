"""Bulk jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, ID, NAME, Base, now


class Job(Base):
    """An uploaded file that is being classified, or was.

    ``heartbeat`` is when its worker last said that it is alive; ``cancel`` asks the worker to stop.
    """

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(CODE)
    created: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    file_name: Mapped[str] = mapped_column(NAME)
    options: Mapped[dict[str, Any]]
    started: Mapped[datetime | None]
    heartbeat: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    cancel: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_job_status_id", "status", "id"),)
