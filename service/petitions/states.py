"""Where the handling of a petition stands, and what may follow."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from service.schemas import by_name


class Status(StrEnum):
    """State of handling (办理状态)."""

    PENDING = "pending"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    ARCHIVED = "archived"
    MERGED = "merged"


STATUS_NAMES: Final = {
    Status.PENDING: "待分类",
    Status.ASSIGNED: "已交办",
    Status.IN_PROGRESS: "办理中",
    Status.RESOLVED: "已办结",
    Status.ARCHIVED: "归档",
    Status.MERGED: "已并单",
}

GivenStatus = Annotated[Status, by_name(STATUS_NAMES)]
"""A status as callers may write it: by its code or its Chinese name, 办结 as well as 已办结."""

OPEN: Final = frozenset({Status.PENDING, Status.ASSIGNED, Status.IN_PROGRESS})
"""Petitions that somebody still has to deal with."""

FOLLOWS: Final[dict[Status, tuple[Status, ...]]] = {
    Status.PENDING: (Status.ASSIGNED, Status.RESOLVED, Status.MERGED),
    Status.ASSIGNED: (Status.PENDING, Status.IN_PROGRESS, Status.RESOLVED, Status.MERGED),
    Status.IN_PROGRESS: (Status.PENDING, Status.ASSIGNED, Status.RESOLVED, Status.MERGED),
    Status.RESOLVED: (Status.ARCHIVED, Status.IN_PROGRESS),
    Status.ARCHIVED: (Status.IN_PROGRESS,),
    Status.MERGED: (),
}
"""From each state, those that may follow. A closed petition is taken up again as 办理中; a merged one by saying that it
is not the same matter."""
