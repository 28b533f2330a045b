"""The states (状态) of a job."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from service.schemas import by_name


class JobStatus(StrEnum):
    """Where a job stands."""

    READY = "ready"
    UNREADABLE = "unreadable"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


JOB_STATUS_NAMES: Final = {
    JobStatus.READY: "待开始",
    JobStatus.UNREADABLE: "读不了",
    JobStatus.QUEUED: "排队中",
    JobStatus.RUNNING: "处理中",
    JobStatus.DONE: "已完成",
    JobStatus.FAILED: "未完成",
    JobStatus.CANCELLED: "已取消",
}

GivenJobStatus = Annotated[JobStatus, by_name(JOB_STATUS_NAMES)]
"""A status as callers may write it: by its code or its Chinese name."""

BUSY: Final = (JobStatus.QUEUED, JobStatus.RUNNING)
"""States in which a job is worked on or waits for it; in all others its files are left alone."""
