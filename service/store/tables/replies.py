"""Answers that were given under an idempotency key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, NAME, Base, now


class Reply(Base):
    """The answer to a request with an idempotency key, written in the same transaction as what it did.

    ``request`` is a hash of method, address and body, so that a key is not used for two different requests.
    ``petition`` is the one that the answer shows: the reply is deleted when that is masked or deleted.
    """

    __tablename__ = "reply"

    caller: Mapped[str] = mapped_column(NAME, primary_key=True)
    key: Mapped[str] = mapped_column(NAME, primary_key=True)
    request: Mapped[str] = mapped_column(CODE)
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    petition: Mapped[str | None] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_reply_at", "at"),)
