"""Who may do what, and what was done by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, ID, NAME, Base, now


class Account(Base):
    """A person who signs in with ``name``; ``shown_name`` is what history shows."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    shown_name: Mapped[str] = mapped_column(NAME)
    role: Mapped[str] = mapped_column(CODE)
    password: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(default=now)
    signed_in: Mapped[datetime | None]


class SignIn(Base):
    """A browser's session; ``id`` is the hash of its token."""

    __tablename__ = "sign_in"

    id: Mapped[str] = mapped_column(CODE, primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    expires: Mapped[datetime]
    seen: Mapped[datetime] = mapped_column(default=now)


class ApiKey(Base):
    """A case system's key; ``secret`` is its hash, ``rate`` its requests a minute (0: without limit).

    ``used`` is when a request last named it, to the minute.
    """

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(CODE, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    secret: Mapped[str] = mapped_column(CODE)
    scopes: Mapped[list[str]]
    rate: Mapped[int]
    created: Mapped[datetime] = mapped_column(default=now)
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]
    used: Mapped[datetime | None]


class AuditEntry(Base):
    """What was done outside a single petition's history: sign-ins, keys, accounts, directories, exports, erasure.

    Never changed and never deleted; the database itself refuses both.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    action: Mapped[str] = mapped_column(CODE)
    target: Mapped[str | None] = mapped_column(NAME)
    why: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_audit_entry_action_at", "action", "at"),
        Index("ix_audit_entry_actor_id", "actor", "id"),
        Index("ix_audit_entry_target_id", "target", "id"),
    )
