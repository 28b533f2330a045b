"""What all tables share: naming of constraints, times in UTC, identifiers that sort by time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

ID: Final = String(32)
"""A key made by `new_id`."""
CODE: Final = String(64)
NAME: Final = String(200)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. SQLite keeps no time zone, so UTC is what it stores and what comes back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Out of it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012


def now() -> datetime:
    """The present time, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A UUID of version 7 (RFC 9562) in hexadecimal: rows made later sort later, and nobody can guess one."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    head = milliseconds << 16 | 0x7000 | random >> 68
    tail = 1 << 63 | random & (1 << 62) - 1
    return f"{head << 64 | tail:032x}"
