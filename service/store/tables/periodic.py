"""What runs from time to time, once for all processes on one database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, Base


class PeriodicTask(Base):
    """When a task is due, and until when somebody has it in hand.

    ``holder`` is the process that runs it. If that ends in between, another takes over after ``leased_until``.
    """

    __tablename__ = "periodic_task"

    name: Mapped[str] = mapped_column(CODE, primary_key=True)
    due: Mapped[datetime]
    holder: Mapped[str | None] = mapped_column(CODE)
    leased_until: Mapped[datetime | None]
    succeeded: Mapped[datetime | None]
