"""The city's own units, rules, places and services, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import NAME, Base, now


class DirectoryVersion(Base):
    """One version of the whole directory; the newest is in use, older ones stay."""

    __tablename__ = "directory_version"

    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    why: Mapped[str | None] = mapped_column(Text)
    document: Mapped[dict[str, Any]]
